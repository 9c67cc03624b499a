# SPDX-License-Identifier: Apache-2.0
"""The names of an article that refer to one person, organization or place."""

from collections import Counter
from dataclasses import dataclass, field

from onrecord.data.gazetteer import ListedName
from onrecord.data.records import EntityType
from onrecord.nlp.entities.knowledge import Gender, Words
from onrecord.nlp.entities.mentions import Name
from onrecord.nlp.entities.person_names import gender_of_given_name
from onrecord.nlp.entities.type_votes import Votes, votes_for, winner


@dataclass(slots=True)
class EntityCluster:
    """A person, organization or place: its mentions, the forms of its name, and the votes for its type."""

    names: list[Name]
    votes: Votes
    forms: list[Words] = field(default_factory=list)
    listed: ListedName | None = field(init=False)
    """What the user's list says about it; kept up to date, since looking through all names at each comparison is quadratic."""

    def __post_init__(self) -> None:
        """Find what the user's list says about the first names."""
        self.listed = next((name.listed for name in self.names if name.listed), None)

    @classmethod
    def of_form(cls, words: Words, names: list[Name]) -> "EntityCluster":
        """Return the cluster of all names with these words."""
        return cls(names, votes_for(words, names), [words])

    @property
    def type(self) -> EntityType:
        """The type with most of the evidence."""
        return winner(self.votes)

    @property
    def is_team(self) -> bool:
        """Whether this is the team of the place that has the name."""
        return self.names[0].team

    def may_be(self, other: "EntityCluster") -> bool:
        """Whether the user's list does not tell the two apart."""
        return self.listed is None or other.listed is None or self.listed == other.listed

    @property
    def gender(self) -> Gender | None:
        """A person's gender by most of the titles, else by the given name."""
        by_title = Counter(name.title_gender for name in self.names if name.title_gender)
        if by_title["m"] != by_title["f"]:
            return "m" if by_title["m"] > by_title["f"] else "f"
        return next(filter(None, map(gender_of_given_name, self.forms)), None)

    def join(self, other: "EntityCluster") -> None:
        """Take over the names of another cluster."""
        self.names.extend(other.names)
        self.listed = self.listed or other.listed
        self.forms.extend(other.forms)
        for kind, weight in other.votes.items():
            self.votes[kind] += weight

    def join_short_name(self, other: "EntityCluster") -> None:
        """Take over the mentions of a short name, whatever types the model gave them."""
        kind = self.type
        self.names.extend(other.names)
        self.listed = self.listed or other.listed
        self.forms.extend(form for form in other.forms if form not in self.forms)
        self.votes[kind] += len(other.names)

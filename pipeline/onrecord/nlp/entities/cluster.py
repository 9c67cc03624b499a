# SPDX-License-Identifier: Apache-2.0
"""The names of an article that refer to one person, organization or place."""

from bisect import insort
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from onrecord.data.gazetteer import ListedName
from onrecord.data.records import EntityType
from onrecord.nlp.entities.knowledge import Gender, Words
from onrecord.nlp.entities.mentions import Name
from onrecord.nlp.entities.person_names import gender_of_given_name
from onrecord.nlp.entities.type_votes import Votes, votes_for, winner


@dataclass(slots=True)
class EntityCluster:
    """A person, organization or place: its mentions, the forms of its name, and the votes for its type.

    What comparisons ask for is kept up to date, since looking through all names at each comparison is quadratic.

    Attributes:
        names: its mentions.
        votes: how strongly each type is supported.
        forms: the words of its names.
        listed: what the user's list says about it.
        starts: the first tokens of the mentions, sorted.
        titles: the titles before its mentions.
    """

    names: list[Name]
    votes: Votes
    forms: list[Words] = field(default_factory=list)
    listed: ListedName | None = field(init=False, default=None)
    starts: list[int] = field(init=False, default_factory=list)
    titles: set[str] = field(init=False, default_factory=set)
    _genders_of_titles: Counter[Gender] = field(init=False, default_factory=Counter)
    _gender_of_given_name: Gender | None = field(init=False, default=None)
    _known_forms: set[Words] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        """Take note of the first names and forms."""
        self._note(self.names, self.forms)

    def _note(self, names: Iterable[Name], forms: Iterable[Words]) -> None:
        for name in names:
            self.listed = self.listed or name.listed
            insort(self.starts, name.start)
            self.titles.add(name.title)
            if name.title_gender:
                self._genders_of_titles[name.title_gender] += 1
        for form in forms:
            self._known_forms.add(form)
            self._gender_of_given_name = self._gender_of_given_name or gender_of_given_name(form)

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
        by_title = self._genders_of_titles
        if by_title["m"] != by_title["f"]:
            return "m" if by_title["m"] > by_title["f"] else "f"
        return self._gender_of_given_name

    def join(self, other: "EntityCluster") -> None:
        """Take over the names of another cluster."""
        self.names.extend(other.names)
        self.forms.extend(other.forms)
        self._note(other.names, other.forms)
        for kind, weight in other.votes.items():
            self.votes[kind] += weight

    def join_short_name(self, other: "EntityCluster") -> None:
        """Take over the mentions of a short name, whatever types the model gave them."""
        kind = self.type
        new_forms = [form for form in other.forms if form not in self._known_forms]
        self.names.extend(other.names)
        self.forms.extend(new_forms)
        self._note(other.names, new_forms)
        self.votes[kind] += len(other.names)

"""What stands beside a name and tells of it: prepositions, places behind a comma, nouns that say what it is."""

from pipeline.nlp.entities import gazetteer
from pipeline.nlp.entities.gazetteer import Words
from pipeline.nlp.entities.spelling import fold
from pipeline.nlp.entities.tokens import Tokens
from pipeline.records import EntityType

POSSESSIVES = ("'s", "’s", "'S", "’S", "'", "’")
WHERE = frozenset({"in", "near", "outside", "around"})
PLACE_PREPOSITIONS = WHERE | {"to", "from", "at", "into", "across", "through", "via", "toward", "towards", "off"}
# So far behind a name may the noun stand that says what it is: "Borrasca, a small Danish maker of sails".
MAX_APPOSITION = 6
IN_SOMEBODY = frozenset(
    {
        "confidence",
        "trust",
        "faith",
        "interest",
        "interested",
        "belief",
        "believe",
        "believes",
        "believed",
        "disappointed",
        "change",
    }
)


def is_located(tokens: Tokens, start: int) -> bool:
    """Whether a name says where something is: not "confidence in Smith", nor "in Smith's opinion"."""
    if not start or tokens.text[start - 1].lower() not in WHERE:
        return False
    if start + 1 < len(tokens) and tokens.text[start + 1] in POSSESSIVES:
        return False
    return start < 2 or tokens.text[start - 2].lower() not in IN_SOMEBODY


def place_preposition(tokens: Tokens, start: int) -> str:
    """Return the preposition of place before a name, or an empty string."""
    before = tokens.text[start - 1].lower() if start else ""
    return before if before in PLACE_PREPOSITIONS else ""


def said_to_be(tokens: Tokens, start: int, end: int) -> EntityType | None:
    """Return what a noun beside the name says that it is, as in "the village of Port Alder" or "Borrasca, a maker of sails"."""
    kinds = gazetteer.kinds()
    before = start - 1
    if before > 0 and tokens.text[before] == "of" and kinds.get(tokens.text[before - 1]) in ("GPE", "LOC"):
        return kinds[tokens.text[before - 1]]
    if before >= 0 and tokens.text[before] in kinds and tokens.tag[before] == "NN":
        return kinds[tokens.text[before]]
    if end + 2 < len(tokens) and tokens.text[end] == "," and tokens.text[end + 1] in ("a", "an"):
        for index in range(end + 2, min(end + 2 + MAX_APPOSITION, len(tokens))):
            if not tokens.tag[index].startswith(("NN", "JJ", "HYPH", "VBN", "VBG")):
                break
            if index + 1 == len(tokens) or not tokens.tag[index + 1].startswith(("NN", "HYPH")):
                return kinds.get(tokens.text[index])
    return None


def place_behind(tokens: Tokens, end: int) -> Words:
    """Return the words of the well-known place that follows a comma, as in "Springfield, Illinois"; none where there is none."""
    if end + 1 >= len(tokens) or tokens.text[end] != ",":
        return ()
    known = gazetteer.known_names()
    words = tuple(map(fold, tokens.text[end + 1 : end + 3]))
    return next((place for place in (words[:1], words) if place in known and known[place].type == "GPE"), ())

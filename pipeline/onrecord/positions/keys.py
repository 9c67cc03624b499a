"""What makes two names the same party when stances of many articles are added up."""

import unicodedata

ARTICLES = ("the ", "a ", "an ")
POSSESSIVES = ("'s", "’s", "'", "’")


def name_key(name: str) -> str:
    """Return a name without what spellings differ in: case, accents, marks, white space, "the" and a possessive ending."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name.strip()) if not unicodedata.combining(c)).casefold()
    for ending in POSSESSIVES:
        if bare.endswith(ending):
            bare = bare[: -len(ending)]
            break
    words = "".join(c if c.isalnum() else " " for c in bare.replace(".", "")).split()
    key = " ".join(words)
    for article in ARTICLES:
        key = key.removeprefix(article)
    return key or name.strip().casefold()

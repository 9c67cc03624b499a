# SPDX-License-Identifier: Apache-2.0
"""Normalised forms of names, for comparing spellings within and between articles.

Plain functions that need neither lexicons nor a model, because programs that load neither use them too. Equivalences beyond spelling
(``Brightwater Corp.`` is ``Brightwater``) are decided in ``onrecord.nlp.entities`` and recorded as an entity's ``name_key``.
"""

import functools
import re
import unicodedata

# Letters that Unicode does not decompose into a plain letter and an accent.
PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"}
)
NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
ARTICLES = frozenset({"the", "a", "an"})
PUNCTUATION = ',;:!?"“”()[]'
POSSESSIVES = ("'s", "’s", "'", "’")
# Words that can only be a pronoun when they are the whole name.
PRONOUNS = frozenset({
    "i", "me", "my", "mine", "myself", "we", "us", "our", "ours", "ourselves", "you", "your", "yours", "yourself", "yourselves",
    "he", "him", "his", "himself", "she", "her", "hers", "herself", "it", "its", "itself",
    "they", "them", "their", "theirs", "themselves", "one", "oneself",
    "who", "whom", "whose", "which", "what", "that", "this", "these", "those",
})  # fmt: skip


POSSESSIVE_PRONOUNS = frozenset({"my", "our", "your", "his", "her", "its", "their", "whose"})
# They mean nobody in particular, or somebody whom only the article shows.
INDEFINITE = frozenset({
    "each other", "one another", "whoever", "whomever", "someone", "somebody", "something", "anyone", "anybody", "anything", "everyone",
    "everybody", "everything", "no one", "nobody", "nothing", "none", "others", "another", "some", "many", "both", "all", "neither",
    "either",
})  # fmt: skip


@functools.lru_cache(maxsize=1 << 13)
def fold(word: str) -> str:
    """Return a word in lower case, without accents, apostrophes and full stops: ``erdogan`` for ``Erdoğan``, ``us`` for ``U.S.``."""
    if word.isascii():
        return word.lower().replace(".", "").replace("'", "")
    plain = unicodedata.normalize("NFKD", word).casefold().translate(PLAIN_LETTERS)
    return "".join(letter for letter in plain if not unicodedata.combining(letter) and letter not in ".'’ʼ‘")


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name, folded and without a leading "the"."""
    words = tuple(filter(None, map(fold, name.split())))
    return words[1:] if len(words) > 1 and words[0] == "the" else words


def comparable(text: str) -> str:
    """Return the words of a text, folded, without punctuation, and separated by single spaces.

    A text without letters and digits has no words: its printable characters are returned.
    """
    folded = NOT_ALPHANUMERIC.sub(" ", " ".join(map(fold, text.split())))
    return folded.strip() or " ".join("".join(c if c.isprintable() else " " for c in text).split())


def name_key(name: str) -> str:
    """Return the key of a name of unknown type: its folded words without a leading article and a possessive ending."""
    bare = name.strip()
    for ending in POSSESSIVES:
        if bare.endswith(ending):
            bare = bare.removesuffix(ending)
            break
    # Split twice: a folded word can contain a space, because some characters decompose into a space and an accent.
    folded = " ".join(map(fold, bare.split())).split()
    words = list(filter(None, (word.strip(PUNCTUATION) for word in folded)))
    while len(words) > 1 and words[0] in ARTICLES:
        del words[0]
    return " ".join(words) or name.strip().casefold()


@functools.lru_cache(maxsize=1 << 13)
def phrase_key(name: str) -> str:
    """Return the key of a name, or of a phrase in small letters, in which articles and hyphens don't count: "an out-of-date ban"."""
    if not any(word.islower() for word in name.split()[1:]):
        return name_key(name)
    words = comparable(name).split()
    return " ".join(word for word in words if word not in ARTICLES) or name_key(name)


def has_words(name: str, words: str) -> bool:
    """Whether a name contains a text as whole words; both are in ``comparable`` form."""
    return f" {words} " in f" {name} "


def is_pronoun(name: str) -> bool:
    """Whether a name is a bare pronoun; words in capitals are acronyms (``US``, ``IT``, ``WHO``), except ``I``."""
    word = name.strip()
    return word.casefold() in PRONOUNS and (len(word) == 1 or not word.isupper())


def depends_on_article(name: str) -> bool:
    """Whether only its article shows whom or what a name means: a pronoun, "each other", or a phrase such as "his campaign"."""
    first, _, rest = name.strip().partition(" ")
    if is_pronoun(name) or name.strip().casefold() in INDEFINITE:
        return True
    # "Our Revolution" is a name; "Her judgment" begins a sentence.
    return first.casefold() in POSSESSIVE_PRONOUNS and rest.strip()[:1].islower()

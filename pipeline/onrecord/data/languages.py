# SPDX-License-Identifier: Apache-2.0
"""Languages as senders state them: BCP 47 tags, locales, codes of ISO 639-2 and -3, and names."""

import functools
import re

MAX_LENGTH = 64  # characters
TAG = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8})*")
PRIVATE_OR_GRANDFATHERED = re.compile(r"[xi](?:-[a-z0-9]{1,8})+")
LOCAL_USE = re.compile(r"q[a-t][a-z]")
AFTER_LOCALE = re.compile(r"[.@].*", re.DOTALL)  # such as .UTF-8 of en_US.UTF-8
IN_BRACKETS = re.compile(r" ?\([^()]*\)\Z")

# What is written where the language is not known, or where there is more than one.
UNKNOWN = """
und mul mis zxx xx xxx unk unknown undefined undetermined unspecified none null nil nan n/a na auto any all other
others multi multiple multilingual c posix root - --
"""
SAYS_NOTHING = frozenset(UNKNOWN.split())
# ISO 639-1. A tag of two letters that is not among them, such as "us" or "jp", is a country or a mistake.
ISO_639_1 = """
aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo
es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik in io is it iu iw ja ji
jv jw ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mo mr ms mt my na nb
nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr
ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
TWO_LETTERS = frozenset(ISO_639_1.split())
# Tag, codes of three letters, and names in English and in the language itself.
NAMES = """
af afr afrikaans
ar ara arabic العربية
az aze azerbaijani
be bel belarusian
bg bul bulgarian български
bn ben bengali bangla
bs bos bosnian
ca cat catalan català
cs ces cze czech čeština
cy cym wel welsh
da dan danish dansk
de deu ger german deutsch
el ell gre greek ελληνικά
en eng english anglais englisch inglés
es spa spanish castilian español espanol
et est estonian
eu eus baq basque
fa fas per persian farsi
fi fin finnish suomi
fr fra fre french français francais
ga gle irish
gl glg galician
gu guj gujarati
he heb hebrew iw עברית
hi hin hindi हिन्दी
hr hrv croatian hrvatski
hu hun hungarian magyar
hy hye arm armenian
id ind indonesian
is isl ice icelandic
it ita italian italiano
ja jpn japanese 日本語
ka kat geo georgian
kk kaz kazakh
km khm khmer
kn kan kannada
ko kor korean 한국어
la lat latin
lt lit lithuanian
lv lav latvian
mk mkd mac macedonian
ml mal malayalam
mr mar marathi
ms msa may malay
mt mlt maltese
my mya bur burmese
ne nep nepali
nl nld dut dutch flemish nederlands
no nor norwegian norsk
pa pan punjabi
pl pol polish polski
ps pus pashto
pt por portuguese português portugues
ro ron rum romanian română
ru rus russian русский
si sin sinhala sinhalese
sk slk slo slovak
sl slv slovenian slovene
so som somali
sq sqi alb albanian
sr srp serbian
sv swe swedish svenska
sw swa swahili
ta tam tamil
te tel telugu
th tha thai
tl tgl tagalog
tr tur turkish türkçe
uk ukr ukrainian українська
ur urd urdu
uz uzb uzbek
vi vie vietnamese
zh zho chi chinese mandarin 中文
zu zul zulu
"""
TAGS = {name: tag for tag, *names in map(str.split, NAMES.strip().splitlines()) for name in names}
# Names of more than one word.
ENGLISH_OF = {
    "american": "en-US",
    "british": "en-GB",
    "us": "en-US",
    "uk": "en-GB",
    "australian": "en-AU",
    "canadian": "en-CA",
}
ADJECTIVES = frozenset(("simplified", "traditional", "brazilian", "european", "modern", "standard", "latin"))


class UnknownLanguage(ValueError):
    """A text that names no language."""


@functools.lru_cache(maxsize=1_000)
def language_tag(stated: str) -> str | None:
    """Return the BCP 47 tag of a language, or None if the text says that it is not known.

    Raises:
        UnknownLanguage: the text names no language, or several.
    """
    name = " ".join(stated[: MAX_LENGTH + 1].split()).lower()
    if len(stated.strip()) > MAX_LENGTH:
        raise UnknownLanguage
    tag = AFTER_LOCALE.sub("", name).replace("_", "-")
    if not tag or tag.partition("-")[0] in SAYS_NOTHING or name in SAYS_NOTHING:
        return None
    if PRIVATE_OR_GRANDFATHERED.fullmatch(tag):
        return None
    language, hyphen, rest = tag.partition("-")
    language = TAGS.get(language, language)
    if TAG.fullmatch(language + hyphen + rest) and (len(language) == 3 or language in TWO_LETTERS):
        return None if LOCAL_USE.fullmatch(language) else _in_usual_case(language + hyphen + rest)
    return _named(name)


def _named(name: str) -> str:
    words = IN_BRACKETS.sub("", name).split()
    if len(words) == 2 and words[1] == "english" and words[0] in ENGLISH_OF:
        return ENGLISH_OF[words[0]]
    if len(words) == 2 and words[0] in ADJECTIVES:
        words = words[1:]
    if len(words) == 1 and words[0] in TAGS:
        return TAGS[words[0]]
    raise UnknownLanguage


def _in_usual_case(tag: str) -> str:
    """Return a tag with the case that RFC 5646 recommends, such as zh-Hant-TW."""
    language, *subtags = tag.split("-")
    usual, after_singleton = [language], False
    for subtag in subtags:
        after_singleton = after_singleton or len(subtag) == 1
        if not after_singleton and subtag.isalpha() and len(subtag) in (2, 4):
            subtag = subtag.upper() if len(subtag) == 2 else subtag.title()
        usual.append(subtag)
    return "-".join(usual)

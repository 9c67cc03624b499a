# SPDX-License-Identifier: Apache-2.0
"""Invented stories of any length, and what other papers make of them."""

import random

PLACES = ("Brinmouth", "Callow", "Dunmere", "Eastwick", "Fallowby", "Hexley", "Ingleton", "Lanmoor")
PEOPLE = (
    "Ada Marlowe",
    "Tom Okafor",
    "Ilse Brandt",
    "Jo Fenn",
    "Mira Quist",
    "Pavel Severn",
    "Rosa Thane",
    "Nils Urwin",
)
SYLLABLES = (
    "bar",
    "den",
    "fal",
    "gor",
    "hin",
    "kel",
    "lom",
    "mar",
    "nis",
    "pol",
    "rud",
    "sev",
    "tam",
    "vor",
    "wex",
    "yol",
)
PROMO = "Sign up for our free morning newsletter to get the headlines of the day in your inbox."


def word(chance: random.Random) -> str:
    """Return a word of no language."""
    return "".join(chance.choices(SYLLABLES, k=2))


def sentence(chance: random.Random) -> str:
    """Return a sentence of 25 words, of which hardly any are together in another one."""
    words = [word(chance) for _ in range(19)]
    words[3:3] = ["in", chance.choice(PLACES)]
    words[9:9] = [*chance.choice(PEOPLE).split(), "said", "that"]
    return f"The {' '.join(words)}."


def story(seed: int, sentences: int = 14) -> str:
    """Return a story of a number of sentences, 25 words each."""
    chance = random.Random(seed)
    return "\n\n".join(sentence(chance) for _ in range(sentences))


def reprint(text: str, seed: int, kept: float = 0.7, changed: float = 0.03) -> str:
    """Return what another paper makes of a story: cut at the end, some words changed, a promo added."""
    chance = random.Random(seed)
    words = text[: int(len(text) * kept)].split(" ")
    words = [
        chance.choice(("indeed", "however", "reportedly")) if chance.random() < changed else word for word in words
    ]
    return f"{' '.join(words)}\n\n{PROMO}"


def earnings(company: str, place: str, seed: int) -> str:
    """Return a report as programs write them by the thousands: only names and numbers differ."""
    chance = random.Random(seed)
    million, cents, per_cent = chance.randint(2, 90), chance.randint(2, 99), chance.randint(2, 60)
    return (
        f"{company} on Tuesday reported a net income of ${million}.{chance.randint(1, 9)} million in its third quarter. The"
        f" {place}-based company said it had net income of {cents} cents per share. Earnings, adjusted for one-time costs, came to"
        f" {chance.randint(2, 99)} cents per share. The results met the expectations of analysts, who had on average expected"
        f" earnings of {chance.randint(2, 99)} cents per share. The company posted revenue of ${chance.randint(100, 999)} million in"
        f" the period. {company} shares have risen {per_cent} percent since the beginning of the year. This story was made by a"
        " program from data of the exchange."
    )

# SPDX-License-Identifier: Apache-2.0
"""How many copies of articles are found, how many others are taken for copies, and the CPU time that it takes.

usage: python -m tests.benchmarks.near_duplicates ARTICLES.jsonl [--number 2000] [--undated]

The others are the articles; if there are fewer than asked for, parts of them of at least 200 words, no two with the same words. The
copies are made of random ones of them as other papers would: 50 to 100 % of the text, from its beginning or its end, 1 to 5 % of the
words changed, dropped or added, another headline, a promo or two. All are added to the index of a backfill in random order.
"""

import argparse
import json
import random
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from onrecord.data.article import Article, article
from onrecord.data.article_index import ArticleIndex, key_of
from onrecord.data.message import Message, decode

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
MIN_PART = 200  # words
PROMOS = (
    "Sign up for our free morning newsletter to get the headlines of the day in your inbox.",
    "Follow us on social media for the latest news from the region.",
    "Download our app today, and never miss a story that matters to you.",
    "Click here to subscribe to the print edition for only one dollar a week.",
)


def parts(texts: list[str], number: int) -> list[str]:
    """Return at least a number of texts, of whole paragraphs, if there are enough words."""
    while len(texts) < number:
        texts = sorted(texts, key=len, reverse=True)
        lines = texts[0].split("\n")
        halves = ["\n".join(lines[: len(lines) // 2]), "\n".join(lines[len(lines) // 2 :])]
        if any(len(half.split()) < MIN_PART for half in halves):
            break
        texts = texts[1:] + halves
    return texts


def copy_of(text: str, vocabulary: list[str], chance: random.Random) -> str:
    """Return what another paper makes of a text."""
    length = int(len(text) * chance.uniform(0.5, 1))
    share = chance.uniform(0.01, 0.05)
    lines = []
    for line in (text[:length] if chance.random() < 0.7 else text[-length:]).split("\n"):
        words = []
        for word in line.split(" "):
            if word and chance.random() < share:
                word = chance.choice((chance.choice(vocabulary), "", f"{word} {chance.choice(vocabulary)}"))
            words.append(word)
        lines.append(" ".join(words))
    for promo in chance.sample(PROMOS, chance.randint(1, 2)):
        lines.insert(chance.randint(0, len(lines)), promo)
    return "\n".join([" ".join(chance.choices(vocabulary, k=8)), *lines])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("articles", type=Path, help="article messages, one a line")
    parser.add_argument("--number", type=int, default=2_000, help="copies, and others (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="(default: %(default)s)")
    parser.add_argument("--undated", action="store_true", help="without times of publication")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with options.articles.open(encoding="utf-8") as lines:
        texts = parts([json.loads(line)["text"] for line in lines], options.number)
    vocabulary = [word for text in texts for word in text.split()]
    articles, sources = [], {}

    def add(name: str, text: str, hours: int) -> None:
        message = Message(json.dumps({"id": name, "text": text}).encode(), name, START, {})
        made: Article = article(message, *decode(message.payload))
        articles.append(made if options.undated else replace(made, published_at=START + timedelta(hours=hours)))

    for number, text in enumerate(texts):
        add(f"article-{number}", text, chance.randrange(48))
    for number in range(options.number):
        source = chance.randrange(len(texts))
        sources[f"copy-{number}"] = f"article-{source}"
        add(f"copy-{number}", copy_of(texts[source], vocabulary, chance), 48 + chance.randrange(48))
    chance.shuffle(articles)
    began = time.process_time()
    with closing(sqlite3.connect("")) as database:
        index = ArticleIndex(database)
        index.add(0, [key_of(one) for one in articles])
        read = time.process_time()
        index.decide()
        decided = time.process_time()
        found = {articles[place].article_id: decision.duplicate_of for place, decision in index.decisions(0).items()}
    with closing(sqlite3.connect("")) as database:
        without = time.process_time()
        index = ArticleIndex(database)
        index.add(0, [key_of(one, near_duplicates=False) for one in articles])
        index.decide()
        without = time.process_time() - without
    right = sum(found.get(name) == source for name, source in sources.items())
    wrong = sum(found.get(name) is not None and found[name] != source for name, source in sources.items())
    others = [name for name, original in found.items() if original is not None and name not in sources]
    each = (decided - began - without) / len(articles) * 1_000
    print(
        f"{len(sources):,} copies among {len(texts):,} others: found {right / len(sources):.1%}, of another text {wrong}"
    )
    print(f"others taken for copies: {len(others)} ({len(others) / len(texts):.2%}) {' '.join(sorted(others)[:20])}")
    print(f"CPU: {each:.2f} ms an article ({(read - began) / len(articles) * 1_000:.2f} to read, the rest to compare)")


if __name__ == "__main__":
    main()

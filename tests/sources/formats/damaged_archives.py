# SPDX-License-Identifier: Apache-2.0
"""Damages web archives at random, and compares the pages that are read with those that were left whole."""

import io
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import accumulate, groupby

from onrecord.data.message import Message
from onrecord.sources.formats.warc import read_messages
from onrecord.sources.stored_file import StoredFile

CHANGED_AT = datetime(2026, 2, 3, tzinfo=timezone.utc)


def read(stored: bytes, path: str) -> list[Message]:
    return list(read_messages(StoredFile(io.BytesIO(stored), path, CHANGED_AT)))


@dataclass(frozen=True)
class Damaged:
    """A damaged archive.

    Attributes:
        how: what was done to it.
        stored: its bytes.
        members: the numbers of the members that it has, in their order.
        touched: places in ``members`` of those that are damaged.
        removed: places in ``members`` of those of which nothing is left.
        unnoticeable: places in ``members`` of those of which only bytes that nothing checks are changed: the headers of a plain archive.
    """

    how: str
    stored: bytes
    members: list[int]
    touched: frozenset[int]
    removed: frozenset[int]
    unnoticeable: frozenset[int]


def _flipped(chance: random.Random, stored: bytearray) -> list[tuple[int, int]]:
    at = [chance.randrange(len(stored)) for _ in range(chance.randrange(1, 6))]
    for index in at:
        stored[index] ^= chance.randrange(1, 256)
    return [(index, index + 1) for index in at]


def _cut_out(chance: random.Random, stored: bytearray) -> list[tuple[int, int]]:
    start = chance.randrange(len(stored))
    end = min(len(stored), start + chance.choice((1, 10, 1_000, 50_000, len(stored) // 3)))
    del stored[start:end]
    return [(start, end)]


def _cut_off(chance: random.Random, stored: bytearray) -> list[tuple[int, int]]:
    start, end = chance.randrange(len(stored)), len(stored)
    del stored[start:]
    return [(start, end)]


def _swapped(chance: random.Random, members: list[int]) -> None:
    first, second = chance.randrange(len(members)), chance.randrange(len(members))
    members[first], members[second] = members[second], members[first]


def _duplicated(chance: random.Random, members: list[int]) -> None:
    members.insert(chance.randrange(len(members) + 1), chance.choice(members))


def damaged(stored_members: list[bytes], number: int, seed: int) -> Iterator[Damaged]:
    """Yield damaged archives.

    Args:
        stored_members: the members of an archive, or the records of a plain one.
        number: how many to make.
        seed: of the random numbers.
    """
    chance = random.Random(seed)
    for _ in range(number):
        members = list(range(len(stored_members)))
        done = []
        for rearrange in chance.sample((_swapped, _duplicated), chance.randrange(3)):
            rearrange(chance, members)
            done.append(rearrange.__name__)
        ends = list(accumulate(len(stored_members[member]) for member in members))
        stored = bytearray(b"".join(stored_members[member] for member in members))
        ranges: list[tuple[int, int]] = []
        damage = chance.choice((None, _flipped, _cut_out, _cut_off))
        if damage:
            ranges = damage(chance, stored)
            done.append(damage.__name__)
        places = list(zip([0, *ends], ends, strict=False))
        touched = {place for place, (start, end) in enumerate(places) if any(a < end and start < b for a, b in ranges)}
        removed = {
            place for place, (start, end) in enumerate(places) if any(a <= start and end <= b for a, b in ranges)
        }
        unchecked = [
            (start, start + stored_members[member].find(b"\r\n\r\n") + 4)
            for member, (start, _) in zip(members, places, strict=True)
            if stored_members[member].startswith(b"WARC/")
        ]
        unnoticeable = {
            place
            for place, (start, end) in enumerate(unchecked)
            if not any(a < places[place][1] and end < b for a, b in ranges)
        }
        yield Damaged(
            "+".join(done),
            bytes(stored),
            members,
            frozenset(touched),
            frozenset(removed),
            frozenset(unnoticeable & touched),
        )


def faults(case: Damaged, whole: list[bytes], path: str) -> list[str]:
    """Return what is wrong with how a damaged archive is read.

    Args:
        case: the archive.
        whole: the payload of each member's page.
        path: the archive's name.
    """
    messages = read(case.stored, path)
    pages = Counter(message.payload for message in messages if not (message.problem or message.skipped))
    told = sum(bool(message.problem or message.attributes.get("damaged")) for message in messages)
    found = []
    undamaged = [member for place, member in enumerate(case.members) if place not in case.touched]
    if lost := Counter(whole[member] for member in undamaged) - pages:
        found.append(f"{lost.total()} undamaged records are not read")
    # A member of which every byte is gone leaves no trace if its neighbours are whole.
    left = pages - Counter(whole[member] for member in undamaged)
    unread = [place in case.touched and not left[whole[member]] for place, member in enumerate(case.members)]
    runs = [
        [place for place, _ in group]
        for is_unread, group in groupby(enumerate(unread), lambda pair: pair[1])
        if is_unread
    ]
    noticeable = sum(not set(run) <= case.removed | case.unnoticeable for run in runs)
    if told < noticeable:
        found.append(f"{noticeable} damaged stretches and {told} problems")
    strangers = (pages - Counter(whole)).total()
    # A changed page that is marked, or one of a member that is there twice.
    if strangers > told + len(case.unnoticeable) + len(case.members) - len(whole):
        found.append(f"{strangers} pages that were not in the archive")
    return [f"{case.how}: {fault}" for fault in found]

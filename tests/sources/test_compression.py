# SPDX-License-Identifier: Apache-2.0
"""Compressed files: recognised by their content, read past damage, within bounded time and memory."""

import bz2
import gzip
import io
import lzma
import random

import pytest
import zstandard

from onrecord.sources.compression import Damage, decompressed
from tests.operations import check_linear

PACK = {
    ".gz": gzip.compress,
    ".zst": zstandard.ZstdCompressor(write_checksum=True).compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
every_kind = pytest.mark.parametrize("ending", PACK)


def texts(number: int, seed: int = 1) -> list[bytes]:
    chance = random.Random(seed)
    return [b"".join(b"%d: %x\n" % (part, chance.getrandbits(64)) for _ in range(500)) for part in range(number)]


def read(stored: bytes, path: str = "") -> list[bytes | Damage]:
    """Return what is in a file; pieces that follow each other are joined."""
    found: list[bytes | Damage] = []
    for piece in decompressed(io.BytesIO(stored), path):
        if isinstance(piece, bytes) and found and isinstance(found[-1], bytes):
            found[-1] += piece
        else:
            found.append(piece)
    return found


@every_kind
def test_the_content_says_how_a_file_is_compressed(ending):
    assert read(b"".join(map(PACK[ending], (b"a\n", b"", b"b\n")))) == [b"a\nb\n"]
    assert read(b"plain text\n", f"articles.jsonl{ending}") == [b"plain text\n"]
    assert read(b"") == []


@every_kind
def test_an_empty_file_is_no_compressed_file(ending):
    [damage] = read(b"", f"articles.jsonl{ending}")
    assert "it is empty" in damage.problem


@every_kind
def test_zeros_behind_a_unit_are_padding_and_anything_else_is_damage(ending):
    first, second = map(PACK[ending], (b"a\n", b"b\n"))
    assert read(first + bytes(40_000) + second + bytes(4)) == [b"a\nb\n"]
    [before, damage, behind] = read(first + b"else" + second)
    assert (before, behind) == (b"a\n", b"b\n")
    assert (damage.start, damage.end, damage.stored) == (len(first), len(first) + 4, b"else")


@every_kind
def test_a_changed_byte_costs_one_unit(ending):
    parts = texts(4)
    stored = [PACK[ending](part) for part in parts]
    chance = random.Random(2)
    for _ in range(100):
        odd = chance.randrange(4)
        broken = bytearray(stored[odd])
        broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
        found = read(b"".join([*stored[:odd], bytes(broken), *stored[odd + 1 :]]), f"a{ending}")
        whole = b"".join(piece for piece in found if isinstance(piece, bytes))
        assert all(part in whole for place, part in enumerate(parts) if place != odd)
        # A few bytes of the header of gzip mean nothing; all else is noticed.
        assert parts[odd] in whole or any(isinstance(piece, Damage) for piece in found)


@every_kind
def test_what_is_before_the_end_of_a_cut_file_is_read(ending):
    text = b"".join(texts(300))
    stored = PACK[ending](text)
    [before, damage] = read(stored[: len(stored) * 9 // 10])
    assert text.startswith(before)
    assert len(before) > len(text) // 2
    assert "is cut short by the end of the file" in damage.problem


def test_what_is_before_the_damaged_byte_is_read():
    text = b"".join(texts(100))
    stored = bytearray(gzip.compress(text))
    stored[len(stored) // 2 :] = random.Random(1).randbytes(len(stored) // 2)
    [before, damage] = read(bytes(stored))
    assert text.startswith(before[: len(text) // 3])
    assert len(before) > len(text) * 0.45
    assert 0 <= damage.start - len(stored) // 2 < 5_000


def test_a_unit_that_ends_within_a_large_piece_is_followed_by_the_next():
    parts = (b"x" * 5_000_000, b"y" * 3_000_000, b"z")
    for pack in PACK.values():
        assert b"".join(decompressed(io.BytesIO(b"".join(map(pack, parts))))) == b"".join(parts)


def test_frames_that_were_compressed_with_the_dictionary_at_the_beginning_of_the_file():
    samples = [b"the harbour council of Brinmouth voted on item %d of %d" % (n, n * n) for n in range(2_000)]
    dictionary = zstandard.train_dictionary(4_000, samples)
    frames = b"".join(map(zstandard.ZstdCompressor(dict_data=dictionary).compress, samples[:50]))
    for content in (dictionary.as_bytes(), zstandard.compress(dictionary.as_bytes())):
        skippable = b"\x5d\x2a\x4d\x18" + len(content).to_bytes(4, "little") + content
        assert read(skippable + frames) == [b"".join(samples[:50])]


def test_a_frame_that_needs_too_much_memory_says_so():
    parameters = zstandard.ZstdCompressionParameters.from_level(1, window_log=29)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    [damage, behind] = read(compressor.compress(b"x" * 10_000) + compressor.flush() + zstandard.compress(b"b"))
    assert "requires too much memory" in damage.problem
    assert behind == b"b"


def test_a_failing_disk_is_not_damage():
    class FailingDisk(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            data = super().read(min(size or 0, 1_000))
            if not data:
                raise OSError(5, "Input/output error")
            return data

    for pack in PACK.values():
        with pytest.raises(OSError, match="Input/output error"):
            list(decompressed(FailingDisk(pack(random.Random(1).randbytes(5_000))[:4_000])))


HOSTILE = {
    "magic numbers only": b"\x1f\x8b\x08\x00",
    "members that break at their end": gzip.compress(b"")[:-4],
    "members that hold each other": b"\x1f\x8b\x08\x00" + bytes(6) + b"\x00\xff\xff\x00\x00",
    "frames that break at their end": zstandard.compress(b"x" * 100_000)[:-2],
    "skippable frames": b"\x50\x2a\x4d\x18" + bytes(4),
    "streams": lzma.compress(b"x" * 5_000)[:-4],
}


@pytest.mark.scale
@pytest.mark.parametrize("kind", HOSTILE)
def test_the_time_for_magic_numbers_everywhere_is_linear(kind):
    def read_all(stored: bytes) -> int:
        return sum(1 for _ in decompressed(io.BytesIO(stored)))

    check_linear(read_all, lambda size: HOSTILE[kind] * (size // len(HOSTILE[kind])), 200_000, growth=2.6)

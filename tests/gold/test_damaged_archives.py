# SPDX-License-Identifier: Apache-2.0
"""Archives of real pages, damaged at random: what is left whole is read, all else is reported.

The archive is ``data/pages_dev.warc.gz`` in the folder that ``ONRECORD_GOLD`` names, with a member per record.
"""

import zlib

import pytest

from tests.markers import gold_folder
from tests.sources.formats.damaged_archives import damaged, faults, read

ARCHIVE = gold_folder() / "data" / "pages_dev.warc.gz"
CASES = 300
pytestmark = pytest.mark.skipif(not ARCHIVE.is_file(), reason=f"no {ARCHIVE} (ONRECORD_GOLD names another folder)")


def members() -> list[tuple[bytes, bytes]]:
    """Return the members of the archive, as stored and decompressed."""
    rest, found = ARCHIVE.read_bytes(), []
    while rest:
        decompressor = zlib.decompressobj(zlib.MAX_WBITS | 16)
        plain = decompressor.decompress(rest)
        found.append((rest[: len(rest) - len(decompressor.unused_data)], plain))
        rest = decompressor.unused_data
    return found


@pytest.mark.parametrize(("path", "form"), [("pages.warc.gz", 0), ("pages.warc", 1)])
def test_whatever_is_left_whole_is_read_and_all_else_is_reported(path, form):
    stored = [member[form] for member in members()]
    whole = [message.payload for message in read(b"".join(stored), path)]
    assert len(whole) == len(stored)
    found = [fault for case in damaged(stored, CASES, seed=7) for fault in faults(case, whole, path)]
    assert found == []

# SPDX-License-Identifier: Apache-2.0
"""The public names: all of them resolve, are documented, and cost nothing until they are used."""

import subprocess
import sys

import pytest

import onrecord


@pytest.mark.parametrize("name", [name for name in onrecord.__all__ if name != "__version__"])
def test_a_public_name_is_documented(name):
    assert (getattr(onrecord, name).__doc__ or "").strip()


def test_a_name_that_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'reads'"):
        _ = onrecord.reads


def test_dir_lists_the_public_names():
    assert dir(onrecord) == sorted(onrecord.__all__)


def test_the_import_loads_neither_beam_nor_spacy():
    program = "import sys, onrecord; print(sorted({'apache_beam', 'spacy', 'numpy', 'fastavro'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"

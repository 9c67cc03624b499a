# SPDX-License-Identifier: Apache-2.0
"""THIRD_PARTY_NOTICES.txt lists what the locks install, under licences that may be used and that the packages themselves state."""

import re

import pytest

from tools import third_party

TEXT = third_party.NOTICES.read_text("utf-8")
LISTED = {
    name: (versions.split(", "), expression)
    for name, versions, expression in re.findall(r"^(\S+) ([^|\n]+) \| (.+)$", TEXT, re.MULTILINE)
}


def test_every_package_of_the_locks_is_listed_with_its_versions_and_nothing_else():
    python = third_party.locked(*third_party.LOCKS)
    java = {name: [version] for name, version, _ in third_party.jars()}
    assert {name: versions for name, (versions, _) in LISTED.items()} == {**python, **java}, "run 'make notices'"


def test_every_package_may_be_used_under_one_of_the_allowed_licences():
    assert [name for name, (_, expression) in LISTED.items() if not third_party.is_allowed(expression)] == []


def test_the_listed_licences_are_those_that_the_packages_state():
    here = {name: third_party.installed(name) for name in third_party.locked(*third_party.LOCKS)}
    stated = {
        name: third_party.licence(name)
        for name, package in here.items()
        if package is not None and [package.version] == LISTED[name][0]  # another version may say it in other words
    }
    assert len(stated) > 80
    assert stated == {name: LISTED[name][1] for name in stated}


def test_every_package_of_the_image_has_its_licence_text():
    owners = {
        name
        for names in re.findall(rf"^{third_party.RULE}\n(.+)\n{third_party.RULE}$", TEXT, re.MULTILINE)
        for name in names.split(", ")
    }
    elsewhere = {"exceptiongroup"}  # only on Python 3.10
    assert owners == set(third_party.locked(*third_party.LOCKS)) - elsewhere


@pytest.mark.parametrize("expression", ["GPL-3.0-only", "MIT AND AGPL-3.0-only", "GPL-2.0-only OR LGPL-2.1-only", ""])
def test_other_licences_are_refused(expression):
    assert not third_party.is_allowed(expression)


def test_a_licence_that_is_only_named_bsd_has_to_be_looked_up(monkeypatch):
    monkeypatch.delitem(third_party.STATED, "pyasn1-modules")
    with pytest.raises(third_party.UnknownLicence, match=r"pyasn1-modules.*STATED"):
        third_party.licence("pyasn1-modules")

# SPDX-License-Identifier: Apache-2.0
"""Build ``nlp/knowledge/territories.tsv``: countries, their first-level divisions, and continents, with their Wikidata items.

Run it as ``python -m training.territories BORDERS.json``, with ``rigour`` 2.6.1 installed; ``BORDERS.json`` is
``src/data/borders.json`` of the npm package ``@rapideditor/country-coder`` 5.6.1 (``npm pack`` fetches it). The two must
agree on a country; others are left out.
"""

import importlib
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import onrecord.nlp

# Countries whose states and provinces are named alone in English news; elsewhere a division has its main city's name.
DIVIDED = frozenset({"AU", "CA", "CN", "DE", "GB", "IN", "RU", "UA", "US"})
REGION_LEVELS = frozenset({"region", "subregion", "intermediateRegion"})
# Names of continents and regions that have another meaning in the UN's geography than in the news.
NOT_TAKEN = frozenset(
    {"Micronesia", "Americas", "Australia and New Zealand", "Latin America and the Caribbean", "Iberia"}
)
# Divisions whose name is also that of a larger region.
PARTS_OF_REGIONS = frozenset({"Punjab", "Tibet"})
# Parts of countries without a code in ISO 3166-1 that the news names.
PARTS = frozenset({"West Bank", "Gaza Strip", "Crimea", "Sumatra", "Java", "Sulawesi", "Northern Cyprus"})
# Parts whose country is contested.
CONTESTED = frozenset({"Crimea", "Northern Cyprus"})
# Codes in rigour that are not countries in ISO 3166-1.
NO_COUNTRIES = frozenset({"EU", "UN", "CQ"})
# Names used in the news, where the sources have an official or longer name.
NEWS_NAMES = {
    "CD": ["Democratic Republic of Congo"],
    "CI": ["Ivory Coast"],
    "CV": ["Cape Verde"],
    "CZ": ["Czech Republic"],
    "HK": ["Hong Kong"],
    "LC": ["St Lucia"],
    "MK": ["Macedonia"],
    "MM": ["Burma"],
    "MO": ["Macau"],
    "PS": ["Palestine"],
    "RU": ["Russia"],
    "SY": ["Syria"],
    "TL": ["East Timor"],
    "US": ["United States"],
    "VA": ["Vatican City"],
}
NAMED_IN_TWO_COUNTRIES = {"CG": "Congo", "CD": "Congo", "KR": "Korea", "KP": "Korea"}
TABLE = Path(onrecord.nlp.__file__).parent / "knowledge" / "territories.tsv"
HEADER = """\
# Countries, states and provinces, and continents with their Wikidata items.
# Columns: name; Wikidata item; ISO 3166-1 alpha-2 code of the country (XK is Kosovo); ISO 3166-2 code of a division.
# A name that is listed twice has two bearers.
# Source: made by training/territories.py from rigour 2.6.1 (MIT, OpenSanctions) and from
# @rapideditor/country-coder 5.6.1 (ISC, country-coder contributors). Licence: MIT and ISC.
"""


class Row(NamedTuple):
    """A row of the table."""

    name: str
    item: str
    country: str = ""
    division: str = ""


def rows(borders: Iterable[dict[str, Any]]) -> Iterator[Row]:
    """Yield the rows of the table.

    Args:
        borders: the properties of country-coder's features.
    """
    features = list(borders)
    items = {feature["iso1A2"]: feature for feature in features if "iso1A2" in feature}
    # The Netherlands and Denmark are the parts of their kingdoms that have the name.
    parts = {f["nameEn"]: f["wikidata"] for f in features if "country" in f and "level" not in f and "iso1A2" not in f}
    for territory in importlib.import_module("rigour.territories").get_territories():
        country, _, division = territory.code.upper().partition("-")
        name = territory.name.partition(" (")[0]
        if territory.is_historical or country in NO_COUNTRIES or name in PARTS_OF_REGIONS:
            continue
        if division and country in DIVIDED and (name == territory.name or country == "US"):
            yield Row(name, territory.qid, country, f"{country}-{division}")
        elif not division and territory.qid == items.get(country, {}).get("wikidata"):
            names = [name, items[country]["nameEn"], *NEWS_NAMES.get(country, ())]
            if country in NAMED_IN_TWO_COUNTRIES:
                names.append(NAMED_IN_TWO_COUNTRIES[country])
            item = parts.get(name, territory.qid)
            yield from (Row(name, item, country) for name in names)
    for feature in features:
        name = feature["nameEn"]
        if name in PARTS:
            yield Row(name, feature["wikidata"], "" if name in CONTESTED else feature.get("country", ""))
        elif feature.get("level") in REGION_LEVELS and name not in NOT_TAKEN and "iso1A2" not in feature:
            yield Row(name, feature["wikidata"])


def main(argv: list[str]) -> None:
    """Write the table."""
    features = json.loads(Path(argv[0]).read_text("utf-8"))["features"]
    lines = sorted({"\t".join(row).rstrip() for row in rows(feature["properties"] for feature in features)})
    TABLE.write_text(HEADER + "\n".join(lines) + "\n", "utf-8")
    print(f"{len(lines)} names written to {TABLE}")


if __name__ == "__main__":
    main(sys.argv[1:])

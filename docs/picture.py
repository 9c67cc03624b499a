# SPDX-License-Identifier: Apache-2.0
"""Makes the picture of the README, ``docs/images/demo.svg``, from the records of a run over ``samples/``.

make demo && .venv/bin/python docs/picture.py out/demo
"""

import argparse
import io
from pathlib import Path

from rich.terminal_theme import SVG_EXPORT_THEME

import onrecord
from onrecord.report.terminal import print_article
from onrecord.terminal.console import Console

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "images" / "demo.svg"
ARTICLE = "meridian-20260303-0417"
COLUMNS = 100
ROWS = 8  # of each kind
# Rich's own format loads a font from a content delivery network; this one takes the reader's.
SVG = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="Records of one article">
<style>
.{unique_id}-matrix {{
    font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
    font-size: {char_height}px;
    line-height: {line_height}px;
}}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def picture(output: Path) -> str:
    """Return the picture of one article's records, as SVG.

    Args:
        output: the output folder of a backfill of ``samples/``.
    """
    kinds = ("articles", "entities", "quotes", "stances")
    found = [[one for one in onrecord.records(output, kind) if one.article_id == ARTICLE] for kind in kinds]
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, highlight=False)
    print_article(console, found[0][0], *found[1:], limit=ROWS)
    svg = console.export_svg(
        title="onrecord: one article of samples/", theme=SVG_EXPORT_THEME, code_format=SVG, unique_id="demo"
    )
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def main() -> None:
    """Write the picture."""
    arguments = argparse.ArgumentParser(
        description="Make docs/images/demo.svg from the records of a run over samples/."
    )
    arguments.add_argument("output", type=Path, metavar="DIR", help="the output folder of make demo")
    PICTURE.write_text(picture(arguments.parse_args().output), encoding="utf-8")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""Finds phrases in documentation, comments and messages for which ``prose.tsv`` has plainer words.

Run it as ``python -m tools.prose``, or with the files to check: ``python -m tools.prose README.md``. It exits with 1 if it finds a
phrase.

A Markdown file is checked outside its code; a Python file in its docstrings, comments and string literals (a test only in its docstrings
and comments, since its literals are article texts). Of other files every line is checked: their comments, help texts and messages are
hard to separate from their code, and their code has no English phrases. Identifiers and examples in quotation marks are not checked.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORD_LIST = Path(__file__).with_name("prose.tsv")
SUFFIXES = frozenset(
    {".avsc", ".conf", ".hcl", ".java", ".md", ".py", ".sh", ".tf", ".tfvars", ".toml", ".yaml", ".yml"}
)
NAMES = frozenset({"Dockerfile", "Makefile", "build", "run"})  # files without a suffix: image recipes and shell scripts
# Article texts, texts that are released and no longer change, and the phrases themselves.
EXCLUDED = re.compile(r"samples/(?!.*\.py$)|CHANGELOG\.md$|schemas/released/|tests/tools/test_prose\.py$")

# A space in a pattern also matches a line break, but not the end of a paragraph.
GAP = r"(?:[ \t]+|[ \t]*\n[ \t]*)"
# Replaces everything that is not prose. No pattern matches it, so that no match reaches across it.
BLANK = "\0"
FENCED = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n]*\n.*?^[ \t]*\1[ \t]*$", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"(`{1,2})(?!`)[^`]+?\1(?!`)")
LINK_TARGET = re.compile(r"(?<=\])\([^()\s]+\)|<https?://[^>\s]+>")
QUOTED = re.compile(r'“[^”]{1,400}”|(?<!\w)"[^"\n]{1,200}"(?!\w)')
COMMENT_MARK = re.compile(r"^[ \t]*(?:#+|//+|\*+)", re.MULTILINE)
# The comments and string literals of Python. Up to Python 3.11, the oldest versions supported, an f-string can't nest its own quotes.
COMMENT_OR_STRING = re.compile(
    r"""
    \#[^\n]*
    | (?<!\w)(?P<prefix>[bfru]{0,2})
      (?: (?P<triple>'{3}|"{3})(?P<long>(?:\\.|[^\\])*?)(?P=triple)
        | (?P<quote>['"])(?P<short>(?:\\.|(?!(?P=quote))[^\\\n])*)(?P=quote) )
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
FIELD = re.compile(r"\{[^{}]*\}")
ESCAPE = re.compile(r"\\(?:\n|.)")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase to avoid.

    Attributes:
        pattern: a regular expression for it, in lower case.
        write: what to write instead.
        allowed: a regular expression for surroundings in which it is plain English; empty if there are none.
    """

    pattern: str
    write: str
    allowed: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase that was found: in which line of a file (from 1), and what to write instead."""

    path: Path
    line: int
    found: str
    write: str

    def __str__(self) -> str:
        """Return the hit as linters print theirs."""
        return f"{self.path}:{self.line}: {self.found} — write: {self.write}"


class WordList:
    """The phrases to avoid, compiled to one expression: a search for each would take seconds."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        """Compile the phrases.

        Raises:
            re.error: a pattern is not a regular expression.
        """
        self.phrases = tuple(phrases)
        named = (f"(?P<p{number}>{phrase.pattern})" for number, phrase in enumerate(phrases))
        self._pattern = _compiled("|".join(named))
        self._allowed = {number: _compiled(phrase.allowed) for number, phrase in enumerate(phrases) if phrase.allowed}

    @classmethod
    def read(cls, path: Path = WORD_LIST) -> "WordList":
        """Read a list: per line a pattern, what to write, and optionally a pattern for allowed surroundings, separated by tabs.

        Raises:
            ValueError: a line has too few or too many columns, or a pattern is not a regular expression.
        """
        phrases = []
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if not line or line.startswith("#"):
                continue
            columns = line.split("\t")
            if len(columns) not in (2, 3):
                raise ValueError(f"{path}:{number}: expected 2 or 3 columns separated by tabs, found {len(columns)}")
            try:
                phrases.append(cls([Phrase(*columns)]).phrases[0])
            except re.error as error:
                raise ValueError(f"{path}:{number}: not a regular expression: {error}") from error
        return cls(phrases)

    def search(self, prose: str) -> Iterator[tuple[int, str, Phrase]]:
        """Yield where each phrase begins in a text, in code points, how it is written there, and the phrase."""
        lowered = prose.replace("None", BLANK * 4).lower()  # "is None" is Python, not English
        if len(lowered) != len(prose):  # a letter whose lower case is two code points
            lowered = prose
        for match in self._pattern.finditer(lowered):
            assert match.lastgroup is not None
            number = int(match.lastgroup[1:])
            if not self._is_allowed(number, lowered, match):
                yield match.start(), " ".join(prose[match.start() : match.end()].split()), self.phrases[number]

    def _is_allowed(self, number: int, text: str, match: re.Match[str]) -> bool:
        if number not in self._allowed:
            return False
        begin, end = max(0, match.start() - 200), match.end() + 200
        return any(
            found.start() < match.end() and match.start() < found.end()
            for found in self._allowed[number].finditer(text, begin, end)
        )


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)".replace(" ", GAP))


def _blanked(text: str) -> str:
    """Return a text with the same number of lines and nothing to match."""
    return BLANK + "\n" * text.count("\n")


def _without(patterns: Iterable[re.Pattern[str]], text: str) -> str:
    for pattern in patterns:
        text = pattern.sub(lambda match: _blanked(match[0]), text)
    return text


def markdown_prose(source: str) -> str:
    """Return a Markdown text without its code, link targets and quoted examples."""
    return _without((FENCED, INLINE_CODE, LINK_TARGET, QUOTED), source)


def text_prose(source: str) -> str:
    """Return a file in another language without the marks of its comments."""
    return COMMENT_MARK.sub("", source)


def _string_text(match: re.Match[str], source: str, *, literals: bool) -> str:
    """Return the prose of a string literal of Python."""
    text = match["long"] if match["triple"] else match["short"]
    line_before = source[source.rfind("\n", 0, match.start()) + 1 : match.start()]
    if match["triple"] and not line_before.strip():  # a docstring
        return _without((INLINE_CODE, QUOTED), text)
    if not literals or "b" in match["prefix"].lower() or " " not in text.strip():
        return _blanked(text)  # an article's text, bytes, or a single word, which is data
    if "f" in match["prefix"].lower():
        text = FIELD.sub(lambda field: _blanked(field[0]), text)
    return ESCAPE.sub(lambda escape: "\n" if escape[0] == "\\\n" else " ", text)


def python_prose(source: str, *, literals: bool = True) -> str:
    """Return a Python text without its code: docstrings, comments and, if asked for, other string literals."""
    pieces = []
    end = 0
    was_literal = False
    for match in COMMENT_OR_STRING.finditer(source):
        between = source[end : match.start()]
        is_comment = match[0].startswith("#")
        # Literals with white space between them are one text, and so are the lines of a comment.
        is_joined = not between.replace("\\\n", "\n").strip() and was_literal is not is_comment
        pieces.append(between.replace("\\", "") if is_joined else _blanked(between))
        if is_comment:
            pieces.append(_without((INLINE_CODE, QUOTED), match[0].lstrip("#")))
        else:
            pieces.append(_string_text(match, source, literals=literals))
        end, was_literal = match.end(), not is_comment
    return "".join(pieces)


def prose_of(path: Path, source: str) -> str:
    """Return the prose of a file with the same lines as the file."""
    if path.suffix == ".md":
        return markdown_prose(source)
    if path.suffix == ".py":
        return python_prose(source, literals=path.parts[:1] != ("tests",))
    return text_prose(source)


def find(path: Path, source: str, words: WordList) -> Iterator[Hit]:
    """Yield the phrases in a file, in the order of the file."""
    prose = prose_of(path, source)
    for start, found, phrase in words.search(prose):
        yield Hit(path, prose.count("\n", 0, start) + 1, found, phrase.write)


def is_checked(path: Path) -> bool:
    """Whether a file, relative to the repository, contains prose of the project."""
    known = path.suffix in SUFFIXES if path.suffix else path.name in NAMES
    return known and not EXCLUDED.match(path.as_posix())


def project_files(root: Path) -> list[Path]:
    """Return the files that git tracks, and new ones that it does not ignore, relative to the root."""
    listed = subprocess.run(  # noqa: S603 - the arguments are fixed
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        check=True,
        capture_output=True,
        text=True,
    )
    return [Path(name) for name in listed.stdout.split("\0") if name and (root / name).is_file()]


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the given files, or all of the repository; return the exit code."""
    names = sys.argv[1:] if arguments is None else arguments
    paths = [Path(name) for name in names] or [path for path in project_files(ROOT) if is_checked(path)]
    words = WordList.read()
    hits = [hit for path in paths for hit in find(path, (ROOT / path).read_text("utf-8"), words)]
    for hit in hits:
        print(hit)
    if hits:
        print(f"{len(hits)} phrases in {len({hit.path for hit in hits})} files", file=sys.stderr)
    return 1 if hits else 0


if __name__ == "__main__":
    sys.exit(main())

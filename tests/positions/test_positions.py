# SPDX-License-Identifier: Apache-2.0
"""``onrecord positions``: the stances of a folder are aggregated; the records are written by the pipeline's own code."""

import csv
import io
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timezone
from pathlib import Path

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from onrecord.commands import main
from onrecord.commands.positions import OF_PRONOUN
from onrecord.data.records import ArticleRecord, EntityRecord, Party, Provenance, Span, StanceRecord, to_avro
from onrecord.data.schemas import schema
from onrecord.nlp.extract import entity_records, stance_records
from onrecord.nlp.model import load_model
from onrecord.nlp.texts import Header
from onrecord.positions import output
from onrecord.positions.records import STANCES, Names, Rows, entity_names, known_articles
from onrecord.positions.rollup import Position, Wanted, add_up
from tests.export.runs import write_run
from tests.positions.entities import entity_record

DAY = datetime(2026, 3, 2, 7, 0, tzinfo=timezone.utc)
NEXT = datetime(2026, 3, 3, 23, 59, tzinfo=timezone.utc)
Write = Callable[..., Path]


def stance(
    holder: str, target: str, score: float, article: str = "a-1", when: datetime | None = DAY, confidence: float = 0.6
) -> StanceRecord:
    """Return a stance voiced in a sentence of three words."""
    text = f"{holder} judged {target}"
    return StanceRecord(
        article_id=article,
        published_at=when,
        provenance=Provenance("0", "en", "1"),
        stance_id=f"{article}#stance-{holder}-{target}-{score}-{confidence}",
        holder=Party(None, None, holder),
        target=Party(Span(0, len(target), target), None, target),
        polarity="SUPPORT" if score > 0 else "OPPOSE" if score < 0 else "NEUTRAL",
        score=score,
        relation=None,
        expression=(Span(0, 6, "judged"),),
        evidence=Span(0, len(text), text),
        quote_id=None,
        asserted_by=(),
        confidence=confidence,
    )


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write stances as a backfill does, a file for each list, and return the output folder."""

    def write_files(*files: list[StanceRecord]) -> Path:
        folder = tmp_path / "out" / "stances"
        folder.mkdir(parents=True, exist_ok=True)
        for number, stances in enumerate(files):
            with (folder / f"stances-{number}.avro").open("wb") as file:
                fastavro.writer(file, schema("stances"), [to_avro(one) for one in stances], strict=True)
        return tmp_path / "out"

    return write_files


def positions_of(folder: Path, **wanted: object) -> list[Position]:
    return add_up(Rows(folder, STANCES), Wanted(**wanted), entity_names(folder, with_aliases=True)).positions


def test_stances_of_all_files_and_spellings_add_up(write: Write) -> None:
    folder = write(
        [stance("the Harbour Board", "the toll", -0.8, "a-1", NEXT, 0.9), stance("Ruth Okafor", "the toll", 0.7)],
        [stance("Harbour Board", "toll", 0.4, "a-2", DAY, 0.3)],
    )
    first, second = positions_of(folder)
    assert (first.holder_key, first.target_key) == ("harbour board", "toll")
    assert (first.support, first.oppose, first.neutral) == (1, 1, 0)
    assert first.score == pytest.approx((0.9 * -0.8 + 0.3 * 0.4) / 1.2, abs=0.001)
    assert (first.first_seen, first.last_seen) == (DAY, NEXT)
    assert first.oppose_example is not None
    assert (first.oppose_example.article_id, first.oppose_example.text) == ("a-1", "the Harbour Board judged the toll")
    assert second.holder == "Ruth Okafor"


def test_what_is_only_claimed_counts_when_it_is_asked_for(write: Write) -> None:
    claimed = replace(stance("Norway", "the talks", -0.6), asserted_by=(Party(None, None, "Denmark"),))
    folder = write([claimed])
    assert positions_of(folder) == []
    assert [one.oppose for one in positions_of(folder, claims=True)] == [1]


def test_each_day_has_positions_of_its_own(write: Write) -> None:
    folder = write(
        [stance("Norway", "the pact", s, f"a-{s}", when) for s, when in ((0.5, DAY), (-0.5, NEXT), (0.1, None))]
    )
    assert [(one.day, one.support, one.oppose) for one in positions_of(folder, by_day=True)] == [
        (date(2026, 3, 2), 1, 0),
        (date(2026, 3, 3), 0, 1),
        (None, 1, 0),
    ]


def test_the_example_is_the_surest_whatever_the_order_of_the_files(write: Write) -> None:
    weak, strong = stance("Chile", "the tax", 0.5, "a-1", DAY, 0.5), stance("Chile", "the tax", 0.5, "a-2", DAY, 0.8)
    for files in ([weak, strong], [strong, weak]):
        (one,) = positions_of(write(files))
        assert one.support_example is not None
        assert one.support_example.article_id == "a-2"


def test_the_least_sure_stances_are_left_out_unless_asked_for(write: Write, capsys) -> None:
    folder = write([stance("Norway", "the pact", 0.5, confidence=0.15)])
    assert main(["positions", str(folder)]) == 0
    assert capsys.readouterr().out == ""
    assert main(["positions", str(folder), "--min-confidence", "0"]) == 0
    assert "Norway" in capsys.readouterr().out


def test_neutral_positions_are_counted_and_are_no_example(write: Write) -> None:
    (one,) = positions_of(write([stance("Peru", "the treaty", 0.0)]))
    assert (one.support, one.oppose, one.neutral, one.score, one.example) == (0, 0, 1, 0.0, None)


def test_csv_and_avro_hold_all_positions(write: Write, tmp_path: Path) -> None:
    folder = write([stance("Norway", "the pact", 0.5), stance("Norway", "the toll", -0.5)])
    table, avro = tmp_path / "p.csv", tmp_path / "p.avro"
    assert main(["positions", str(folder), "--rows", "1", "--output", str(table), "--output", str(avro)]) == 0
    with table.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    with avro.open("rb") as file:
        records = list(fastavro.reader(file))
    assert [line["target"] for line in lines] == [record["target"] for record in records] == ["the pact", "the toll"]
    assert (lines[1]["oppose"], lines[1]["oppose_article_id"], lines[1]["first_seen"]) == (
        "1",
        "a-1",
        "2026-03-02T07:00:00Z",
    )
    assert records[1]["oppose_example"]["article_id"] == "a-1"
    assert records[1]["last_seen"] == DAY
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "p.avro", "p.csv"]


def test_a_file_that_is_there_is_replaced_when_that_is_asked_for(write: Write, tmp_path: Path, capsys) -> None:
    folder, table = write([stance("Norway", "the pact", 0.5)]), tmp_path / "p.csv"
    table.write_text("mine")
    assert main(["positions", str(folder), "--output", str(table)]) == 2
    assert "the file exists; --overwrite replaces it" in capsys.readouterr().err
    assert table.read_text() == "mine"
    assert main(["positions", str(folder), "--output", str(table), "--overwrite"]) == 0
    assert "Norway" in table.read_text()


@pytest.mark.parametrize(
    "formula", ["=cmd|'/c calc'!A1", "@SUM(1)", "+1", "-1", "＝1", "＋1", "－1", "＠1", "\t=1", "\r1", "\x85=1"]
)
def test_no_cell_is_a_formula_and_no_control_character_reaches_the_terminal(
    formula: str, write: Write, tmp_path: Path, capsys
) -> None:
    folder, table = write([stance(formula, "\x1b[31mthe\u202epact\n", -0.5, "-1+1")]), tmp_path / "p.csv"
    assert main(["positions", str(folder), "--output", str(table)]) == 0
    printed = capsys.readouterr().out
    with table.open(encoding="utf-8", newline="") as file:
        (line,) = csv.DictReader(file)
    shown = f"'{formula.strip()}"
    assert (line["holder"], line["oppose_article_id"], line["score"]) == (shown, "'-1+1", "-0.500")
    cells = printed.splitlines()[1].split("\t")
    assert (cells[0], cells[4], cells[10]) == (shown, "-0.50", "'-1+1")
    for text in (printed, *line.values()):
        assert not set(text) & {"\x1b", "\u202e"}
    assert len(printed.splitlines()) == 2


def test_behind_a_pipe_come_lines_with_tabs(write: Write) -> None:
    folder = write([stance("Norway", "the pact", 0.5)])
    run = subprocess.run(
        [sys.executable, "-m", "onrecord", "positions", str(folder)], capture_output=True, text=True, check=True
    )
    head, line = run.stdout.splitlines()
    assert head.split("\t")[:5] == ["holder", "target", "for", "against", "score"]
    assert line.split("\t") == [
        *(
            "Norway",
            "the pact",
            "1",
            "0",
            "+0.50",
            "1",
            "",
            "2026-03-02",
            "2026-03-02",
            "Norway judged the pact",
            "a-1",
        ),
    ]
    assert run.stderr == ""


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_the_table_fits_the_terminal_and_cuts_no_number_off(write: Write, width: int) -> None:
    folder = write([stance("The Association of Harbour Pilots of the Western Isles", "the toll", -0.75)] * 12)
    console = Console(width=width, record=True, force_terminal=True, file=io.StringIO())
    output.print_table(positions_of(folder), console, by_day=False)
    lines = console.export_text().splitlines()
    assert max(map(len, lines)) <= width
    assert any("12" in line for line in lines)


def written(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("{}")


@pytest.mark.parametrize(
    ("make", "code", "problem"),
    [
        (lambda path: None, 2, "no such folder; give the --output folder of a run"),
        (lambda path: path.mkdir(), 2, "this is not the output of a run"),
        (lambda path: (path / "stances").mkdir(parents=True), 0, "has not finished or was stopped"),
        (lambda path: written(path / "summary.json"), 0, "was it started with --extract without stances?"),
    ],
)
def test_a_folder_without_stances(make, code: int, problem: str, tmp_path: Path, capsys) -> None:
    make(tmp_path / "run")
    assert main(["positions", str(tmp_path / "run")]) == code
    printed = capsys.readouterr()
    assert problem in printed.err
    assert printed.out == ""


def test_a_file_that_is_cut_off_is_named_and_nothing_is_written(write: Write, tmp_path: Path, capsys) -> None:
    folder, table = write([stance("Norway", "the pact", 0.5)] * 50), tmp_path / "p.csv"
    (file,) = folder.glob("stances/*.avro")
    file.write_bytes(file.read_bytes()[:-40])
    assert main(["positions", str(folder), "--output", str(table)]) == 1
    assert f"failed: {file}: can't be read" in capsys.readouterr().err
    assert not table.exists()


def test_records_of_another_kind_are_named(tmp_path: Path, capsys) -> None:
    (tmp_path / "stances").mkdir()
    with (tmp_path / "stances" / "x.avro").open("wb") as file:
        fastavro.writer(file, schema("quotes"), [])
    assert main(["positions", str(tmp_path)]) == 1
    assert "this is not a file of stances" in capsys.readouterr().err


def test_all_mistakes_are_reported_together(tmp_path: Path, capsys) -> None:
    argv = [
        "--min-confidence",
        "2",
        "--min-stances",
        "x",
        "--rows",
        "-1",
        "--output",
        "p.xls",
        "--frist",
        "--holder",
        " ",
    ]
    assert main(["positions", str(tmp_path), *argv]) == 2
    *problems, hint = capsys.readouterr().err.splitlines()
    assert len(problems) == 7
    assert hint == "(onrecord positions --help explains the options)"


def test_from_articles_to_positions(tmp_path: Path) -> None:
    nlp = load_model().as_one_pipeline()
    texts = {
        "a-1": "Governor Ines Duarte condemned the harbour toll on Monday. Chile praised the fishing accord.",
        "a-2": "“We reject the harbour toll,” said Ines Duarte. Peru accused Chile of blocking the fishing accord.",
    }
    (tmp_path / "stances").mkdir()
    for number, (name, text) in enumerate(texts.items()):
        header = Header(name, (DAY, NEXT)[number], Provenance("0", "en", "1"), name)
        with (tmp_path / "stances" / f"{name}.avro").open("wb") as file:
            fastavro.writer(file, schema("stances"), map(to_avro, stance_records(nlp(text), header)), strict=True)
    found = {(one.holder_key, one.target_key): one for one in positions_of(tmp_path)}
    toll = found["ines duarte", "harbour toll"]
    assert (toll.support, toll.oppose, toll.first_seen, toll.last_seen) == (0, 2, DAY, NEXT)
    assert found["peru", "chile"].oppose == 1
    assert ("chile", "fishing accord") in found
    assert found["chile", "fishing accord"].oppose == 0
    assert {one.oppose for one in positions_of(tmp_path, claims=True, holders=("chile",), targets=("accord",))} == {1}


def test_one_person_is_one_holder_whatever_the_article_calls_her(tmp_path: Path) -> None:
    nlp = load_model().as_one_pipeline()
    texts = ("Ines M. Duarte condemned the harbour toll.", "Ines Duarte condemned the harbour toll.")
    for kind in ("entities", "stances"):
        (tmp_path / kind).mkdir()
    for number, text in enumerate(texts):
        header, doc = Header(f"a-{number}", DAY, Provenance("0", "en", "1"), str(number)), nlp(text)
        for kind, records in (("entities", entity_records(doc, header)), ("stances", stance_records(doc, header))):
            with (tmp_path / kind / f"{number}.avro").open("wb") as file:
                fastavro.writer(file, schema(kind), map(to_avro, records), strict=True)
    (toll,) = positions_of(tmp_path)
    assert (toll.holder_key, toll.oppose) == ("ines duarte", 2)


@given(st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from("xy"), st.floats(-1, 1)), max_size=30))
def test_nothing_is_lost_and_scores_stay_in_range(triples: list[tuple[str, str, float]]) -> None:
    records = [to_avro(stance(holder, target, score)) for holder, target, score in triples]
    positions = add_up(records, Wanted()).positions
    assert sum(one.stances for one in positions) == len(records)
    assert all(-1 <= one.score <= 1 for one in positions)


@given(st.text(max_size=80))
def test_a_printed_name_is_one_line_without_control_characters(text: str) -> None:
    assert output.plain(text).isprintable()
    assert not output.cell(text).startswith(tuple("=+-@＝＋－＠"))


DEMO = {
    "Brightwater Corp.": ("ORG", "brightwater"),
    "Gerald P. Stroud": ("PERSON", "gerald stroud"),
    "U.S.": ("GPE", "united states"),
    "Tellick & Sons": ("ORG", "tellick & sons"),
    "Russia": ("GPE", "russia"),
    "European Union": ("ORG", "european union"),
}


def entity(name: str, kind: str, key: str, *aliases: str) -> EntityRecord:
    return entity_record("a-1", name, kind, key, *aliases, published_at=DAY)


def linked(record: StanceRecord) -> StanceRecord:
    """Return a stance whose holder is an entity of its article."""
    return replace(record, holder=Party(None, f"a-1#{record.holder.name}", record.holder.name))


@pytest.fixture(params=[True, False], ids=["with entities", "without entities"])
def demo(request: pytest.FixtureRequest, write: Write) -> Path:
    """Return an output folder with a stance per name; the names are those of entities, or bare."""
    stances = [stance(name, "the toll", 0.5) for name in DEMO]
    if not request.param:
        return write(stances)
    folder = write(list(map(linked, stances)))
    (folder / "entities").mkdir()
    entities = [
        entity(name, *of) if name != "European Union" else entity(name, *of, "E.U.") for name, of in DEMO.items()
    ]
    with (folder / "entities" / "entities-0.avro").open("wb") as file:
        fastavro.writer(file, schema("entities"), map(to_avro, entities), strict=True)
    return folder


@pytest.mark.parametrize("name", [*DEMO, "BRIGHTWATER", "Stroud", "US", "tellick", "Sons"])
def test_a_holder_is_found_by_the_name_that_is_printed_and_by_words_of_it(name: str, demo: Path, capsys) -> None:
    assert main(["positions", str(demo), "--holder", name]) == 0
    (line,) = capsys.readouterr().out.splitlines()[1:]
    assert name.casefold().strip(".") in line.split("\t")[0].casefold().replace("u.s", "us" if name == "US" else "u.s")


def test_a_name_of_two_letters_is_not_found_inside_a_word(demo: Path) -> None:
    assert [one.holder for one in positions_of(demo, holders=("U.S.",))] == ["U.S."]


def test_an_entity_is_found_by_its_key_and_its_aliases(write: Write) -> None:
    folder = write([linked(stance("U.S.", "the toll", 0.5)), linked(stance("European Union", "the toll", 0.5))])
    (folder / "entities").mkdir()
    entities = [entity("U.S.", "GPE", "united states"), entity("European Union", "ORG", "european union", "E.U.")]
    with (folder / "entities" / "entities-0.avro").open("wb") as file:
        fastavro.writer(file, schema("entities"), map(to_avro, entities), strict=True)
    assert [one.holder for one in positions_of(folder, holders=("United States",))] == ["U.S."]
    assert [one.holder for one in positions_of(folder, holders=("EU",))] == ["European Union"]


def test_several_holders_join_and_a_target_narrows_them(write: Write, capsys) -> None:
    folder = write(
        [stance(holder, target, 0.5) for holder in ("Norway", "Chile", "Peru") for target in ("the toll", "the pact")]
    )
    assert main(["positions", str(folder), "--holder", "Norway", "--holder", "peru", "--target", "pact"]) == 0
    rows_printed = [line.split("\t")[:2] for line in capsys.readouterr().out.splitlines()[1:]]
    assert rows_printed == [["Norway", "the pact"], ["Peru", "the pact"]]


def test_a_name_is_found_under_every_spelling_with_the_same_sums(write: Write) -> None:
    folder = write([stance("the Harbour Board", "the toll", 0.5, "a-1"), stance("HARBOUR BOARD", "toll", -0.5, "a-2")])
    assert positions_of(folder, holders=("Harbour Board",)) == positions_of(folder)
    assert positions_of(folder, targets=("the toll",)) == positions_of(folder)


@pytest.mark.parametrize(
    "pronoun",
    ["he", "She", "it", "them", "his", "I", "themselves", "who", "This", "his campaign", "Her vote", "each other"],
)
@pytest.mark.parametrize("is_holder", [True, False])
def test_pronouns_are_never_added_up(pronoun: str, is_holder: bool, write: Write, capsys) -> None:
    parties = (pronoun, "Norway") if is_holder else ("Norway", pronoun)
    folder = write([stance(*parties, 0.5), stance("Norway", "the pact", 0.5)])
    assert main(["positions", str(folder)]) == 0
    printed = capsys.readouterr()
    assert [line.split("\t")[:2] for line in printed.out.splitlines()[1:]] == [["Norway", "the pact"]]
    assert printed.err == f"left out: 1 stance {OF_PRONOUN}\n"


@pytest.mark.parametrize("name", ["US", "IT", "WHO", "Our Harbour", "They Might Be Giants", "the others"])
def test_names_that_look_like_pronouns_are_added_up(name: str, write: Write) -> None:
    assert [one.target for one in positions_of(write([stance("Norway", name, 0.5)]))] == [name]


def test_an_entity_is_not_a_pronoun_whatever_its_name(write: Write) -> None:
    assert [one.holder for one in positions_of(write([linked(stance("It", "the toll", 0.5))]))] == ["It"]


def test_the_reasons_for_no_position_are_counted(write: Write, capsys) -> None:
    claimed = replace(stance("Norway", "the talks", -0.6), asserted_by=(Party(None, None, "Denmark"),))
    folder = write(
        [
            claimed,
            stance("he", "the pact", 0.5),
            stance("Peru", "the pact", 0.5, confidence=0.1),
            stance("Chile", "the pact", 0.5),
        ]
    )
    assert main(["positions", str(folder), "--holder", "Norway"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "no matching stances: of 4 stances, 1 only claimed by somebody else (--claims includes them), "
        f"1 with a confidence below 0.4 (--min-confidence), 1 {OF_PRONOUN}, "
        "1 with another holder or target (--holder, --target)"
    ]
    assert main(["positions", str(folder), "--min-stances", "2"]) == 0
    assert "1 in positions with fewer than 2 stances (--min-stances)" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_behind_standard_output_is_reported(write: Write) -> None:
    folder = write([stance("Norway", "the pact", 0.5)])
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "onrecord", "positions", str(folder)]
        run = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (run.returncode, run.stderr) == (1, "failed: standard output can't be written: No space left on device\n")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="this system has no /proc")
def test_a_file_that_cannot_be_written_is_named(write: Write, capsys) -> None:
    assert main(["positions", str(write([stance("Norway", "the pact", 0.5)])), "--output", "/proc/p.csv"]) == 1
    assert capsys.readouterr().err == "failed: --output /proc/p.csv: can't be written: No such file or directory\n"


def test_the_command_starts_without_spacy_and_beam() -> None:
    script = "import sys; from onrecord.commands import positions; from onrecord.positions import rollup, output; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"spacy", "apache_beam"} & set(run.stdout.split())


# Of a name at least one character is printed.
NAMES_OF_PARTIES = st.one_of(
    st.sampled_from([*DEMO, "the Board", "BOARD", "Board's", "“Board”", "a.\u202e.b", "AT&T", "…", "İ", "ß"]),
    st.text(max_size=12),
).filter(lambda name: bool(output.plain(name)))


@given(st.lists(st.tuples(NAMES_OF_PARTIES, NAMES_OF_PARTIES, st.booleans()), max_size=12))
def test_every_printed_row_is_found_again_by_its_holder_and_target(parties: list[tuple[str, str, bool]]) -> None:
    stances = [stance(holder, target, 0.5, f"a-{number}") for number, (holder, target, _) in enumerate(parties)]
    records = [
        to_avro(linked(one) if is_entity else one) for one, (_, _, is_entity) in zip(stances, parties, strict=True)
    ]
    names = Names({name: key for name, (_, key) in DEMO.items()})
    for row in add_up(records, Wanted(), names).positions:
        wanted = Wanted(holders=(output.plain(row.holder),), targets=(output.plain(row.target),))
        assert row in add_up(records, wanted, names).positions


def write_records(folder: Path, kind: str, records: list[dict[str, object]]) -> None:
    (folder / kind).mkdir(parents=True, exist_ok=True)
    with (folder / kind / f"{kind}.avro").open("wb") as file:
        fastavro.writer(file, schema(kind), records, strict=True)


@pytest.fixture
def surnames(write: Write) -> Path:
    """Return a run in which six articles have a full name and its surname, and three the surname only."""
    folder = write(
        [linked(stance("Okafor", "the toll", -0.5, f"a-{number}")) for number in range(3)],
        [linked(stance("Ruth Okafor", "the toll", 0.5, "b-1")), stance("the pilots", "Okafor", 0.5, "b-2")],
    )
    full = [to_avro(entity("Ruth Okafor", "PERSON", "ruth okafor", "Okafor"))] * 6
    write_records(folder, "entities", [*full, *[to_avro(entity("Okafor", "PERSON", "okafor"))] * 3])
    return folder


def test_stances_under_a_surname_count_for_the_full_name(surnames: Path) -> None:
    toll, of_pilots = positions_of(surnames)
    assert (toll.holder, toll.holder_key, toll.support, toll.oppose) == ("Ruth Okafor", "ruth okafor", 1, 3)
    assert (of_pilots.target, of_pilots.target_joined) == ("Ruth Okafor", toll.holder_joined)
    (reason,) = toll.holder_joined
    assert reason.startswith("Okafor → Ruth Okafor: 6 of 6 articles")
    assert (toll.target_joined, of_pilots.holder_joined) == ((), ())


@pytest.mark.parametrize("name", ["Okafor", "Ruth Okafor"])
def test_a_joined_holder_is_found_by_both_names_with_the_same_sums(name: str, surnames: Path) -> None:
    assert positions_of(surnames, holders=(name,)) == positions_of(surnames)[:1]


def test_joined_names_are_explained_and_can_be_kept_apart(surnames: Path, tmp_path: Path, capsys) -> None:
    table, avro = tmp_path / "p.csv", tmp_path / "p.avro"
    assert main(["positions", str(surnames), "--output", str(table), "--output", str(avro)]) == 0
    assert "1 short name counts as a full name; --names" in capsys.readouterr().err
    with table.open(encoding="utf-8", newline="") as file:
        line = next(csv.DictReader(file))
    with avro.open("rb") as file:
        row = next(fastavro.reader(file))
    assert isinstance(row, dict)
    assert [line["holder_joined"]] == row["holder_joined"] != []
    assert main(["positions", str(surnames), "--names"]) == 0
    head, name = capsys.readouterr().out.splitlines()
    assert head.split("\t") == ["name", "full name", "articles", "reason"]
    assert name.startswith("Okafor\tRuth Okafor\t3\t6 of 6 articles that show whom")
    assert main(["positions", str(surnames), "--separate-names"]) == 0
    printed = capsys.readouterr()
    assert [line.split("\t")[0] for line in printed.out.splitlines()[1:]] == ["Okafor", "the pilots", "Ruth Okafor"]
    assert printed.err == ""


def test_a_run_without_joined_names_says_so(write: Write, capsys) -> None:
    assert main(["positions", str(write([stance("Okafor", "the toll", 0.5)])), "--names"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "no joined names: no short name nearly always means one person\n"


@pytest.mark.parametrize("other", ["--separate-names", "--output=p.csv"])
def test_a_list_of_names_has_no_positions(other: str, surnames: Path, capsys) -> None:
    assert main(["positions", str(surnames), "--names", other]) == 2
    assert other.partition("=")[0] in capsys.readouterr().err


def test_articles_and_their_publishers_are_counted(write: Write) -> None:
    stances = [
        stance("Norway", "the pact", 0.1 * n, article) for n, article in enumerate(("a-1", "a-1", "a-2", "a-3"), 1)
    ]
    folder = write([*stances, *[stance("Peru", "the pact", 0.1 * n) for n in range(5, 10)]])
    sources = {"a-1": "coast.example", "a-2": "coast.example", "a-3": None}
    write_records(folder, "articles", [article_row(*one) for one in sources.items()])
    norway, peru = add_up(Rows(folder, STANCES), Wanted(), articles=known_articles(folder)).positions
    assert (norway.holder, norway.stances, norway.articles, norway.sources) == ("Norway", 4, 3, 1)
    assert (peru.stances, peru.articles) == (5, 1)


def article_row(article_id: str, source: str | None) -> dict[str, object]:
    return to_avro(
        ArticleRecord(
            article_id=article_id,
            published_at=DAY,
            provenance=Provenance("0", "en", "1"),
            url=None,
            source=source,
            title=None,
            authors=(),
            received_at=DAY,
            language="en",
            language_score=None,
            text="Text.",
            text_sha256="",
            segments=(),
            duplicate_of=None,
            attributes={},
        )
    )


NOTE = "Editor's note: the toll that the Harbour Board wants has been wrong from the first day"


def of_outlets(write: Write, *texts: tuple[str, str | None, str]) -> Path:
    """Write the same stance, worded differently in each article: article id, publisher, and sentence."""
    like = stance("Norway", "the toll", -0.5)
    records = [
        replace(like, article_id=name, stance_id=f"{name}#1", evidence=Span(0, len(text), text))
        for name, _, text in texts
    ]
    folder = write(records)
    write_records(folder, "articles", [article_row(name, source) for name, source, _ in texts])
    return folder


def test_a_sentence_that_a_publisher_repeats_counts_once(write: Write, capsys) -> None:
    folder = of_outlets(
        write,
        ("a-1", "coast.example", NOTE),
        ("a-2", "coast.example", NOTE.replace("'", "’")),
        ("a-3", "coast.example", f"{NOTE} of spring"),
        ("a-4", "coast.example", NOTE.replace("Editor's note: ", "")),
        ("b-1", "inland.example", NOTE),
        ("c-1", "coast.example", "Norway judged the toll"),
        ("c-2", "coast.example", "Norway judged the toll"),
    )
    assert main(["positions", str(folder)]) == 0
    printed = capsys.readouterr()
    assert [line.split("\t")[2:4] for line in printed.out.splitlines()[1:]] == [["0", "4"]]
    assert "left out: 3 stances in sentences that a publisher repeats" in printed.err


def test_which_repetition_counts_does_not_depend_on_the_order(write: Write) -> None:
    records = [
        replace(stance("Norway", "the toll", -0.1 * n, f"a-{n}"), evidence=Span(0, len(NOTE), NOTE)) for n in (1, 2, 3)
    ]
    first, second = (
        add_up(rows, Wanted()).positions for rows in ([*map(to_avro, records)], [*map(to_avro, records)][::-1])
    )
    assert first == second
    assert first[0].stances == 1


def test_articles_of_a_time_and_a_publisher(write: Write, capsys) -> None:
    folder = write([stance("Norway", "the toll", -0.5, "a-1", DAY), stance("Peru", "the toll", -0.5, "a-2", NEXT)])
    write_records(folder, "articles", [article_row("a-1", "coast.example"), article_row("a-2", "inland.example")])
    for options, holder in (
        (("--since", "2026-03-03"), "Peru"),
        (("--until", "2026-03-02"), "Norway"),
        (("--source", "Coast.example"), "Norway"),
    ):
        assert main(["positions", str(folder), *options]) == 0
        assert [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()[1:]] == [holder]
    assert main(["positions", str(folder), "--since", "2027-01-01"]) == 0
    assert "2 of other articles (--since, --until, --source)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("sort", "holders"),
    [
        ("articles", ["Norway", "Chile", "Peru"]),
        ("against", ["Norway", "Peru", "Chile"]),
        ("score", ["Chile", "Peru", "Norway"]),
        ("last", ["Peru", "Norway", "Chile"]),
        ("holder", ["Chile", "Norway", "Peru"]),
    ],
)
def test_positions_are_sorted_as_is_wanted(sort: str, holders: list[str], write: Write, capsys) -> None:
    folder = write(
        [
            stance("Norway", "the toll", -0.8, "a-1"),
            stance("Norway", "the toll", -0.7, "a-2"),
            stance("Chile", "the toll", 0.9, "a-1", None),
            stance("Peru", "the toll", -0.2, "a-1", NEXT),
        ]
    )
    assert main(["positions", str(folder), "--sort", sort]) == 0
    assert [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()[1:]] == holders


def test_all_clauses_behind_a_position_are_printed(write: Write, capsys) -> None:
    folder = write(
        [
            stance("Norway", "the toll", -0.5, "a-2", NEXT),
            stance("Norway", "the toll", 0.3, "a-1", DAY),
            stance("Peru", "the toll", 0.3),
            stance("Norway", "the toll", 0.3, confidence=0.1),
        ]
    )
    assert main(["positions", str(folder), "--holder", "Norway", "--evidence"]) == 0
    title, *lines = (line.split("\t") for line in capsys.readouterr().out.splitlines())
    assert title == ["holder", "target", "side", "score", "confidence", "published", "in", "clause"]
    assert lines == [
        ["Norway", "the toll", "for", "+0.30", "0.60", "2026-03-02T07:00:00Z", "a-1", "Norway judged the toll"],
        ["Norway", "the toll", "against", "-0.50", "0.60", "2026-03-03T23:59:00Z", "a-2", "Norway judged the toll"],
    ]
    shown = io.StringIO()
    position, *_ = positions_of(folder, holders=("Norway",))
    console = Console(file=shown, width=60, force_terminal=True, no_color=True)
    output.print_evidence([(position, [to_avro(stance("Norway", "the toll", -0.5))])], console, sys.stdout)
    assert "Norway → the toll: 2 for, 1 against, -0.07" in shown.getvalue()
    assert "against  a-1" in shown.getvalue()


def test_only_the_newest_version_of_an_article_counts(write: Write, capsys) -> None:
    old, new = (replace(stance("Norway", "the toll", s, "a-1"), text_sha256=f"sha{s}") for s in (-0.5, 0.5))
    folder = write([old, new])
    rows = [
        article_row("a-1", None) | {"text_sha256": f"sha{s}", "received_at": at} for s, at in ((-0.5, DAY), (0.5, NEXT))
    ]
    write_records(folder, "articles", rows[::-1])
    assert [
        (one.support, one.oppose)
        for one in add_up(Rows(folder, STANCES), Wanted(), None, known_articles(folder)).positions
    ] == [(1, 0)]
    assert main(["positions", str(folder), "--all-versions"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split("\t")[2:4] == ["1", "1"]


def test_stances_that_a_stream_wrote_twice_count_once(write: Write) -> None:
    folder = write([stance("Norway", "the toll", 0.5)], [stance("Norway", "the toll", 0.5)])
    write_records(folder, "articles", [article_row("a-1", None)] * 2)
    (one,) = add_up(Rows(folder, STANCES), Wanted(), articles=known_articles(folder)).positions
    assert one.stances == 1


def test_phrases_that_differ_in_articles_and_hyphens_are_one_target(write: Write) -> None:
    targets = ("an immigration-reform law", "the immigration reform law", "The Immigration Reform")
    folder = write([stance("Norway", target, 0.5, f"a-{n}") for n, target in enumerate(targets)])
    assert sorted(one.stances for one in positions_of(folder)) == [1, 2]


def test_positions_of_records_in_parquet(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "out", sink="parquet")
    (one,) = positions_of(folder)
    assert (one.holder, one.target, one.oppose) == ("Ruth Hale", "the toll", 1)

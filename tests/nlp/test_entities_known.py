# SPDX-License-Identifier: Apache-2.0
"""The identity of entities: Wikidata items, countries, referents of metonyms, the user's own names, and keys across articles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language

from onrecord.data.gazetteer import ListedName
from onrecord.data.records import EntityRecord, Provenance
from onrecord.nlp.annotations import Entity, entities_of
from onrecord.nlp.annotator import Annotator
from onrecord.nlp.entities import find_entities
from onrecord.nlp.entities.gazetteer_matcher import ListedNames
from onrecord.nlp.model import Model, load_model
from onrecord.nlp.texts import Header, Text
from tests.profiles import share_of_examples


def entity(nlp: Language, text: str, name: str) -> Entity:
    """Return the one entity of a text that has this name among its forms."""
    (found,) = [e for e in entities_of(nlp(text)) if name in (e.name, *e.aliases)]
    return found


# Items of Wikidata


@pytest.mark.parametrize(
    ("text", "name", "item", "country"),
    [
        ("Talks resumed in Norway on Monday.", "Norway", "Q20", "NO"),
        ("The U.S. hesitated, and officials of the United States said so.", "United States", "Q30", "US"),
        ("Shops in Kiev closed early.", "Kiev", "Q1899", "UA"),
        ("The European Union (EU) agreed to the plan.", "EU", "Q458", None),
        ("Voters in Scotland went to the polls.", "Scotland", "Q22", "GB"),
        ("The storm reached Oregon on Friday.", "Oregon", "Q824", "US"),
        ("The wind changed over Europe.", "Europe", "Q46", None),
        ("The report was sent to the World Health Organization.", "World Health Organization", "Q7817", None),
    ],
)
def test_a_well_known_place_or_body_has_its_item(
    nlp: Language, text: str, name: str, item: str, country: str | None
) -> None:
    found = entity(nlp, text, name)
    assert (found.wikidata_id, found.country_code) == (item, country)


@pytest.mark.parametrize(
    ("text", "name", "item"),
    [
        ("The mayor of Paris, Texas, opened the fair.", "Paris", None),
        ("The mayor of Paris, France, opened the fair.", "Paris", "Q90"),
        ("The fair in Birmingham was cancelled.", "Birmingham", None),
        ("The fair in Birmingham was cancelled, officials in England and in London said.", "Birmingham", "Q2256"),
        ("The fair in Birmingham, Ohio, was cancelled.", "Birmingham", None),
        ("Officials in Georgia counted the votes.", "Georgia", None),
        ("Officials in Georgia counted the votes. Protesters in Tbilisi sang.", "Georgia", "Q230"),
        ("Officials in Georgia counted the votes. In Atlanta, queues were long.", "Georgia", "Q1428"),
        ("Rebels in Congo laid down their arms.", "Congo", None),
        ("Rebels in Congo laid down their arms, a radio in Kinshasa said.", "Congo", "Q974"),
        ("Lawmakers in Washington went home.", "Washington", "Q61"),
        ("Trees fell in New York overnight.", "New York", None),
        ("Trees fell in New York City overnight.", "New York City", "Q60"),
        ("The Senate voted on Tuesday.", "Senate", None),
        ("The Senate voted on Tuesday. Ohio and Texas had asked for it.", "Senate", "Q66096"),
    ],
)
def test_nothing_rather_than_a_wrong_item(nlp: Language, text: str, name: str, item: str | None) -> None:
    assert entity(nlp, text, name).wikidata_id == item


def test_a_person_and_a_team_are_not_the_place_that_has_the_name(nlp: Language) -> None:
    person = entity(nlp, "Mr. Jordan voted against it. Senator Paul Jordan said so.", "Paul Jordan")
    assert (person.type, person.wikidata_id, person.country_code) == ("PERSON", None, None)
    text = (
        "SOCCER - SWEDEN BEAT PANAMA.\nSTOCKHOLM 2018-05-02\n"
        "Sweden beat Panama 2-0 in a World Cup qualifier on Sunday. The Sweden striker scored both goals at halftime. "
        "It was the last match of the season.\n"
    )
    assert entity(nlp, text, "Sweden").wikidata_id is None


def test_a_people_has_a_country_and_stays_a_people(nlp: Language) -> None:
    found = entity(nlp, "Norwegian officials met. The Norwegians agreed.", "Norwegian")
    assert (found.type, found.country_code, found.wikidata_id, found.refers_to) == ("NORP", "NO", None, None)


# Metonyms


@pytest.mark.parametrize(
    ("text", "name", "whom"),
    [
        ("Moscow rejected the offer.", "Moscow", "Russia"),
        ("The offer was rejected by Moscow.", "Moscow", "Russia"),
        ("Diplomats spoke of Moscow's demands.", "Moscow", "Russia"),
        ("They want better relations with Tehran.", "Tehran", "Iran"),
        ("Oslo and Stockholm agreed to share the cost.", "Stockholm", "Sweden"),
        ("Brussels warned that the rules would change.", "Brussels", "European Union"),
        ("The White House declined to comment.", "White House", "United States"),
        ("Downing Street said that the trip was off.", "Downing Street", "United Kingdom"),
        ("A Kremlin spokesman denied it.", "Kremlin", "Russia"),
    ],
)
def test_a_capital_or_palace_that_acts_refers_to_its_government(nlp: Language, text: str, name: str, whom: str) -> None:
    assert entity(nlp, text, name).refers_to == whom


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The talks in Moscow lasted five hours.", "Moscow"),
        ("Snow fell on Oslo.", "Oslo"),
        ("Visitors queued outside the Kremlin.", "Kremlin"),
        ("Paris is beautiful in spring.", "Paris"),
        ("The court of Paris, Texas, said nothing. Paris, Texas, rejected the plan.", "Paris"),
    ],
)
def test_a_place_where_things_are_is_a_place(nlp: Language, text: str, name: str) -> None:
    assert entity(nlp, text, name).refers_to is None


def test_a_metonym_points_at_the_country_where_the_article_names_it(nlp: Language) -> None:
    text = "Moscow rejected the offer. Talks in Moscow had gone well, and Russia is still ready to talk."
    entities = entities_of(nlp(text))
    (moscow,) = [e for e in entities if e.name == "Moscow"]
    assert isinstance(moscow.refers_to, int)
    assert entities[moscow.refers_to].name == "Russia"
    assert moscow.type == "GPE"
    assert len(moscow.mentions) == 2


# Keys across articles


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The U.S. agreed.", "The United States of America agreed."),
        ("Brightwater Corp. fell by a tenth.", "Shares of Brightwater Inc. rose."),
        ("Senator Peter J. Larsson spoke.", "Senator Peter Larsson spoke."),
        ("Shops in Kiev closed.", "Shops in Kyiv closed."),
        ("Shops in Pa. closed.", "Shops in Pennsylvania closed."),
    ],
)
def test_the_same_name_has_the_same_key_in_every_article(nlp: Language, one: str, other: str) -> None:
    (first,), (second,) = entities_of(nlp(one)), entities_of(nlp(other))
    assert (first.type, first.name_key) == (second.type, second.name_key)


def test_other_names_have_other_keys(nlp: Language) -> None:
    keys = [e.name_key for e in entities_of(nlp("Peter Larsson and Petra Larsson met in Oslo."))]
    assert len(set(keys)) == len(keys) == 3


# Salience


def test_who_is_in_the_title_is_more_salient(nlp: Language) -> None:
    text = "Clara Jensen met Peter Moe. Peter Moe met Clara Jensen."
    doc = nlp.make_doc(text)
    doc._.onrecord_title = "Moe tells all"
    with_title = {e.name: e.salience for e in entities_of(nlp(doc))}
    without = {e.name: e.salience for e in entities_of(nlp(text))}
    assert with_title["Peter Moe"] > without["Peter Moe"]
    assert with_title["Clara Jensen"] < without["Clara Jensen"]


# The user's own names

LIST = (
    ListedName("Tidewater Nine", "ORG", "Q4242", "NO", ("T9", "the Nine of Tidewater")),
    ListedName("Ilse Brandt", "PERSON", "Q77", None, ("Brandt the Elder",)),
    ListedName("Oslo", "PRODUCT", None, None),
)


@pytest.fixture(scope="module")
def listed() -> Language:
    """Return a pipeline with the list."""
    return load_model(gazetteer=LIST).as_one_pipeline()


def test_a_listed_name_is_found_and_typed_whatever_the_model_thinks(listed: Language) -> None:
    text = (
        "The members of T9 met. Later the Nine of Tidewater voted, and Tidewater Nine was dissolved. Oslo sells well."
    )
    found = entity(listed, text, "Tidewater Nine")
    assert [m.span.text for m in found.mentions] == ["T9", "the Nine of Tidewater", "Tidewater Nine"]
    assert (found.type, found.wikidata_id, found.country_code) == ("ORG", "Q4242", "NO")
    assert (found.name, found.name_key) == ("Tidewater Nine", "tidewater nine")
    assert entity(listed, text, "Oslo").type == "PRODUCT"


def test_the_surname_of_a_listed_person_is_hers(listed: Language) -> None:
    found = entity(listed, "Ilse Brandt arrived. Mrs. Brandt was tired. Brandt the Elder slept.", "Ilse Brandt")
    assert [m.span.text for m in found.mentions] == ["Ilse Brandt", "Brandt", "Brandt the Elder"]
    assert found.wikidata_id == "Q77"


def test_a_listed_name_inside_a_longer_one_is_not_a_name(listed: Language) -> None:
    names = {e.name for e in entities_of(listed("Nils Oslo Bergman arrived in Norway."))}
    assert "Oslo" not in names


def test_a_listed_name_is_found_in_capitals_too(listed: Language) -> None:
    text = "TIDEWATER NINE WINS VOTE IN PORT ALDER\nThe members cheered for an hour and went home in the rain.\n"
    assert entity(listed, text, "TIDEWATER NINE").wikidata_id == "Q4242"


def test_two_names_of_the_list_are_never_joined() -> None:
    names = ListedNames([ListedName("John Smith", "PERSON", "Q1"), ListedName("J. Smith", "PERSON", "Q2")])
    doc = load_model().parse("John Smith met J. Smith.")
    assert {(e.name, e.wikidata_id) for e in find_entities(doc, names)} == {("John Smith", "Q1"), ("J. Smith", "Q2")}


def test_the_list_is_read_from_a_file_in_plain_spacy(model: Model, tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "names.tsv"
    path.write_text("name\ttype\tcountry_code\nTidewater Nine\tORG\tNO\n", "utf-8")
    component = model.parse.create_pipe("onrecord_entities", config={"gazetteer": str(path)})
    (found,) = entities_of(component(model.parse("They left Tidewater Nine.")))
    assert (found.name, found.type, found.country_code) == ("Tidewater Nine", "ORG", "NO")


NAMES = [name for entry in LIST for name in entry.names]


@pytest.mark.property
@share_of_examples(0.4)
@given(
    st.lists(
        st.sampled_from([*NAMES, "Brandt", "Mr.", "said", "in", ".", "(", ")", "’s", "and", "\n", "T9", "OSLO"]),
        max_size=40,
    )
)
def test_listed_names_slice_back_and_never_overlap(listed: Language, words: list[str]) -> None:
    text = " ".join(words)
    taken: set[int] = set()
    for e in entities_of(listed(text)):
        for mention in e.mentions:
            assert mention.span.text == text[mention.span.start : mention.span.end]
            assert taken.isdisjoint(range(mention.span.start, mention.span.end))
            taken.update(range(mention.span.start, mention.span.end))


# Records


def entity_records(model: Model, texts: list[str], **options: object) -> list[list[EntityRecord]]:
    """Return the entity records of texts that are annotated together."""
    header = Header("a", None, Provenance("1", "m", "2"), "0")
    annotations = Annotator(model).annotate([Text(text, header, "en", title=None) for text in texts])
    return [[r for r in annotation.records if isinstance(r, EntityRecord)] for annotation in annotations]


def test_what_else_a_speaker_is_called_is_a_mention(model: Model) -> None:
    text = "Ilse Brandt, the mayor, arrived. She said that the harbour would close. “It is too old,” the mayor told reporters."
    [[brandt, *_]] = entity_records(model, [text])
    assert [(m.kind, m.span.text) for m in brandt.mentions] == [
        ("NAME", "Ilse Brandt"),
        ("NOMINAL", "the mayor"),
        ("PRONOUN", "She"),
        ("NOMINAL", "the mayor"),
    ]


SENTENCES = [
    "John Smith and Jane Smith ran for mayor.",
    "He said that Moscow had rejected the offer.",
    "“We will sell,” Mr. Smith said.",
    "She told Smith & Sons that Kiev was calm.",
    "Jane said Georgia and Tbilisi agreed.",
    "The Harbour Safety Office (HSO) denied it.",
    "The HSO blamed Washington, the mayor said.",
]


@pytest.mark.property
@share_of_examples(0.1)
@given(st.lists(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=6).map(" ".join), min_size=1, max_size=4))
def test_records_do_not_depend_on_the_batch_and_share_no_name(model: Model, texts: list[str]) -> None:
    together = entity_records(model, texts)
    assert together == [entity_records(model, [text])[0] for text in texts]
    for text, records in zip(texts, together, strict=True):
        names = [(m.span.start, m.span.end) for r in records for m in r.mentions if m.kind == "NAME"]
        assert len(names) == len(set(names))
        assert len({r.entity_id for r in records}) == len(records)
        assert all(text[m.span.start : m.span.end] == m.span.text for r in records for m in r.mentions)
        assert {r.refers_to for r in records if r.refers_to and "#" in r.refers_to} <= {r.entity_id for r in records}

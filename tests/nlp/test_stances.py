# SPDX-License-Identifier: Apache-2.0
"""Stances: holders, targets, polarity, sources and expressions."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from spacy.language import Language

from onrecord.nlp.annotations import Stance, stances_of
from onrecord.nlp.model import Model
from onrecord.nlp.stances.analysis import StanceAnalysis
from onrecord.nlp.stances.judge import judge_weights
from onrecord.nlp.stances.neural.classifier import classifier

Read = Callable[[str], tuple[Stance, ...]]


@pytest.fixture(scope="session")
def read(nlp: Language) -> Read:
    """What the rules propose, whatever its confidence: how sure a reader is of it depends on weights that are learned again."""

    def proposed(text: str) -> tuple[Stance, ...]:
        analysis = StanceAnalysis(nlp(text))
        return tuple(analysis.selected(analysis.judged(judge_weights()), 0.0))

    return proposed


@pytest.fixture(scope="session")
def given(nlp: Language) -> Read:
    return lambda text: stances_of(nlp(text))


def has(stances: tuple[Stance, ...], holder: str, target: str, polarity: str) -> bool:
    """Whether a stance with a holder and a target of these words is among the stances."""
    return any(
        holder in one.holder.name
        and one.target.mention is not None
        and target in one.target.mention.text
        and one.polarity == polarity
        for one in stances
    )


def the(stances: tuple[Stance, ...], holder: str, target: str) -> Stance:
    """Return the stance of a holder toward a target."""
    (found,) = (
        one
        for one in stances
        if holder in one.holder.name and one.target.mention is not None and one.target.mention.text == target
    )
    return found


@pytest.mark.parametrize(
    ("text", "holder", "target", "polarity"),
    [
        ("The mayor condemned the new toll.", "mayor", "the new toll", "OPPOSE"),
        ("The new toll was condemned by the mayor.", "mayor", "The new toll", "OPPOSE"),
        ("Senator Ruth Okafor praised the harbour pilots.", "Okafor", "the harbour pilots", "SUPPORT"),
        ("The minister criticised and rejected the budget.", "minister", "the budget", "OPPOSE"),
        ("The plan, which the farmers opposed, was dropped.", "farmers", "plan", "OPPOSE"),
        ("Norway's opposition to the pipeline is well known.", "Norway", "the pipeline", "OPPOSE"),
        ("The unions voiced support for the strike fund.", "unions", "the strike fund", "SUPPORT"),
        ("Denmark withdrew its support for the treaty.", "Denmark", "the treaty", "OPPOSE"),
        ("The judge won praise from the bar association.", "bar association", "judge", "SUPPORT"),
        ("The deputy was highly critical of the auditors.", "deputy", "the auditors", "OPPOSE"),
        ("The council is opposed to the merger.", "council", "the merger", "OPPOSE"),
        ("The ministers are ready to discuss the ferry plan.", "ministers", "discuss the ferry plan", "SUPPORT"),
        ("The committee found the offer unacceptable.", "committee", "the offer", "OPPOSE"),
        ("Lena Brandt called the deal a betrayal.", "Brandt", "the deal", "OPPOSE"),
        ("Observers described the poll as chaotic.", "Observers", "the poll", "OPPOSE"),
        ("The envoy insisted that the troops leave the valley.", "envoy", "the troops leave the valley", "SUPPORT"),
        ("Canada imposed sanctions on the shipping firm.", "Canada", "the shipping firm", "OPPOSE"),
        ("Canada lifted sanctions on the shipping firm.", "Canada", "the shipping firm", "SUPPORT"),
        ("The general threatened to bomb the dam.", "general", "the dam", "OPPOSE"),
        ("The premier vetoed the bill.", "premier", "the bill", "OPPOSE"),
        ("The workers went on strike in protest at the cuts.", "workers", "the cuts", "OPPOSE"),
        ("The teachers were angered by the ruling.", "teachers", "the ruling", "OPPOSE"),
        ("Amina Diallo, a critic of the bank, resigned.", "Diallo", "the bank", "OPPOSE"),
        ("Norway rolled back tariffs on Peru.", "Norway", "Peru", "SUPPORT"),
        ("The mayor opened another round of criticism against the port.", "mayor", "the port", "OPPOSE"),
        ("The council blamed the leak on the contractor.", "council", "the contractor", "OPPOSE"),
        ("The captain picked up an endorsement from Ana Berg.", "Ana Berg", "The captain", "SUPPORT"),
        ("The ruling was greeted with dismay by unions.", "unions", "The ruling", "OPPOSE"),
        ("Norway shares the view that the ban is illegal.", "Norway", "the ban is illegal", "SUPPORT"),
        ("The rector said there was no justification for the raid.", "rector", "the raid", "OPPOSE"),
        ("The president refused to meet Ana Berg.", "president", "Ana Berg", "OPPOSE"),
        ("The panel issued a report critical of the bank.", "panel", "the bank", "OPPOSE"),
        ("Peruvian jets bombed the rebels.", "Peruvian", "the rebels", "OPPOSE"),
    ],
)
def test_words_that_take_a_stance(read: Read, text: str, holder: str, target: str, polarity: str) -> None:
    assert has(read(text), holder, target, polarity), read(text)


def test_support_that_is_denied_is_weaker_opposition(read: Read) -> None:
    plain = the(read("The party supported the reform."), "party", "the reform")
    denied = the(read("The party did not support the reform."), "party", "the reform")
    assert plain.polarity == "SUPPORT"
    assert denied.polarity == "OPPOSE"
    assert abs(denied.score) < plain.score


def test_what_is_not_rejected_is_met_neutrally(read: Read) -> None:
    stance = the(read("Hungary has not rejected the proposal."), "Hungary", "the proposal")
    assert (stance.polarity, stance.score) == ("NEUTRAL", 0.0)


def test_no_intention_of_doing_it_is_opposition_to_doing_it(read: Read) -> None:
    assert has(read("The company has no intention of closing the mine."), "company", "closing the mine", "OPPOSE")


@pytest.mark.parametrize(
    "text",
    [
        "The minister would support the bill if it were cheaper.",
        "If the senator backs the bill, the vote will pass.",
        "The reporter asked whether the senator opposed the bill.",
        "The two ministers met in Oslo and discussed the bill.",
        "The storm hit the coast on Monday.",
        "The clerk declined to comment.",
        "The mayor refrained from attacking the port.",
        "The minister was asked to support the plan.",
        "Norway hesitated to back the treaty.",
        "The guild forgot to support the motion.",
        "The mayor used to oppose the tunnel.",
        "“Do you back the tunnel?” the reporter asked Olsen.",
        "Inspectors said the pier was unsafe.",
        "The captain said the engine had failed.",
    ],
)
def test_no_stance_where_none_is_taken(given: Read, text: str) -> None:
    assert given(text) == ()


def test_what_one_party_says_of_another_is_asserted_by_it(read: Read) -> None:
    stances = read("Turkey accused Greece of sabotaging the talks.")
    accusation = the(stances, "Turkey", "Greece")
    assert accusation.polarity == "OPPOSE"
    assert accusation.relation == "ACCUSE"
    assert accusation.asserted_by == ()
    claimed = the(stances, "Greece", "the talks")
    assert claimed.polarity == "OPPOSE"
    assert [source.name for source in claimed.asserted_by] == ["Turkey"]


def test_the_outermost_source_comes_first(read: Read) -> None:
    stances = read("The agency reported that Maria Keller said the generals rejected the truce.")
    rejection = the(stances, "generals", "the truce")
    assert [source.name for source in rejection.asserted_by] == ["The agency", "Maria Keller"]


def test_the_holders_own_words_need_no_one_to_assert_them(read: Read) -> None:
    stance = the(read("Paula Reyes said she supports the curfew."), "Paula Reyes", "the curfew")
    assert stance.asserted_by == ()


def test_a_judgement_in_reported_speech_is_the_speakers(read: Read) -> None:
    stances = read("Jonas Weber said that the election was fair and open.")
    assert the(stances, "Jonas Weber", "the election").polarity == "SUPPORT"


def test_a_demand_in_reported_speech_is_the_speakers(read: Read) -> None:
    stances = read("The chancellor said the dumping must be stopped.")
    assert the(stances, "chancellor", "the dumping").polarity == "OPPOSE"


def test_we_in_a_quote_is_its_speaker(read: Read) -> None:
    stances = read("“We reject this decree,” said Ines Duarte.")
    stance = the(stances, "Ines Duarte", "this decree")
    assert stance.polarity == "OPPOSE"
    assert stance.holder.mention is not None
    assert stance.holder.mention.text == "We"
    assert stance.quote is not None


def test_each_of_several_named_holders_has_a_stance_of_its_own(read: Read) -> None:
    stances = read("France and Spain condemned the coup.")
    assert {one.holder.name for one in stances} == {"France", "Spain"}


def test_the_expression_is_the_words_that_carry_the_stance(read: Read) -> None:
    stance = the(read("The party did not support the reform."), "party", "the reform")
    assert [span.text for span in stance.expression] == ["not support"]
    assert stance.evidence.text.startswith("The party did not support the reform")


def test_a_target_goes_without_the_clause_that_trails_it(read: Read) -> None:
    stance = the(read("The mayor opposed the stadium, which cost millions."), "mayor", "the stadium")
    assert stance.polarity == "OPPOSE"


def test_stances_come_in_text_order(read: Read) -> None:
    stances = read("Chile praised the accord. Peru rejected the accord. Brazil backs the court.")
    starts = [one.expression[0].start for one in stances]
    assert len(stances) == 3
    assert starts == sorted(starts)


def test_joined_names_agree_with_each_other(read: Read) -> None:
    stances = read("Peru and Chile agreed to share the water.")
    assert has(stances, "Peru", "Chile", "SUPPORT")
    assert has(stances, "Chile", "Peru", "SUPPORT")


@pytest.mark.parametrize(
    "text", ["The governor condemned Brazil's decision.", "Finland called for sanctions against the shipping company."]
)
def test_what_a_target_contains_is_no_second_target(read: Read, text: str) -> None:
    targets = [one.target.mention for one in read(text) if one.target.mention is not None]
    assert targets
    assert all(one.end <= other.start for one, other in pairwise(targets))


def test_too_much_of_a_good_thing_is_blamed(read: Read) -> None:
    stance = the(read("Anna Berg said the regulator was too friendly with the banks."), "Berg", "the regulator")
    assert stance.polarity == "OPPOSE"


def test_things_do_not_take_stances(given: Read) -> None:
    assert given("Heavy rain killed the crops.") == ()


def test_a_run_gives_what_a_reader_would_confirm_more_often_than_not(nlp: Language) -> None:
    analysis = StanceAnalysis(nlp("Ruth Okafor praised the pilots. Heavy rain killed the crops of Ruth Okafor."))
    network = classifier(accurate=False)
    proposed, given = analysis.stances(network, least=0.0), analysis.stances(network)
    assert {one for one in proposed if one.confidence > network.least} <= set(given)
    assert min(one.confidence for one in given) >= network.least > min(one.confidence for one in proposed)


def test_what_someone_writes_speaks_for_them(read: Read) -> None:
    assert has(
        read("Nadia Farouk issued a statement criticising the verdict."), "Nadia Farouk", "the verdict", "OPPOSE"
    )


def test_what_was_not_done_to_one_verb_may_be_done_to_the_next(read: Read) -> None:
    stances = read("The senator did not attend the session and criticized the chairman.")
    assert the(stances, "senator", "the chairman").polarity == "OPPOSE"


def test_they_need_no_entities_and_no_quotes_to_be_found(model: Model) -> None:
    doc = model.parse("Chile praised the accord.")
    assert has(tuple(StanceAnalysis(doc).stances(classifier(accurate=False))), "Chile", "the accord", "SUPPORT")


@pytest.mark.parametrize(
    ("text", "relation", "polarity"),
    [
        ("Anna Berg supports the plan.", "SUPPORT", "SUPPORT"),
        ("Anna Berg does not support the plan.", "REJECT", "OPPOSE"),
        ("Anna Berg has not rejected the plan.", None, "NEUTRAL"),
    ],
)
def test_a_negated_stance_is_not_called_by_its_contrary(nlp, text, relation, polarity):
    (stance,) = nlp(text)._.onrecord_stances
    assert (stance.relation, stance.polarity) == (relation, polarity)


@pytest.mark.parametrize(
    ("text", "holder", "target", "polarity"),
    [
        ("Peru imposed a curfew on the Aymara on Friday.", "Peru", "Aymara", "OPPOSE"),
        ("Norway's foreign minister hailed a decision by Chile.", "minister", "Chile", "SUPPORT"),
        ("“This shameful campaign must end,” said Ana Berg.", "Berg", "This shameful campaign must end", "SUPPORT"),
    ],
)
def test_a_stance_toward_an_actor_lower_in_the_tree(
    given: Read, text: str, holder: str, target: str, polarity: str
) -> None:
    assert has(given(text), holder, target, polarity), given(text)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("Peru condemned the attacks in Lima.", "Lima"),
        ("Peru praised the Oslo talks.", "Oslo"),
        ("Peru is ready to discuss a Chile-drafted treaty.", "Chile"),
        ("The mayor condemned the toll on Sunday night.", "Sunday"),
        ("The envoy said that Chile attacked Peru.", "the envoy"),
    ],
)
def test_places_and_times_are_not_targets(read: Read, text: str, target: str) -> None:
    assert all(target.lower() != one.target.name.lower() for one in read(text)), read(text)


def test_what_someone_reports_of_others_is_not_their_own_stance(read: Read) -> None:
    stances = read("Anna Berg said that Chile attacked Peru.")
    assert all(one.holder.name != "Anna Berg" or one.target.name == "Chile" for one in stances)
    assert [source.name for source in the(stances, "Chile", "Peru").asserted_by] == ["Anna Berg"]


def test_meeting_is_not_a_stance(read: Read) -> None:
    assert read("Norway's prime minister met Chile's president in Oslo on Monday.") == ()


@pytest.mark.parametrize(
    "text",
    [
        "They condemned it.",
        "“They have no plan. They are for war,” said Tom Reed.",
        "This was unfair, Anna Berg said.",
    ],
)
def test_a_pronoun_that_refers_to_nobody_is_not_a_party(read: Read, text: str) -> None:
    for one in read(text):
        assert one.holder.name.lower() not in ("they", "this", "it")
        assert one.target.name.lower() not in ("they", "this", "it")


def test_a_pronoun_refers_to_the_subject_before_it(read: Read) -> None:
    stances = read("Governor Ines Duarte spoke for an hour. She condemned the harbour toll.")
    assert the(stances, "Ines Duarte", "the harbour toll").polarity == "OPPOSE"


@pytest.mark.parametrize(
    ("text", "holder", "target"),
    [
        ("The farmers are angry because they oppose the dam.", "The farmers", "the dam"),
        ("The council published the report on Monday. The unions rejected it at once.", "The unions", "the report"),
    ],
)
def test_a_pronoun_takes_the_words_of_the_noun_that_it_refers_to(
    read: Read, text: str, holder: str, target: str
) -> None:
    assert (holder, target) in {(one.holder.name, one.target.name) for one in read(text)}


def test_what_somebody_is_asked_to_do_is_the_wish_of_who_asks(read: Read) -> None:
    stances = read("The league urged the court to overturn the ruling.")
    assert has(stances, "league", "the ruling", "OPPOSE")
    assert not has(stances, "court", "the ruling", "OPPOSE")


def test_each_of_a_list_that_names_somebody_has_a_stance_of_its_own(read: Read) -> None:
    holders = {one.holder.name for one in read("Norway, Peru and other states condemned the raid.")}
    assert {"Norway", "Peru", "other states"} <= holders


def test_a_rejected_request_is_a_blow_at_whom_it_comes_from(read: Read) -> None:
    assert has(read("The minister rejected a request from Peru."), "minister", "Peru", "OPPOSE")


def test_joined_names_that_sign_a_deal_support_each_other(read: Read) -> None:
    assert has(read("Norway and Sweden reached a deal on fishing."), "Norway", "Sweden", "SUPPORT")
    assert not has(read("Norway and Sweden reached a port on Monday."), "Norway", "Sweden", "SUPPORT")


def test_the_country_is_not_us(read: Read) -> None:
    stances = read("“The US rejects the treaty,” said Anna Berg.")
    assert has(stances, "U", "the treaty", "OPPOSE")
    assert not has(stances, "Anna Berg", "the treaty", "OPPOSE")


def test_what_a_quotes_speaker_takes_as_known_is_the_articles(read: Read) -> None:
    stances = read("Anna Berg threatened to close the strait in response to Chile's attacks on tankers.")
    assert the(stances, "Chile", "tankers").asserted_by == ()


def test_a_clause_as_target_ends_before_what_is_added(read: Read) -> None:
    (stance,) = (
        one
        for one in read("Peru is insisting that the troops leave the valley, which they still hold.")
        if one.holder.name == "Peru"
    )
    assert stance.target.name == "the troops leave the valley"


def test_a_question_states_nothing(read: Read) -> None:
    assert read("Anna Berg asked what methods the union would support.") == ()


def test_what_is_asked_for_is_supported(read: Read) -> None:
    stances = read("Norway demanded the release of the fishermen.")
    assert has(stances, "Norway", "the release of the fishermen", "SUPPORT")
    assert not any(one.target.name == "Norway" for one in stances)


def test_a_noun_behind_a_comma_is_whom_it_describes(read: Read) -> None:
    found = read("Senator Marco Delgado, a Florida Republican who supports tougher limits, blasted the lawsuit.")
    assert has(found, "Marco Delgado", "tougher limits", "SUPPORT")
    assert not any(stance.holder.name == "Republican" for stance in found)


def test_whose_minister_it_is_says_the_noun_before(read: Read) -> None:
    found = read("Laurent met Hungary, whose prime minister has vetoed a new package.")
    assert has(found, "Hungary", "a new package", "OPPOSE")


def test_insisting_that_something_is_true_is_not_a_request(read: Read) -> None:
    stated = the(
        read("Kenji Mori insisted that the visit had been private."), "Kenji Mori", "the visit had been private"
    )
    asked = the(read("Kenji Mori insisted that the guests leave."), "Kenji Mori", "the guests leave")
    assert (stated.relation, asked.relation) == (None, "REQUEST")


def test_a_title_has_no_stance_apart_from_its_bearer(read: Read) -> None:
    found = read("French President Emile Laurent accused Russia of delays.")
    assert [stance.holder.name for stance in found if stance.target.name == "Russia"] == ["Emile Laurent"]


def test_a_target_keeps_both_of_its_marks(read: Read) -> None:
    found = read('Dmitry Volkov dismissed the remarks as "theatre".')
    assert has(found, "Dmitry Volkov", 'the remarks as "theatre"', "OPPOSE")


@pytest.mark.parametrize(
    "text",
    [
        "Anna Berg defeated Ines Duarte 6-4, 7-5 on Monday.",
        "The Norwick Terns beat the Kestrel Gulls 5–3 in a match that the Gulls had led.",
    ],
)
def test_the_result_of_a_match_is_no_stance(given: Read, text: str) -> None:
    assert given(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Norway no longer supports the pact.",
        "Peru denied that it supports the rebels.",
        "Tom Okafor denied that he opposes the ferry.",
        "Chile hesitated to back the ban.",
        "Kenya would have backed the treaty if it had been signed.",
        "Norway's envoy said the union had not praised Okafor's plan.",
    ],
)
def test_what_is_taken_back_is_not_given(given: Read, text: str) -> None:
    assert not any(one.polarity == "SUPPORT" for one in given(text)), given(text)


def test_nothing_against_it_is_not_against_it(given: Read) -> None:
    assert not any(one.polarity == "OPPOSE" for one in given("Tom Okafor said he had nothing against flood defences."))


def test_what_a_source_reports_of_somebody_is_asserted_by_the_source(given: Read) -> None:
    text = "According to Norwatch, Anna Berg praised her “wonderful donors” in the audience."
    (praise,) = (one for one in given(text) if one.holder.name == "Anna Berg")
    assert [one.name for one in praise.asserted_by] == ["Norwatch"]


def test_whoever_says_what_another_finds_has_no_stance_by_that(given: Read) -> None:
    found = given("Tom Okafor said that Norway found the proposals acceptable.")
    assert has(found, "Norway", "the proposals", "SUPPORT")
    assert not any(one.holder.name == "Tom Okafor" for one in found)

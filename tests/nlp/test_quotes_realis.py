# SPDX-License-Identifier: Apache-2.0
"""What was said, what was not, and what only may be."""

import pytest
from spacy.language import Language

from onrecord.nlp.annotations import quotes_of, stances_of
from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.realis import realis

NEGATED = [
    ("say", "Ina Holm did not say that the lift was unsafe."),
    ("said", "No minister said the toll would rise."),
    ("said", "None of the engineers said the lift was safe."),
    ("said", "Not one of the engineers said the lift was safe."),
    ("said", "Neither Holm nor Brandt said the lift was safe."),
    ("claimed", "Nobody has claimed that the lift is safe."),
    ("said", "Holm never said that the lift was worthless."),
    ("confirmed", "Holm neither confirmed nor denied that the lift was sold."),
    ("denied", "Holm neither confirmed nor denied that the lift was sold."),
    ("suggest", "Holm did not say or suggest that the lift was unsafe."),
    ("say", "Nor did Holm say that the lift was safe."),
    ("says", "Holm no longer says that the lift is unsafe."),
    ("say", "Holm has yet to say that the lift is safe."),
    ("say", "Holm declined to say whether the lift was safe."),
    ("say", "Holm would not say if the lift was safe."),
    ("say", "Holm failed to say that the lift was unsafe."),
    ("say", "It is too early to say whether the lift will run."),
    ("say", "Her failure to say that the lift was unsafe cost lives."),
    ("saying", "Holm left without saying that the lift was unsafe."),
    ("saying", "Instead of saying that the lift was unsafe, Holm smiled."),
    ("saying", "Holm stopped short of saying that the lift was unsafe."),
    ("saying", "Far from saying that the lift was unsafe, Holm praised it."),
    ("saying", "Holm denied saying that the lift was unsafe."),
    ("said", "It is false that Holm said the lift was safe."),
    ("said", "There is no evidence that Holm said the lift was unsafe."),
    ("claims", "Norway rejected claims that it backs the miners."),
    ("promise", "Holm made no promise that the lift would run."),
    ("plans", "Holm did not unveil plans to sell the lift."),
    ("sure", "Holm is not sure that the lift is safe."),
    ("believe", "Few experts believe that the lift is safe."),
    ("confirm", "Police could not confirm that the lift had stopped."),
    ("warnings", "Holm brushed off warnings that the lift was unsafe."),
]
HYPOTHETICAL = [
    ("say", "Holm would say that the lift is safe."),
    ("says", "If Ina Holm says the lift is safe, people will use it."),
    ("said", "Brandt asked whether she said the lift was safe."),
    ("argue", "Lawyers may argue that the lift is safe."),
    ("say", "Holm is expected to say that the lift is safe."),
    ("announce", "Holm plans to announce that the lift is sold."),
    ("admit", "Holm should admit that the lift is unsafe."),
    ("say", "She urged Brandt to say that the lift was safe."),
    ("say", "To say that the lift is safe would be a lie."),
    ("say", "Holm will say tomorrow that the lift is safe."),
    ("add", "Holm will meet the crew and add that the lift is safe."),
    ("say", "Did Max Brandt say the lift was safe?"),
    ("think", "Do you think that the lift is safe?"),
    ("said", "Had Holm said that the lift was unsafe, nobody would have come."),
    ("say", "Should Holm say that the lift is unsafe, nobody will come."),
    ("said", "Holm could have said that the lift was unsafe."),
    ("says", "I hope Holm says that the lift is safe."),
    ("sell", "Holm knew of any efforts to sell the lift."),
    ("says", "Anyone who says the lift is safe is a fool."),
    ("says", "Until the court says that the law is void, it stands."),
    ("tell", "Tell him that the lift is safe."),
    ("say", "The decision to say that the lift was unsafe was hers."),
    ("confirm", "To confirm that the lift was unsafe, Holm ordered more tests."),
]
ACTUAL = [
    ("denied", "Holm denied that the lift was unsafe."),
    ("asked", "Brandt asked whether she said the lift was safe."),
    ("urged", "She urged Brandt to say that the lift was safe."),
    ("said", "Holm said he would resign."),
    ("said", "Holm said the lift was not unsafe."),
    ("said", "He said no one had been hurt."),
    ("said", "If the rain stops, Holm said, the lift will run."),
    ("said", "“If the lift does not run, we will walk,” said Max Brandt, an engineer."),
    ("said", "Asked whether she had met him, Holm said she had not."),
    ("said", "Officials who did not want to be named said the bridge was closed."),
    ("said", "Will Brandt, the engineer, said it was late."),
    ("say", "I would say that the lift is safe."),
    ("say", "I must say that the lift is safe."),
    ("reveal", "The Gazette can reveal that the lift is unsafe."),
    ("say", "Why did Max Brandt say the lift was safe?"),
    ("say", "Holm would later say that the lift was safe."),
    ("say", "Holm went on to say that the lift was safe."),
    ("admit", "Holm was forced to admit that the lift was unsafe."),
    ("say", "Holm held a meeting to say that the lift was safe."),
    ("saying", "Holm did not resign, saying that the lift was safe."),
    ("saying", "Holm was criticised for saying that the lift was unsafe."),
    ("said", "Holm is reported to have said that the lift was unsafe."),
    ("said", "Holm not only said the lift was safe, she rode it."),
    ("pointing", "The auditors could not resist pointing out that the lift was old."),
    ("claimed", "Holm has never been to the yard but claimed that the lift was safe."),
    ("told", "Holm was neither fined nor charged, and told the Gazette she had spoken to a diver."),
    ("believe", "A few experts believe that the lift is safe."),
    ("promised", "Holm promised no cuts."),
    ("according", "The lift would not run if it rained, according to Holm."),
]


@pytest.mark.parametrize(
    ("word", "text", "expected"),
    [
        *((word, text, "NEGATED") for word, text in NEGATED),
        *((word, text, "HYPOTHETICAL") for word, text in HYPOTHETICAL),
        *((word, text, "ACTUAL") for word, text in ACTUAL),
    ],
)
def test_realis_of_an_act(nlp: Language, word: str, text: str, expected: str) -> None:
    doc = nlp(text)
    parse = Parse.of(doc)
    assert realis(parse, max(i for i, found in enumerate(parse.lower) if found == word)) == expected


@pytest.mark.parametrize(
    ("text", "content", "expected"),
    [
        ("Ina Holm did not say that the lift was unsafe.", "the lift was unsafe", "NEGATED"),
        ("Ina Holm said that the lift was not unsafe.", "the lift was not unsafe", "ACTUAL"),
        ("Ina Holm may say on Monday that the lift is safe.", "the lift is safe", "HYPOTHETICAL"),
        ("Max Brandt denied that he had met the buyer.", "he had met the buyer", "ACTUAL"),
        ("Ina Holm declined to say whether the lift was safe.", "whether the lift was safe", "NEGATED"),
        ("“I did not say that,” Ina Holm told the Gazette.", "“I did not say that,”", "ACTUAL"),
        (
            "Norvane Lifts plans to announce a new site in December.",
            "to announce a new site in December",
            "HYPOTHETICAL",
        ),
        ("The mayor is expected to argue that the lift is safe.", "the lift is safe", "HYPOTHETICAL"),
        ("“If he shouts, I would say, ‘Sit down and wait for the lift,’” Ina Holm said.", "‘Sit down", "HYPOTHETICAL"),
    ],
)
def test_a_quote_says_whether_it_was_said(nlp: Language, text: str, content: str, expected: str) -> None:
    found = [quote.realis for quote in quotes_of(nlp(text)) if content in quote.content[0].text]
    assert set(found) == {expected}


@pytest.mark.parametrize(
    "text",
    [
        "A spokesman for Norvane declined to comment.",
        "Ina Holm refused to comment on the case.",
        "The spokesperson declined to say more.",
        "That said, Ina Holm likes the lift.",
        "That being said, the lift is safe.",
        "The ministry did not immediately respond to a request for comment.",
        "NorthRail declined further comment.",
        "A spokesman for NorthRail declined all comment on the sale.",
        "The minister commented on the report.",
        "An aide asked not to be publicly named.",
        "Ina Holm refused to be drawn.",
        "Ina Holm would not be drawn on the sale.",
        "Max Brandt declined to name the buyer.",
        "The mayor is expected to make a statement.",
        "The trial is expected to last two weeks.",
        "A new site will be announced in December.",
        "Asked about the sale, Ina Holm smiled.",
        "Ina Holm rejected this.",
        "Ina Holm posted a short film on her page.",
        "Norway recalled its envoy from Lima.",
        "The governor declared a state of emergency for the valley.",
    ],
)
def test_silence_is_no_quote(nlp: Language, text: str) -> None:
    assert quotes_of(nlp(text)) == ()


@pytest.mark.parametrize(
    ("text", "polarity"),
    [
        ("Ina Holm did not say that the lift was wrong.", "OPPOSE"),
        ("Norway denied that it supports the miners.", "SUPPORT"),
        ("Norway denied supporting the miners.", "SUPPORT"),
        ("Norway rejected claims that it supports the miners.", "SUPPORT"),
        ("It is false that Norway supports the miners.", "SUPPORT"),
        ("Norway no longer supports the pact.", "SUPPORT"),
    ],
)
def test_what_is_denied_or_unsaid_is_no_stance(nlp: Language, text: str, polarity: str) -> None:
    assert polarity not in [stance.polarity for stance in stances_of(nlp(text))]


def test_what_is_said_is_a_stance(nlp: Language) -> None:
    assert [stance.polarity for stance in stances_of(nlp("Norway said Peru supports the miners."))] == ["SUPPORT"]

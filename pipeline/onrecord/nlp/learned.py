"""The learned weights: which versions ship, and the bound that learning and scoring share.

Each table of ``weights/`` has a card beside it, ``NAME.json``: what it was learned from, when, by which command, and how well it scores.
"""

import functools
import json
from importlib import resources

MAX_LOGIT = 30.0  # of a sum of weights, so that its exponential is a number


@functools.cache
def weights_version() -> str:
    """Return the versions of all weights, as a record's provenance has them: ``quotes-1 stance_pairs-1``."""
    cards = [
        file for file in resources.files("onrecord.nlp").joinpath("weights").iterdir() if file.name.endswith(".json")
    ]
    versions = {card.name.removesuffix(".json"): json.loads(card.read_text("utf-8"))["version"] for card in cards}
    return " ".join(f"{name}-{version}" for name, version in sorted(versions.items()))

"""The distribution ``onrecord``. Tool settings are in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (HERE / "pipeline" / "__init__.py").read_text("utf-8"))
REQUIREMENTS = [
    line
    for line in (HERE / "requirements.in").read_text("utf-8").splitlines()
    if line and not line.startswith(("#", "-"))
]

setup(
    name="onrecord",
    version=VERSION[1] if VERSION else "0",
    description="From a stream of news articles to records of who is in them, who said what, and who stands where.",
    long_description=(HERE / "README.md").read_text("utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10,<3.14",
    # The schemas lie at the top of the repository; in the package they are a folder of its own.
    packages=[*find_packages(include=["pipeline", "pipeline.*"]), "pipeline.schema_files"],
    package_dir={"pipeline": "pipeline", "pipeline.schema_files": "schemas"},
    package_data={"pipeline": ["py.typed"], "pipeline.nlp": ["lexicons/*.tsv"], "pipeline.schema_files": ["*.avsc"]},
    install_requires=REQUIREMENTS,
    extras_require={"gcp": ["apache-beam[gcp]"], "aws": ["apache-beam[aws]"]},
    entry_points={
        "console_scripts": ["onrecord = pipeline.cli:main"],
        "spacy_factories": [
            "onrecord_segments = pipeline.nlp.segments:make_segment_marker",
            "onrecord_entities = pipeline.nlp.entities:make_entity_extractor",
            "onrecord_quotes = pipeline.nlp.quotes:make_quotes",
            "onrecord_stances = pipeline.nlp.stances:make_stances",
        ],
    },
)

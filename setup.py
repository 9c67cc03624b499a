# SPDX-License-Identifier: Apache-2.0
"""Builds the distribution that pyproject.toml describes; this file has only the settings that pyproject.toml can't express."""

from setuptools import find_packages, setup

setup(
    # Schemas and samples are top-level folders of the repository; in the distribution they are subpackages.
    packages=[*find_packages("pipeline"), "onrecord.schema_files", "onrecord.sample_files"],
    package_dir={"": "pipeline", "onrecord.schema_files": "schemas", "onrecord.sample_files": "samples"},
    package_data={
        "onrecord": ["py.typed"],
        "onrecord.report": ["page/*.js", "page/*.css", "page/vendor/*.js"],
        "onrecord.nlp": ["lexicons/*.tsv", "knowledge/*.tsv", "weights/*"],
        "onrecord.schema_files": ["*.avsc"],
        "onrecord.sample_files": ["*.jsonl", "README.md"],
    },
)

# SPDX-License-Identifier: Apache-2.0
"""The steps Articles, Entities, Quotes and so on: each checks the records of its kind against the schema, and counts them."""

from collections.abc import Iterator
from dataclasses import dataclass

import apache_beam as beam
from fastavro.validation import validate

from onrecord.data import schemas
from onrecord.data.records import Record, to_avro
from onrecord.telemetry import metrics


class CheckFn(beam.DoFn):  # type: ignore[misc]
    """Checks records; one that does not fit its schema is a bug, and fails the job."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def setup(self) -> None:
        """Load the schema."""
        self.schema = schemas.schema(self.kind)

    def process(self, record: Record) -> Iterator[Record]:
        """Yield the record unchanged."""
        values = to_avro(record)
        if not validate(values, self.schema, raise_errors=False, strict=True):
            validate(
                values, self.schema, raise_errors=True, strict=True
            )  # says why, and makes an error for each branch of a union
        metrics.count(metrics.RECORDS + self.kind)
        yield record


@dataclass
class Validate(beam.PTransform):  # type: ignore[misc]
    """Checks the records of one kind against their schema, and counts them.

    Attributes:
        kind: name of the record kind.
    """

    kind: str

    def __post_init__(self) -> None:
        super().__init__()

    def expand(self, records: beam.PCollection[Record]) -> beam.PCollection[Record]:
        """Return the records."""
        return records | "Check" >> beam.ParDo(CheckFn(self.kind)).with_output_types(records.element_type)

"""Beam's portable runners, which look on for as long as a job runs."""

from typing import Any

from apache_beam.runners.portability.portable_runner import JobServiceHandle, PortableRunner
from apache_beam.runners.portability.prism_runner import PrismRunner


class Patient:
    """Lets a portable runner watch a job without end.

    Beam's own breaks off after ``--job_server_timeout``, five minutes, although its help says that this is not the time of the job: the
    call that streams the job's states has that deadline too.
    """

    def create_job_service_handle(self, job_service: Any, options: Any) -> JobServiceHandle:
        """Return what talks to the job server, without a deadline."""
        handle = super().create_job_service_handle(job_service, options)  # type: ignore[misc]
        handle.timeout = None
        return handle


class PatientPrismRunner(Patient, PrismRunner):  # type: ignore[misc]
    """Prism."""


class PatientPortableRunner(Patient, PortableRunner):  # type: ignore[misc]
    """Any job server."""

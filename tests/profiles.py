# SPDX-License-Identifier: Apache-2.0
"""How many examples hypothesis tries: few while a developer waits (``dev``), more and always the same ones in CI (``ci``).

HYPOTHESIS_PROFILE chooses; ``make test`` chooses ``ci``. A test whose examples are expensive takes a share of the profile's number.
"""

import os

from hypothesis import HealthCheck, settings

MIN_EXAMPLES = 5

# The first example pays for imports and lexicons, and a machine may be busy: no test of a property is a test of speed.
_COMMON = settings(
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("dev", _COMMON, max_examples=15)
settings.register_profile("ci", _COMMON, max_examples=30, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def share_of_examples(share: float) -> settings:
    """Return the settings of the chosen profile with a share of its examples."""
    return settings(max_examples=max(MIN_EXAMPLES, round(share * settings().max_examples)))

"""Beam's Prism, where it is on this machine."""

import pytest

from onrecord.runners import prism

NO_PRISM = f"no Prism: `make prism` builds it, which needs Go; or {prism.how_to_get_it()}"
needs_prism = pytest.mark.skipif(prism.find() is None, reason=NO_PRISM)

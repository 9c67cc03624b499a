# SPDX-License-Identifier: Apache-2.0
"""Web addresses: the normalised form that two addresses of one page share, and the publisher's domain."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

# Query parameters that record how a reader reached a page, and don't identify the page.
TRACKING_PARAMETER = re.compile(
    r"(?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|igshid|cmpid|ito|ref_src)", re.IGNORECASE
)
DEFAULT_PORTS = frozenset((80, 443))
MAX_PARAMETERS = 1_000


@dataclass(frozen=True, slots=True)
class _WebAddress:
    host: str
    port: int | None
    path: str
    query: str


def _web_address(url: str) -> _WebAddress | None:
    """Return the parts of a web address, or None if the text is not one."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
        while host.startswith("www."):
            host = host.removeprefix("www.")
        if parts.scheme not in ("http", "https") or not host or set(host) & set("[]"):
            return None
        parameters = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        return None
    query = urlencode(sorted(pair for pair in parameters if not TRACKING_PARAMETER.fullmatch(pair[0])))
    return _WebAddress(host, None if port in DEFAULT_PORTS else port, parts.path.rstrip("/"), query)


def normalised_url(url: str) -> str | None:
    """Return the form that two addresses of one page share, or None if the text is not a web address.

    Scheme and host in lower case, no "www.", default port, fragment, trailing slash or tracking parameters; the other
    parameters are sorted, and http counts as https.
    """
    parts = _web_address(url)
    if parts is None:
        return None
    host = f"[{parts.host}]" if ":" in parts.host else parts.host
    address = host if parts.port is None else f"{host}:{parts.port}"
    return urlunsplit(("https", address, parts.path, parts.query, ""))


def domain(url: str) -> str | None:
    """Return the publisher's domain of a web address, without "www.", or None if the text is not a web address."""
    parts = _web_address(url)
    return parts.host if parts else None

# SPDX-License-Identifier: Apache-2.0
"""Web addresses: the normalised form that two addresses of one page share, and the publisher's domain."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import idna

# Query parameters that record how a reader reached a page, and don't identify the page.
TRACKING_PARAMETER = re.compile(
    r"(?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|igshid|cmpid|ito|ref_src)", re.IGNORECASE
)
DEFAULT_PORTS = frozenset((80, 443))
MAX_PARAMETERS = 1_000
MAX_HOST_LENGTH = 253
ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
# Fragments of sites that load their pages with scripts: they identify the page, as those of places in a page do not.
ROUTES = ("!", "/")
PRINTABLE_ASCII = "".join(map(chr, range(0x21, 0x7F)))


@dataclass(frozen=True, slots=True)
class _WebAddress:
    host: str
    port: int | None
    path: str
    query: str
    route: str


def _web_address(url: str) -> _WebAddress | None:
    """Return the parts of a web address, or None if the text is not one."""
    try:
        parts = urlsplit(url.strip(), "https")
        host, port = _ascii_host((parts.hostname or "").rstrip(".")), parts.port
        while host.startswith("www."):
            host = host.removeprefix("www.")
        if parts.scheme not in ("http", "https") or not host or set(host) & set("[]"):
            return None
        # An escape that is not UTF-8 has to stay different from every other one.
        parameters = parse_qsl(
            parts.query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS, errors="surrogateescape"
        )
        kept = sorted(pair for pair in parameters if not TRACKING_PARAMETER.fullmatch(pair[0]))
        query = urlencode(kept, errors="surrogateescape")
        path, fragment = _escaped(parts.path.rstrip("/")), parts.fragment.rstrip("/")
        route = _escaped(fragment) if parts.fragment.startswith(ROUTES) and fragment not in ROUTES else ""
    except ValueError:
        return None
    return _WebAddress(host, None if port in DEFAULT_PORTS else port, path, query, route)


def _ascii_host(host: str) -> str:
    """Return the name by which a host is looked up: xn--bcher-kva.example for bücher.example."""
    if host.isascii() or len(host) > MAX_HOST_LENGTH:
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return host


def _escaped(part: str) -> str:
    """Return a path or a fragment with the escapes that a browser sends for it."""
    if not part.isascii() or not part.isprintable() or " " in part:
        part = quote(part, safe=PRINTABLE_ASCII)
    return ESCAPE.sub(lambda found: found[0].upper(), part)


def normalised_url(url: str) -> str | None:
    """Return the form that two addresses of one page share, or None if the text is not a web address.

    Scheme and host in lower case, no "www.", default port, fragment, trailing slash or tracking parameters; the other
    parameters are sorted, and http counts as https, as does an address without a scheme that begins with //. A fragment that begins
    with "!" or "/" is part of the address.
    """
    parts = _web_address(url)
    if parts is None:
        return None
    host = f"[{parts.host}]" if ":" in parts.host else parts.host
    address = host if parts.port is None else f"{host}:{parts.port}"
    return urlunsplit(("https", address, parts.path, parts.query, parts.route))


def domain(url: str) -> str | None:
    """Return the publisher's domain of a web address, without "www.", or None if the text is not a web address."""
    parts = _web_address(url)
    return parts.host if parts else None

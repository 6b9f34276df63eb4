"""Who calls and whom they called, out of an INVITE's text. Pure.

The number is the user part of P-Asserted-Identity (RFC 3325) when the trunk
sends one, else of From. It is withheld when the caller asked for privacy
(RFC 3323 ``Privacy: id``, ``user`` or ``header``) or From is anonymous; an
asserted identity that comes along for the network's own use is then not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from ivr.privacy import Pii

_URI: Final = re.compile(r"(sips?|tel):(?:([^@>?\s]*)@)?([^;>?\s,]*)", re.IGNORECASE)
_HIDDEN_USERS: Final = {"", "anonymous", "restricted", "unavailable", "unknown", "private", "withheld"}
_COMPACT: Final = {"f": "from", "t": "to", "i": "call-id", "v": "via", "m": "contact"}


def headers_of(message: str) -> dict[str, str]:
    """First value of every header, names in lower case, folded lines joined (RFC 3261 section 7.3.1)."""
    found: dict[str, str] = {}
    for name, value in _lines(message):
        found.setdefault(name, value)
    return found


def values_of(message: str, header: str) -> list[str]:
    """Every line of a header (its name in lower case), in their order."""
    return [value for name, value in _lines(message) if name == header]


def tag_of(address: str) -> str:
    """The tag of a From or To (RFC 3261 section 19.3); empty when it has none."""
    found = re.search(r";\s*tag=([^;\s]+)", address)
    return found[1] if found else ""


def _lines(message: str) -> Iterator[tuple[str, str]]:
    head = re.split(r"\r?\n\r?\n", message, maxsplit=1)[0]
    for line in re.sub(r"\r?\n[ \t]+", " ", head).splitlines()[1:]:
        name, colon, value = line.partition(":")
        if colon:
            key = name.strip().lower()
            yield _COMPACT.get(key, key), value.strip()


def user_of(address: str) -> tuple[str, str]:
    """User and host of the first sip: or tel: URI in ``address``; empty strings when there is none."""
    bracketed = re.search(r"<([^<>]*)>", address)
    match = _URI.search(bracketed.group(1) if bracketed else address)
    if match is None:
        return "", ""
    scheme, user, rest = match.groups()
    if scheme.lower() == "tel":
        return unquote(rest), ""
    if user is None:
        return "", rest.lower()  # "sip:host" has no user
    return unquote(user.partition(";")[0].partition(":")[0]).strip(), rest.lower()


def caller_of(message: str) -> Pii:
    """The caller's number as the trunk gives it; empty when it is withheld."""
    headers = headers_of(message)
    wishes = {wish.strip().lower() for wish in re.split(r"[;,]", headers.get("privacy", ""))}
    user, host = user_of(headers.get("from", ""))
    hidden = user.lower() in _HIDDEN_USERS or host.endswith("anonymous.invalid")
    if hidden or wishes & {"id", "user", "header"}:
        return Pii("")
    asserted, _ = user_of(headers.get("p-asserted-identity", ""))
    return Pii(asserted or user)


def called_of(message: str) -> str:
    """User part of the request line's address: the number that was dialled."""
    parts = message.split(" ", 2)
    return user_of(parts[1])[0] if len(parts) == 3 else ""

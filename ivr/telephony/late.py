"""Answers to an INVITE that nobody waits for any more: who rings is cancelled, who answers is hung up.

pjsip has forgotten the INVITE by then, for it has few legs and this one is needed for another way (A12.14). What it
would have done is done here, by hand (RFC 3261 sections 9.1, 13.2.2.4 and 17.1.1.3): no CANCEL before a provisional
answer, an ACK for every final one, and BYE to whoever takes the call. Requests go to where the answer came from.
"""

from __future__ import annotations

import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ivr.telephony.identity import headers_of, tag_of, values_of

REMEMBERED_S: Final = 200.0  # a proxy lets a telephone ring for three minutes (timer C)
REMEMBERED: Final = 256
FIRST_REPEAT_S: Final = 0.5  # T1
LONGEST_REPEAT_S: Final = 4.0  # T2
_REPEATS: Final = 10  # 32 s in all, as long as any transaction
_MOST_TELEPHONES: Final = 32  # that one INVITE may reach; more are one who makes tags up
_BETWEEN_ROUTES: Final = re.compile(r",\s*(?=<)")
_ADDED_TO_VIA: Final = re.compile(r";received=[^;,\s]*|(?<=;rport)=\d*")
_BRANCH: Final = re.compile(r";branch=[^;,\s]*")

Send = Callable[[str, str, bool], None]
"""A message, ``address:port``, and whether by TCP."""


@dataclass(slots=True)
class _Left:
    invite: str
    until: float
    cancelled: bool = False
    hung_up: set[str] = field(default_factory=set)  # tags of those who took the call
    asked: set[str] = field(default_factory=set)  # CSeq and branch of what is repeated until it is answered


class LateAnswers:
    """SIP thread only. ``later`` runs a job after so many seconds; ``now``: monotonic seconds."""

    def __init__(
        self,
        send: Send,
        later: Callable[[float, Callable[[], object]], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send, self._later, self._now = send, later, now
        self._left: OrderedDict[tuple[str, str], _Left] = OrderedDict()

    def leave(self, invite: str) -> None:
        """This INVITE (its whole text) was given up, and pjsip doesn't know it any more."""
        self._left[_key(headers_of(invite))] = _Left(invite, self._now() + REMEMBERED_S)
        while len(self._left) > REMEMBERED:
            self._left.popitem(last=False)

    @property
    def waits(self) -> bool:
        """There is an INVITE whose answers may come; others are forgotten."""
        while self._left and next(iter(self._left.values())).until < self._now():
            self._left.popitem(last=False)
        return bool(self._left)

    def take(self, response: str, source: str) -> bool:
        """``response``, of no transaction of pjsip's, came from ``source``; True if it is about one of these."""
        headers = headers_of(response)
        left = self._left.get(_key(headers))
        if left is None or left.until < self._now():
            return False
        code, asked = _code(response), headers.get("cseq", "").upper().split()[-1:]
        if asked != ["INVITE"]:
            if code >= 200:
                left.asked.discard(_name(headers))
            return True
        tcp = "/TCP" in headers.get("via", "").upper()
        if code >= 200:
            self._send(ack(left.invite, response), source, tcp)
        elif not left.cancelled:
            left.cancelled = True
            self._insist(left, cancel(left.invite, response), source, tcp)
        tag = tag_of(headers.get("to", ""))
        if 200 <= code < 300 and tag not in left.hung_up and len(left.hung_up) < _MOST_TELEPHONES:
            left.hung_up.add(tag)
            self._insist(left, bye(left.invite, response), source, tcp)
        return True

    def _insist(self, left: _Left, request: str, source: str, tcp: bool) -> None:
        """Send until it is answered (RFC 3261 section 17.1.2.1); by TCP once."""
        name = _name(headers_of(request))
        left.asked.add(name)

        def send(times: int, pause_s: float) -> None:
            if name not in left.asked:
                return
            self._send(request, source, tcp)
            if times and not tcp:
                self._later(pause_s, lambda: send(times - 1, min(LONGEST_REPEAT_S, pause_s * 2)))

        send(_REPEATS, FIRST_REPEAT_S)


def cancel(invite: str, response: str) -> str:
    """CANCEL of ``invite``, on which ``response`` came: of the same branch, without a To tag."""
    return _in_transaction("CANCEL", invite, response, headers_of(invite).get("to", ""))


def ack(invite: str, response: str) -> str:
    """ACK of a final ``response``: a part of the INVITE's transaction, or for a 200 one of its own."""
    if _code(response) >= 300:
        return _in_transaction("ACK", invite, response, headers_of(response).get("to", ""))
    return _in_dialog("ACK", invite, response)


def bye(invite: str, response: str) -> str:
    """BYE in the dialog that the 200 ``response`` made."""
    return _in_dialog("BYE", invite, response, later=1)


def _in_transaction(method: str, invite: str, response: str, to: str) -> str:
    ours = headers_of(invite)
    routes = [ours["route"]] if "route" in ours else []
    return _request(method, _address(invite), _via(response), invite, to, routes)


def _in_dialog(method: str, invite: str, response: str, later: int = 0) -> str:
    theirs = headers_of(response)
    routes = [route for line in values_of(response, "record-route") for route in _BETWEEN_ROUTES.split(line)]
    contact = theirs.get("contact", "")
    bracketed = re.search(r"<([^<>]+)>", contact)
    target = bracketed[1] if bracketed else contact.partition(";")[0].strip()
    via = _BRANCH.sub(f";branch=z9hG4bK{secrets.token_hex(8)}", _via(response))
    return _request(method, target or _address(invite), via, invite, theirs.get("to", ""), routes[::-1], later)


def _request(method: str, address: str, via: str, invite: str, to: str, routes: list[str], later: int = 0) -> str:
    ours = headers_of(invite)
    number = int(ours.get("cseq", "0").split()[0]) + later
    lines = [
        f"{method} {address} SIP/2.0",
        f"Via: {via}",
        "Max-Forwards: 70",
        *(f"Route: {route}" for route in routes),
        f"From: {ours.get('from', '')}",
        f"To: {to}",
        f"Call-ID: {ours.get('call-id', '')}",
        f"CSeq: {number} {method}",
        "Content-Length: 0",
    ]
    return "\r\n".join(lines) + "\r\n\r\n"


def _via(response: str) -> str:
    """Ours, the only one in a response that reached us, without what others wrote into it."""
    return _ADDED_TO_VIA.sub("", headers_of(response).get("via", ""))


def _address(invite: str) -> str:
    return invite.split(" ", 2)[1]


def _code(response: str) -> int:
    found = re.match(r"SIP/2\.0 (\d{3})", response)
    return int(found[1]) if found else 0


def _key(headers: dict[str, str]) -> tuple[str, str]:
    return headers.get("call-id", ""), tag_of(headers.get("from", ""))


def _name(headers: dict[str, str]) -> str:
    branch = _BRANCH.search(headers.get("via", ""))
    return f"{headers.get('cseq', '').upper()} {branch[0] if branch else ''}"

"""How a message of RFC 4475 is written down here, and the request that is right but for one thing.

Addresses are ours, so that answers come back and calls could really be spoken in; what makes a message a torture is as
the RFC has it. ``allowed`` says what an endpoint may do according to the RFC's text: a status, a class of statuses such
as ``4xx``, or ``silence``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

REFUSED = ("4xx", "silence")
NO_REGISTRAR = ("4xx", "501")  # the line is not one, whatever is in the request
# pjsip has nobody who answers requests of methods that it has no use for; the proxy does.
UNSERVED = ("silence",)


@dataclass(frozen=True, slots=True)
class Torture:
    """One message. ``text`` has ``{line}`` and ``{me}`` (address:port) and ``{length}`` to fill in, ``body`` ``{rtp}``.

    ``lenient``: what pjsip does with it by itself and the RFC does not foresee; the proxy lets none of these through.
    """

    section: str
    name: str
    text: str
    allowed: tuple[str, ...]
    body: bytes = b""
    lenient: tuple[str, ...] = ()

    def datagram(self, line: str, me: str, rtp: int) -> bytes:
        """The message as it is sent; lines end as SIP wants it."""
        body = self.body.replace(b"{rtp}", str(rtp).encode())
        filled = self.text.replace("{line}", line).replace("{me}", me).replace("{length}", str(len(body)))
        return filled.replace("\n", "\r\n").encode("utf-8", "surrogateescape") + body

    @property
    def method(self) -> str:
        return self.text.partition(" ")[0]

    def allows(self, status: int | None, *, proxied: bool = False) -> bool:
        """``status`` None: nothing came. ``proxied``: our proxy stood in front."""
        allowed = {*self.allowed, *(() if proxied else self.lenient)}
        if status is None:
            return "silence" in allowed
        return bool({str(status), f"{status // 100}xx"} & allowed)


SDP = (
    b"v=0\r\no=mhandley 29739 7272939 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio {rtp} RTP/AVP 8 12\r\nm=video 3227 RTP/AVP 31\r\na=rtpmap:31 LPC\r\n"
)


def request(
    first: str,
    name: str,
    *more: str,
    to: str = "sip:1883@{line}",
    sender: str = "sip:caller@{me};tag=3923942",
    via: str = "SIP/2.0/UDP {me};rport;branch=z9hG4bK{name}",
    cseq: str = "",
    length: str = "Content-Length: {length}",
) -> str:
    """A request that is right but for what is given. Empty lines are left out."""
    method = first.partition(" ")[0]
    lines = [
        first,
        via and "Via: " + via.replace("{name}", name),
        to and f"To: {to}",
        sender and f"From: {sender}",
        f"Call-ID: {name}.fhn2323orihawfdoa3o4r52o3irsdf",
        f"CSeq: {cseq or '8 ' + method}",
        *("Max-Forwards: 70" for _ in range(not any(line.lower().startswith("max-forwards") for line in more))),
        *("Contact: <sip:caller@{me}>" for _ in range(method == "INVITE" and not _has(more, "contact", "m"))),
        *more,
        length,
    ]
    return "\n".join(line for line in lines if line) + "\n\n"


def _has(lines: tuple[str, ...], *names: str) -> bool:
    return any(re.match(rf"(?:{'|'.join(names)})\s*:", line, re.IGNORECASE) for line in lines)

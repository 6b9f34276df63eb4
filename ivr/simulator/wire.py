"""A telephone of bare sockets: SIP and RTP by hand, for benches and abuse tests.

It shares no code with the line, so it sees what a stranger on the wire sees, and
it can do what a proper stack would not: keep its ACK to itself, send no sound,
send rubbish. Blocking, one thread per phone; times are milliseconds.

::

    phone = WirePhone(("127.0.0.1", 5060))
    answer = phone.invite()          # Answer(code=200, ringing_ms=0.9, answered_ms=4.8)
    phone.stream(2.0, pcm)           # send sound, collect what comes back
    phone.press("5"); phone.hold(); phone.resume(); phone.bye()

Errors: :class:`~ivr.errors.TelephonyError` when the peer does not answer in time.
"""

from __future__ import annotations

import contextlib
import random
import re
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from ivr.errors import TelephonyError
from ivr.simulator.rtp import Address, Arrival, RtpSocket, Sound, sdp


@dataclass(frozen=True, slots=True)
class Answer:
    """Final answer to an INVITE; times from its sending, None when that answer did not come."""

    code: int
    ringing_ms: float | None
    answered_ms: float | None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Timing:
    """One timed call, as ``ivr bench answer`` reports it."""

    invite_to_180_ms: float
    invite_to_200_ms: float
    ok_to_rtp_ms: float


def header(message: str, name: str) -> str:
    """First value of a header, empty when absent."""
    match = re.search(rf"^{re.escape(name)}\s*:\s*(.*?)\s*$", message, re.IGNORECASE | re.MULTILINE)
    return match.group(1) if match else ""


class WirePhone:
    """One dialog at a time, as caller (``invite``) or callee (``await_invite``, ``answer``).

    Requests of the peer that come while a method waits for something else are
    answered with 200 and kept in ``requests``; BYE and CANCEL set ``ended``.
    """

    def __init__(
        self,
        line: Address = ("127.0.0.1", 5060),
        *,
        codecs: tuple[str, ...] = ("PCMA",),
        tcp: bool = False,
        host: str = "127.0.0.1",
        sip_port: int = 0,
        rtp_port: int = 0,
        number: str = "+37060000001",
        called: str = "1883",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.codecs = codecs
        self.number = number
        self.ended = False  # the peer sent BYE or CANCEL
        self.requests: list[str] = []  # every request of the peer, whole
        self._line = line
        self._host = host
        self._called = called
        self._extra = dict(headers or {})
        self._tcp = tcp
        self._buffer = b""
        if tcp:
            self._sip = socket.create_connection(line, 5.0)
        else:
            self._sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._sip.bind((host, sip_port))
        self._sound = RtpSocket(host, rtp_port, codecs[0])
        self.sip_port = int(self._sip.getsockname()[1])
        self.rtp_port = self._sound.port
        # Ports come again within hours, names of dialogs must not.
        self._random = random.Random(time.monotonic_ns())  # noqa: S311 - ids on loopback
        self._invite_text = ""
        self._call_id = self._random.randbytes(8).hex()
        self._tag = self._random.randbytes(4).hex()
        self._peer_tag = ""
        self._target = f"sip:{called}@{line[0]}:{line[1]}"
        self._remote = f"<{self._target}>"
        self._routes: list[str] = []  # proxies that stay in the dialog (RFC 3261 section 12.1.2)
        self._cseq = self._invite_cseq = 0
        self._branch = ""
        self._invited_at = 0.0

    @property
    def call_id(self) -> str:
        """SIP's name of the dialog."""
        return self._call_id

    @property
    def rtp(self) -> RtpSocket:
        """The sound's socket, for whoever moves the sound of many telephones at once."""
        return self._sound

    def __enter__(self) -> WirePhone:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the sockets; says nothing to the peer."""
        self._sip.close()
        self._sound.close()

    # ------------------------------------------------------------ caller

    def invite(self, *, timeout_s: float = 5.0, ack: bool = True, direction: str = "sendrecv") -> Answer:
        """INVITE (or re-INVITE in a dialog) and wait for the final answer; ``ack`` false keeps the ACK of a 200."""
        self.send_invite(direction)
        return self.await_answer(timeout_s=timeout_s, ack=ack)

    def send_invite(self, direction: str = "sendrecv") -> None:
        """Send the INVITE and return."""
        self._cseq += 1
        self._invite_cseq = self._cseq
        self._branch = self._new_branch()
        body = sdp(self.rtp_port, self.codecs, direction, self._host)
        self._invited_at = time.perf_counter()
        self._request("INVITE", self._cseq, self._branch, body)

    def await_answer(self, *, timeout_s: float = 5.0, ack: bool = True) -> Answer:
        """Wait for the final answer to the INVITE that was sent."""
        ringing: float | None = None
        until = time.monotonic() + timeout_s
        while True:
            message = self._response(until, "INVITE", self._invite_cseq)
            at_ms = (time.perf_counter() - self._invited_at) * 1000.0
            code = int(message.split(" ", 2)[1])
            if code == 180 and ringing is None:
                ringing = at_ms
            if code < 200:
                continue
            self._learn(message, code)
            if code >= 300:
                self._request("ACK", self._invite_cseq, self._branch)
            elif ack:
                self.ack()
            return Answer(code, ringing, at_ms if code < 300 else None, message)

    def ack(self) -> None:
        """ACK of a 200, a transaction of its own (RFC 3261 section 13.2.2.4)."""
        self._request("ACK", self._invite_cseq, self._new_branch())

    def cancel(self) -> Answer:
        """CANCEL the INVITE under way; returns the INVITE's final answer (487)."""
        self._request("CANCEL", self._invite_cseq, self._branch)
        return self.await_answer()

    def hold(self) -> Answer:
        """re-INVITE: we send (music), the line need not."""
        return self.invite(direction="sendonly")

    def resume(self) -> Answer:
        """re-INVITE: both ways again."""
        return self.invite(direction="sendrecv")

    def bye(self, timeout_s: float = 2.0) -> int:
        """End the dialog; status of the answer."""
        return self._transaction("BYE", timeout_s=timeout_s)

    def forget_dialog(self) -> None:
        """The next INVITE is a new call, of the same Call-ID and From tag: some devices never change theirs."""
        self._peer_tag, self._target = "", f"sip:{self._called}@{self._line[0]}:{self._line[1]}"
        self._remote = f"<{self._target}>"

    def options(self, timeout_s: float = 2.0) -> int:
        """Ask whether the line is alive; status of the answer."""
        return self._transaction("OPTIONS", timeout_s=timeout_s)

    def info_key(self, key: str) -> int:
        """A key as SIP INFO (application/dtmf-relay); status of the answer."""
        return self._transaction("INFO", f"Signal={key}\r\nDuration=160\r\n", "application/dtmf-relay")

    def await_bye(self, timeout_s: float) -> bool:
        """Wait until the peer ends the dialog."""
        until = time.monotonic() + timeout_s
        while not self.ended:
            message = self._receive(until)
            if message is None:
                return False
            self._serve(message)
        return True

    # ------------------------------------------------------------ callee

    def await_invite(self, timeout_s: float = 5.0) -> str:
        """Wait for an INVITE; returns its text."""
        until = time.monotonic() + timeout_s
        while not self._invite_text:
            message = self._receive(until)
            if message is None:
                raise TelephonyError("wire", "no INVITE came", "Look at the line's log")
            if not self._invite_text:
                self._serve(message)
        return self._invite_text

    def answer(self, code: int = 200) -> None:
        """Answer the INVITE that came; 200 with our sound, others without."""
        body = sdp(self.rtp_port, self.codecs, host=self._host) if code == 200 else ""
        self._respond(self._invite_text, code, body)

    # ------------------------------------------------------------ sound

    def stream(self, seconds: float, pcm: bytes = b"", *, send: bool = True) -> Sound:
        """Send ``pcm`` (repeated; silence when empty) for ``seconds`` and collect what comes meanwhile."""
        return self._sound.stream(seconds, pcm, send=send)

    def exchange(self, frame: bytes, until: float) -> tuple[float, list[Arrival]]:
        """One frame of 20 ms: see :meth:`RtpSocket.exchange`."""
        return self._sound.exchange(frame, until)

    def serve(self) -> None:
        """Answer the requests of the peer that wait, without waiting for more."""
        while (message := self._receive(time.monotonic() + 1e-3)) is not None:
            self._serve(message)

    def await_rtp(self, timeout_s: float = 3.0) -> float | None:
        """Milliseconds until the next RTP packet, None if none comes."""
        return self._sound.await_packet(timeout_s)

    def press(self, key: str) -> None:
        """One key as RFC 4733."""
        self._sound.press(key)

    # ------------------------------------------------------------ SIP by hand

    def _new_branch(self) -> str:
        return "z9hG4bK" + self._random.randbytes(6).hex()

    @property
    def _transport(self) -> str:
        return "TCP" if self._tcp else "UDP"

    def _contact(self) -> str:
        suffix = ";transport=tcp" if self._tcp else ""
        return f"<sip:{self.number}@{self._host}:{self.sip_port}{suffix}>"

    def _request(self, method: str, cseq: int, branch: str, body: str = "", kind: str = "application/sdp") -> None:
        initial_cancel = method == "CANCEL" or (method == "ACK" and branch == self._branch)
        tag = f";tag={self._peer_tag}" if self._peer_tag and (method != "CANCEL") else ""
        target = f"sip:{self._called}@{self._line[0]}:{self._line[1]}" if initial_cancel else self._target
        routes = self._routes if tag and not initial_cancel else ()
        lines = [
            f"{method} {target} SIP/2.0",
            f"Via: SIP/2.0/{self._transport} {self._host}:{self.sip_port};branch={branch};rport",
            f"From: <sip:{self.number}@{self._host}>;tag={self._tag}",
            f"To: {self._remote}{tag}",
            f"Call-ID: {self._call_id}",
            f"CSeq: {cseq} {method}",
            f"Contact: {self._contact()}",
            "Max-Forwards: 70",
            *(f"Route: {route}" for route in routes),
            *(f"{name}: {value}" for name, value in self._extra.items()),
            *([f"Content-Type: {kind}"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self._send(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def _send(self, data: bytes, to: Address | None = None) -> None:
        if self._tcp:
            self._sip.sendall(data)
        else:
            self._sip.sendto(data, to or self._line)

    def _transaction(self, method: str, body: str = "", kind: str = "", timeout_s: float = 2.0) -> int:
        self._cseq += 1
        cseq = self._cseq
        self._request(method, cseq, self._new_branch(), body, kind)
        until = time.monotonic() + timeout_s
        while True:
            code = int(self._response(until, method, cseq).split(" ", 2)[1])
            if code >= 200:
                return code

    def _response(self, until: float, method: str, cseq: int) -> str:
        """The next response to our request; requests of the peer are served meanwhile."""
        while True:
            message = self._receive(until)
            if message is None:
                raise TelephonyError("wire", f"no answer to {method}", "Is the line listening there?")
            if not message.startswith("SIP/2.0 "):
                self._serve(message)
            elif header(message, "CSeq").split() == [str(cseq), method]:
                return message

    def _learn(self, message: str, code: int) -> None:
        match = re.search(r";tag=([^\s;]+)", header(message, "To"))
        self._peer_tag = match.group(1) if match else ""
        if code >= 300:
            return
        contact = re.search(r"<([^>]+)>", header(message, "Contact"))
        self._target = contact.group(1) if contact else self._target
        self._routes = re.findall(r"^Record-Route\s*:\s*(.*?)\s*$", message, re.IGNORECASE | re.MULTILINE)[::-1]
        self._learn_media(message)

    def _learn_media(self, message: str) -> None:
        media = re.search(r"^m=audio (\d+)", message, re.MULTILINE)
        connection = re.search(r"^c=IN IP4 (\S+)", message, re.MULTILINE)
        if media and connection and int(media.group(1)):
            self._sound.peer = (connection.group(1), int(media.group(1)))
        if keys := re.search(r"^a=rtpmap:(\d+) telephone-event/8000", message, re.MULTILINE):
            self._sound.key_payload = int(keys.group(1))

    def _serve(self, message: str) -> None:
        """A request of the peer."""
        method = message.partition(" ")[0]
        if message.startswith("SIP/2.0 "):
            return  # a late or repeated response
        self.requests.append(message)
        if method == "ACK":
            return
        if method == "INVITE" and not self._invite_text and not self._invite_cseq:
            self._accept_dialog(message)
            return
        if method == "INVITE" and header(message, "CSeq") == header(self._invite_text, "CSeq"):
            return  # repeated: whoever plays this telephone answers when they like
        self.ended = self.ended or method in {"BYE", "CANCEL"}
        body = sdp(self.rtp_port, self.codecs, host=self._host) if method == "INVITE" else ""
        self._respond(message, 200, body)
        if method == "CANCEL":
            self._respond(self._invite_text, 487)

    def _accept_dialog(self, message: str) -> None:
        self._invite_text = message
        self._call_id = header(message, "Call-ID")
        self._remote = header(message, "From")
        contact = re.search(r"<([^>]+)>", header(message, "Contact"))
        self._target = contact.group(1) if contact else self._target
        self._learn_media(message)

    def _respond(self, request: str, code: int, body: str = "") -> None:
        to = header(request, "To")
        vias = re.findall(r"^Via\s*:.*$", request, re.MULTILINE | re.IGNORECASE)
        lines = [
            f"SIP/2.0 {code} -",
            *(via.strip() for via in vias),
            f"From: {header(request, 'From')}",
            f"To: {to}" if "tag=" in to else f"To: {to};tag={self._tag}",
            f"Call-ID: {header(request, 'Call-ID')}",
            f"CSeq: {header(request, 'CSeq')}",
            f"Contact: {self._contact()}",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        via = re.search(r"SIP/2\.0/UDP ([^:;\s]+):?(\d*)", vias[0]) if vias else None
        back = (via.group(1), int(via.group(2) or 5060)) if via else None
        self._send(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), back)

    def _receive(self, until: float) -> str | None:
        """The next whole message, None when time is up."""
        while (left := until - time.monotonic()) > 0:
            message = self._cut_stream() if self._tcp else None
            if message is not None:
                return message
            self._sip.settimeout(left)
            try:
                data = self._sip.recv(65535)
            except (TimeoutError, BlockingIOError):
                return None
            if not self._tcp:
                return data.decode(errors="replace")
            if not data:
                return None
            self._buffer += data
        return None

    def _cut_stream(self) -> str | None:
        """One message out of the TCP stream, framed by Content-Length (RFC 3261 section 18.3)."""
        head, end, rest = self._buffer.lstrip(b"\r\n").partition(b"\r\n\r\n")
        if not end:
            return None
        length = int(header(head.decode(errors="replace"), "Content-Length") or 0)
        if len(rest) < length:
            return None
        self._buffer = rest[length:]
        return (head + end + rest[:length]).decode(errors="replace")


def time_call(line: Address, *, called: str = "1883") -> Timing:
    """Place one call, wait for its first sound, hang up. Raises TelephonyError when it is not answered with 200."""
    with WirePhone(line, called=called) as phone:
        answer = phone.invite()
        if answer.code != 200 or answer.answered_ms is None:
            raise TelephonyError("wire", f"the line answered {answer.code}", "Wait until it has a free leg")
        rtp_ms = phone.await_rtp()
        phone.bye()
        if rtp_ms is None:
            raise TelephonyError("wire", "no sound came after 200", "Look at the RTP ports")
        ringing = answer.ringing_ms if answer.ringing_ms is not None else answer.answered_ms
        return Timing(ringing, answer.answered_ms, rtp_ms)


class WireAgent(threading.Thread):
    """A phone that answers by itself in a thread: rings, answers, sends ``pcm`` until the peer hangs up.

    ``sound`` and ``phone`` may be read after ``join``.
    """

    def __init__(
        self, port: int = 0, *, pcm: bytes = b"", answer_after_s: float = 0.0, longest_s: float = 30.0
    ) -> None:
        super().__init__(name="wire-agent", daemon=True)
        self.phone = WirePhone(sip_port=port)
        self.sound = Sound()
        self.uri = f"sip:agent@127.0.0.1:{self.phone.sip_port}"
        self._pcm = pcm
        self._answer_after_s = answer_after_s
        self._longest_s = longest_s

    def run(self) -> None:
        """Thread: one call."""
        phone = self.phone
        with contextlib.suppress(TelephonyError):
            phone.await_invite(self._longest_s)
            phone.answer(180)
            if phone.await_bye(self._answer_after_s):
                return  # cancelled while it rang
            phone.answer(200)
            until = time.monotonic() + self._longest_s
            while not phone.ended and time.monotonic() < until:
                heard = phone.stream(0.1, self._pcm)
                self.sound.add(heard)
                phone.await_bye(0.001)

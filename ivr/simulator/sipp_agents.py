"""Agents' telephones played by sipp: each does one thing with every call, and logs when it rang and when it failed.

A line of the log is ``event epoch call``: ``rang``, ``pressed``, ``failed``, with the id of ``X-IVR-Context``.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from ivr.errors import PartFailed


class Habit(StrEnum):
    """What a telephone does with calls."""

    KEY = "key"  # answers and presses 1
    NO_KEY = "no_key"  # answers and presses nothing, as an answering machine does
    BUSY = "busy"  # 486
    DECLINED = "declined"  # 603
    NO_ANSWER = "no_answer"
    HANGS_UP = "hangs_up"  # during the whisper
    UNREACHABLE = "unreachable"  # nothing listens there


RING_MS: Final = 300
LISTENS_MS: Final = 1000

_HEADERS: Final = """[last_Via:]
[last_From:]
[last_To:];tag=[pid]a[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:agent@[local_ip]:[local_port]>
"""
_EMPTY: Final = "Content-Length: 0\n\n"
_SDP: Final = """Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=sendrecv
"""
_OURS: Final = """Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:agent@[local_ip]:[local_port]>;tag=[pid]a[call_number]
To:[$from]
Call-ID: [call_id]
CSeq: {cseq}
Contact: <sip:agent@[local_ip]:[local_port]>
Max-Forwards: 70
"""
_ANSWERED: Final = "\n".join(
    [
        '<send retrans="500"><![CDATA[\nSIP/2.0 200 OK\n' + _HEADERS + _SDP + "\n]]></send>",
        '<recv request="ACK"/>',
        f'<pause milliseconds="{LISTENS_MS}"/>',
    ]
)
_ENDED_BY_THE_LINE: Final = "\n".join(
    [
        '<recv request="BYE"/>',
        "<send><![CDATA[\nSIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\n"
        + _EMPTY
        + "]]></send>",
    ]
)


def scenario(habit: Habit) -> str:
    """sipp's XML for a telephone with this habit."""
    match habit:
        case Habit.BUSY:
            rest = _noted("failed") + _refused("486 Busy Here")
        case Habit.DECLINED:
            rest = _noted("failed") + _refused("603 Decline")
        case Habit.NO_ANSWER:
            rest = _CANCELLED
        case Habit.NO_KEY:
            rest = _ANSWERED + _ENDED_BY_THE_LINE
        case Habit.HANGS_UP:
            bye = "BYE [$contact] SIP/2.0\n" + _OURS.format(cseq="1 BYE") + _EMPTY
            rest = (
                _ANSWERED + _noted("failed") + f'<send retrans="500"><![CDATA[\n{bye}]]></send><recv response="200"/>'
            )
        case Habit.KEY:
            body = "Content-Type: application/dtmf-relay\nContent-Length: [len]\n\nSignal=1\nDuration=160\n"
            info = "INFO [$contact] SIP/2.0\n" + _OURS.format(cseq="1 INFO") + body
            pressed = f'<send retrans="500"><![CDATA[\n{info}\n]]></send><recv response="200"/>'
            rest = _ANSWERED + _noted("pressed") + pressed + _ENDED_BY_THE_LINE
        case Habit.UNREACHABLE:
            raise ValueError("nothing listens there")
    waits = "" if habit is Habit.NO_ANSWER else f'<pause milliseconds="{RING_MS}"/>'
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="{habit}">
<recv request="INVITE" rrs="true"><action>
<ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>
<ereg regexp="sip:[^&gt;]*" search_in="hdr" header="Contact:" assign_to="contact"/>
<ereg regexp="[^ ].*" search_in="hdr" header="X-IVR-Context:" assign_to="call"/>
</action></recv>
{_noted("rang")}
<send><![CDATA[
SIP/2.0 180 Ringing
{_HEADERS}{_EMPTY}]]></send>
{waits}
{rest}
<Reference variables="from,contact,call"/>
</scenario>
"""


def _noted(event: str) -> str:
    return f'<nop hide="true"><action><log message="{event} [timestamp] [$call]"/></action></nop>\n'


def _refused(status: str) -> str:
    return f'<send retrans="500"><![CDATA[\nSIP/2.0 {status}\n{_HEADERS}{_EMPTY}]]></send><recv request="ACK"/>'


_CANCELLED: Final = (
    '<recv request="CANCEL"/><send><![CDATA[\nSIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n'
    f'[last_CSeq:]\n{_EMPTY}]]></send><send retrans="500"><![CDATA[\nSIP/2.0 487 Request Terminated\n[last_Via:]\n'
    "[last_From:]\n[last_To:];tag=[pid]a[call_number]\n[last_Call-ID:]\nCSeq: [cseq] INVITE\n"
    f'{_EMPTY}]]></send><recv request="ACK"/>'
)
_LINE: Final = re.compile(r"^(rang|pressed|failed) .*?(\d{9,}\.\d+) (\S+)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Logged:
    """Something that a telephone did; ``at`` in seconds since the epoch."""

    event: str
    at: float
    call: str


class SippAgent:
    """One telephone on ``port``; ``with`` starts and ends it. Raises PartFailed when sipp is not installed."""

    def __init__(self, habit: Habit, port: int, media_port: int, folder: Path) -> None:
        self.habit, self.port = habit, port
        self._media_port, self._folder = media_port, folder
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> SippAgent:
        if self.habit is Habit.UNREACHABLE:
            return self
        sipp = shutil.which("sipp")
        if sipp is None:
            raise PartFailed("transfer", "sipp is not installed", "Install it: apt install sip-tester")
        file = self._folder / f"{self.habit}-{self.port}.xml"
        file.write_text(scenario(self.habit), encoding="utf-8")
        self._process = subprocess.Popen(
            [
                sipp, "-sf", str(file), "-i", "127.0.0.1", "-p", str(self.port), "-mp", str(self._media_port),
                "-rtp_echo", "-m", "100000", "-nostdin", "-trace_logs", "-log_file", str(self._log),
                "-trace_err", "-error_file", str(file.with_suffix(".err")), "-skip_rlimit",
            ],
            cwd=self._folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=os.environ | {"TERM": "xterm"},
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    @property
    def _log(self) -> Path:
        return self._folder / f"{self.habit}-{self.port}.log"

    def logged(self) -> list[Logged]:
        """All that it did so far."""
        try:
            text = self._log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
        return [Logged(event, float(at), call) for event, at, call in _LINE.findall(text)]

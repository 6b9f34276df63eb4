"""What strangers can send to a running line: SIP, SDP, RTP, MQTT, HTTP, and lines into the parts' own sockets.

The line is the real ``ivr serve`` on loopback. Datagrams are mutations of those that a call of its own was made of.
After each batch no process may have fallen, nothing may have been logged with a trace, and callers must be served on
every slot again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import shutil
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from ivr.errors import TelephonyError
from ivr.paths import project_file
from ivr.people import handover as talk
from ivr.processes.line import prepare
from ivr.simulator.loopback import LoopbackLine, free_ports, write_config
from ivr.simulator.rtp import Address, sdp
from ivr.simulator.wire import WirePhone
from scripts.bench.fuzz_parsers import Fault
from scripts.bench.mutate import bytes_like, json_line

PING_EVERY: Final = 20  # datagrams that fit the receiver's buffer together
LONGEST: Final = 9000
SERVED_WITHIN_S: Final = 60.0
PATIENCE_S: Final = 15.0
_HEARD_S: Final = 0.2  # of an answer to what was torn apart: many servers go on waiting for the rest
# Why a part fell: an assertion of a library's, its exit status, or that the supervisor took it for frozen.
_LAST_WORDS: Final = ("Assertion", "part_fell", "part_frozen")


class CapturingPhone(WirePhone):
    """Keeps every datagram of its calls, as it was sent or came."""

    def __init__(self, line: Address) -> None:
        self.captured: list[bytes] = []
        super().__init__(line)

    def __enter__(self) -> CapturingPhone:
        return self

    @property
    def media(self) -> Address | None:
        """Where the line takes this call's sound."""
        return self._sound.peer

    def send_raw(self, data: bytes) -> None:
        """From the telephone's own SIP socket."""
        self._sip.sendto(data, self._line)

    def send_sound(self, data: bytes, *, control: bool = False) -> None:
        """From the telephone's own RTP socket, to the call's RTP or RTCP port."""
        if self.media is not None:
            self._sound._socket.sendto(data, (self.media[0], self.media[1] + control))

    def _send(self, data: bytes, to: Address | None = None) -> None:
        self.captured.append(data)
        super()._send(data, to)

    def _receive(self, until: float) -> str | None:
        message = super()._receive(until)
        if message is not None:
            self.captured.append(message.encode(errors="replace"))
        return message


class FuzzedLine:
    """A line that runs in the background, and what its watchers say of it."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        answers = folder / "dialplans"  # a few: the line is there soon
        shutil.copytree(project_file("dialplans"), answers, ignore=shutil.ignore_patterns("ministerija", "personalas"))
        settings: dict[str, dict[str, object]] = {
            "answers": {"dialplans": str(answers)},
            "sip": {"media_timeout_s": 2.0, "ack_timeout_s": 2.0},
            "workers": {"restart_delay_s": 0.1, "drain_s": 0.0},
            "mqtt": {"embedded": True, "port": free_ports(chance).office},
            "speech": {"prompt_cache": str(project_file("var", "prompt-cache"))},
        }
        self.config, path = write_config(folder, free_ports(chance), settings=settings)
        prepare(self.config)
        self.address = ("127.0.0.1", self.config.sip.port)
        self._line = LoopbackLine(self.config, path)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        """Raises PartFailed."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._line.__aenter__(), self._loop).result()
        self._pids = self._living()
        self._read = self._line.log_path.stat().st_size

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._line.__aexit__(None, None, None), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def faults(self, target: str, seed: str) -> list[Fault]:
        """Since the last look: parts that fell, traces in the log, and callers who are not served."""
        found = []
        living = self._living()
        with self._line.log_path.open("rb") as log:
            log.seek(self._read)
            said = log.read()
            self._read += len(said)
        lines = said.decode("utf-8", "replace").splitlines()
        if fallen := sorted(name for name, pid in self._pids.items() if living.get(name) != pid):
            why = [line for line in lines if any(word in line for word in _LAST_WORDS)]
            found.append(Fault(target, seed, f"fell: {', '.join(fallen)}", "\n".join(why)[:3000]))
        traces = [line for line in lines if "Traceback" in line]
        found += [Fault(target, seed, "trace", line[:3000]) for line in traces[:5]]
        if not self._serves():
            found.append(Fault(target, seed, "stuck", ""))
        self._pids = self._living()
        return found

    def _living(self) -> dict[str, object]:
        return {name: part["pid"] for name, part in self._line.parts().items()}

    def _serves(self) -> bool:
        """Two callers at once, as many as a worker takes, within the time in which lost ones are noticed."""
        deadline = time.monotonic() + SERVED_WITHIN_S
        while time.monotonic() < deadline:
            with contextlib.suppress(TelephonyError, OSError), ExitStack() as stack:
                phones = [stack.enter_context(WirePhone(self.address)) for _ in range(2)]
                codes = [phone.invite(timeout_s=PATIENCE_S).code for phone in phones]
                ended = [phone.bye(PATIENCE_S) for phone, code in zip(phones, codes, strict=True) if code == 200]
                if codes == [200, 200] == ended:
                    return True
            time.sleep(0.5)
        return False


Act = Callable[[FuzzedLine, random.Random, int], None]


class LineTarget:
    """One way into a line. ``act`` sends so many inputs."""

    def __init__(self, name: str, planned: int, batch: int, act: Act, line: FuzzedLine) -> None:
        self.name, self.planned, self.batch = name, planned, batch
        self._act, self._line = act, line

    def run(self, seed: str, count: int) -> list[Fault]:
        self._act(self._line, random.Random(seed), count)
        return self._line.faults(self.name, seed)

    def close(self) -> None:
        return None


def line_targets() -> list[tuple[str, int, Act]]:
    """Names, planned inputs and acts."""
    return [
        ("sip", 120_000, _sip),
        ("sdp", 12_000, _sdp),
        ("rtp", 200_000, _rtp),
        ("mqtt", 8_000, _mqtt),
        ("raw_http", 8_000, _http),
        ("sockets", 20_000, _sockets),
    ]


_BATCHES: Final = {"sip": 4000, "sdp": 1000, "rtp": 20_000, "mqtt": 1000, "raw_http": 1000, "sockets": 2000}


@contextmanager
def lines(folder: Path) -> Iterator[list[LineTarget]]:
    """The targets on a line that runs meanwhile. Raises PartFailed when it does not come up."""
    line = FuzzedLine(folder, random.Random())
    line.start()
    try:
        yield [LineTarget(name, planned, _BATCHES[name], act, line) for name, planned, act in line_targets()]
    finally:
        line.stop()


# ------------------------------------------------------------ SIP, SDP, RTP


@contextmanager
def _call(line: Address) -> Iterator[CapturingPhone]:
    """A live call; whoever can't be answered just now goes on without one."""
    with CapturingPhone(line) as phone:
        with contextlib.suppress(TelephonyError):
            if phone.invite(timeout_s=PATIENCE_S).code == 200:
                phone.stream(0.1)
                phone.hold()
                phone.resume()
                phone.info_key("1")
                phone.options()
        yield phone
        with contextlib.suppress(TelephonyError):
            phone.bye(PATIENCE_S)


def _sip(line: FuzzedLine, chance: random.Random, count: int) -> None:
    send_changed(line.address, chance, count)


def send_changed(line: Address, chance: random.Random, count: int) -> None:
    """Datagrams of two calls, one over and one live, from the telephone's own port and from another."""
    with _call(line) as over:
        pass
    with _call(line) as live, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        corpus = [*over.captured, *live.captured]
        for number in range(count):
            data = bytes_like(chance, chance.choice(corpus), corpus)[:LONGEST]
            if chance.random() < 0.7:
                live.send_raw(data)
            else:
                stranger.sendto(data, line)
            if number % PING_EVERY == 0:
                _ping(line)


def _ping(line: Address) -> None:
    """The line has taken everything that was sent before; whether it answers is looked at after the batch."""
    with WirePhone(line) as phone, contextlib.suppress(TelephonyError, OSError):
        phone.options(PATIENCE_S)


def _sdp(line: FuzzedLine, chance: random.Random, count: int) -> None:
    """Offers in a live call, each with an answer and an ACK, so that the next one is looked at, too."""
    left = count
    while left > 0:
        with _call(line.address) as phone:
            texts = [sdp(phone.rtp_port, codecs).encode() for codecs in (("PCMA",), ("PCMU", "G722"), ("GSM",))]
            for _ in range(min(left, 50)):
                left -= 1
                body = bytes_like(chance, chance.choice(texts), texts)[:LONGEST].decode("latin-1")
                with contextlib.suppress(TelephonyError, UnicodeError, ValueError, IndexError):
                    phone._cseq += 1
                    phone._invite_cseq, phone._branch = phone._cseq, phone._new_branch()
                    phone._request("INVITE", phone._cseq, phone._branch, body)
                    phone.await_answer(timeout_s=1.0)
                if phone.ended:
                    break


def _rtp(line: FuzzedLine, chance: random.Random, count: int) -> None:
    """Packets of a live call's sound, keys and reports, from its own port."""
    left = count
    while left > 0:
        with _call(line.address) as phone:
            corpus = _packets(chance)
            for number in range(min(left, 5000)):
                left -= 1
                data = bytes_like(chance, chance.choice(corpus), corpus)[:1500]
                with contextlib.suppress(OSError):
                    phone.send_sound(data, control=chance.random() < 0.2)
                if number % 50 == 0:
                    time.sleep(0.004)
            phone.stream(0.1)


def _packets(chance: random.Random) -> list[bytes]:
    stamp, ssrc = chance.getrandbits(31), chance.getrandbits(32)
    heads = [struct.pack("!BBHII", 0x80, kind, number, stamp, ssrc) for number, kind in enumerate((8, 0, 9, 101, 229))]
    sounds = [head + chance.randbytes(160) for head in heads[:3]]
    keys = [head + struct.pack("!BBH", 5, 0x8A, 800) for head in heads[3:]]
    sender = struct.pack("!BBHIIIIII", 0x80, 200, 6, ssrc, 1, 2, 3, 4, 5)
    receiver = struct.pack("!BBHIIIIIII", 0x81, 201, 7, ssrc, ssrc, 0, 1, 2, 3, 4)
    bye = struct.pack("!BBHI", 0x81, 203, 1, ssrc)
    described = struct.pack("!BBHIBB", 0x81, 202, 3, ssrc, 1, 4) + b"name\0\0"
    return [*sounds, *keys, sender, receiver, bye, described, sender + described]


# ------------------------------------------------------------ over TCP and Unix sockets


def _mqtt(line: FuzzedLine, chance: random.Random, count: int) -> None:
    """Packets of a client that knows a password, and of one that knows none."""
    word = (line.config.broker_dir / "desk.password").read_text(encoding="utf-8").strip().encode()
    connects = [_connect(b"desk", word), _connect(b"desk", b"wrong"), _connect(b"", b"")]
    publish = b"\x00\x0aivr/v1/a/x\x00\x01{}"
    more = [
        b"\x82" + bytes([len(publish) - 4]) + b"\x00\x01\x00\x08ivr/v1/#\x00",
        b"\x32" + bytes([len(publish)]) + publish,
        b"\xc0\x00",
        b"\xe0\x00",
        b"\x40\x02\x00\x01",
    ]
    for _ in range(count):
        packets = b"".join((chance.choice(connects), *chance.choices(more, k=chance.randrange(4))))
        _exchange(("127.0.0.1", line.config.mqtt.port), bytes_like(chance, packets, [*connects, *more]))


def _connect(user: bytes, word: bytes) -> bytes:
    def text(value: bytes) -> bytes:
        return struct.pack("!H", len(value)) + value

    body = text(b"MQTT") + b"\x04\xc2\x00\x3c" + text(b"fuzz") + text(user) + text(word)
    return b"\x10" + bytes([len(body)]) + body


def _http(line: FuzzedLine, chance: random.Random, count: int) -> None:
    """What no browser sends."""
    corpus = [
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: session=x; language=lt\r\nAccept-Language: lt\r\n\r\n",
        b"POST /prisijungti HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n\r\nname=ona&password=xx",
        b"GET /metrics HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\nRange: bytes=0-1\r\n\r\n",
        b"POST /prisijungti HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nname=\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 60\r\n\r\n"
        b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n--b--\r\n',
    ]
    for _ in range(count):
        _exchange(("127.0.0.1", line.config.office.port), bytes_like(chance, chance.choice(corpus), corpus))


def _sockets(line: FuzzedLine, chance: random.Random, count: int) -> None:
    """Lines into the parts' own sockets, which only the line's own user can reach."""
    people: list[talk.Message] = [
        talk.Seek("c1"),
        talk.Report(1, talk.Step.ENDED),
        talk.Leave("c1"),
        talk.Resume({"1": ""}),
    ]
    asked = {"text": "kada bus pensija", "after": "", "among": []}
    events = [
        {"type": "transcribe", "data": {"language": "lt", "context": {"listen": 1, "end_silence_s": 0.7}}},
        {"type": "audio-start", "data": {"rate": 8000, "width": 2, "channels": 1}},
        {"type": "audio-chunk", "data": {"rate": 8000, "width": 2, "channels": 1}, "payload_length": 4},
        {"type": "audio-stop", "data": {}},
        {"type": "describe"},
    ]
    config = line.config
    ways: list[tuple[Path, Callable[[], bytes]]] = [
        (config.people_socket, lambda: json_line(chance, _plain(chance.choice(people)))),
        (config.answers_socket, lambda: json_line(chance, asked)),
        (config.ears_socket, lambda: json_line(chance, chance.choice(events)) + b"\n\0\0\0\0"),
    ]
    left = count
    while left > 0:
        path, make = chance.choice(ways)
        several = min(left, chance.randint(1, 20))
        left -= several
        _exchange(str(path), b"".join(make() + b"\n" for _ in range(several)))


def _plain(message: talk.Message) -> object:
    return json.loads(talk.line_of(message))


def _exchange(where: Address | str, data: bytes) -> None:
    """Send it all, hear a little, hang up."""
    family = socket.AF_UNIX if isinstance(where, str) else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as connection, contextlib.suppress(OSError):
        connection.settimeout(_HEARD_S)
        connection.connect(where)
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

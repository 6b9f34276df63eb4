"""What reads foreign text inside our own processes, fed with what is nearly right: it may refuse, and nothing else.

Each target is told by its docstring which errors it may raise; any other one is a fault.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import tempfile
import traceback
import wave
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

import httpx
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from wyoming.event import Event

from ivr.answers.wire import understood_of
from ivr.config import load
from ivr.delivery.parcel import opened_batch, opened_receipt, outbox_topic, receipt_topic
from ivr.dialog.plan import load_plan
from ivr.dialog.ports import Understood
from ivr.errors import ConfigError, KnowledgeError, NodeRefused, PlanError
from ivr.events import Grammar, RecordingState
from ivr.knowledge.pack import load_topic_file
from ivr.paths import project_file
from ivr.people import handover as talk
from ivr.recording.recover import recover
from ivr.recording.wav import STEREO_FRAME_BYTES, header
from ivr.speech import protocol
from ivr.speech.ports import HeardText
from ivr.store.database import open_database, writing
from ivr.store.journal import put_event
from ivr.store.schema import JournalEvent, plain
from ivr.store.spill import from_line, to_line
from ivr.telephony.access import AccessList
from ivr.telephony.identity import called_of, caller_of, headers_of
from ivr.telephony.native import dialog_of
from scripts.bench.mutate import bytes_like, json_line
from tests.office.quality_unit import PURPOSE, SAME, Quality

AT: Final = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
_MALFORMED: Final = (KeyError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Fault:
    """An input that something did worse with than refuse it."""

    target: str
    seed: str
    problem: str
    input: str


class Target(Protocol):
    """Something that takes inputs. ``planned``: how many of a million are its own."""

    name: str
    planned: int
    batch: int

    def run(self, seed: str, count: int) -> list[Fault]:
        """``count`` inputs drawn from ``seed``."""
        ...

    def close(self) -> None:
        """Leave nothing behind."""
        ...


class Parser:
    """A target of one function; ``refusals`` are the errors that it is entitled to."""

    batch = 1000

    def __init__(
        self, name: str, planned: int, feed: Callable[[random.Random], bytes], read: Callable[[bytes], object],
        refusals: tuple[type[Exception], ...],
    ) -> None:  # fmt: skip
        self.name, self.planned = name, planned
        self._feed, self._read, self._refusals = feed, read, refusals

    def run(self, seed: str, count: int) -> list[Fault]:
        chance = random.Random(seed)
        faults: list[Fault] = []
        for _ in range(count):
            given = self._feed(chance)
            try:
                self._read(given)
            except self._refusals:
                continue
            except Exception:
                faults.append(Fault(self.name, seed, traceback.format_exc(limit=-3), repr(given[:2000])))
        return faults

    def close(self) -> None:
        return None


INVITE: Final = (
    "INVITE sip:1883@192.0.2.9:5060;user=phone SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKabc;rport\r\nMax-Forwards: 70\r\n"
    'From: "Ona Petraitienė" <sip:+37061234567@192.0.2.1;user=phone>;tag=91\r\nTo: <sip:1883@192.0.2.9>\r\n'
    "Call-ID: 1234@192.0.2.1\r\nCSeq: 1 INVITE\r\nP-Asserted-Identity: <tel:+37061234567>, <sip:a@b>\r\n"
    "Privacy: none\r\nContact: <sip:+37061234567@192.0.2.1:5060>\r\nContent-Type: application/sdp\r\n"
    "Content-Length: 8\r\n\r\nv=0\r\ns=-\r\n"
).encode()
OK: Final = (
    b"SIP/2.0 200 OK\r\nv: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKabc\r\nf: <sip:a@192.0.2.1>;tag=91\r\n"
    b"t: <sip:1883@192.0.2.9>;tag=77;x=y\r\ni: 1234@192.0.2.1\r\nCSeq: 1 INVITE\r\nl: 0\r\n\r\n"
)


def parsers(folder: Path) -> list[Parser]:
    """Those of single texts, with their share of the inputs. ``folder`` takes what some must find in a file."""
    return [
        _sip(folder),
        Parser("people", 250_000, _lines(_spoken()), talk.message_of, _MALFORMED),
        Parser(
            "spill", 100_000, _lines([_record()]), lambda line: from_line(line.decode("utf-8", "replace")), _MALFORMED
        ),
        Parser("answers", 60_000, _lines([_understood()]), lambda line: understood_of(_json(line)), _MALFORMED),
        Parser("wyoming", 60_000, _lines(_wyoming()), _read_wyoming, (*_MALFORMED, AttributeError)),
        *_parcels(),
        _config(folder),
        Parser("plan", 8_000, _texts([_PLAN.encode()]), lambda text: load_plan(_text(text), "p.yaml"), (PlanError,)),
        Parser(
            "pack", 4_000, _texts([_pack()]), lambda text: load_topic_file(_text(text), "p.yaml"), (KnowledgeError,)
        ),
        _recordings(folder),
    ]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _json(line: bytes) -> Any:
    try:
        return json.loads(line)
    except RecursionError as error:  # whoever reads JSON there catches it, with all else
        raise ValueError from error


def _lines(values: list[Any]) -> Callable[[random.Random], bytes]:
    return lambda chance: json_line(chance, chance.choice(values))


def _texts(corpus: list[bytes]) -> Callable[[random.Random], bytes]:
    return lambda chance: bytes_like(chance, chance.choice(corpus), corpus)


def _sip(folder: Path) -> Parser:
    """Who calls, whom, in which dialog, and whether the journal can keep it. pjsip hands bytes on as they came."""
    database = open_database(folder / "fuzz.db")
    trunk = AccessList(["192.0.2.0/24", "2001:db8::/32"])
    written = 0

    def read(data: bytes) -> None:
        nonlocal written
        message = data.decode("utf-8", "surrogateescape")
        headers = headers_of(message)
        trunk.allows(headers.get("via", ""))
        dialog_of(message, inbound=True)
        dialog_of(message, inbound=False)
        noted = plain({"pii_caller": caller_of(message).reveal(), "called": called_of(message), **headers})
        event = JournalEvent("call", written + 1, AT, "call.offered", noted)
        to_line(event).encode()
        written += 1
        if written % 50 == 0:
            with writing(database):
                put_event(database, event)

    return Parser("sip_text", 250_000, _texts([INVITE, OK]), read, ())


def _spoken() -> list[Any]:
    messages: list[talk.Message] = [
        talk.Seek("c1", "pensions", "lt", "Ona", (1, 2), "2026-11-20T09:00:00Z"),
        talk.Leave("c1"),
        talk.Report(3, talk.Step.BRIDGED),
        talk.Resume({"3": "accepted"}),
        talk.Found("c1", 3, 7, "Ona", "sip:601@192.0.2.2", "topic", 15.0, "Skambina…", {"card": "/skambuciai/c1"}),
        talk.InLine("c1", 2, 5),
        talk.Nobody("c1", True),
        talk.Pressed("c1", 3, True),
        talk.Check("c1", 3, talk.CheckStep.START),
        talk.Ring(1, "sip:601@192.0.2.2", "sip:+37061234567@192.0.2.1", 15.0),
        talk.Rang(1, talk.RingStep.TALKING),
        talk.Standing(True, True, 60.0),
    ]
    return [json.loads(talk.line_of(message)) for message in messages]


def _record() -> Any:
    return json.loads(to_line(JournalEvent("c1", 1, AT, "turn.key", {"key": "1", "pii_x": {"a": [1, 2]}})))


def _understood() -> Any:
    answer = {"id": "a", "question": "q", "sentences": ["x"], "longer": []}
    return asdict(Understood("faq", 0.9, "answer", (), (("faq", 0.9),))) | {"candidates": [answer]}


def _wyoming() -> list[Any]:
    events = [
        protocol.transcribe_event(1, Grammar("yes_no", ("taip", "ne")), 0.7, 2),
        protocol.speech_event(HeardText("taip", 0.9, (), 0.1, 0.5, decided_s=1.2), 1),
        protocol.opened_event(1),
    ]
    return [{"type": event.type, "data": event.data} for event in events]


def _read_wyoming(line: bytes) -> None:
    fields = _json(line)
    event = Event(fields["type"], dict(fields["data"]))
    protocol.listen_of(event)
    if event.type == "transcribe":
        protocol.read_transcribe(event)
    else:
        protocol.read_speech_event(event)


def _parcels() -> list[Parser]:
    """Of a node that has the key and sends rubbish under it: the office says no."""
    key = bytes(32)

    def sealed(topic: str, text: bytes) -> bytes:
        nonce = os.urandom(12)
        return b"\1" + nonce + AESGCM(key).encrypt(nonce, text, topic.encode())

    standing = {"stream": "s", "event": 1, "alarm": 0, "mark": "m"}
    head, record = {"after": standing, "until": standing | {"event": 2}}, _record()
    receipt = {"standing": standing, "erase": ["c1"], "refused": ""}
    return [
        Parser(
            "batch",
            40_000,
            lambda chance: sealed(outbox_topic("n"), json_line(chance, head) + b"\n" + json_line(chance, record)),
            lambda payload: opened_batch(key, "n", payload),
            (NodeRefused,),
        ),
        Parser(
            "receipt",
            20_000,
            lambda chance: sealed(receipt_topic("n"), json_line(chance, receipt)),
            lambda payload: opened_receipt(key, "n", payload),
            (NodeRefused,),
        ),
    ]


def _config(folder: Path) -> Parser:
    path = folder / "ivr.toml"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        load(path, {})

    return Parser("config", 15_000, _texts([_CONFIG.encode()]), read, (ConfigError,))


def _recordings(folder: Path) -> Parser:
    """Whatever a dying process left is made whole or put aside; what is called whole can be played."""
    place = folder / "recordings"
    corpus = [header(0) + bytes(range(256)) * 40, header(10**9) + bytes(STEREO_FRAME_BYTES), b"", header(5)[:20]]

    def read(data: bytes) -> None:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        (place / "c1.wav.part").write_bytes(data)
        (recovered,) = recover(place)
        if recovered.state is RecordingState.FAILED:
            return
        with wave.open(str(recovered.path)) as sound:
            if sound.getnframes() != round(recovered.duration_s * sound.getframerate()):
                raise AssertionError(f"{sound.getnframes()} samples, {recovered.duration_s} s")

    return Parser("recording", 10_000, _texts(corpus), read, ())


_CONFIG: Final = """\
[line]
number = "1883"
data_dir = "data"
[sip]
bind = "192.0.2.9"
port = 5060
trunks = ["192.0.2.0/24"]
codecs = ["PCMA"]
rtp_port = 20000
[workers]
count = 2
drain_s = 20.0
[recording]
key_file = "keys"
keep = ["call=180", "message=30"]
[people]
extension_uri = "sip:{extension}@192.0.2.10"
no_answer_s = 15
[mqtt]
host = ""
port = 1883
[office]
bind = "127.0.0.1"
behind_tls = true
"""
_PLAN: Final = """\
plan: test
version: 1
start: ask
no_input: [n1, n2, n3]
no_match: [m1, m2, m3]
deaf: [deaf]
hours: {days: {monday: 08:00-17:00}}
commands:
  repeat: {phrases: [pakartokite]}
  person: {phrases: [žmogus], keys: ["0"], goto: bye}
  goodbye: {phrases: [viso gero], goto: bye}
nodes:
  ask:
    type: choice
    ask: [ask]
    hint: [hint]
    keypad: [keypad]
    options:
      - {intent: one, phrases: [taip], keys: ["1"], goto: bye}
      - {intent: two, phrases: [ne], keys: ["2"], goto: more}
    give_up: bye
  more: {type: say, prompts: [more], next: ask}
  note: {type: message, kind: message, give_up: bye}
  bye: {type: goodbye, prompts: [bye]}
"""


def _pack() -> bytes:
    """The first answers of the shortest file of a pack: little enough to be read some thousand times."""
    files = sorted(project_file("dialplans", "knowledge").rglob("*.yaml"), key=lambda path: path.stat().st_size)
    return files[0].read_bytes()[:6000]


_PLACES: Final = ("1", "2", "0", "-1", "9" * 30, "x", "%00", "..", "%2e%2e%2f")
_NAMES: Final = (
    "form_key", "name", "password", "month", "purpose", "state", "note", "q", "page", "employee", "from", "to",
)  # fmt: skip
_VALUES: Final = (
    "", "1", "x", "2026-11", "2026-99", "2026-11-20", PURPOSE, "\0", "ą" * 300, "9" * 40, "-1", "=1+1", "ona",
)  # fmt: skip
_ENDLESS: Final = {"/srautas"}
_STATES: Final = {"/healthz", "/readyz"}  # 503 is what they have to say of a line without parts


class Pages:
    """The office's web application, asked by everybody for everything. A 5xx is a fault, as an exception is."""

    name, planned, batch = "http", 6_000, 200

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="ivr-fuzz-")
        self._office = Quality(Path(self._folder.name))
        self._call = self._office.call()
        self._paths = _paths_of(self._office)

    def run(self, seed: str, count: int) -> list[Fault]:
        return asyncio.run(self._ask(random.Random(seed), seed, count))

    def close(self) -> None:
        self._folder.cleanup()

    async def _ask(self, chance: random.Random, seed: str, count: int) -> list[Fault]:
        faults: list[Fault] = []
        async with self._office.browser(chance.choice((None, "ona", *self._office.people))) as visit:
            for _ in range(count):
                request = self._request(chance, visit.client, visit.form_key)
                try:
                    answer = await asyncio.wait_for(visit.client.send(request), 30.0)
                    away = answer.status_code == 503 and request.url.path in _STATES
                    problem = f"status {answer.status_code}" if answer.status_code >= 500 and not away else ""
                except Exception:
                    problem = traceback.format_exc(limit=-4)
                if problem:
                    faults.append(
                        Fault(self.name, seed, problem, f"{request.method} {request.url} {request.content!r}")
                    )
        return faults

    def _request(self, chance: random.Random, client: httpx.AsyncClient, key: str) -> httpx.Request:
        method = chance.choice(("GET", "GET", "POST", "POST", "HEAD", "PUT"))
        path = chance.choice(self._paths)
        while "{" in path:
            before, _, rest = path.partition("{")
            path = before + chance.choice((self._call, *_PLACES)) + rest.partition("}")[2]
        fields = {chance.choice(_NAMES): chance.choice(_VALUES) for _ in range(chance.randrange(5))} | {"form_key": key}
        headers = dict(SAME) if chance.random() < 0.8 else {"Range": chance.choice(("bytes=0-", "bytes=9-1", "x"))}
        try:
            if method == "POST" and chance.random() < 0.8:
                return client.build_request(method, path, data=fields, headers=headers)
            content = bytes_like(chance, b"form_key=x&name=ona", ())
            return client.build_request(method, path, params=fields, content=content, headers=headers)
        except (httpx.InvalidURL, ValueError):
            return client.build_request("GET", "/", headers=headers)


def _paths_of(office: Quality) -> list[str]:
    """Every page that the application has, streams without an end left out."""
    return sorted(
        {path for route in office.app.routes if (path := getattr(route, "path", "")) and path not in _ENDLESS}
    )

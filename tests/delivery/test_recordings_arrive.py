"""A node's recordings at its office: sample for sample, wherever the way is cut, and only from who may bring them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import http.client
import os
import socket
import threading
import wave
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

import httpx
import numpy as np
import pytest
import soundfile
import uvicorn
from starlette.applications import Starlette

from ivr.delivery import landing as landing_module
from ivr.delivery import uploads
from ivr.delivery.landing import FLAC, KEPT, WAV, Landing, Progress, Promise, State
from ivr.delivery.landing_pages import Work, routes
from ivr.delivery.uploads import Office as Target
from ivr.delivery.uploads import Sent, Uploader
from ivr.errors import NodeRefused, OfficeError
from ivr.events import JournalKind
from ivr.privacy import Secret
from ivr.store.arrivals import Arrivals, Standing
from ivr.store.journal import JournalEvent
from tests.delivery.machines import AT, Machine, Office, free_port


@dataclass
class Bytes:
    """A recording in memory."""

    name: str
    content: bytes
    kind: str = WAV

    @property
    def length(self) -> int:
        return len(self.content)

    def pieces(self, start: int, length: int) -> Iterable[bytes]:
        yield self.content[start : start + length]


def recording(folder: Path, name: str = "a", seconds: float = 6.0, kind: str = WAV) -> Bytes:
    samples = np.random.default_rng(7).integers(-9000, 9000, (int(8000 * seconds), 2), dtype=np.int16)
    path = folder / f"{name}.{'wav' if kind == WAV else 'flac'}"
    soundfile.write(path, samples, 8000, subtype="PCM_16")
    return Bytes(name, path.read_bytes(), kind)


def samples(path: Path) -> bytes:
    with wave.open(str(path)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 2, 2)
        return bytes(sound.readframes(sound.getnframes()))


class Place:
    """An office that has heard of the calls ``a`` and ``b`` of ``line-1``, and its pages on a real server."""

    def __init__(self, folder: Path) -> None:
        self.office = Office(folder / "office", "office")
        self.token = self.office.admit("line-1")
        self.office.admit("line-2")
        self.recordings = self.office.folder / "recordings"
        self.deliver("a")
        self.deliver("b")
        self.full = False
        self.work_done = 0

    def deliver(self, call: str) -> None:
        node = Machine(self.office.folder / f"node-of-{call}", "line-1")
        node.call(call)
        events = node.everything()
        self.office.arrivals.take("line-1", Standing(call), Standing(call, len(events)), events, [], AT)

    def landing(self) -> Landing:
        return Landing(self.office.arrivals, self.office.folder / "arriving", self.recordings, lambda: AT)

    async def do(self, work: Work) -> Progress | None:
        self.work_done += 1
        if self.full:
            raise OSError(28, "No space left on device")
        return work(self.landing())

    def client(self) -> httpx.AsyncClient:
        app = Starlette(routes=[*routes(self.office.nodes, self.do)])
        headers = {"Tus-Resumable": "1.0.0", "Authorization": f"Bearer {self.token.reveal()}"}
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", headers=headers)

    @contextmanager
    def served(self) -> Iterator[str]:
        listening = socket.create_server(("127.0.0.1", 0))
        app = Starlette(routes=[*routes(self.office.nodes, self.do)])
        server = uvicorn.Server(uvicorn.Config(app, log_config=None))
        thread = threading.Thread(target=lambda: asyncio.run(server._serve([listening])))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)

    def uploader(self, url: str, token: Secret | None = None) -> Uploader:
        return Uploader(Target(url, "line-1", token or self.token), threading.Event())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


class Cutting:
    """A way to the office that breaks after so many bytes, once for each of them."""

    def __init__(self, target: str, after: list[int]) -> None:
        self._target = int(target.rpartition(":")[2])
        self._after = after
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                here, _ = self._listening.accept()
            except OSError:
                return
            there = socket.create_connection(("127.0.0.1", self._target))
            limit = self._after.pop(0) if self._after else None
            threading.Thread(target=self._pass, args=(there, here, None, None), daemon=True).start()
            threading.Thread(target=self._pass, args=(here, there, limit, here), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, limit: int | None, cut: socket.socket | None) -> None:
        passed = 0
        try:
            while data := source.recv(4096 if limit is None else min(4096, limit - passed)):
                target.sendall(data)
                passed += len(data)
                if passed == limit:
                    break
        except OSError:
            pass
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def close(self) -> None:
        self._listening.close()


@pytest.mark.parametrize("kind", [WAV, FLAC])
def test_a_recording_arrives_sample_for_sample_and_once(place: Place, tmp_path: Path, kind: str) -> None:
    sound = recording(tmp_path, kind=kind)
    with place.served() as url:
        uploader = place.uploader(url)
        assert uploader.send(sound) is Sent.HERE
        before = place.work_done
        assert uploader.send(sound) is Sent.HERE
        assert place.work_done == before + 1  # one question, nothing sent again
    assert samples(place.recordings / "a.wav") == samples_of(recording(tmp_path))
    assert place.office.arrivals.recording("a") == hashlib.sha256(sound.content).hexdigest()
    assert (place.recordings / "a.wav").stat().st_mode & 0o077 == 0
    assert [path for path in (place.office.folder / "arriving").rglob("*") if path.is_file()] == []


def samples_of(sound: Bytes) -> bytes:
    return sound.content[44:]


@pytest.mark.parametrize("seed", range(4))
def test_wherever_the_way_is_cut_the_upload_goes_on(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(uploads, "PIECE", 16 * 1024)
    sound, random = recording(tmp_path), Random(seed)
    cuts = [random.randrange(1, 120_000) for _ in range(8)]
    with place.served() as url:
        way = Cutting(url, list(cuts))
        uploader = place.uploader(way.url)
        faults = 0
        while True:
            try:
                assert uploader.send(sound) is Sent.HERE
                break
            except (OSError, http.client.HTTPException):
                faults += 1
                assert faults <= len(cuts)
        way.close()
    assert faults
    assert samples(place.recordings / "a.wav") == samples_of(sound)


def test_a_fall_between_two_steps_of_the_end_is_made_good(place: Place, tmp_path: Path) -> None:
    """The file is in its place and nobody wrote that down: it is sent and put there once more."""
    sound = recording(tmp_path)
    promise = Promise(sound.length, hashlib.sha256(sound.content).hexdigest(), WAV)
    landing = place.landing()
    landing.begin("line-1", "a", promise)
    landing.add("line-1", "a", 0, sound.content)
    place.office.database().execute("DELETE FROM arrived_recordings")
    assert landing.progress("line-1", "a").state is State.UNKNOWN
    landing.begin("line-1", "a", promise)
    assert landing.add("line-1", "a", 0, sound.content[:1000]) == Progress(State.COMING, 1000, sound.length)
    assert landing.add("line-1", "a", 1000, sound.content[1000:]) == Progress(State.HERE)
    assert samples(place.recordings / "a.wav") == samples_of(sound)


def test_what_is_not_what_was_promised_is_dropped_and_may_come_again(place: Place, tmp_path: Path) -> None:
    sound, landing = recording(tmp_path), place.landing()
    promise = Promise(sound.length, hashlib.sha256(sound.content).hexdigest(), WAV)
    landing.begin("line-1", "a", promise)
    assert landing.add("line-1", "a", 0, bytes(sound.length)) == Progress(State.DAMAGED)
    assert not (place.recordings / "a.wav").exists()
    assert landing.progress("line-1", "a") == Progress(State.COMING, 0, sound.length)
    with pytest.raises(NodeRefused, match="longer"):
        landing.add("line-1", "a", 0, sound.content + b"more")
    assert landing.add("line-1", "a", 5, sound.content[5:]) is None
    assert landing.add("line-1", "a", 0, sound.content) == Progress(State.HERE)


def test_what_is_no_sound_is_refused_and_the_next_one_is_not(place: Place, tmp_path: Path) -> None:
    with place.served() as url:
        uploader = place.uploader(url)
        with pytest.raises(NodeRefused, match="422"):
            uploader.send(Bytes("a", b"no sound at all", FLAC))
        assert uploader.send(recording(tmp_path, "b")) is Sent.HERE


def test_a_full_disk_at_the_office_costs_delay_only(place: Place, tmp_path: Path) -> None:
    sound = recording(tmp_path)
    with place.served() as url:
        uploader = place.uploader(url)
        place.full = True
        with pytest.raises(OSError, match="507"):
            uploader.send(sound)
        place.full = False
        assert uploader.send(sound) is Sent.HERE


def test_an_office_that_is_away_is_asked_again(place: Place, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"refused|reset|closed"):
        place.uploader(f"http://127.0.0.1:{free_port()}").send(recording(tmp_path))


def test_only_the_nodes_own_calls_are_taken_and_only_when_they_are_over(place: Place, tmp_path: Path) -> None:
    with place.served() as url:
        assert place.uploader(url).send(recording(tmp_path, "never-heard-of")) is Sent.EARLY
        place.office.call("own")  # the office's own
        assert place.uploader(url).send(recording(tmp_path, "own")) is Sent.EARLY
        with pytest.raises(OfficeError, match="ivr nodes admit"):
            place.uploader(url, Secret("0" * 64)).send(recording(tmp_path, "a"))
    assert not place.recordings.exists()


def test_what_was_erased_is_not_wanted_any_more(place: Place, tmp_path: Path) -> None:
    place.office.journal.append("a", JournalKind.DATA_ERASED, {"by": 1}, AT)
    with place.served() as url:
        assert place.uploader(url).send(recording(tmp_path)) is Sent.GONE
    assert not place.recordings.exists()


@pytest.mark.rule("A23")
def test_what_was_erased_is_not_wanted_even_if_the_node_lost_the_calls_end(place: Place) -> None:
    """Its journal is gone, so the end will never come; its vault still has the sound."""
    begun = JournalEvent("c", 1, AT, JournalKind.CALL_OFFERED, {"pii_caller": ""})
    place.office.arrivals.take("line-1", Standing("c"), Standing("c", 1), [begun], [], AT)
    assert place.landing().progress("line-1", "c").state is State.EARLY
    place.office.journal.append("c", JournalKind.DATA_ERASED, {"by": 1}, AT)
    assert place.landing().progress("line-1", "c").state is State.GONE


def test_of_what_is_erased_on_its_way_nothing_stays(place: Place, tmp_path: Path) -> None:
    sound, landing = recording(tmp_path), place.landing()
    landing.begin("line-1", "a", Promise(sound.length, hashlib.sha256(sound.content).hexdigest(), WAV))
    landing.add("line-1", "a", 0, sound.content[:1000])
    arriving = place.office.folder / "arriving" / "line-1"
    assert {path.name for path in arriving.iterdir()} == {"a.part", "a.json"}
    place.office.journal.append("a", JournalKind.DATA_ERASED, {"by": 1}, AT)
    came = landing.add("line-1", "a", 1000, sound.content[1000:2000])
    assert came is not None
    assert came.state is State.GONE
    assert list(arriving.iterdir()) == []


@pytest.mark.rule("A23")
def test_what_is_erased_while_it_is_put_in_its_place_does_not_stay(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data protection erases in another thread."""
    sound, landing = recording(tmp_path), place.landing()
    landing.begin("line-1", "a", Promise(sound.length, hashlib.sha256(sound.content).hexdigest(), WAV))
    really = landing_module._sync

    def erased_now(folder: Path) -> None:
        place.office.journal.append("a", JournalKind.DATA_ERASED, {"by": 1}, AT)
        really(folder)

    monkeypatch.setattr(landing_module, "_sync", erased_now)
    assert landing.add("line-1", "a", 0, sound.content) == Progress(State.GONE)
    assert list(place.recordings.iterdir()) == []
    assert list((place.office.folder / "arriving" / "line-1").iterdir()) == []
    assert place.office.arrivals.recording("a") is None


def test_two_connections_that_bring_the_last_piece_make_one_recording(place: Place, tmp_path: Path) -> None:
    """A node that was started anew asks while its former request is still on its way."""
    sound, landings = recording(tmp_path), (place.landing(), place.landing())
    promise = Promise(sound.length, hashlib.sha256(sound.content).hexdigest(), WAV)
    for landing in landings:
        landing.begin("line-1", "a", promise)
    assert landings[0].add("line-1", "a", 0, sound.content) == Progress(State.HERE)
    (place.recordings / "a.wav").unlink()  # the vault has taken it in meanwhile
    assert landings[1].add("line-1", "a", 0, sound.content) == Progress(State.HERE)
    assert list(place.recordings.iterdir()) == []


def test_of_uploads_that_nobody_goes_on_with_nothing_stays(place: Place) -> None:
    landing, arriving = place.landing(), place.office.folder / "arriving"
    place.deliver("c")
    for call in ("a", "b", "c"):
        landing.begin("line-1", call, Promise(10, "0" * 64, WAV))
        landing.add("line-1", call, 0, b"12345")
    place.recordings.mkdir()
    halves = [arriving / "line-1" / "a.part", arriving / "line-1" / "a.json", place.recordings / ".a.arriving"]
    halves[2].write_bytes(b"RIFF")
    long_ago = (AT - KEPT - timedelta(seconds=1)).timestamp()
    for path in (*arriving.glob("*/*"), place.recordings / ".a.arriving"):
        os.utime(path, (AT.timestamp(), long_ago if path in halves else AT.timestamp()))
    place.office.journal.append("b", JournalKind.DATA_ERASED, {"by": 1}, AT)
    assert landing.sweep() == ["line-1/a", "line-1/b"]
    assert not any(path.exists() for path in halves)
    assert {path.name for path in arriving.glob("*/*")} == {"c.part", "c.json"}
    assert landing.progress("line-1", "a").state is State.UNKNOWN
    assert landing.progress("line-1", "c").offset == 5
    assert landing.sweep() == []


def test_uploads_that_end_while_halves_are_looked_for_are_no_fault(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They end in another thread: a fault here would end the office."""
    landing, arriving = place.landing(), place.office.folder / "arriving" / "line-1"
    for call in ("a", "b"):
        landing.begin("line-1", call, Promise(10, "0" * 64, WAV))
        landing.add("line-1", call, 0, b"12345")
        os.utime(arriving / f"{call}.part", (AT.timestamp(), AT.timestamp()))

    def b_ends(_name: str) -> bool:
        for path in arriving.glob("b.*"):
            path.unlink()
        return False

    monkeypatch.setattr(Arrivals, "erased", lambda _self, name: b_ends(name))
    assert landing.sweep() == []
    assert {path.name for path in arriving.iterdir()} == {"a.part", "a.json"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer nonsense"}, 401),
        ({"Authorization": ""}, 401),
        ({"Tus-Resumable": "0.2"}, 412),
        ({"Upload-Offset": "-1"}, 400),
        ({"Upload-Offset": "1" * 30}, 400),
        ({"Upload-Offset": "٣"}, 400),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
async def test_a_wrong_request_is_told_what_is_wrong(place: Place, headers: dict[str, str], status: int) -> None:
    place.landing().begin("line-1", "a", Promise(10, "0" * 64, WAV))
    right = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    sent = [(key.encode(), value.encode()) for key, value in (right | headers).items()]
    async with place.client() as client:
        answer = await client.patch("/nodes/line-1/recordings/a", headers=sent, content=b"1")
    assert answer.status_code == status


async def test_a_piece_that_is_too_long_is_refused_before_it_is_all_there(place: Place) -> None:
    place.landing().begin("line-1", "a", Promise(10_000_000, "0" * 64, WAV))
    headers = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    async with place.client() as client:
        answer = await client.patch("/nodes/line-1/recordings/a", headers=headers, content=bytes(1024 * 1024 + 1))
    assert answer.status_code == 413
    assert place.landing().progress("line-1", "a").offset == 0


@pytest.mark.parametrize("call", ["../../office", "a/b", ".a", "", "a" * 81, "ą"])
async def test_no_name_leads_out_of_the_folder(place: Place, call: str) -> None:
    metadata = {"call": call, "sha256": "0" * 64, "filetype": WAV}
    told = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items())
    async with place.client() as client:
        answer = await client.post("/nodes/line-1/recordings", headers={"Upload-Length": "5", "Upload-Metadata": told})
    assert answer.status_code == 400
    assert not (place.office.folder / "arriving").exists()

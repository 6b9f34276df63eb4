"""A broker with the shipped rights, and what stands on it: nodes with journals of their own, and their office."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from ivr.delivery.broker import Broker
from ivr.delivery.courier import Courier
from ivr.delivery.intake import Intake
from ivr.delivery.nodes import Nodes, admit, key_of
from ivr.events import JournalKind
from ivr.paths import project_file
from ivr.privacy import Secret
from ivr.store.alarms import Alarms
from ivr.store.arrivals import Arrivals
from ivr.store.database import StoreDatabase, open_database
from ivr.store.erasure import erase_personal
from ivr.store.journal import Journal, JournalEvent

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NUMBER = "+37061234567"
WAIT_S = 60.0
_FOLDERS = "/usr/sbin:/usr/local/sbin:/usr/bin"
MOSQUITTO = shutil.which("mosquitto", path=_FOLDERS)
USERS = ("line-1", "line-2", "office", "desk", "figures")

needs_mosquitto = pytest.mark.skipif(
    MOSQUITTO is None, reason="mosquitto is not installed (scripts/test.sh installs it)"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mosquitto:
    """A broker that can be killed and comes back, with or without its memory; each user's password is their name."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        folder.mkdir(parents=True, exist_ok=True)
        passwords = folder / "passwords"
        passwords.write_text("".join(f"{user}:{user}\n" for user in USERS), encoding="ascii")
        subprocess.run([str(shutil.which("mosquitto_passwd", path=_FOLDERS)), "-U", str(passwords)], check=True)
        rights = folder / "rights"
        shutil.copyfile(project_file("deploy", "mosquitto.acl"), rights)
        (folder / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\nacl_file {rights}\n"
            f"persistence true\npersistence_location {folder}/\nautosave_interval 1\nuser {Path.home().owner()}\n",
            encoding="utf-8",
        )
        for private in (passwords, rights):
            private.chmod(0o600)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert MOSQUITTO is not None
        self._process = subprocess.Popen(
            [MOSQUITTO, "-c", str(self.folder / "mosquitto.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + WAIT_S
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            assert self._process.poll() is None, "mosquitto ended"
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def kill(self, *, forget: bool) -> None:
        """At once; ``forget``: its memory is gone, too."""
        self.end(signal.SIGKILL)
        if forget:
            (self.folder / "mosquitto.db").unlink(missing_ok=True)

    def broker(self, user: str) -> Broker:
        return Broker("127.0.0.1", self.port, user, Secret(user))


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path / "broker")
    made.start()
    yield made
    made.end()


@dataclass
class Machine:
    """One journal."""

    folder: Path
    name: str
    opened: list[StoreDatabase] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.folder / "journal.db"

    def database(self) -> StoreDatabase:
        """Another connection each time: those who read must see what others wrote."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return open_database(self.path)

    @property
    def journal(self) -> Journal:
        return Journal(self.database())

    @property
    def alarms(self) -> Alarms:
        return Alarms(self.database())

    @property
    def arrivals(self) -> Arrivals:
        return Arrivals(self.database())

    def call(self, name: str, turns: int = 3, at: datetime = AT) -> None:
        """A whole call with a task, on this journal."""
        journal = self.journal
        journal.append(name, JournalKind.CALL_OFFERED, {"pii_caller": NUMBER, "node": self.name, "worker": "w"}, at)
        for number in range(turns):
            journal.append(name, JournalKind.TURN_HEARD, {"pii_text": f"klausimas {number}"}, at)
        journal.append(name, JournalKind.RECORDING_STARTED, {"file": f"{name}.wav"}, at)
        journal.append(name, JournalKind.RECORDING_STATE, {"state": "ok", "final": True}, at)
        journal.append(name, JournalKind.TASK_CREATED, {"type": "callback", "pii_caller": NUMBER}, at)
        journal.append(name, JournalKind.CALL_ENDED, {"outcome": "callback"}, at + timedelta(seconds=20))

    def everything(self) -> list[JournalEvent]:
        """All events in order."""
        return self.journal.follow(0, 1_000_000)


class Office(Machine):
    """The office's journal, and which nodes it admits."""

    @property
    def nodes(self) -> Nodes:
        return Nodes(self.folder / "nodes.keys")

    def admit(self, node: str) -> Secret:
        self.folder.mkdir(parents=True, exist_ok=True)
        return admit(self.folder / "nodes.keys", node)

    @contextlib.asynccontextmanager
    async def taking(self, broker: Broker) -> AsyncIterator[None]:
        """The office is there."""
        intake = Intake(self.nodes, broker, partial(open_database, self.path), lambda: AT)
        async with running(intake.run()):
            yield


@contextlib.asynccontextmanager
async def running(work: object) -> AsyncIterator[None]:
    task = asyncio.ensure_future(work)  # type: ignore[call-overload]
    try:
        yield
    finally:
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=WAIT_S)
        assert done, "a cancellation was swallowed"


@contextlib.asynccontextmanager
async def delivering(node: Machine, token: Secret, broker: Broker) -> AsyncIterator[None]:
    """The node is there."""

    def forget(database: StoreDatabase, call: str) -> bool:
        journal = Journal(database)
        events = journal.events(call)
        if events and not any(event.kind == JournalKind.DATA_ERASED for event in events):
            erase_personal(journal, call, {"by": 0}, AT)
        return bool(events)

    opened: Callable[[], StoreDatabase] = partial(open_database, node.path)
    async with running(Courier(node.name, key_of(token), broker, opened, forget, lambda: AT).run()):
        yield


async def until(what: Callable[[], object], seconds: float = WAIT_S) -> None:
    """Wait for what others bring about."""
    async with asyncio.timeout(seconds):
        while not what():
            await asyncio.sleep(0.05)

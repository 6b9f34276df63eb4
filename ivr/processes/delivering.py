"""Several line nodes, one office: what a node does to deliver, and what its office does to take it."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import structlog
from starlette.routing import Route

from ivr.config import Config
from ivr.delivery.broker import tls_context
from ivr.delivery.courier import Courier
from ivr.delivery.intake import Intake
from ivr.delivery.landing import FLAC, WAV, Landing, Progress
from ivr.delivery.landing_pages import Work
from ivr.delivery.landing_pages import routes as landing_routes
from ivr.delivery.nodes import Nodes, key_of
from ivr.delivery.uploads import Office, Sent, Sound, Uploader
from ivr.errors import ConfigError, NodeRefused, OfficeError, StoreError, VaultError
from ivr.events import JournalKind
from ivr.office.keeper import Keeper
from ivr.privacy import Secret
from ivr.processes.feeding import broker_of
from ivr.processes.keeping import House, open_house
from ivr.store.alarms import Alarms
from ivr.store.arrivals import Arrivals, Deliveries, Standing
from ivr.store.database import StoreDatabase, open_database
from ivr.store.erasure import erase_personal
from ivr.store.journal import Journal
from ivr.vault.vault import Vault

log = structlog.get_logger(__name__)

EVERY_S: Final = 2.0
AGAIN: Final = timedelta(hours=1)
"""When a recording that the office did not take is offered again."""
UNDELIVERED: Final = "recording.undelivered"
OUTBOX: Final = "outbox.json"
"""In the data folder: how far the office has this node's journal, for the metrics."""


def utcnow() -> datetime:
    """Wall time in UTC."""
    return datetime.now(UTC)


def token_of(config: Config) -> Secret:
    """This node's token.

    Raises:
        ConfigError: there is none.
        OfficeError: it is no token.
    """
    token = config.secret("upstream", "token")
    if not token:
        remedy = "Set it to the file that ivr nodes admit wrote on the office's machine"
        raise ConfigError(config.source, "upstream.token_file", "is not set", remedy)
    key_of(token)
    return token


def check_deliveries(config: Config) -> None:
    """What delivering and taking need, before anything starts. Raises ConfigError, OfficeError."""
    if config.mqtt.host:
        broker_of(config)
    if config.upstream.office_url:
        office_of(config)
    if config.office.nodes_file is not None:
        Nodes(config.office.nodes_file).read()


def office_of(config: Config) -> Office:
    """Where this node's recordings go. Raises ConfigError, OfficeError."""
    upstream, tls = config.upstream, None
    if urlsplit(upstream.office_url).scheme == "https":
        tls = tls_context(config.source, "upstream.ca_file", upstream.ca_file)
    return Office(upstream.office_url, config.line.node, token_of(config), tls)


# -- the node --------------------------------------------------------------------


async def deliver_journal(config: Config) -> None:
    """Events and alarms to the office; runs until cancelled."""
    outbox = config.line.data_dir / OUTBOX

    def stored(standing: Standing) -> None:
        with contextlib.suppress(OSError):  # only figures are made of it
            temporary = outbox.with_suffix(".tmp")
            temporary.write_text(json.dumps({"event": standing.event, "alarm": standing.alarm}), encoding="utf-8")
            temporary.replace(outbox)

    def forget(database: StoreDatabase, call: str) -> bool:
        journal = Journal(database)
        events = journal.events(call)
        if any(event.kind == JournalKind.DATA_ERASED for event in events):
            return True
        (config.recordings_dir / f"{call}.wav").unlink(missing_ok=True)
        if events:
            erase_personal(journal, call, {"by": 0}, utcnow())
        return bool(events)

    key, opened = key_of(token_of(config)), partial(open_database, config.journal_path)
    await Courier(config.line.node, key, broker_of(config), opened, forget, utcnow, stored).run()


@dataclass(frozen=True, slots=True)
class Wav:
    """A recording that is not sealed on this node."""

    name: str
    path: Path
    length: int
    kind: str = WAV

    def pieces(self, start: int, length: int) -> Iterable[bytes]:
        with self.path.open("rb") as file:
            file.seek(start)
            yield file.read(length)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A recording in this node's vault, decrypted in memory as it is read."""

    name: str
    vault: Vault
    length: int
    kind: str = FLAC

    def pieces(self, start: int, length: int) -> Iterable[bytes]:
        return self.vault.read(self.name, start, length)


class Outgoing:
    """Recordings of this node that the office hasn't got yet, and those that may go because it has them.

    Use it in the thread that makes it. Raises StoreError, VaultError, ConfigError.
    """

    def __init__(self, config: Config, uploader: Uploader) -> None:
        database = open_database(config.journal_path)
        self._journal, self._alarms, self._deliveries = Journal(database), Alarms(database), Deliveries(database)
        self._recordings, self._keep = config.recordings_dir, timedelta(days=config.upstream.keep_days)
        self._house: House | None = None
        if config.recording.key_file is not None:
            self._house = open_house(config, self._journal, utcnow)
        self._uploader = uploader
        self._not_before: dict[str, datetime] = {}
        self._unwanted: set[str] = set()  # erased at the office, and this node's journal may have lost the call

    def once(self) -> bool:
        """Send everything that waits, remove what has waited long enough; False when it was stopped.

        Raises also what :meth:`ivr.delivery.uploads.Uploader.send` raises; the same again later.
        """
        confirmed, at = self._deliveries.confirmed(), utcnow()
        for name in self._names():
            if name in confirmed or self._not_before.get(name, at) > at:
                continue
            try:
                sent = self._uploader.send(self._sound(name))
            except (NodeRefused, VaultError) as error:
                self._say(name, error.problem, at)
                continue
            except FileNotFoundError:
                continue  # sealed or erased while we looked
            if sent is Sent.STOPPED:
                return False
            if sent is Sent.GONE:
                self._unwanted.add(name)
            if sent is not Sent.EARLY:
                self._deliveries.confirm(name, utcnow())
                log.info("recording_delivered", call=name, kept=sent is Sent.HERE)
        self._remove(at)
        return True

    def _names(self) -> Iterator[str]:
        if self._house is not None:
            yield from (kept.name for kept in self._house.catalogue.all())
        else:
            yield from (path.stem for path in sorted(self._recordings.glob("*.wav")))

    def _sound(self, name: str) -> Sound:
        if self._house is not None:
            return Sealed(name, self._house.vault, self._house.vault.size(name))
        path = self._recordings / f"{name}.wav"
        return Wav(name, path, path.stat().st_size)

    def _remove(self, at: datetime) -> None:
        erased = {event.call_id for event in self._journal.of_kind(JournalKind.DATA_ERASED)} | self._unwanted
        confirmed = self._deliveries.confirmed()
        over = {name for name, since in confirmed.items() if since + self._keep <= at}
        for name in sorted(set(self._names()) & (over | erased), key=lambda one: one not in erased):
            if name not in erased and not self._still_there(name, at):
                continue
            if self._house is None:
                (self._recordings / f"{name}.wav").unlink(missing_ok=True)
                continue
            why = "erased on request" if name in erased else "the office has it"
            try:
                self._house.vault.erase(name, "delivery", why)
            except VaultError:  # it is held
                self._not_before[name] = at + AGAIN

    def _still_there(self, name: str, at: datetime) -> bool:
        """Asked before it goes: an office that came back from a backup may have lost it, and gets it again."""
        if self._not_before.get(name, at) > at:
            return False
        try:
            return self._uploader.send(self._sound(name)) in (Sent.HERE, Sent.GONE)
        except (NodeRefused, VaultError) as error:
            self._say(name, error.problem, at)
        except FileNotFoundError:
            pass
        return False

    def _say(self, name: str, problem: str, at: datetime) -> None:
        """In the log and as an alarm, once for each reason while the office runs; the others don't wait for it."""
        if name not in self._not_before:
            log.error("recording_not_delivered", recording=name, problem=problem)
            self._alarms.append(UNDELIVERED, {"recording": name, "problem": problem}, at)
        self._not_before[name] = at + AGAIN


async def deliver_recordings(config: Config) -> None:
    """Finished recordings to the office; runs until cancelled."""
    loop, thread = asyncio.get_running_loop(), ThreadPoolExecutor(1, thread_name_prefix="uploads")
    stopped = threading.Event()
    uploader = Uploader(office_of(config), stopped)
    outgoing: Outgoing | None = None
    fault = ""
    try:
        while True:
            try:
                if outgoing is None:
                    outgoing = await loop.run_in_executor(thread, Outgoing, config, uploader)
                await loop.run_in_executor(thread, outgoing.once)
                fault = ""
            except (OSError, http.client.HTTPException) as error:
                if not fault:
                    log.warning("office_takes_no_recordings", reason=str(error) or type(error).__name__)
                fault = "away"
            except (StoreError, VaultError, OfficeError, ConfigError, sqlite3.Error) as error:
                if str(error) != fault:
                    log.error("recordings_not_delivered", error=str(error))
                fault, outgoing = str(error), None
            await asyncio.sleep(EVERY_S)
    finally:
        stopped.set()


# -- its office ------------------------------------------------------------------


async def take_deliveries(config: Config) -> None:
    """Events and alarms of the admitted nodes; runs until cancelled."""
    if config.office.nodes_file is not None:
        nodes = Nodes(config.office.nodes_file)
        await Intake(nodes, broker_of(config), partial(open_database, config.journal_path), utcnow).run()


def landing_of(config: Config, database: StoreDatabase) -> Landing:
    """Where recordings of nodes arrive; in the database's thread."""
    return Landing(Arrivals(database), config.line.data_dir / "arriving", config.recordings_dir, utcnow)


def deliveries_routes(config: Config) -> Sequence[Route]:
    """Where admitted nodes upload recordings; none without ``office.nodes_file``."""
    if config.office.nodes_file is None:
        return ()
    keeper = Keeper(partial(open_database, config.journal_path), "landing")

    async def do(work: Work) -> Progress | None:
        return await keeper.do(lambda db: work(landing_of(config, db)))

    return landing_routes(Nodes(config.office.nodes_file), do)

"""Finished recordings go into the vault, and out of it for good when their time is over."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import structlog

from ivr.config import Config
from ivr.errors import ConfigError, StoreError, VaultError
from ivr.events import JournalKind
from ivr.quality.transcript import masked_spans
from ivr.store.alarms import Alarms
from ivr.store.arrivals import Deliveries
from ivr.store.database import open_database
from ivr.store.journal import Journal, JournalEvent
from ivr.vault.catalogue import Catalogue, Certificate
from ivr.vault.keys import read_keys
from ivr.vault.retention import Aged, Due, due
from ivr.vault.shelf import Folder
from ivr.vault.vault import Vault

log = structlog.get_logger(__name__)

EVERY_S = 5.0
EVERYBODY = "call"
"""The class that every call belongs to; the others are outcomes."""
UNSEALED = "recording.unsealed"
UNERASED = "recording.unerased"
OnFault = Callable[[str, VaultError], None]
"""Told a recording and what is wrong with it."""


@dataclass(frozen=True)
class House:
    """The vault of a configuration, its catalogue, and the journal beside it. Use it in one thread.

    ``delivers``: an office elsewhere must have a recording before this machine may erase it.
    """

    vault: Vault
    catalogue: Catalogue
    journal: Journal
    recordings: Path
    delivers: bool = False


def open_house(config: Config, journal: Journal, utcnow: Callable[[], datetime]) -> House:
    """The vault that the configuration names.

    Raises:
        ConfigError: no key file is set.
        VaultError: the keys can't be used.
        StoreError: the catalogue can't be used.
    """
    if config.recording.key_file is None:
        raise ConfigError(
            config.source, "recording.key_file", "is not set", "Make a key with ivr recordings key FILE and set it"
        )
    keys = read_keys(config.recording.key_file)
    catalogue = Catalogue(config.vault_dir / "catalogue.db")
    vault = Vault(catalogue, Folder(config.vault_dir / "sealed"), keys, utcnow)
    return House(vault, catalogue, journal, config.recordings_dir, bool(config.upstream.office_url))


class Faults:
    """Says of each recording once, in the log and as an alarm of ``kind``, that it can't be kept or erased and why."""

    def __init__(self, alarms: Alarms, kind: str) -> None:
        self._alarms, self._kind = alarms, kind
        self._told = {(str(one.data.get("recording")), str(one.data.get("problem"))) for one in alarms.of_kind(kind)}

    def __call__(self, recording: str, error: VaultError) -> None:
        if (recording, error.problem) not in self._told:
            self._told.add((recording, error.problem))
            _say(self._kind, recording, error)
            self._alarms.append(self._kind, {"recording": recording, "problem": error.problem}, datetime.now(UTC))


def _say(kind: str, recording: str, error: VaultError) -> None:
    event = "recording_not_sealed" if kind == UNSEALED else "recording_not_erased"
    log.error(event, recording=recording, error=str(error))


_LOG_UNSEALED = partial(_say, UNSEALED)
_LOG_UNERASED = partial(_say, UNERASED)


def take_in_finished(house: House, on_fault: OnFault = _LOG_UNSEALED) -> list[str]:
    """Seal every recording whose call is over on the journal; returns their names.

    One that can't be sealed stays where it is and is tried again; the others don't wait for it.
    """
    taken = []
    for wav in sorted(house.recordings.glob("*.wav")):
        call = wav.stem
        events = house.journal.events(call)
        state = next(
            (
                str(event.data.get("state"))
                for event in reversed(events)
                if event.kind == JournalKind.RECORDING_STATE and event.data.get("final")
            ),
            None,
        )
        if state is None:
            continue
        if _forgotten(events):
            wav.unlink(missing_ok=True)  # a person's lawful request came before the sealing
            continue
        try:
            house.vault.take_in(wav, call, state, masked_spans(events))
            if _forgotten(house.journal.events(call)):  # or meanwhile, when the vault had nothing to erase yet
                if house.vault.kept(call) is not None:
                    house.vault.erase(call, "sealing", "erased on request")
                continue
        except VaultError as error:
            on_fault(call, error)
            continue
        taken.append(call)
    return taken


def _forgotten(events: Iterable[JournalEvent]) -> bool:
    return any(event.kind == JournalKind.DATA_ERASED for event in events)


def expired(house: House, keep_days: dict[str, int], at: datetime) -> list[Due]:
    """What the rules want gone by ``at``."""
    return due(_aged(house), keep_days, at)


def erase_expired(
    house: House, keep_days: dict[str, int], at: datetime, on_fault: OnFault = _LOG_UNERASED
) -> list[Certificate]:
    """Erase what is over, each with its certificate; a hold that came in between wins.

    One that can't be erased is said and doesn't keep the others.
    """
    gone = []
    for one in expired(house, keep_days, at):
        try:
            gone.append(house.vault.erase(one.name, "nightly", f"kept for {keep_days[one.rule]} days ({one.rule})"))
        except VaultError as error:
            on_fault(one.name, error)
    for name in house.vault.leftovers():
        try:
            house.vault.sweep(name)
        except VaultError as error:
            on_fault(name, error)
    tell_erased(house, at)
    return gone


def tell_erased(house: House, at: datetime) -> list[str]:
    """Write on the journal which recordings are gone, because draws and pages read nothing else; returns their names.

    What a fall kept from being written is written the next time.
    """
    told = {event.call_id for event in house.journal.of_kind(JournalKind.RECORDING_ERASED, JournalKind.DATA_ERASED)}
    gone = [one for one in house.catalogue.certificates() if one.call_id not in told]
    for one in gone:
        house.journal.append(one.call_id, JournalKind.RECORDING_ERASED, {"recording": one.name}, at)
    return [one.name for one in gone]


def may_erase(house: House, name: str) -> bool:
    """False: this is a line node's recording that its office hasn't got yet. Raises StoreError.

    A name that nobody knows is the vault's to refuse.
    """
    return not house.delivers or house.catalogue.get(name) is None or name in _delivered(house)


def _delivered(house: House) -> Mapping[str, datetime]:
    with house.journal.using() as database:
        return Deliveries(database).confirmed()


async def keep(config: Config) -> None:
    """Seal what is finished every few seconds, erase what is over once a day; runs until cancelled."""
    loop, thread = asyncio.get_running_loop(), ThreadPoolExecutor(1, thread_name_prefix="vault")
    opened: tuple[House, Faults, Faults] | None = None
    erased_on: date | None = None
    fault = ""
    while True:
        at = datetime.now(UTC)
        try:
            if opened is None:
                opened = await loop.run_in_executor(thread, _open, config)
            house, unsealed, unerased = opened
            await loop.run_in_executor(thread, take_in_finished, house, unsealed)
            if erased_on != at.date():
                days = config.recording.keep_days
                gone = await loop.run_in_executor(thread, erase_expired, house, days, at, unerased)
                log.info("recordings_expired", erased=len(gone))
                erased_on = at.date()
            fault = ""
        except (VaultError, StoreError, sqlite3.Error, OSError) as error:  # a full disk must not end the office
            if str(error) != fault:
                log.error("vault_away", error=str(error))
            fault, opened = str(error), None
        await asyncio.sleep(EVERY_S)


def _open(config: Config) -> tuple[House, Faults, Faults]:
    database = open_database(config.journal_path)
    house = open_house(config, Journal(database), lambda: datetime.now(UTC))
    alarms = Alarms(database)
    return house, Faults(alarms, UNSEALED), Faults(alarms, UNERASED)


def _aged(house: House) -> Iterator[Aged]:
    delivered = _delivered(house) if house.delivers else {}
    for kept in house.catalogue.all():
        ended = next(
            (event for event in reversed(house.journal.events(kept.call_id)) if event.kind == JournalKind.CALL_ENDED),
            None,
        )
        outcome = str(ended.data.get("outcome", "")) if ended else ""
        held = bool(kept.held) or (house.delivers and kept.name not in delivered)
        yield Aged(kept.name, ended.at if ended else kept.kept_at, frozenset({EVERYBODY, outcome}), held)

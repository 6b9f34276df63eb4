"""The quality unit's desk and shelves of a configuration, and what the office does for them by itself."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Final

import structlog

from ivr.config import Config
from ivr.delivery.nodes import Nodes
from ivr.errors import IvrError
from ivr.office.audit import BROKEN, HEAD, Audit, check_heads, keep_head
from ivr.office.database import open_office
from ivr.office.identity_tries import TryBook
from ivr.office.roster import Roster
from ivr.office.shelves import Shelves
from ivr.processes.identity import tries_from
from ivr.processes.keeping import open_house
from ivr.processes.preflight import read_scorecard
from ivr.quality.desk import Desk, Places, open_desk
from ivr.quality.draws import due_months
from ivr.store.alarms import Alarms
from ivr.store.database import open_database
from ivr.store.journal import Journal
from ivr.vault.vault import Vault

log = structlog.get_logger(__name__)
EVERY_S: Final = 60.0
_MOST_TOLD: Final = 10


def desk_of(config: Config, utcnow: Callable[[], datetime]) -> Desk:
    """Open it in the thread that will use it.

    Raises:
        StoreError: a database can't be used.
    """
    roster = Roster(open_office(config.office_path))
    places = Places(config.journal_path, config.quality_path, config.quality_index_path)
    return open_desk(places, roster.everybody, utcnow)


def shelves_of(config: Config, utcnow: Callable[[], datetime]) -> Shelves:
    """What the pages need; each part is opened in a thread of its own at first use.

    Raises:
        PlanError: the scorecard is refused.
    """

    def vault() -> Vault:
        return open_house(config, Journal(open_database(config.journal_path)), utcnow).vault

    return Shelves(
        lambda: desk_of(config, utcnow),
        lambda: Audit(config.audit_path, utcnow),
        vault if config.recording.key_file is not None else None,
        read_scorecard(config.line.plan),
        config.recordings_dir,
        _tries(config, utcnow),
    )


def _tries(config: Config, utcnow: Callable[[], datetime]) -> TryBook:
    """The log of tries of this machine; line nodes that deliver here have one each."""
    nodes = config.office.nodes_file

    def elsewhere() -> list[str]:
        return sorted(Nodes(nodes).read()) if nodes is not None else []

    return TryBook(lambda spellings: tries_from(config, spellings, utcnow()), elsewhere)


async def keep_drawing(config: Config) -> None:
    """Keep the index fresh, make draws that are due, write the audit log's head down daily; runs until cancelled."""
    loop, thread = asyncio.get_running_loop(), ThreadPoolExecutor(1, thread_name_prefix="draws")
    fault, told = "", date.min
    desk: Desk | None = None
    while True:
        at = datetime.now(UTC)
        try:
            if desk is None:
                desk = await loop.run_in_executor(thread, desk_of, config, lambda: datetime.now(UTC))
            await loop.run_in_executor(thread, _once, desk, at)
            if told != at.date():
                await loop.run_in_executor(thread, _head, config, desk, at)
                told = at.date()
            fault = ""
        except (IvrError, sqlite3.Error, OSError) as error:
            if str(error) != fault:
                log.error("quality_away", error=str(error))
            fault, desk = str(error), None
        await asyncio.sleep(EVERY_S)


def _once(desk: Desk, at: datetime) -> None:
    for month in due_months(at):
        desk.draws.settle(month)


def seal_log(audit: Audit, alarms: Alarms, at: datetime) -> None:
    """Write the audit log's head down; a log that was changed becomes an alarm instead, once for each fault."""
    faults = [*audit.verify(), *check_heads(audit, alarms.of_kind(HEAD))]
    if not faults:
        keep_head(audit, alarms, at)
        return
    told = {one.data.get("problem") for one in alarms.of_kind(BROKEN)}
    for fault in faults[:_MOST_TOLD]:
        if fault not in told:
            log.error("audit_log_changed", problem=fault)
            alarms.append(BROKEN, {"problem": fault}, at)


def _head(config: Config, desk: Desk, at: datetime) -> None:
    with closing(Audit(config.audit_path, lambda: at)) as audit:
        seal_log(audit, desk.alarms, at)

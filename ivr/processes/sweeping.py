"""What nobody else would ever clear away or say: looked for by the office's process when it starts and every hour."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from ivr.config import Config
from ivr.delivery.nodes import Nodes
from ivr.errors import IvrError
from ivr.office.accounts import forget_sessions
from ivr.office.database import open_office
from ivr.processes.delivering import landing_of
from ivr.processes.identity import try_log, try_log_path
from ivr.store.alarms import Alarms
from ivr.store.arrivals import Arrivals, Unconfirmed
from ivr.store.database import StoreDatabase, open_database
from ivr.store.schema import moment, timestamp

log = structlog.get_logger(__name__)

EVERY_S: Final = 3600.0
PATIENCE: Final = timedelta(days=3)
"""So long a line node may be away before an erasure that it has not confirmed is an alarm."""
UNCONFIRMED: Final = "erasure.unconfirmed"
_NAMED: Final = 20

Job = Callable[[Config, datetime], object]


def tell_unconfirmed(database: StoreDatabase, nodes: Collection[str], at: datetime) -> int:
    """An alarm for each node that was to erase something and hasn't said so in :data:`PATIENCE`; returns how many.

    Each erasure is told once: an alarm says up to which one it has looked. The node is asked all the same whenever it
    delivers. ``nodes`` are those that may: whoever was dismissed will confirm nothing. Raises StoreError.
    """
    alarms = Alarms(database)
    late: dict[str, list[Unconfirmed]] = {}
    told = {str(one.data["node"]): moment(str(one.data["until"])) for one in alarms.of_kind(UNCONFIRMED)}
    for one in Arrivals(database).unconfirmed():
        new = one.at > told.get(one.node, one.at - PATIENCE)
        if one.node in nodes and one.at <= at - PATIENCE and new:
            late.setdefault(one.node, []).append(one)
    for node, calls in late.items():
        until = max(one.at for one in calls)
        named = [one.call for one in calls[:_NAMED]]
        log.error("erasures_unconfirmed", node=node, count=len(calls), calls=named)
        data = {"node": node, "count": len(calls), "calls": named, "until": timestamp(until)}
        alarms.append(UNCONFIRMED, data, at)
    return len(late)


async def sweep(config: Config) -> None:
    """Do every job each hour; runs until cancelled. One that fails is said once for each reason and tried again."""
    loop, thread = asyncio.get_running_loop(), ThreadPoolExecutor(1, thread_name_prefix="sweeping")
    jobs, faults = _jobs(config), dict[Job, str]()
    while True:
        for job in jobs:
            try:
                await loop.run_in_executor(thread, job, config, datetime.now(UTC))
                faults.pop(job, None)
            except (IvrError, sqlite3.Error, OSError) as error:
                if faults.get(job) != str(error):
                    log.error("not_swept", what=job.__name__, error=str(error))
                faults[job] = str(error)
        await asyncio.sleep(EVERY_S)


def _jobs(config: Config) -> Sequence[Job]:
    jobs: list[Job] = [tries]
    if not config.upstream.office_url:
        jobs.append(sign_ins)
    if config.office.nodes_file is not None:
        jobs += [erasures, uploads]
    return jobs


def tries(config: Config, at: datetime) -> None:
    """Tries to prove who calls that are older than a month. Raises StoreError."""
    if try_log_path(config).exists():
        with closing(try_log(config)) as tried:
            tried.forget(at)


def sign_ins(config: Config, at: datetime) -> None:
    """Sessions of staff that open nothing any more. Raises StoreError."""
    with closing(open_office(config.office_path)) as database:
        forget_sessions(database, at)


def erasures(config: Config, at: datetime) -> None:
    """What line nodes were to erase. Raises StoreError, OfficeError."""
    nodes = Nodes(config.office.nodes_file).read() if config.office.nodes_file is not None else ()
    with closing(open_database(config.journal_path)) as database:
        tell_unconfirmed(database, nodes, at)


def uploads(config: Config, _at: datetime) -> None:
    """Recordings of line nodes that never came whole. Raises StoreError, OSError."""
    with closing(open_database(config.journal_path)) as database:
        for one in landing_of(config, database).sweep():
            log.warning("half_upload_removed", recording=one)

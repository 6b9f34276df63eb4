"""The whole line in one call: checks, prompts, parts, and what follows a fall."""

from __future__ import annotations

import asyncio
import functools
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import structlog

from ivr.config import Config
from ivr.errors import IvrError
from ivr.processes.aftermath import close_open_calls
from ivr.processes.lock import data_folder
from ivr.processes.parts import Part
from ivr.processes.preflight import check, make_data_dir, read_topics
from ivr.processes.sounds import others
from ivr.processes.supervisor import Supervisor
from ivr.recording.recover import recover
from ivr.speech.prompt_cache import PromptCache
from ivr.store.alarms import Alarms
from ivr.store.database import StoreDatabase, open_database, waiting
from ivr.store.journal import Journal
from ivr.store.schema import masked
from ivr.store.spill import Record, Spill, put

log = structlog.get_logger(__name__)
BUSY_S: Final = 5.0
READ_BACK_S: Final = 0.25  # callbacks wait no longer for a database that others have
TIDY_AGAIN_S: Final = 5.0
TIDY_AT_LEAST_EVERY_S: Final = 300.0

Progress = Callable[[int, int, str], None]
"""done, total, what: called while prompts are rendered."""


def prepare(config: Config, progress: Progress | None = None) -> None:
    """Check everything, end what a former life left open, and render prompts that have no sound.

    Raises:
        IvrError: with file, key and remedy; nothing was started.
    """
    make_data_dir(config)
    with data_folder(config):
        check(config)
        _tidy(config, None, None)
        for cache in (PromptCache.of(config), *others(config)) if config.workers.count else ():
            cache.render(progress)


def make_supervisor(config: Config, config_path: Path | None) -> Supervisor:
    """A supervisor whose fallen workers leave no open call behind, also when they fall while the journal is away."""

    def fallen(part: Part, pid: int | None, info: dict[str, Any]) -> None:
        _care(config, part, pid, datetime.now(UTC), TIDY_AGAIN_S)

    return Supervisor(config, config_path, fallen)


def _care(
    config: Config, part: Part, pid: int | None, fell_at: datetime, again_s: float, *, told: bool = False
) -> None:
    """Tidy up after a fall, and later again while the journal refuses or some of the calls still lie in its spill."""
    done = _tidy(config, part, None if told else pid, fell_at)
    if done and Spill(config.journal_path).empty:
        return
    later = min(again_s * 2, TIDY_AT_LEAST_EVERY_S)
    again = functools.partial(_care, config, part, pid, fell_at, later, told=told or done)
    asyncio.get_running_loop().call_later(again_s, again)


def _tidy(config: Config, part: Part | None, pid: int | None, fell_at: datetime | None = None) -> bool:
    """After a fall of ``part``, or (None) before the start: alarm, spill, open calls, recordings; False if the store
    refuses.

    ``pid`` None: the alarm is there already. Calls that were offered after ``fell_at`` are the next life's.
    """
    now = datetime.now(UTC)
    try:
        database = open_database(config.journal_path, busy_s=BUSY_S)
        if part is not None and pid is not None:
            Alarms(database).append("part.fell", {"part": part.name, "pid": pid}, now)
        _read_back(database, Spill(config.journal_path))
        ended: list[str] = []
        if part is None or part.kind in ("worker", "outbound"):
            worker = part.name if part is not None else None
            titles = {name: topic.title for name, topic in read_topics(config.line.plan).items()}
            ended = close_open_calls(Journal(database), config.recordings_dir, now, worker, titles, fell_at)
        if part is None:
            ended += [str(recovered.path) for recovered in recover(config.recordings_dir)]
        if ended:
            log.warning("tidied_up", after=part.name if part else "start", calls=ended)
        database.close()
    except (IvrError, OSError, sqlite3.Error) as error:
        # The line must come back even when the store does not.
        log.error("not_tidied_up", part=part.name if part else "start", error=str(error))
        return False
    return True


def _read_back(database: StoreDatabase, spill: Spill) -> None:
    """What a worker spilled before it died, before its calls are ended: the next writer opens only with its first call.

    A file that can't be had or written now, because others have it or the database, or the disk fails, is left:
    callbacks don't wait for it.
    """
    refused: list[tuple[Record, str]] = []
    try:
        with waiting(database, READ_BACK_S, BUSY_S):
            spilled, unreadable = spill.take(lambda records: refused.extend(put(database, records)), wait=False)
    except (OSError, sqlite3.OperationalError) as error:
        log.warning("spill_not_read", error=str(error))
        return
    for record, reason in refused:
        log.error("journal.unwritten", reason=reason, kind=record.kind, data=masked(record.data))
    if spilled or unreadable:
        log.warning("spill_read", records=spilled, unreadable=len(unreadable))

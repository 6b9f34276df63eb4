"""What a monitoring system reads: ``/metrics`` for Prometheus, ``/readyz`` for who sends calls.

Everything is a reading of the journal and of the supervisor's ``parts.json``; nothing
is counted a second time elsewhere. Counters of calls begin with the journal, so a new
start of the office does not set them back; times of answers (``ivr_response_seconds``)
begin with the office's start, because they need every turn. No label names a call, a
caller or an employee. Neither page is for the world: what comes through the TLS proxy
gets 404.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ivr.errors import StoreError
from ivr.events import JournalKind
from ivr.office.health import read_parts
from ivr.store.database import StoreDatabase, open_database

_NEEDED: Final = ("ears", "voice")
_CALL_SECONDS: Final = (5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
_ANSWER_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_CAME: Final = (
    " AND NOT EXISTS (SELECT 1 FROM events o WHERE o.call_id = events.call_id"  # noqa: S608  (a constant of ours)
    f" AND o.kind = '{JournalKind.CALL_OFFERED.value}' AND json_extract(o.data, '$.direction') = 'out')"
)
"""Of calls that came in: those that the line placed are counted apart, and no caller waited in them."""
_RESPONSE_SECONDS: Final = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0)


class Histogram:
    """Counts by upper bound, and their sum."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        place = next((number for number, bound in enumerate(self._bounds) if value <= bound), len(self._bounds))
        self._counts[place] += 1
        self.sum += value

    def buckets(self) -> list[tuple[str, float]]:
        """Cumulative, as Prometheus wants them."""
        total, found = 0, []
        for bound, count in zip((*map(str, self._bounds), "+Inf"), self._counts, strict=True):
            total += count
            found.append((bound, float(total)))
        return found


class Figures:
    """Sums over the journal, brought up to date by :meth:`read`. One thread at a time."""

    def __init__(self, journal: Path) -> None:
        self._path = journal
        self._from_now = self._row = self._alarm = 0
        self._fresh()
        if journal.exists():
            with closing(open_database(journal, create=False)) as database:
                self._from_now = _last(database, "events")

    def _fresh(self) -> None:
        self._row = self._alarm = 0
        self.kinds: Counter[str] = Counter()
        self.offered = self.placed = 0
        self.outcomes: Counter[str] = Counter()
        self.recordings: Counter[str] = Counter()
        self.tasks: Counter[str] = Counter()
        self.alarms: Counter[str] = Counter()
        self.talked, self.answered = Histogram(_CALL_SECONDS), Histogram(_ANSWER_SECONDS)
        self.responded = Histogram(_RESPONSE_SECONDS)
        self._heard: dict[str, float] = {}

    def read(self) -> int:
        """Take in what is new; returns the journal's last row. Raises StoreError."""
        if not self._path.exists():
            return 0
        with closing(open_database(self._path, create=False)) as database:
            last = _last(database, "events")
            if last < self._row:  # another journal lies there
                self._fresh()
                self._from_now = 0
            if last > self._row:
                self._events(database, last)
                self._row = last
            alarm = _last(database, "alarms")
            query = "SELECT kind, count(*) FROM alarms WHERE id > ? AND id <= ? GROUP BY kind"
            self.alarms.update(dict(database.execute(query, [self._alarm, alarm]).fetchall()))
            self._alarm = alarm
        return last

    def _events(self, database: StoreDatabase, last: int) -> None:
        span = [self._row, last]
        query = "SELECT kind, count(*) FROM events WHERE id > ? AND id <= ? GROUP BY kind"
        self.kinds.update(dict(database.execute(query, span).fetchall()))
        query = (
            "SELECT count(*), coalesce(sum(json_extract(data, '$.direction') = 'out'), 0) FROM events "
            "WHERE kind = ? AND id > ? AND id <= ?"
        )
        calls, placed = database.execute(query, [JournalKind.CALL_OFFERED, *span]).fetchone()
        self.offered, self.placed = self.offered + calls - placed, self.placed + placed
        for counts, kind, field, more in (
            (self.outcomes, JournalKind.CALL_ENDED, "outcome", _CAME),
            (self.recordings, JournalKind.RECORDING_STATE, "state", " AND json_extract(data, '$.final')"),
            (self.tasks, JournalKind.TASK_CREATED, "type", ""),
        ):
            query = (
                f"SELECT coalesce(json_extract(data, '$.{field}'), ''), count(*) FROM events "  # noqa: S608  (constants)
                f"WHERE kind = ? AND id > ? AND id <= ?{more} GROUP BY 1"
            )
            counts.update(dict(database.execute(query, [kind, *span]).fetchall()))
        for histogram, kind, field, unit in (
            (self.talked, JournalKind.CALL_ENDED, "duration_s", 1.0),
            (self.answered, JournalKind.CALL_ANSWERED, "after_ms", 0.001),
        ):
            query = f"SELECT json_extract(data, '$.{field}') FROM events WHERE kind = ? AND id > ? AND id <= ?{_CAME}"  # noqa: S608
            for (value,) in database.execute(query, [kind, *span]):
                if isinstance(value, int | float):
                    histogram.add(value * unit)
        self._responses(database, max(self._row, self._from_now), last)

    def _responses(self, database: StoreDatabase, after: int, last: int) -> None:
        """From the end of the caller's turn to the first sound of ours."""
        kinds = (JournalKind.TURN_HEARD, JournalKind.TURN_SAID, JournalKind.CALL_ENDED)
        query = (
            "SELECT call_id, kind, json_extract(data, '$.started_s'), json_extract(data, '$.ended_s') FROM events "
            "WHERE kind IN (?, ?, ?) AND id > ? AND id <= ? ORDER BY id"
        )
        for call, kind, started, ended in database.execute(query, [*kinds, after, last]):
            if kind == JournalKind.TURN_HEARD and isinstance(ended, int | float):
                self._heard[call] = float(ended)
                continue
            heard = self._heard.pop(call, None)
            if kind == JournalKind.TURN_SAID and heard is not None and isinstance(started, int | float):
                self.responded.add(max(0.0, started - heard))


class LineCollector(Collector):
    """Everything that ``/metrics`` tells of the line."""

    def __init__(self, data_dir: Path, version: str) -> None:
        self._data_dir, self._version = data_dir, version
        self._figures: Figures | None = None
        self._lock = threading.Lock()

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            yield from self._line()
            try:
                if self._figures is None:
                    self._figures = Figures(self._data_dir / "journal.db")
                last = self._figures.read()
            except StoreError:
                yield GaugeMetricFamily("ivr_journal_readable", "Whether the journal can be read.", 0)
                return
            yield GaugeMetricFamily("ivr_journal_readable", "Whether the journal can be read.", 1)
            yield from self._journal(self._figures, last)

    def _line(self) -> Iterator[Metric]:
        build = GaugeMetricFamily("ivr_build_info", "The program's version.", labels=["version"])
        build.add_metric([self._version], 1)
        yield build
        parts = read_parts(self._data_dir)
        ready = GaugeMetricFamily("ivr_part_ready", "Whether a process of the line is ready.", labels=["part"])
        restarts = CounterMetricFamily("ivr_part_restarts", "Falls of a process.", labels=["part"])
        calls = GaugeMetricFamily("ivr_calls_active", "Calls that a worker has now.", labels=["worker"])
        spilling = GaugeMetricFamily(
            "ivr_journal_spilling", "Whether a worker can't write to the journal.", labels=["worker"]
        )
        for name, part in sorted(parts.items()):
            ready.add_metric([name], float(part.get("state") == "ready"))
            restarts.add_metric([name], float(part.get("restarts", 0)))
            if name.startswith(("worker", "outbound")):
                calls.add_metric([name], float(part.get("calls", 0)))
                spilling.add_metric([name], float(part.get("journal", "ok") != "ok"))
        yield from (ready, restarts, calls, spilling)
        try:
            free = shutil.disk_usage(self._data_dir).free
        except OSError:
            free = 0
        yield GaugeMetricFamily("ivr_data_free_bytes", "Free disk under the data folder.", free)
        yield GaugeMetricFamily(
            "ivr_backup_last_timestamp_seconds", "When the last backup was made; 0: never.", self._last_backup()
        )

    def _journal(self, figures: Figures, last: int) -> Iterator[Metric]:
        yield _counter("ivr_calls_ended", "Calls that came in and are over.", "outcome", figures.outcomes)
        yield CounterMetricFamily("ivr_calls_offered", "Calls that came to a worker.", figures.offered)
        yield CounterMetricFamily("ivr_calls_placed", "Calls that the line placed itself.", figures.placed)
        yield _counter("ivr_journal_events", "Events on the journal.", "kind", figures.kinds)
        yield _counter("ivr_recordings", "Recordings that are over.", "state", figures.recordings)
        yield _counter("ivr_tasks_created", "Tasks for staff.", "type", figures.tasks)
        done = figures.kinds[JournalKind.TASK_DONE]
        yield CounterMetricFamily("ivr_tasks_done", "Tasks that somebody finished.", done)
        yield _counter("ivr_alarms", "Alarms.", "kind", figures.alarms)
        for name, text, histogram in (
            ("ivr_call_duration_seconds", "From the answer to the end of a call.", figures.talked),
            ("ivr_answer_delay_seconds", "From INVITE to 200.", figures.answered),
            ("ivr_response_seconds", "From the caller's last sound to the line's first.", figures.responded),
        ):
            yield HistogramMetricFamily(name, text, buckets=histogram.buckets(), sum_value=histogram.sum)
        unsent = self._unsent(last)
        if unsent is not None:
            yield GaugeMetricFamily("ivr_mqtt_unsent_events", "Events that the broker has not yet taken.", unsent)

        undelivered = self._unsent(last, "outbox.json", "event")
        if undelivered is not None:
            yield GaugeMetricFamily(
                "ivr_outbox_undelivered_events", "Events that this node's office has not yet stored.", undelivered
            )

    def _unsent(self, last: int, file: str = "mqtt-cursor.json", key: str = "journal") -> int | None:
        """Rows behind a cursor; None: there is no broker or no office, or nothing was ever sent."""
        try:
            cursor = json.loads((self._data_dir / file).read_text(encoding="utf-8"))
            return max(0, last - int(cursor[key]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _last_backup(self) -> float:
        try:
            made = json.loads((self._data_dir / "backup.json").read_text(encoding="utf-8"))
            return datetime.fromisoformat(made["made_at"]).timestamp()
        except (OSError, ValueError, KeyError, TypeError):
            return 0.0


def ready(parts: dict[str, Any]) -> dict[str, bool]:
    """What must be so for a new call to be served: by name, whether it is so."""
    taking = any(
        name.startswith("worker") and part.get("state") == "ready" and not part.get("draining")
        for name, part in parts.items()
    )
    needed = {name: parts.get(name, {}).get("state") == "ready" for name in _NEEDED}
    if "answers" in parts:
        needed["answers"] = parts["answers"].get("state") == "ready"
    return {"worker": taking, **needed}


def takes_calls(parts: dict[str, Any]) -> bool:
    """Whether this machine has workers at all; an office of line nodes has none."""
    return any(name.startswith("worker") for name in parts)


def routes(data_dir: Path, version: str) -> list[Route]:
    """``/metrics`` and ``/readyz``."""
    registry = CollectorRegistry()
    registry.register(LineCollector(data_dir, version))
    ProcessCollector(namespace="ivr_office", registry=registry)

    async def metrics(_request: Request) -> Response:
        body = await run_in_threadpool(generate_latest, registry)
        return Response(body, media_type=CONTENT_TYPE_LATEST)

    async def readyz(_request: Request) -> Response:
        found = ready(parts := read_parts(data_dir))
        good = all(found.values())
        status = "ready" if good else "not ready" if takes_calls(parts) else "takes no calls"
        body = {"status": status, "needed": found}
        return JSONResponse(body, status_code=200 if good else 503)

    return [Route("/metrics", _inside(metrics)), Route("/readyz", _inside(readyz))]


def _inside(page: Callable[[Request], Any]) -> Callable[[Request], Any]:
    """Not for who comes through the proxy that stands before staff's pages."""

    async def guarded(request: Request) -> Response:
        if "forwarded" in request.headers or "x-forwarded-for" in request.headers:
            return PlainTextResponse("404\n", 404)
        answer: Response = await page(request)
        return answer

    return guarded


def _counter(name: str, text: str, label: str, counts: Counter[str]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=[label])
    for value, count in sorted(counts.items()):
        family.add_metric([value], count)
    return family


def _last(database: StoreDatabase, table: str) -> int:
    return int(database.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0])  # noqa: S608  (ours)

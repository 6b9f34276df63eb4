"""The office process: health page, staff's pages and the journal's way to MQTT."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
import uvicorn
from starlette.applications import Starlette

from ivr import __version__
from ivr.config import Config, is_loopback
from ivr.dialog.plan import Plan, load_plan
from ivr.errors import ConfigError, PartFailed
from ivr.keyfile import read_key
from ivr.office.app import application, stamp_of
from ivr.office.exchange import serve_switchboard
from ivr.office.reserving import Rules
from ivr.office.second_factor import SecondFactors
from ivr.office.site import Site
from ivr.office.switchboard import Switchboard
from ivr.office.watch import Watch
from ivr.people.calling import CallRules
from ivr.people.staff import Role
from ivr.processes.delivering import deliver_journal, deliver_recordings, deliveries_routes, take_deliveries
from ivr.processes.feeding import publish
from ivr.processes.keeping import keep
from ivr.processes.preflight import read, read_topics
from ivr.processes.quality import keep_drawing, shelves_of
from ivr.processes.refused import take_refused
from ivr.processes.status import report, supervisor_gone
from ivr.processes.sweeping import sweep
from ivr.store.database import StoreDatabase, open_database
from ivr.store.journal import new_call_id

log = structlog.get_logger(__name__)

LEAVE_S: Final = 3.0
"""How long pages that are on their way may take when the office stops."""


def bound_socket(config: Config) -> socket.socket:
    """The office's listening socket.

    Raises:
        ConfigError: the port is taken or the address is not this machine's.
    """
    try:
        return socket.create_server((config.office.bind, config.office.port))
    except OSError as error:
        raise ConfigError(
            config.source,
            "office.port",
            f"{config.office.bind}:{config.office.port} can't be used ({error.strerror})",
            "Stop the other program or set another [office] port",
        ) from error


def _calls(config: Config) -> CallRules | None:
    """How the assistant calls people; None: never.

    A node doesn't know what became of its tasks at the office, and an office without workers has nobody to call.
    """
    wanted = config.callbacks
    if wanted.assistant == "never" or config.upstream.office_url or not config.workers.count:
        return None
    hours = _plan(config).hours if config.people.hours == "plan" else None
    return CallRules(
        wanted.assistant == "agreed",
        wanted.tries,
        timedelta(minutes=wanted.pause_min),
        timedelta(minutes=wanted.late_min),
        wanted.at_once,
        wanted.no_answer_s,
        hours.open_from if hours is not None else lambda at: at,
    )


def _plan(config: Config) -> Plan:
    return load_plan(read(config.line.plan), str(config.line.plan))


def _switchboard(config: Config, titles: Mapping[str, str]) -> Switchboard:
    people = config.people
    rules = Rules(people.extension_uri, people.no_answer_s, people.wrap_up_s, people.outside_uri, people.unanswered)
    return Switchboard(
        config.office_path, config.journal_path, lambda: datetime.now(UTC), titles, rules, _calls(config)
    )


def _factors(config: Config) -> Callable[[StoreDatabase], SecondFactors]:
    key = read_key(config.line.data_dir / "second-factor.key")
    required = frozenset(map(Role, config.office.second_factor))
    return lambda database: SecondFactors(database, lambda: datetime.now(UTC), key, required)


def _application(config: Config, titles: Mapping[str, str], switchboard: Switchboard, watch: Watch) -> Starlette:
    """Pages travel in clear on loopback only: passwords and callers' data need TLS anywhere else.

    A node that delivers to an office has no pages: what staff would do here, nobody would see there.
    """
    if config.upstream.office_url:
        return application(config.line.data_dir, __version__, None)
    if not config.office.behind_tls and not is_loopback(config.office.bind):
        log.warning("pages_not_served", bind=config.office.bind, remedy="set office.behind_tls, see docs/operations.md")
        return application(config.line.data_dir, __version__, None)
    plan = _plan(config)
    site = Site(
        config.office_path,
        config.journal_path,
        lambda: datetime.now(UTC),
        plan.hours.next_working_day if plan.hours else lambda at: at + timedelta(days=1),
        titles,
        secure=config.office.behind_tls,
        switchboard=switchboard,
        factors=_factors(config),
    )
    switchboard.on_offer = watch.look
    shelves = shelves_of(config, lambda: datetime.now(UTC))
    return application(config.line.data_dir, __version__, site, watch, shelves, deliveries_routes(config))


async def run_office(config: Config) -> None:
    """Serve until SIGTERM or until the supervisor is gone.

    Raises:
        PartFailed: page or feed ended by themselves; the supervisor starts a new office.
    """
    listening = bound_socket(config)
    titles = {name: topic.title for name, topic in read_topics(config.line.plan).items()}
    switchboard = _switchboard(config, titles)
    database = open_database(config.journal_path)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    watch = stamp_of(config.office_path, config.journal_path)
    pages = _application(config, titles, switchboard, watch)
    server = uvicorn.Server(uvicorn.Config(pages, log_config=None, access_log=False, lifespan="on"))
    serving = asyncio.create_task(server._serve([listening]))  # not serve(): the signals are ours
    listener = asyncio.create_task(supervisor_gone(stop.set))
    tasks: list[asyncio.Task[Any]] = [
        asyncio.create_task(stop.wait()),
        serving,
        asyncio.create_task(switchboard.run()),
        asyncio.create_task(serve_switchboard(config.people_socket, switchboard)),
    ]
    if config.mqtt.host or config.mqtt.embedded:
        tasks.append(asyncio.create_task(publish(config, database)))
    if config.upstream.office_url:
        tasks.append(asyncio.create_task(deliver_journal(config)))
        tasks.append(asyncio.create_task(deliver_recordings(config)))
    else:  # draws are made where all calls are
        tasks.append(asyncio.create_task(keep_drawing(config)))
    if config.office.nodes_file is not None:
        tasks.append(asyncio.create_task(take_deliveries(config)))
    if config.recording.key_file is not None:
        tasks.append(asyncio.create_task(keep(config)))
    if config.proxy.refused_port:
        tasks.append(asyncio.create_task(take_refused(config, new_call_id)))
    tasks.append(asyncio.create_task(sweep(config)))
    report("ready", port=listening.getsockname()[1])
    ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await watch.close()
    await asyncio.wait({serving}, timeout=LEAVE_S)
    for task in (*tasks, listener):
        task.cancel()
    await asyncio.gather(*tasks, listener, return_exceptions=True)
    if not stop.is_set():
        fault = next((task.exception() for task in ended if not task.cancelled()), None)
        raise PartFailed("office", f"ended by itself ({fault!r})", "It is started again") from fault

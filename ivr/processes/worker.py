"""A line worker: one SIP port, one thread that owns PJSIP, one session per caller."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog

from ivr.clock import Clock, LoopClock
from ivr.config import Config
from ivr.dialog.facts import Facts
from ivr.dialog.plan import load_plan
from ivr.events import HangupReason, LegAnswered, LegEvent, LegOffered
from ivr.office.switchboard_client import SwitchboardClient
from ivr.people.handover import CallBack, CalledBack, CallStep, Order, Ring
from ivr.processes.answers import with_answers
from ivr.processes.colleagues import colleagues
from ivr.processes.identity import with_registry
from ivr.processes.parts import Part
from ivr.processes.preflight import read
from ivr.processes.sounds import LoadedSounds
from ivr.processes.status import report, supervisor_gone
from ivr.recording.writer import StereoWriter
from ivr.session import Door, Session
from ivr.session.calling_back import call_back
from ivr.session.outward import Outward
from ivr.session.ports import LegLike
from ivr.speech.ear import Ear
from ivr.speech.grammars.book import GrammarBook
from ivr.speech.mouth import Mouth
from ivr.store.journal import new_call_id
from ivr.store.writer import JournalWriter, WriterState
from ivr.telephony.leg import Leg
from ivr.telephony.line import SipLine
from ivr.telephony.settings import LineSettings

log = structlog.get_logger(__name__)
JOURNAL_WITHIN_S: Final = 0.25
# Not the loop's own threads, by which recordings are closed: a disk that hangs must not keep callers ringing.
_answering: Final = ThreadPoolExecutor(4, thread_name_prefix="answer")


class Worker:
    """Routes leg events to the sessions they belong to."""

    def __init__(
        self, config: Config, part: Part, clock: Clock, make_id: Callable[[datetime], str] = new_call_id
    ) -> None:
        self._config, self._part, self._clock, self._make_id = config, part, clock, make_id
        self._sessions: dict[str, Session] = {}  # by the caller's leg
        self._idle = asyncio.Event()
        self._idle.set()
        self._journal = JournalWriter(config.journal_path, on_state=self._journal_state)
        settings = replace(LineSettings.from_config(config, part.index), answers_itself=False)
        self._answer_delay_s = settings.answer_delay_s
        self._answering: set[asyncio.Task[None]] = set()
        self.line = SipLine(settings, self._on_leg, loop=asyncio.get_running_loop())
        self.people = SwitchboardClient(config.people_socket, self._on_order)
        self._outward: set[Outward] = set()
        self._calling: set[asyncio.Task[None]] = set()
        self._door = self._make_door()

    def _make_door(self) -> Door:
        config = self._config
        sounds = LoadedSounds.load(config)
        plan = load_plan(read(config.line.plan), str(config.line.plan))
        # A recogniser or voice elsewhere is reached through our own processes: they keep turns and fall-backs.
        ears, voice = f"unix://{config.ears_socket}", f"unix://{config.voice_socket}"
        agent = config.people.agent
        if config.people.hours == "always":
            plan = plan.model_copy(update={"hours": None})
        grammars = GrammarBook(lambda: self._clock.utcnow().year)
        grammars.read()
        return Door(
            clock=self._clock,
            line=self.line,
            journal=self._journal,
            sounds=sounds,
            mouth=Mouth(voice),
            plan=plan,
            facts=Facts(
                agent_available=bool(agent),
                recording_enabled=config.recording.enabled,
                wordings=sounds.wordings,
                others=sounds.others,
            ),
            language=config.line.language,
            node=config.line.node,
            worker=self._part.name,
            recordings_dir=config.recordings_dir,
            targets={"agent": agent} if agent else {},
            make_ear=lambda on_event: Ear(ears, on_event),
            make_recorder=lambda path, on_state: StereoWriter(
                path, on_state=on_state, min_free_mb=config.recording.min_free_mb
            ),
            ports=with_registry(
                with_answers(colleagues(config), config), config, self._clock.utcnow, self._journal.alarm
            ),
            grammars=grammars,
            people=self.people,
            agent_accepts=config.people.agent_accepts,
        )

    def _on_leg(self, event: LegEvent) -> None:
        if isinstance(event, LegOffered):
            with contextlib.suppress(KeyError):  # cancelled before we looked
                leg = self.line.leg(event.leg)
                if self._begin(event, leg) is not None:
                    answering = asyncio.get_running_loop().create_task(self._answer(leg))
                    self._answering.add(answering)
                    answering.add_done_callback(self._answering.discard)
            return
        session = self._sessions.get(event.leg)
        if session is None:
            session = next((s for s in self._sessions.values() if s.agent_leg == event.leg), None)
        placed = next((one for one in self._outward if one.owns(event.leg)), None)
        if session is not None:
            session.on_leg(event)
        elif placed is not None:
            placed.on_leg(event)
        elif isinstance(event, LegAnswered):
            # A telephone that was given up, and whose answer crossed our CANCEL.
            with contextlib.suppress(KeyError):
                self.line.leg(event.leg).hangup()

    async def _answer(self, leg: Leg) -> None:
        """200 once the journal has the call, so that nobody is answered whom a fall would make unknown (A12.25).

        A journal that takes its time is not waited for: what it does not have yet, it has in memory or aside.
        """
        written = asyncio.get_running_loop().run_in_executor(_answering, self._journal.flush, JOURNAL_WITHIN_S)
        await asyncio.gather(written, asyncio.sleep(self._answer_delay_s))
        leg.answer()

    def _begin(self, event: LegOffered, leg: LegLike, order: CallBack | None = None) -> Session | None:
        """A conversation; None where there can be none, and the leg is hung up."""
        call_id = self._make_id(self._clock.utcnow())
        try:
            session = Session(call_id, event, leg, self._door, self._over, order)
        except Exception:
            # Without a session the caller would ring for ever.
            log.exception("session_failed", call=call_id)
            leg.hangup(HangupReason.ERROR)
            return None
        self._sessions[event.leg] = session
        self._idle.clear()
        report("status", calls=len(self._sessions))
        return session

    def _on_order(self, order: Order) -> None:
        """The office wants somebody called: by an employee's click, or by the assistant."""
        if isinstance(order, Ring):
            call_id = self._make_id(self._clock.utcnow())
            self._outward.add(Outward(call_id, order, self._door, self.people.rang, self._outward_over))
            self._idle.clear()
        elif self._config.workers.outbound and self._part.kind == "worker":
            # There are workers for this; the legs of this one are for those who call.
            self.people.called_back(CalledBack(order.request, CallStep.NOT_PLACED))
        else:
            calling = call_back(order, self.line, self._clock, self._begin, self.people.called_back)
            task = asyncio.get_running_loop().create_task(calling)
            self._calling.add(task)
            task.add_done_callback(self._calling.discard)

    def _journal_state(self, state: WriterState, reason: str) -> None:
        # In the writer's thread: one line to the log, one to the supervisor, so that the health page shows it.
        log.warning("journal_state", state=state.value, reason=reason)
        report("status", journal=state.value)

    def _over(self, session: Session) -> None:
        self._sessions.pop(session.leg.id, None)
        if session.order is not None:
            self.people.called_back(CalledBack(session.order.request, CallStep.OVER))
        self._rest()
        report("status", calls=len(self._sessions))

    def _outward_over(self, outward: Outward) -> None:
        self._outward.discard(outward)
        self._rest()

    def _rest(self) -> None:
        if not self._sessions and not self._outward:
            self._idle.set()

    async def drain(self, grace_s: float) -> None:
        """No new calls; live ones go on for ``grace_s`` seconds; then nothing is left."""
        report("status", draining=True)
        await self.line.drain(grace_s)
        try:
            await asyncio.wait_for(self._idle.wait(), 5.0)
        except TimeoutError:
            log.warning("sessions_left", calls=list(self._sessions))

    def close(self) -> None:
        """Stop PJSIP and write the journal's rest."""
        self.line.stop()
        self._journal.close()


async def run_worker(config: Config, part: Part) -> None:
    """Serve calls until SIGTERM or until the supervisor is gone.

    Raises:
        PortTaken, TelephonyError, PromptError, PlanError, StoreError: it could not start.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    worker = Worker(config, part, LoopClock(loop))
    capabilities = worker.line.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    listener = asyncio.create_task(supervisor_gone(stop.set, worker.line.alive))
    seeking = asyncio.create_task(worker.people.run())
    status = worker.line.status()
    if part.kind == "worker" and 2 * config.workers.callers_per_worker > capabilities.max_legs:
        log.warning(
            "no_leg_is_kept_for_agents", callers=config.workers.callers_per_worker, max_legs=capabilities.max_legs
        )
    report("ready", port=config.sip.port + part.index, max_legs=capabilities.max_legs, codecs=list(capabilities.codecs))
    log.info("listening", port=config.sip.port + part.index, status=str(status))
    await stop.wait()
    await worker.drain(config.workers.drain_s)
    worker.close()
    listener.cancel()
    seeking.cancel()
    gc.collect()


def leave(status: int) -> None:
    """End this process without running PJSIP's static destructors, which may abort after ``libDestroy``."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)

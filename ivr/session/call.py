"""One call from INVITE to the last journal event.

Leg events come in, the mind decides, its actions go out. Nothing here decides
what is said; nothing here knows SIP, SQLite or a recogniser. Everything runs
in the asyncio loop of the worker.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog

from ivr import events as ev
from ivr.clock import Timer
from ivr.dialog.machine import Machine
from ivr.events import HangupReason, JournalKind, Outcome, RecordingState
from ivr.language.personal_codes import KeyedCode, without_codes
from ivr.people.handover import CallBack, Standing
from ivr.privacy import MASK
from ivr.session.bargein import BargeIn
from ivr.session.echo import EchoGuard
from ivr.session.handover import Handover
from ivr.session.onset import Onset
from ivr.session.ports import Door, LegLike
from ivr.session.recording import CallRecording
from ivr.session.speaker import Said, Speaker
from ivr.session.tasks import called_back, dropped_callback, errand_of, offered_by_us
from ivr.speech.ports import EarAvailable, HeardText, VoiceBegan

log = structlog.get_logger(__name__)

# Not the loop's own threads, by which recordings are closed: a registry that hangs must not keep those waiting.
_consulting: Final = ThreadPoolExecutor(16, thread_name_prefix="consult")


class Session:
    """One caller's conversation.

    ``call_id`` names the call in journal and recording; ``on_over`` is called
    once, when the last event is written and nothing of the call is left. ``order``: the line placed the call, and why.
    """

    def __init__(
        self,
        call_id: str,
        offered: ev.LegOffered,
        leg: LegLike,
        door: Door,
        on_over: Callable[[Session], None],
        order: CallBack | None = None,
    ) -> None:
        self.call_id = call_id
        self.leg = leg
        self.order = order
        self._door, self._on_over, self._caller = door, on_over, offered.caller
        self._t0 = offered.at  # the line's own moments, not those when we hear of them
        self._answered_at: float | None = None
        self._audio_t0: float | None = None
        self._unheard_s = 0.0  # sound that was kept from the ear, whose own count it is missing in
        self._ended: ev.LegEnded | None = None
        self._timer: Timer | None = None
        self._inbox: deque[ev.Event] = deque()
        self._why = ""
        self._grammar = ev.Grammar("", ())
        self._personal = False  # what is heard and keyed now tells who the caller is
        self._keyed_code = KeyedCode()
        self._closing: asyncio.Task[None] | None = None
        standing = door.people.standing if door.people is not None else Standing()
        facts = replace(
            door.facts,
            agent_available=door.facts.agent_available or standing.staffed,
            wait_s=standing.wait_s or door.facts.wait_s,
            caller=offered.caller,
            at=door.clock.utcnow(),
            answers_available=door.ports.answers is not None,
            channels=frozenset(door.ports.messenger.channels if door.ports.messenger is not None else ()),
            errand=errand_of(order) if order is not None else None,
        )
        self._machine = Machine(door.plan, facts, door.grammars)
        self._handover = Handover(
            call_id,
            leg,
            door,
            self._now,
            self._tell,
            self._note,
            lambda: self._machine.wants_agent,
            lambda op: self._do(ev.Record(op)),
        )
        self._consulting: set[asyncio.Task[None]] = set()
        self._secret = False  # nothing that is heard or keyed is written down (X5)
        self._echo = EchoGuard(leg)
        self._echoing = False  # the open turn began with our own voice
        self._speaker = Speaker(
            self._echo, door.sounds, door.mouth, door.language, self._now, self._on_said, door.lead_ins
        )
        self._onset = Onset()
        self._listens = False  # somebody who speaks now is heard
        self._barge_in = BargeIn(self._echo, door.clock, lambda: self._speaker.saying)
        self._recording = CallRecording(call_id, leg, door, self._note, self._on_recording)
        self._ear = door.make_ear(self._on_ear)
        self._note(
            JournalKind.CALL_OFFERED,
            {
                "pii_caller": offered.caller.reveal(),
                "called": offered.called,
                "source": offered.source,
                "sip_call_id": offered.sip_call_id,
                "worker": door.worker,
                "node": door.node,
                **(offered_by_us(order) if order is not None else {}),
            },
        )
        self._ear_opening = asyncio.get_running_loop().create_task(self._ear.open())

    @property
    def agent_leg(self) -> str | None:
        """The leg of whoever is called, or talks."""
        return self._handover.leg

    @property
    def answered(self) -> bool:
        return self._answered_at is not None

    # -- what comes in -------------------------------------------------------

    def on_leg(self, event: ev.LegEvent) -> None:
        """A leg of this call reports; the caller's leg and the agent's are told apart by id."""
        if event.leg == self.leg.id:
            self._on_caller(event)
        else:
            self._handover.on_leg(event)

    def _on_caller(self, event: ev.LegEvent) -> None:
        match event:
            case ev.LegAudio(pcm=pcm):
                if self._audio_t0 is None:
                    self._audio_t0 = self._now()
                self._recording.poll()
                if self._handover.bridged:
                    self._unheard_s += len(pcm) / ev.FRAME_BYTES * ev.FRAME_S
                else:
                    self._echo.heard(pcm)
                    if self._onset.heard(pcm, speaking=self._speaker.saying is not None) and self._listens:
                        self._barge_in.suspected()
                    self._ear.feed(pcm)
            case ev.LegPlaybackDone():
                self._speaker.on_playback(event)
            case ev.LegKey(key=key, source=source):
                # Two people who talk may ask each other for a code; that is nobody else's.
                field = "pii_key" if (self._personal or self._handover.bridged) and not self._secret else "key"
                code = self._keyed_code.hides(key, event.at)
                hidden = self._secret or (code and not self._personal)  # a number that was asked for is no code
                self._note(JournalKind.TURN_KEY, {field: MASK if hidden else key, "source": source})
                self._tell(ev.Pressed(self._now(), key))
            case ev.LegAnswered(codec=codec):
                self._answered_at = event.at - self._t0
                # How soon somebody picks up whom we call is no figure of ours.
                after = {"after_ms": round(self._answered_at * 1000)} if self.order is None else {}
                self._note(JournalKind.CALL_ANSWERED, {"codec": codec, **after})
                self._tell(ev.Answered(self._now()))
            case ev.LegHeld():
                self._tell(ev.Held(self._now()))
            case ev.LegResumed():
                self._tell(ev.Resumed(self._now()))
            case ev.LegEnded():
                self._over(event)

    def _on_ear(self, event: object) -> None:
        base = (self._audio_t0 or 0.0) + self._unheard_s
        match event:
            case VoiceBegan(offset_s=offset_s) if self._echo.is_echo(offset_s):
                self._echoing = True  # the mind does not hear of it
            case VoiceBegan():
                self._echoing = False
                self._barge_in.voice_began()
                self._tell(ev.SpeechStarted(self._now()))
            case HeardText(started_s=from_s, ended_s=to_s) if (event.text or event.free) and self._echo.is_echo(
                from_s, to_s
            ):
                log.info("echo_heard", call=self.call_id, grammar=self._grammar.name)
                self._on_ear(replace(event, text="", words=(), free=""))
            case HeardText(text="") if self._echoing:
                self._echoing = False
            case HeardText():
                self._echoing = False
                words = tuple(ev.Word(w.text, base + w.started, base + w.ended, w.confidence) for w in event.words)
                started, ended = base + event.started_s, base + event.ended_s
                # Open speech (a message) may hold anything: it is personal data.
                field = "pii_text" if self._personal or not self._grammar.phrases else "text"
                free = MASK if self._secret and event.free else without_codes(event.free, MASK)
                self._note(
                    JournalKind.TURN_HEARD,
                    {
                        "grammar": self._grammar.name,
                        field: MASK if self._secret else without_codes(event.text, MASK),
                        **({"pii_free": free} if free else {}),
                        "confidence": round(event.confidence, 3),
                        "started_s": round(started, 3),
                        "ended_s": round(ended, 3),
                        "decided_s": round(base + event.decided_s, 3),
                    },
                )
                self._tell(ev.Heard(self._now(), event.text, event.confidence, words, started, ended, event.free))
                self._barge_in.go_on()
            case EarAvailable(available=available):
                if not available:
                    log.warning("ear_away", call=self.call_id)
                    self._barge_in.go_on()
                self._tell(ev.EarChanged(self._now(), available))

    def _on_said(self, said: Said) -> None:
        self._barge_in.go_on()
        self._note(
            JournalKind.TURN_SAID,
            {
                "prompts": list(said.prompts),
                "text": said.text,
                "started_s": round(said.started, 3),
                "ended_s": round(said.ended, 3),
                "completed": said.completed,
            },
        )
        self._tell(ev.PlaybackDone(self._now(), said.utterance, said.completed))

    def _on_recording(self, state: RecordingState, running: bool) -> None:
        self._tell(ev.RecordingChanged(self._now(), state, running))

    # -- what goes out -------------------------------------------------------

    def _tell(self, event: ev.Event) -> None:
        """Let the mind decide; events that its actions cause at once wait until those are done."""
        self._inbox.append(event)
        if len(self._inbox) > 1:
            return
        while self._inbox:
            try:
                self._handle(self._inbox[0])
            except Exception:
                # A fault here must not leave a caller in silence: the call is ended, loudly.
                log.exception("event_failed", call=self.call_id, node=self._machine.node)
                self.leg.hangup(HangupReason.ERROR)
            finally:
                self._inbox.popleft()
        self._arm()

    def _handle(self, event: ev.Event) -> None:
        if self._ended is not None and not isinstance(event, ev.HungUp):
            return
        for action in self._machine.handle(event):
            self._do(action)

    def _do(self, action: ev.Action) -> None:
        match action:
            case ev.Say():
                self._speaker.say(action)
            case ev.StopSaying():
                self._speaker.stop()
            case ev.Listen(grammar=grammar, end_silence_s=end_silence_s, expected_words=expected_words):
                self._grammar, self._personal, self._listens = grammar, action.personal, True
                self._barge_in.go_on()  # an open turn of the listening before is forgotten
                self._ear.listen(grammar, end_silence_s, expected_words)
            case ev.StopListening():
                self._personal = self._listens = False
                self._barge_in.go_on()
                self._ear.stop()
            case ev.Record(op=op):
                self._secret = op == "mute" or (self._secret and op != "unmute")
                self._recording.apply(op)
            case ev.Consult(ticket=ticket, question=question):
                task = asyncio.get_running_loop().create_task(self._consult(ticket, question))
                self._consulting.add(task)
                task.add_done_callback(self._consulting.discard)
            case ev.Note(kind=kind, data=data):
                self._note(kind, data)
            case ev.Dial():
                self._handover.dial(action)
            case ev.StopDialling():
                self._handover.stop()
            case ev.Bridge():
                self._handover.bridge()
            case ev.HangUp(reason=reason):
                self._why = reason
                self.leg.hangup(HangupReason.ASSISTANT)

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self._machine.deadline
        if deadline is not None and self._ended is None:
            self._timer = self._door.clock.call_at(self._t0 + deadline, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._tell(ev.Tick(self._now()))

    async def _consult(self, ticket: str, question: object) -> None:
        """Ask in a thread: whoever answers may take their time."""
        answer: object | None = None
        try:
            answer = await asyncio.get_running_loop().run_in_executor(_consulting, self._door.ports.ask, question)
        except Exception:
            # Whatever failed out there: the mind has a way on for a question without an answer.
            log.exception("consult_failed", call=self.call_id, question=type(question).__name__)
        self._tell(ev.Consulted(self._now(), ticket, answer))

    # -- the end -------------------------------------------------------------

    def _over(self, ended: ev.LegEnded) -> None:
        if self._ended is not None:
            return
        self._ended = ended
        self._barge_in.go_on()
        self._speaker.stop()
        self._tell(ev.HungUp(self._now(), ended.reason))
        self._closing = asyncio.get_running_loop().create_task(self._close(ended))

    async def _close(self, ended: ev.LegEnded) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for question in self._consulting:
            question.cancel()
        self._handover.close()
        try:
            await self._recording.close()
        except Exception:  # the call's end is written whatever became of its recording
            log.exception("recording_not_closed", call=self.call_id)
        # The last frame may end a moment after BYE; the journal's times don't run backwards.
        now = self._door.clock.utcnow()
        at = max(now, self._recording.ended_at or now)
        self._note(JournalKind.RECORDING_STATE, {"state": self._recording.state.value, "final": True}, at)
        outcome = self._outcome(ended)
        cut_off = self._machine.cut_off and outcome is not Outcome.ABANDONED
        if self.order is not None:  # the task that it is about is there already, and is not doubled while it is open
            kind, data = called_back(self.order, self._machine.errand_end, ended.reason, self._handover.spoke)
            self._note(kind, data, at)
            cut_off = cut_off and kind is JournalKind.TASK_DONE
        if cut_off and self._caller:
            task = dropped_callback(self._caller.reveal(), ended.reason)
            self._note(JournalKind.TASK_CREATED, task, at)
        duration = self._now() - self._answered_at if self._answered_at is not None else 0.0
        self._note(
            JournalKind.CALL_ENDED,
            {
                "reason": ended.reason.value,
                "code": ended.code,
                "outcome": outcome.value,
                "node": self._machine.node,
                "duration_s": round(duration, 3),
                **({"why": self._why} if self._why else {}),
            },
            at,
        )
        self._ear_opening.cancel()
        await self._ear.close()
        self._on_over(self)

    def _outcome(self, ended: ev.LegEnded) -> Outcome:
        """A call that was never confirmed is nobody's dropped conversation: no callback follows from it."""
        if self._answered_at is None or ended.reason is HangupReason.NO_ACK:
            return Outcome.ABANDONED
        return self._machine.outcome

    def _now(self) -> float:
        return self._door.clock.now() - self._t0

    def _note(self, kind: JournalKind, data: Mapping[str, object], at: datetime | None = None) -> None:
        self._door.journal.append(self.call_id, kind.value, data, at or self._door.clock.utcnow())

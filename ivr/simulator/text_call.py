"""A call as text: the real mind, a virtual clock, prompts that last as long as their words.

:class:`TextCall` is the shell's stand-in: it does what the mind wants and keeps
what a real call's journal would hold.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial

from ivr import events as ev
from ivr.clock import Timer
from ivr.dialog.facts import Errand, Facts
from ivr.dialog.machine import Machine
from ivr.dialog.plan import Plan
from ivr.dialog.ports import Grammars, Ports
from ivr.dialog.understand import normalise
from ivr.events import HangupReason, JournalKind, Outcome, RecordingState
from ivr.language.personal_codes import without_codes
from ivr.people.handover import CallBack
from ivr.privacy import MASK, Pii
from ivr.session.tasks import called_back
from ivr.simulator.clock import START, VirtualClock
from ivr.simulator.invented_answers import FakePost
from ivr.simulator.offices import fake_ports
from ivr.simulator.scenario import World
from ivr.speech.grammars import NAMES
from ivr.speech.grammars.book import GrammarBook

CHARS_PER_S = 14.0
_PARTLY = 0.7  # confidence of a phrase in the midst of other words
AGENT_RINGS_S = 4.0
LINE_S = 60.0
LOOKS_UP_S = {"work": 0.4, "slow": 7.0, "none": 0.2}
GRAMMARS = GrammarBook(lambda: START.year)
FAILS_AFTER_S = {"busy": 0.5, "declined": 2.0, "unreachable": 0.3}


def spoken_s(text: str) -> float:
    """Rough duration of a sentence, in seconds."""
    return max(0.4, len(text) / CHARS_PER_S)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the call as the journal would hold it; ``at`` in seconds."""

    at: float
    kind: str
    data: Mapping[str, object]


@dataclass(slots=True)
class Played:
    """One prompt that the caller hears; ``ended`` is None while it plays."""

    prompt: str  # empty for a sentence that the line put together
    text: str
    began: float
    ended: float | None = None
    completed: bool = False
    pace: float = 1.0


@dataclass(slots=True)
class _Utterance:
    say: ev.Say
    began: float | None = None
    prompts: list[Played] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)


class TextCall:
    """One call. ``texts``: prompt id → text; ``duration``: seconds of a text; ``on_action``: told of every action.
    ``ports``: who is asked, instead of the invented office. ``wordings``: prompts that are said in other words each
    time; without them the plan's own ids are all that is said.

    ``entries``: the journal. ``heard_prompts``: what the caller heard, in order.
    ``silences``: (from, to) in which the line owed the turn and said nothing.
    """

    def __init__(
        self,
        plan: Plan,
        texts: Mapping[str, str],
        world: World | None = None,
        *,
        clock: VirtualClock | None = None,
        duration: Callable[[str], float] = spoken_s,
        wordings: Mapping[str, Sequence[str]] | None = None,
        on_action: Callable[[float, ev.Action], None] | None = None,
        ports: Ports | None = None,
        make_machine: Callable[[Plan, Facts, Grammars], Machine] = Machine,
    ) -> None:
        self.world = world or World()
        self.clock = clock or VirtualClock(self.world.at)
        self.entries: list[Entry] = []
        self.heard_prompts: list[Played] = []
        self.silences: list[tuple[float, float]] = []
        self.over: HangupReason | None = None
        self.ended_because = ""  # reason that the mind gave for ending the call
        self.bridged = False
        self._ports = _office(self.world) if ports is None else ports
        self.machine = make_machine(
            plan,
            Facts(
                agent_available=self.world.agent != "none",
                recording_enabled=self.world.recording,
                caller=Pii(self.world.caller),
                at=self.clock.utcnow(),
                wait_s=self.world.queue_s,
                answers_available=self._ports.answers is not None,
                channels=frozenset(self._ports.messenger.channels if self._ports.messenger is not None else ()),
                wordings=wordings or {},
                others=frozenset(prompt for prompt in texts if ":" in prompt),
                errand=_errand(self.world),
            ),
            GRAMMARS,
        )
        self._agents = deque(self.world.agents)
        self._dialling: list[Timer] = []
        self._secret = False  # between Record("mute") and "unmute" nothing is written down (X5)
        self._texts, self._duration, self._on_action = texts, duration, on_action
        self._queue: deque[_Utterance] = deque()
        self.listening: ev.Listen | None = None
        self._timer: Timer | None = None
        self._held = False
        self._ear = True
        self._recording: float | None = None
        self._quiet_since: float | None = None
        self._started = False

    # -------------------------------------------------------------- the caller's side

    def answer(self) -> None:
        """The call is offered and answered at once."""
        self._note(JournalKind.CALL_OFFERED, {"pii_caller": self.world.caller})
        self._note(JournalKind.CALL_ANSWERED, {})
        self._started = True
        self._tell(ev.Answered(self.now))

    def say(self, text: str, *, for_s: float | None = None, strict: bool = True, sure: float = 0.95) -> None:
        """Speak, and be silent until the turn has ended.

        ``strict``: as with a recogniser, only whole phrases of a choice are understood, and of a grammar of
        values any words that it knows; open speech is understood as it is.
        """
        began = self.now
        if self._hears:
            self._tell(ev.SpeechStarted(began))
        self.clock.advance(spoken_s(text) if for_s is None else for_s)
        ended = self.now
        listen = self.listening
        if listen is None or not self._hears:
            return
        self.clock.advance(listen.end_silence_s)
        if self.listening is not listen or self.over is not None:
            return
        understood = _understood(normalise(text), listen.grammar, strict)
        whole = understood in listen.grammar.phrases or not listen.grammar.phrases or listen.grammar.name in NAMES
        confidence = (sure if whole else min(sure, _PARTLY)) if understood else 0.0
        field = "pii_text" if listen.personal or not listen.grammar.phrases else "text"
        heard: dict[str, object] = {field: MASK if self._secret else without_codes(understood, MASK)}
        times = {"confidence": confidence, "started_s": round(began, 3), "ended_s": round(ended, 3)}
        self._note(JournalKind.TURN_HEARD, heard | times)
        free = normalise(text) if listen.grammar.phrases else ""
        self._tell(ev.Heard(self.now, understood, confidence, (), began, ended, free))

    def press(self, key: str) -> None:
        personal = self.listening is not None and self.listening.personal and not self._secret
        self._note(
            JournalKind.TURN_KEY, {"pii_key" if personal else "key": MASK if self._secret else key, "source": "rtp"}
        )
        self._tell(ev.Pressed(self.now, key))

    def hold(self) -> None:
        self._held = True
        self._tell(ev.Held(self.now))

    def resume(self) -> None:
        self._held = False
        self._tell(ev.Resumed(self.now))

    def hangup(self, reason: HangupReason = HangupReason.CALLER) -> None:
        """The caller's leg ends."""
        if self.over is not None:
            return
        self.over = reason
        self._cut()
        self._tell(ev.HungUp(self.now, reason))
        self._close()

    # -------------------------------------------------------------- the world

    def agent_hangup(self) -> None:
        self.bridged = False
        self._tell(ev.AgentHungUp(self.now))

    def agent_gives_back(self) -> None:
        self.bridged = False
        self._tell(ev.AgentGaveBack(self.now))

    def set_ear(self, available: bool) -> None:
        self._ear = available
        self._tell(ev.EarChanged(self.now, available))

    def lose_recording(self) -> None:
        self._end_recording(RecordingState.DEGRADED)
        self._tell(ev.RecordingChanged(self.now, RecordingState.DEGRADED, running=False))

    # -------------------------------------------------------------- what can be seen

    @property
    def now(self) -> float:
        return self.clock.now()

    @property
    def playing(self) -> bool:
        return bool(self._queue)

    @property
    def callers_turn(self) -> bool:
        """The line says nothing and listens."""
        return not self._queue and self.listening is not None

    @property
    def expected(self) -> tuple[str, ...]:
        """Phrases that count now; empty while nobody listens, and for open speech."""
        return self.listening.grammar.phrases if self.listening is not None else ()

    @property
    def outcome(self) -> Outcome:
        return self.machine.outcome

    # -------------------------------------------------------------- the shell's work

    @property
    def _hears(self) -> bool:
        return self._ear and self.listening is not None and not self._held

    def _tell(self, event: ev.Event) -> None:
        for action in self.machine.handle(event):
            if self._on_action is not None:
                self._on_action(self.now, action)
            self._do(action)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.machine.deadline is not None and self.over is None:
            self._timer = self.clock.call_at(self.machine.deadline, lambda: self._tell(ev.Tick(self.now)))
        self._watch_silence()

    def _do(self, action: ev.Action) -> None:
        match action:
            case ev.Say():
                self._queue.append(_Utterance(action))
                self._play_next()
            case ev.StopSaying():
                self._cut()
            case ev.Listen():
                self.listening = action
            case ev.StopListening():
                self.listening = None
            case ev.Note(kind=kind, data=data):
                self._note(kind, data)
            case ev.Record(op="start"):
                self._recording = self.now
                self._note(JournalKind.RECORDING_STARTED, {})
                self.clock.call_at(
                    self.now, lambda: self._tell(ev.RecordingChanged(self.now, RecordingState.OK, running=True))
                )
            case ev.Record(op="erase"):
                self._secret = False
                if self._recording is not None:
                    self._recording = None
                    self._note(JournalKind.RECORDING_STATE, {"state": RecordingState.DECLINED.value})
                    declined = RecordingState.DECLINED
                    self.clock.call_at(
                        self.now, lambda: self._tell(ev.RecordingChanged(self.now, declined, running=False))
                    )
            case ev.Record(op=op):
                self._secret = op == "mute"
            case ev.Consult(ticket=ticket, question=question):
                answer = self._ports.ask(question)
                self.clock.call_at(
                    self.now + LOOKS_UP_S[self.world.lookups],
                    lambda: self._tell(ev.Consulted(self.now, ticket, answer)),
                )
            case ev.Dial(no_answer_s=no_answer_s):
                self._dial(no_answer_s)
            case ev.StopDialling():
                self._stop_dialling()
            case ev.Bridge():
                self.bridged = True
            case ev.HangUp(reason=reason):
                self.ended_because = reason
                self.hangup(HangupReason.ASSISTANT)

    def _dial(self, no_answer_s: float) -> None:
        self._stop_dialling()
        if self.world.agents:
            self._choose(no_answer_s)
            return
        if self.world.agent == "answers":
            self._agent_does(AGENT_RINGS_S, lambda: ev.AgentAnswered(self.now))
            return
        after = FAILS_AFTER_S.get(self.world.agent, no_answer_s)
        reason = HangupReason(self.world.agent)
        self._agent_does(after, lambda: ev.AgentFailed(self.now, reason))

    def _choose(self, no_answer_s: float) -> None:
        """As the switchboard does: the next of the world's agents, or the line until one is free."""
        if not self._agents:
            self._agent_does(0.05, lambda: ev.AgentFailed(self.now, HangupReason.NO_ANSWER))
            return
        agent = self._agents[0]
        if agent == "line":
            self._agent_does(0.05, lambda: ev.AgentQueued(self.now, 2, 290.0))
            self._agent_does(LINE_S / 2, lambda: ev.AgentQueued(self.now, 1, 110.0))
            self._dialling.append(self.clock.call_at(self.now + LINE_S, partial(self._line_over, no_answer_s)))
            return
        self._agents.popleft()
        self._agent_does(0.05, lambda: ev.AgentRinging(self.now, no_answer_s))
        if agent == "answers":
            self._agent_does(AGENT_RINGS_S, lambda: ev.AgentAnswered(self.now))
        else:
            reason = HangupReason(agent)
            after = FAILS_AFTER_S.get(agent, no_answer_s)
            self._agent_does(after, lambda: ev.AgentFailed(self.now, reason, others=True))

    def _line_over(self, no_answer_s: float) -> None:
        self._agents.popleft()
        self._choose(no_answer_s)

    def _agent_does(self, after_s: float, event: Callable[[], ev.Event]) -> None:
        self._dialling.append(self.clock.call_at(self.now + after_s, lambda: self._tell(event())))

    def _stop_dialling(self) -> None:
        for timer in self._dialling:
            timer.cancel()
        self._dialling.clear()

    def _play_next(self) -> None:
        if not self._queue or self._queue[0].began is not None:
            return
        utterance = self._queue[0]
        utterance.began = at = self.now
        for prompt in utterance.say.prompts:
            text = self._texts[prompt.id] if prompt.id else prompt.text
            length = self._duration(text) / utterance.say.pace
            played = Played(prompt.id, text, at, pace=utterance.say.pace)
            utterance.timers.append(self.clock.call_at(at, partial(self._begin, utterance, played)))
            at += length
            utterance.timers.append(self.clock.call_at(at, partial(self._end, played)))
        utterance.timers.append(self.clock.call_at(at, self._done))

    def _begin(self, utterance: _Utterance, played: Played) -> None:
        played.began = self.now
        utterance.prompts.append(played)
        self.heard_prompts.append(played)

    def _end(self, played: Played) -> None:
        played.ended, played.completed = self.now, True

    def _done(self) -> None:
        self._over_with(self._queue.popleft(), completed=True)
        self._play_next()

    def _cut(self) -> None:
        queue, self._queue = self._queue, deque()
        for utterance in queue:
            for timer in utterance.timers:
                timer.cancel()
            for played in utterance.prompts:
                if played.ended is None:
                    played.ended = self.now
            self._over_with(utterance, completed=False)

    def _over_with(self, utterance: _Utterance, *, completed: bool) -> None:
        if utterance.began is not None:
            prompts = utterance.say.prompts
            self._note(
                JournalKind.TURN_SAID,
                {
                    "prompts": [prompt.id for prompt in prompts if prompt.id],
                    "text": " ".join(self._texts[p.id] if p.id else MASK if p.private else p.text for p in prompts),
                    "started_s": round(utterance.began, 3),
                    "ended_s": round(self.now, 3),
                    "completed": completed,
                },
            )
        # As in a real call the report comes after the action that caused it.
        done = ev.PlaybackDone
        self.clock.call_at(self.now, lambda: self._tell(done(self.now, utterance.say.utterance, completed)))

    def _watch_silence(self) -> None:
        owed = self._started and self.over is None and not self.bridged and not self._held
        silent = owed and not self._queue and self.listening is None
        if silent and self._quiet_since is None:
            self._quiet_since = self.now
        elif not silent and self._quiet_since is not None:
            if self.now > self._quiet_since:
                self.silences.append((self._quiet_since, self.now))
            self._quiet_since = None

    def _close(self) -> None:
        self._watch_silence()
        if self._timer is not None:
            self._timer.cancel()
        self._end_recording(RecordingState.OK)
        if self.world.calls_out is not None:
            order = CallBack(1, "", self.world.caller, "earlier-call", 1, "callback", 30.0)
            self._note(*called_back(order, self.machine.errand_end, self.over or HangupReason.ERROR, None))
        self._note(
            JournalKind.CALL_ENDED,
            {
                "reason": (self.over or HangupReason.ERROR).value,
                "why": self.ended_because,
                "outcome": self.outcome.value,
                "node": self.machine.node,
            },
        )

    def _end_recording(self, state: RecordingState) -> None:
        if self._recording is not None:
            self._recording = None
            self._note(JournalKind.RECORDING_ENDED, {"state": state.value})

    def _note(self, kind: JournalKind, data: Mapping[str, object]) -> None:
        self.entries.append(Entry(self.now, kind.value, dict(data)))


def _errand(world: World) -> Errand | None:
    out = world.calls_out
    return Errand(Pii(out.name), Pii(out.answer), out.wanted, out.topic) if out is not None else None


def _office(world: World) -> Ports:
    office = Ports() if world.lookups == "none" else fake_ports()
    return office if world.sending == "none" else replace(office, messenger=FakePost(takes=world.sending == "works"))


def _understood(text: str, grammar: ev.Grammar, strict: bool) -> str:
    """What a recogniser would make of the words."""
    if not grammar.phrases or not strict or text in grammar.phrases:
        return text
    if grammar.name not in NAMES and not grammar.name.startswith("digits:"):
        return ""
    known = _words(grammar.phrases)
    return text if all(word in known for word in text.split()) else ""


@lru_cache(maxsize=64)
def _words(phrases: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word for phrase in phrases for word in phrase.split())

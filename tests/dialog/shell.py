"""A strict stand-in for the shell: does what the mind wants, and notices what it must never want."""

from __future__ import annotations

from collections.abc import Callable

from ivr.dialog.facts import Facts
from ivr.dialog.machine import Machine
from ivr.dialog.plan import Plan
from ivr.dialog.ports import Grammars
from ivr.events import (
    Action,
    Answered,
    Bridge,
    Consult,
    Consulted,
    Dial,
    Event,
    Grammar,
    HangUp,
    HungUp,
    Listen,
    Note,
    PlaybackDone,
    Record,
    Say,
    StopListening,
    StopSaying,
    Tick,
)


class StrictShell:
    """Feeds events on a clock that only moves forward; every answer of the mind is checked."""

    def __init__(self, plan: Plan, facts: Facts, grammars: Grammars | None = None) -> None:
        self.machine = Machine(plan, facts, grammars)
        self.facts = facts
        self.now = 0.0
        self.queue: list[Say] = []
        self.grammar: Grammar | None = None
        self.dialled = False
        self.bridged = False
        self.over = False
        self.notice_heard = False
        self.said: list[str] = []
        self.actions: list[Action] = []
        self.asked: list[str] = []
        self.utterances: set[str] = set()

    def tell(self, make: Callable[[float], Event], after: float = 0.0) -> tuple[Action, ...]:
        self.now += after
        event = make(self.now)
        was_over = self.over
        if isinstance(event, HungUp):
            self.over = True
        if isinstance(event, PlaybackDone) and event.completed and "notice.recorded" in self._prompts_of(event):
            self.notice_heard = True
        if isinstance(event, PlaybackDone):
            self.queue = [say for say in self.queue if say.utterance != event.utterance]
        actions = self.machine.handle(event)
        if was_over:
            assert actions == (), f"{actions} after the end of the call"
        for action in actions:
            self._check(action)
            self.actions.append(action)
            if isinstance(action, Consult):
                self.asked.append(action.ticket)
        return actions

    def consult(self, answer: object | None = None) -> None:
        """What the mind asked last is answered, as by an office in which nobody is."""
        ticket = self.asked.pop()
        self.tell(lambda at: Consulted(at, ticket, answer), after=0.3)

    def _prompts_of(self, event: PlaybackDone) -> list[str]:
        return [p.id for say in self.queue if say.utterance == event.utterance for p in say.prompts]

    def _check(self, action: Action) -> None:
        if isinstance(action, HangUp):
            assert not self.over
            self.over = True
            return
        assert isinstance(action, Note) or not self.over, f"{action} after the end of the call"
        match action:
            case Say():
                assert action.utterance not in self.utterances, "an utterance's name was used before"
                assert not self.bridged, "the line speaks into the talk of two people"
                self.utterances.add(action.utterance)
                self.queue.append(action)
                self.said += [prompt.id for prompt in action.prompts]
            case StopSaying():
                assert self.queue, "nothing to stop"
                assert all(say.interruptible for say in self.queue), "an uninterruptible sentence was cut"
                self.queue.clear()
            case Listen():
                assert all(say.interruptible for say in self.queue), "the ear is open during the notice"
                self.grammar = action.grammar
            case StopListening():
                self.grammar = None
            case Record(op="start"):
                assert self.facts.recording_enabled
                assert self.notice_heard, "recording began before the notice was heard"
            case Dial():
                self.dialled = True
            case Bridge():
                assert self.dialled
                self.bridged, self.dialled = True, False

    def answer(self) -> None:
        self.tell(Answered)

    def play(self, *, completed: bool = True) -> None:
        """The sentence that plays comes to its end (or fails)."""
        say = self.queue[0]
        self.tell(lambda at: PlaybackDone(at, say.utterance, completed), after=1.0)

    def play_all(self) -> None:
        while self.queue and not self.over:
            self.play()

    def tick(self) -> None:
        """Time passes until the mind wants to be woken."""
        deadline = self.machine.deadline
        assert deadline is not None
        self.now = max(self.now, deadline)
        self.tell(Tick)

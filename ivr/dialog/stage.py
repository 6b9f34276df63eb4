"""What a skill may do during a call, and what the call remembers.

The stage gathers actions while one event is handled and hands them out at the
end. It keeps the books that every skill needs: what is being said, whether the
ear is open, which timers run, which keys were typed ahead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ivr.dialog.facts import Facts
from ivr.dialog.nodes import Plan
from ivr.events import (
    Action,
    Grammar,
    HangUp,
    JournalKind,
    Listen,
    Note,
    Prompt,
    Say,
    StopListening,
    StopSaying,
)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the recording, in seconds on the call's clock."""

    started: float
    ended: float


class Stage:
    """State and means of one call; owned by :class:`~ivr.dialog.machine.Machine`."""

    def __init__(self, plan: Plan, facts: Facts) -> None:
        self.plan, self.facts = plan, facts
        self.now = 0.0
        self.ear_available = facts.ear_available
        self.recording_running = False
        self.held = False
        self.speech_active = False
        self.bridged = False  # at any time in this call: a person took over
        self.understood = False  # the caller made at least one choice
        self.message_created = False
        self.message: Span | None = None  # spoken, not yet handed to the staff
        self.typed: deque[str] = deque()  # keys that wait for their turn (X3)
        self.ended = False  # we ended the call
        self.going: str | None = None  # node to enter next
        self.turn_prompts: list[str] = []  # what "repeat" says again
        self._actions: list[Action] = []
        self._saying: dict[str, bool] = {}  # utterance id → interruptible, in order
        self._utterances = 0
        self._timers: dict[str, float] = {}
        self._paused: dict[str, float] = {}  # timers during hold: seconds that were left
        self._wanted: tuple[Grammar, float] | None = None
        self._open = False
        self._fresh = False

    # -------------------------------------------------------------- mouth

    @property
    def speaking(self) -> bool:
        """Something that we asked to be said is not over yet."""
        return bool(self._saying)

    @property
    def locked(self) -> bool:
        """Something is being said that must not be interrupted."""
        return not all(self._saying.values())

    def say(self, prompts: Iterable[str], *, interruptible: bool = True, repeatable: bool = True) -> None:
        """Say prompts by id, one utterance. ``repeatable``: part of what "repeat" says again."""
        ids = tuple(prompts)
        self._utterances += 1
        utterance = f"u{self._utterances}"
        self._saying[utterance] = interruptible
        if repeatable:
            self.turn_prompts.extend(ids)
        self._actions.append(Say(utterance, tuple(Prompt(id=name) for name in ids), interruptible))

    def stop_saying(self) -> None:
        """Cut what is being said. Nothing happens while something uninterruptible is among it (X2)."""
        if not self._saying or self.locked:
            return
        unsaid = [a for a in self._actions if isinstance(a, Say) and a.utterance in self._saying]
        # What was only just asked for needs no cutting: it is not asked for at all.
        self._actions = [action for action in self._actions if action not in unsaid]
        if len(unsaid) < len(self._saying):
            self._actions.append(StopSaying())
        self._saying.clear()

    def playback_done(self, utterance: str) -> bool:
        """Book an utterance as over. True when it was the last one that we still waited for."""
        return self._saying.pop(utterance, None) is not None and not self._saying

    # -------------------------------------------------------------- ear

    def listen(self, name: str, phrases: Iterable[str], end_silence_s: float | None = None) -> None:
        """Open the ear from the end of this event on; a second call starts it afresh."""
        silence = self.plan.settings.end_silence_s if end_silence_s is None else end_silence_s
        self._wanted = (Grammar(name, tuple(phrases)), silence)
        self._fresh = True

    @property
    def listening(self) -> bool:
        """The ear was open when this event came."""
        return self._open

    def wait_for_caller(self) -> None:
        """Start the no-input timer, unless we still speak or the caller does."""
        if not self.speaking and not self.speech_active:
            self.set_timer("no_input", self.plan.settings.no_input_s)

    # -------------------------------------------------------------- clock

    @property
    def deadline(self) -> float | None:
        """When the next timer is due, on the call's clock."""
        return min(self._timers.values(), default=None)

    def set_timer(self, name: str, after_s: float) -> None:
        """Start or restart a timer. During hold it starts when the caller is back."""
        if self.held and name != "hold":
            self._paused[name] = after_s
        else:
            self._timers[name] = self.now + after_s

    def clear_timer(self, name: str) -> None:
        self._timers.pop(name, None)
        self._paused.pop(name, None)

    def take_due(self) -> list[str]:
        """Names of the timers that are due, earliest first; they are stopped."""
        due = sorted((at, name) for name, at in self._timers.items() if at <= self.now + 1e-6)
        for _, name in due:
            del self._timers[name]
        return [name for _, name in due]

    def hold(self) -> None:
        """The caller put us on hold: time stands still, the ear is closed."""
        self.held = True
        self._paused = {name: max(0.0, at - self.now) for name, at in self._timers.items()}
        self._timers.clear()
        self.set_timer("hold", self.plan.settings.hold_max_s)

    def resume(self) -> None:
        """The caller is back: timers go on where they stood."""
        self.held = False
        self._timers = {name: self.now + left for name, left in self._paused.items()}
        self._paused.clear()
        self._fresh = True

    # -------------------------------------------------------------- the rest

    def do(self, action: Action) -> None:
        """Any other action."""
        self._actions.append(action)

    def note(self, kind: JournalKind, data: Mapping[str, object]) -> None:
        """Write to the journal."""
        self._actions.append(Note(kind, dict(data)))

    def note_message(self, *, confirmed: bool) -> None:
        """Make a task of the spoken message, if there is one (A12.19).

        A message whose speaker hung up before confirming it is kept all the
        same; the task then says so.
        """
        if self.message is None:
            return
        data: dict[str, object] = {
            "type": "message",
            "started_s": round(self.message.started, 3),
            "ended_s": round(self.message.ended, 3),
            "confirmed": confirmed,
        }
        if self.facts.caller_known:
            data["pii_caller"] = self.facts.caller.reveal()
        self.note(JournalKind.TASK_CREATED, data)
        self.message = None
        self.message_created = True

    def hang_up(self, reason: str) -> None:
        """End the call from our side; nothing is done after it."""
        self.ended = True
        self._actions.append(HangUp(reason))

    def goto(self, node: str) -> None:
        """Enter another node as soon as the skill returns."""
        self.going = node

    def begin(self, now: float) -> None:
        """A new event is handled."""
        self.now = now
        self._actions = []

    def enter(self) -> None:
        """A node begins: no timer but the hold's, a closed ear, no words left over."""
        self._timers = {name: at for name, at in self._timers.items() if name == "hold"}
        self._paused.clear()
        self._wanted = None
        self.speech_active = False

    def finish(self, *, over: bool) -> tuple[Action, ...]:
        """Actions of this event. ``over``: the call is ending, nothing is opened any more."""
        if over:
            self._timers.clear()
            return tuple(self._actions)
        if self._wanted is None or self.held:
            if self._open:
                self._actions.append(StopListening())
            self._open = False
        elif self._fresh or not self._open:
            grammar, silence = self._wanted
            self._actions.append(Listen(grammar, silence))
            self._open, self._fresh, self.speech_active = True, False, False
        return tuple(self._actions)

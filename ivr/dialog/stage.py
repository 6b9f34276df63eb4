"""What a skill may do during a call, and what the call remembers.

The stage gathers actions while one event is handled and hands them out at the
end. It keeps the books that every skill needs: what is being said, whether the
ear is open, which timers run, which keys were typed ahead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from ivr.dialog.facts import Facts
from ivr.dialog.memory import Memory
from ivr.dialog.negation import wanted
from ivr.dialog.nodes import Plan
from ivr.dialog.ports import Grammars, NoGrammars, Question
from ivr.dialog.wording import Wordings
from ivr.events import (
    Action,
    Consult,
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

KEPT_KEYS: Final = 64
"""So many keys are kept where none counts: two people who are connected may press as many as they like."""


class Stage:
    """State and means of one call; owned by :class:`~ivr.dialog.machine.Machine`."""

    def __init__(self, plan: Plan, facts: Facts, grammars: Grammars | None = None) -> None:
        self.plan, self.facts = plan, facts
        self.grammars: Grammars = grammars or NoGrammars()
        self.memory = Memory.of(facts.errand, facts.wait_s)
        self.node = ""
        self.now = 0.0
        self.ear_available = facts.ear_available
        self.recording_running = False
        self.held = False
        self.speech_active = False
        self.noise_at = 0.0  # when a sentence or the caller's turn was last over
        self.bridged = False  # at any time in this call: a person took over
        self.understood = False  # the caller made at least one choice
        self.message_created = False
        self.callback_created = False
        self.missed = False  # the caller hung up while waiting for a person
        self.declined = False  # the caller objected to recording (X11)
        self.ruled_out = False  # a rule ended the call
        self.called = ""  # how far a call is that the line itself placed, as a node of the kind called said last
        self.pace = 1.0
        self.language = ""  # the caller's, where it is not the line's own
        self.visited: deque[str] = deque(maxlen=20)  # nodes in which the caller had the turn, for "back"
        self.typed: deque[str] = deque(maxlen=KEPT_KEYS)  # keys that wait for their turn (X3); the newest are kept
        self.ended = False  # we ended the call
        self.going: str | None = None  # node to enter next
        self.looking_up = False  # the world was asked something: the line owes the turn
        self.wished = ""  # a key that a skill took and that was meant for a command after all
        self.turn_prompts: list[str | Prompt] = []  # what "repeat" says again
        self._actions: list[Action] = []
        self._wordings = Wordings(facts.wordings)
        self._saying: dict[str, bool] = {}  # utterance id → interruptible, in order
        self.utterances = 0  # that were asked for in this call
        self._tickets = 0
        self._timers: dict[str, float] = {}
        self._paused: dict[str, float] = {}  # timers during hold: seconds that were left
        self._wanted: Listen | None = None
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

    def say(self, prompts: Iterable[str | Prompt], *, interruptible: bool = True, repeatable: bool = True) -> None:
        """Say prompts by id, values as ``$name`` and sentences, one utterance; a value that is not known is left out.

        ``repeatable``: part of what "repeat" says again.
        """
        wanted = list(prompts)
        said = tuple(prompt for prompt in map(self._resolved, wanted) if prompt is not None)
        if not said:
            return
        if repeatable:
            self.turn_prompts.extend(wanted)
        self.utterances += 1
        utterance = f"u{self.utterances}"
        self._saying[utterance] = interruptible
        self._actions.append(Say(utterance, said, interruptible, self.pace))

    def _resolved(self, prompt: str | Prompt) -> Prompt | None:
        if isinstance(prompt, Prompt):
            return prompt
        if not prompt.startswith("$"):
            return self._worded(prompt)
        if prompt == "$place" and self.language:
            return self._worded(self.memory.place_prompt) if self.memory.place else None
        at = self.local_now
        if prompt == "$opens" and at is not None and self.plan.hours is not None:
            self.memory.opens = self.plan.hours.opens_after(at)
        return self.memory.spoken(prompt, at)

    def _worded(self, prompt: str) -> Prompt | None:
        """In the caller's language where that has it, else in the line's; a prompt of a language that is away: None."""
        if ":" in prompt:
            return Prompt(id=prompt) if prompt in self.facts.others else None
        chosen = self._wordings.choose(prompt)
        own = (f"{self.language}:{name}" for name in (chosen, prompt) if self.language)
        return Prompt(id=next((name for name in own if name in self.facts.others), chosen))

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

    @property
    def quiet_s(self) -> float:
        """For how long nobody has said or pressed anything."""
        return max(0.0, self.now - self.noise_at)

    def playback_done(self, utterance: str) -> bool:
        """Book an utterance as over. True when it was the last one that we still waited for."""
        self.noise_at = self.now
        return self._saying.pop(utterance, None) is not None and not self._saying

    # -------------------------------------------------------------- ear

    def listen(
        self,
        name: str,
        phrases: Iterable[str],
        end_silence_s: float | None = None,
        words: int | None = None,
        *,
        personal: bool = False,
    ) -> None:
        """Open the ear from the end of this event on; a second call starts it afresh.

        ``words``: how many words a whole answer has, so that slow speakers are waited for. ``personal``: as
        :class:`~ivr.events.Listen` has it.
        """
        silence = self.plan.settings.end_silence_s if end_silence_s is None else end_silence_s
        self._wanted = Listen(Grammar(name, tuple(phrases)), silence, words, personal)
        self._fresh = True

    def relisten(self, listen: Callable[[], None]) -> None:
        """Open the ear by ``listen``; where that asks for what is listened for already, the ear is left alone."""
        wanted, fresh = self._wanted, self._fresh
        listen()
        if self._wanted == wanted:
            self._fresh = fresh

    def close_ear(self) -> None:
        """Nothing is listened for from the end of this event on."""
        self._wanted = None
        self.speech_active = False

    @property
    def listening(self) -> bool:
        """The ear was open when this event came."""
        return self._open

    def wait_for_caller(self) -> None:
        """Start the no-input timer, unless we still speak or the caller does."""
        if not self.speaking and not self.speech_active:
            self.set_timer("no_input", self.plan.settings.no_input_s)

    def wanted(self, sentence: str) -> str:
        """What the caller said without what they refuse („nenoriu darbuotojo, …“); empty when it was nothing else."""
        return wanted(sentence, [stem for command in self.plan.commands.values() for stem in command.about])

    # -------------------------------------------------------------- clock

    @property
    def local_now(self) -> datetime | None:
        """The moment on the office's clock, if the call knows its date."""
        if self.facts.at is None:
            return None
        at = self.facts.at + timedelta(seconds=self.now)
        return self.plan.hours.local(at) if self.plan.hours is not None else at

    @property
    def office_open(self) -> bool:
        """People answer now; where no hours or no date are known they always do."""
        at = self.local_now
        return at is None or self.plan.hours is None or self.plan.hours.is_open(at)

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

    def consult(self, question: Question) -> str:
        """Ask the world; returns the ticket by which the answer is known."""
        self._tickets += 1
        ticket = f"q{self._tickets}"
        self._actions.append(Consult(ticket, question))
        return ticket

    def note_task(self, kind: str, more: Mapping[str, object]) -> None:
        """Make a task for the staff with all that the caller left (A12.19)."""
        memory = self.memory
        if kind == "callback" and self.facts.errand is not None:
            self.called = "not_yet"  # the task is there already: it is put off, not doubled
            return
        data: dict[str, object] = {"type": kind, **more}
        number = memory.slots.get("phone") or self.facts.caller.reveal()
        if number:
            data["pii_caller"] = number
        if "name" in memory.slots:
            data["pii_name"] = memory.slots["name"]
        if memory.employee is not None:
            data["for"] = memory.employee.name
        if memory.topic:
            data["topic"] = memory.topic
        if memory.matter:
            data["pii_reason"] = memory.matter
        at = self.local_now
        if at is not None:
            data["called_at"] = at.isoformat(timespec="minutes")
            if memory.place:  # who leaves the line for a callback keeps the place
                since = at - timedelta(seconds=self.now - memory.in_line_since)
                data["in_line_since"] = since.isoformat(timespec="seconds")
        self.note(JournalKind.TASK_CREATED, data)

    @property
    def unmet(self) -> bool:
        """The line called somebody and nobody has said yet that it is them: no word about anything (A12.15)."""
        return self.facts.errand is not None and not self.called

    def note_message(self, *, confirmed: bool) -> None:
        """Make a task of the spoken message, if there is one (A12.19).

        A message whose speaker hung up before confirming it is kept all the
        same; the task then says so.
        """
        span = self.memory.message
        if span is None:
            return
        times = {"started_s": round(span.started, 3), "ended_s": round(span.ended, 3)}
        self.note_task(self.memory.message_kind, {**times, "confirmed": confirmed})
        self.memory.message = None
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

    def enter(self, node: str) -> None:
        """A node begins: no timer but the hold's, a closed ear, no words left over."""
        self.node = node
        self._timers = {name: at for name, at in self._timers.items() if name == "hold"}
        self._paused.clear()
        self.looking_up = False
        self.close_ear()

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
            self._actions.append(self._wanted)
            self._open, self._fresh, self.speech_active = True, False, False
        return tuple(self._actions)

"""Runs a plan: event in, actions out. No input or output, no clock, no randomness.

Rules of the conversation that hold in every node:

- What must not be interrupted (greeting, notice) is never cut; keys pressed
  meanwhile are kept and obeyed after it (X3).
- Other sentences are cut by a key at once, and by words as soon as they are
  understood. Noise, a cough or "aha" cut nothing: the shell may pause the sound
  when speech begins and let it go on when nothing comes of it.
- The no-input timer runs from the end of a prompt; while the caller speaks, or
  has us on hold, it stands still.
- Global commands are understood wherever the line listens.
- After the end of the call nothing is done any more.
"""

from __future__ import annotations

from typing import Any

from ivr.dialog.facts import Facts
from ivr.dialog.nodes import Command, GoodbyeNode, Option, Plan
from ivr.dialog.skills import SKILLS, Skill
from ivr.dialog.stage import Stage
from ivr.dialog.understand import understand
from ivr.events import (
    Action,
    Answered,
    EarChanged,
    Event,
    HangupReason,
    Heard,
    Held,
    HungUp,
    JournalKind,
    Outcome,
    PlaybackDone,
    Pressed,
    RecordingChanged,
    Resumed,
    SpeechStarted,
    Tick,
)

_LOST = {HangupReason.MEDIA_LOST, HangupReason.NO_ACK, HangupReason.CRASHED, HangupReason.DRAINED, HangupReason.ERROR}


class Machine:
    """The mind of one call.

    ``node``: name of the current node, empty before the answer. ``deadline``:
    when a :class:`~ivr.events.Tick` is wanted, on the call's clock. ``outcome``:
    how the call would be counted if it ended now.
    """

    def __init__(self, plan: Plan, facts: Facts) -> None:
        self.plan = plan
        self.node = ""
        self._stage = Stage(plan, facts)
        self._skill: Skill[Any] | None = None
        self._over = False
        self._lost = False
        self._ruled_out = False

    @property
    def deadline(self) -> float | None:
        return None if self._over else self._stage.deadline

    @property
    def outcome(self) -> Outcome:
        stage = self._stage
        if stage.bridged:
            return Outcome.TRANSFERRED
        if stage.message_created:
            return Outcome.MESSAGE
        if self._ruled_out:
            return Outcome.ENDED_BY_RULE
        if self._lost and not self._said_goodbye:
            return Outcome.DROPPED
        return Outcome.ANSWERED if stage.understood else Outcome.ABANDONED

    def handle(self, event: Event) -> tuple[Action, ...]:
        """Take one event; actions are to be done in their order.

        Events must come in the order of their ``at``. A :class:`HungUp` is
        answered by notes at most; after it, and after our own :class:`HangUp`,
        every event is answered by nothing.
        """
        if self._over:
            return ()
        self._stage.begin(event.at)
        if isinstance(event, HungUp):
            self._hung_up(event)
        elif self._skill is None:
            self._before_answer(event)
        else:
            self._dispatch(event, self._skill)
        self._go_on()
        return self._stage.finish(over=self._over)

    # -------------------------------------------------------------- events

    def _dispatch(self, event: Event, skill: Skill[Any]) -> None:
        stage = self._stage
        match event:
            case PlaybackDone(utterance=utterance, completed=completed):
                if stage.playback_done(utterance):
                    skill.said(completed)
            case SpeechStarted():
                if stage.listening and not stage.held:
                    stage.speech_active = True
                    skill.speech_started()
            case Heard(text=text, confidence=confidence):
                if stage.listening and not stage.held:
                    self._heard(text, confidence, skill)
            case Pressed(key=key):
                stage.typed.append(key)
            case Tick():
                self._tick(skill)
            case EarChanged(available=available):
                self._ear_changed(available, event, skill)
            case RecordingChanged(running=running):
                stage.recording_running = running
                skill.on(event)
            case Held():
                if not stage.held:
                    stage.hold()
                    stage.speech_active = False
                    skill.on(event)
            case Resumed():
                if stage.held:
                    stage.resume()
                    skill.on(event)
            case _:
                skill.on(event)

    def _before_answer(self, event: Event) -> None:
        match event:
            case Answered():
                self._stage.goto(self.plan.start)
            case EarChanged(available=available):
                self._stage.ear_available = available
            case RecordingChanged(running=running):
                self._stage.recording_running = running
            case _:
                pass

    def _heard(self, text: str, confidence: float, skill: Skill[Any]) -> None:
        stage = self._stage
        stage.speech_active = False
        stage.clear_timer("turn")
        meanings: dict[str, Option | tuple[str, Command]] = {
            phrase: (name, command) for name, command in self.plan.commands.items() for phrase in command.phrases
        }
        meanings.update(skill.phrases)
        meaning = understand(text, meanings) if skill.speaks_words else None
        if meaning is None:
            if not stage.speaking:
                skill.unmatched()
                self._reopen(skill)
            return
        stage.stop_saying()
        if isinstance(meaning, Option):
            stage.turn_prompts.clear()
            skill.chosen(meaning, "voice", confidence)
        else:
            self._obey(*meaning, "voice", confidence, skill)

    def _press(self, key: str, skill: Skill[Any]) -> None:
        stage = self._stage
        stage.speech_active = False
        stage.clear_timer("turn")
        if key in skill.keys:
            option = skill.keys[key]
            if option is None:
                skill.pressed(key)
                return
            stage.stop_saying()
            stage.turn_prompts.clear()
            skill.chosen(option, "key", 1.0)
            return
        for name, command in self.plan.commands.items():
            if key in command.keys:
                stage.stop_saying()
                self._obey(name, command, "key", 1.0, skill)
                return
        skill.pressed(key)
        self._reopen(skill)

    def _obey(self, name: str, command: Command, by: str, confidence: float, skill: Skill[Any]) -> None:
        stage = self._stage
        if command.goto is None:
            again = list(stage.turn_prompts)
            stage.clear_timer("no_input")
            stage.clear_timer("safety")
            stage.say([*command.say, *again], repeatable=False)
            self._reopen(skill)
            return
        stage.understood = True
        skill.command_given()
        stage.note(JournalKind.INTENT_DECIDED, {"intent": name, "confidence": round(confidence, 3), "by": by})
        stage.turn_prompts.clear()
        if command.say:
            stage.say(command.say, repeatable=False)
        stage.goto(command.goto)

    def _tick(self, skill: Skill[Any]) -> None:
        for name in self._stage.take_due():
            if name == "hold":
                self._ruled_out = True
                self._stage.hang_up("hold_timeout")
            else:
                skill.timer(name)
            if self._stage.ended:
                self._over = True
                return
            self._reopen(skill)
            if self._stage.going is not None:
                return

    def _ear_changed(self, available: bool, event: Event, skill: Skill[Any]) -> None:
        if available == self._stage.ear_available:
            return
        self._stage.ear_available = available
        self._stage.speech_active = False
        skill.on(event)
        if available:
            self._reopen(skill)

    def _hung_up(self, event: HungUp) -> None:
        self._over = True
        self._lost = event.reason in _LOST
        if self._skill is not None:
            self._skill.hung_up()
            self._stage.note_message(confirmed=False)

    # -------------------------------------------------------------- going on

    @property
    def _said_goodbye(self) -> bool:
        return isinstance(self.plan.nodes.get(self.node), GoodbyeNode)

    def _go_on(self) -> None:
        """Enter nodes and obey kept keys until the line waits again."""
        stage = self._stage
        while not self._over:
            if stage.going is not None:
                self._enter(stage.going)
                continue
            skill = self._skill
            if skill is None or not skill.obeys or not stage.typed:
                return
            self._press(stage.typed.popleft(), skill)

    def _enter(self, name: str) -> None:
        stage = self._stage
        stage.going = None
        self.node = name
        node = self.plan.nodes[name]
        stage.enter()
        skill = SKILLS[type(node)](node, stage)
        self._skill = skill
        skill.enter()
        self._reopen(skill)

    def _reopen(self, skill: Skill[Any]) -> None:
        """Open the ear for the words that count in this node."""
        if skill.obeys and skill.speaks_words and self._stage.going is None:
            commands = [phrase for command in self.plan.commands.values() for phrase in command.phrases]
            self._stage.listen(self.node, [*skill.phrases, *commands])

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

from datetime import datetime
from typing import Any, Final

from ivr.dialog.acts import act
from ivr.dialog.aside import Aside
from ivr.dialog.commands import Command, Option
from ivr.dialog.facts import Facts
from ivr.dialog.nodes import GoodbyeNode, Plan
from ivr.dialog.ports import Grammars
from ivr.dialog.reading import Meant, Reader, Said
from ivr.dialog.skills import SKILLS, Skill
from ivr.dialog.stage import Stage
from ivr.dialog.understand import normalise
from ivr.events import (
    Action,
    Answered,
    Consulted,
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

_TAIL_S: Final = 0.5  # what is still said for so long after a turn was no more than a prompt's last breath
OTHER_LANGUAGE: Final = "other_language"  # name of a grammar, for logs
_PUT_OFF: Final = ("not_now", "not_yet")
_LOST = {HangupReason.MEDIA_LOST, HangupReason.NO_ACK, HangupReason.CRASHED, HangupReason.DRAINED, HangupReason.ERROR}


class Machine:
    """The mind of one call.

    ``node``: name of the current node, empty before the answer. ``deadline``:
    when a :class:`~ivr.events.Tick` is wanted, on the call's clock. ``outcome``:
    how the call would be counted if it ended now. ``grammars``: what values are
    listened for with; without them they are asked for by keys only.
    """

    def __init__(self, plan: Plan, facts: Facts, grammars: Grammars | None = None) -> None:
        self.plan = plan
        self._stage = Stage(plan, facts, grammars)
        commands = plan.commands.values()
        # Over a prompt little is listened for: a cough is like some word of a long list.
        self._over_prompts = (*(phrase for command in commands for phrase in command.over), *plan.backchannels)
        self._everywhere = (*(phrase for command in commands for phrase in command.phrases), *plan.backchannels)
        self._reader, self._aside = Reader(plan), Aside(self._stage)
        self._skill: Skill[Any] | None = None
        self._over = False
        self._lost = False
        self._unheeded: Heard | None = None  # said over what is being said, and nothing came of it

    @property
    def node(self) -> str:
        return self._stage.node

    @property
    def deadline(self) -> float | None:
        return None if self._over else self._stage.deadline

    @property
    def wants_agent(self) -> bool:
        """An agent who answers now is still wanted: rung for, about to be connected, or connected."""
        return not self._over and self._skill is not None and self._skill.wants_agent

    @property
    def outcome(self) -> Outcome:
        stage = self._stage
        if stage.bridged:
            return Outcome.TRANSFERRED
        if stage.message_created:
            return Outcome.MESSAGE
        if stage.callback_created:
            return Outcome.CALLBACK
        if stage.missed:
            return Outcome.ABANDONED
        if stage.ruled_out:
            return Outcome.ENDED_BY_RULE
        if self.cut_off:
            return Outcome.DROPPED
        return Outcome.ANSWERED if stage.understood else Outcome.ABANDONED

    @property
    def cut_off(self) -> bool:
        """The line broke while the two, or the caller and a person, still talked: they are called back (A12.25).

        Not when a task of this call has somebody speak with the caller anyway, or a rule ended the call.
        """
        stage = self._stage
        promised = stage.message_created or stage.callback_created
        return self._lost and not (self._said_goodbye or promised or stage.ruled_out)

    @property
    def errand_end(self) -> tuple[str, datetime | None]:
        """How a call that the line itself placed would be counted if it ended now, and the next time if one was agreed.

        A value of ``CalledNode.result``, or ``not_reached`` or ``lost``.
        """
        stage = self._stage
        if stage.bridged:
            return "done", None
        if stage.called in ("", "broken_off"):
            reached = "lost" if self._lost else "broken_off"
            return (reached if stage.called else "not_reached"), None
        return stage.called, stage.memory.agreed_time if stage.called in _PUT_OFF else None

    def handle(self, event: Event) -> tuple[Action, ...]:
        """Take one event; actions are to be done in their order.

        Events must come in the order of their ``at``. A :class:`HungUp` is
        answered by notes at most; after it, and after our own :class:`HangUp`,
        every event is answered by nothing.
        """
        if self._over:
            return ()
        self._stage.begin(event.at)
        if isinstance(event, Heard | Pressed):
            self._stage.noise_at = event.at
        if isinstance(event, HungUp):
            self._hung_up(event)
        elif self._skill is None:
            self._before_answer(event)
        else:
            self._dispatch(event, self._skill)
        self._over = self._over or self._stage.ended
        self._go_on()
        return self._stage.finish(over=self._over)

    # -------------------------------------------------------------- events

    def _dispatch(self, event: Event, skill: Skill[Any]) -> None:
        stage = self._stage
        match event:
            case PlaybackDone(utterance=utterance, completed=completed):
                if stage.playback_done(utterance):
                    if not self._aside.said():
                        skill.said(completed)
                    self._take_up_unheeded(skill)
                    if not stage.speech_active:  # who began to speak is heard out as they began
                        stage.relisten(lambda: self._reopen(skill))
            case SpeechStarted():
                if stage.listening and not stage.held:
                    stage.speech_active = True
                    skill.speech_started()
            case Heard():
                if stage.listening and not stage.held:
                    before = stage.utterances if stage.speaking and normalise(event.text) else None
                    self._heard(event, skill)
                    self._unheeded = event if stage.speaking and stage.utterances == before else None
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
            case Consulted():
                if not self._aside.answers(event):
                    skill.on(event)
                self._reopen(skill)
            case _:
                skill.on(event)

    def _before_answer(self, event: Event) -> None:
        match event:
            case Answered():
                placed = self._stage.facts.errand is not None
                self._stage.goto((self.plan.outbound if placed else None) or self.plan.start)
            case EarChanged(available=available):
                self._stage.ear_available = available
            case RecordingChanged(running=running):
                self._stage.recording_running = running
            case _:
                pass

    def _take_up_unheeded(self, skill: Skill[Any]) -> None:
        """Who answers in the last moment of a prompt speaks after it, and isn't left in silence."""
        unheeded, self._unheeded = self._unheeded, None
        stage = self._stage
        if unheeded is None or stage.now - unheeded.at > _TAIL_S or stage.going is not None or stage.speech_active:
            return
        if stage.listening and not stage.speaking:
            self._heard(unheeded, skill)

    def _heard(self, heard: Heard, skill: Skill[Any]) -> None:
        stage = self._stage
        stage.speech_active = False
        stage.clear_timer("turn")
        if stage.language and skill.listens:  # the ears know the line's language alone: here keys count
            if not stage.speaking:
                skill.unmatched()
            self._reopen(skill)
            return
        said = Said.of(heard)
        if not skill.open_speech and (corrected := self._reader.correction(said, speaking=stage.speaking)) is not None:
            name, command, told = corrected
            stage.memory.tell(told)
            stage.stop_saying()
            self._obey(name, command, "voice", said.confidence, skill)
            return
        meant = self._reader.meant(said, skill.phrases, whole=skill.open_speech, offered=skill.offers_person)
        if meant is None and not (skill.open_speech or stage.speaking) and (signed := self._reader.signed(said)):
            stage.stop_saying()
            self._obey(*signed, "voice", said.confidence, skill)
            return
        if meant is None and (said.words or said.sentence) in self.plan.backchannels:
            stage.wait_for_caller()  # "aha" is no answer, and no failure to answer either
            self._reopen(skill)
            return
        if self._reader.in_passing(meant, said) and (
            skill.told(said.sentence, meant[0] if meant is not None else "")
            or self._aside.begins(said, meant, skill, lambda: self._settle(said, meant, skill))
        ):
            self._reopen(skill)
            return
        self._settle(said, meant, skill)

    def _settle(self, said: Said, meant: Meant | None, skill: Skill[Any]) -> None:
        """Do what was meant, or say that it was not understood."""
        stage = self._stage
        if meant is None:
            if not skill.heard(said.text, said.confidence) and not stage.speaking:
                skill.unmatched()
            self._reopen(skill)
            return
        phrase, meaning = meant
        if isinstance(meaning, Option):
            counts = not stage.speaking or self._reader.chosen_over(phrase, said)
        else:
            counts = self._reader.counts(meaning, said, speaking=stage.speaking)
        if not counts:
            if not stage.speaking:
                skill.unmatched()
            self._reopen(skill)
            return
        stage.stop_saying()
        if isinstance(meaning, Option):
            self._choose(meaning, "voice", said.confidence, skill)
        else:
            self._obey(*meaning, "voice", said.confidence, skill)

    def _choose(self, option: Option, by: str, confidence: float, skill: Skill[Any]) -> None:
        self._stage.turn_prompts.clear()
        skill.chosen(option, by, confidence)
        self._reopen(skill)

    def _press(self, key: str, skill: Skill[Any]) -> None:
        stage = self._stage
        stage.speech_active = False
        stage.clear_timer("turn")
        if key in skill.keys:
            option = skill.keys[key]
            if option is not None:
                stage.stop_saying()
                self._choose(option, "key", 1.0, skill)
                return
        elif (named := self._command_on(key)) is not None:
            stage.stop_saying()
            self._obey(*named, "key", 1.0, skill)
            return
        skill.pressed(key)
        self._reopen(skill)

    def _command_on(self, key: str) -> tuple[str, Command] | None:
        return next((named for named in self.plan.commands.items() if key in named[1].keys), None)

    def _obey(self, name: str, command: Command, by: str, confidence: float, skill: Skill[Any]) -> None:
        stage = self._stage
        if command.goto is None:
            act(command, by, stage, skill)
            self._reopen(skill)
            return
        stage.understood = True
        skill.command_given(by)
        stage.note(JournalKind.INTENT_DECIDED, {"intent": name, "confidence": round(confidence, 3), "by": by})
        stage.turn_prompts.clear()
        if command.say:
            stage.say(command.say, repeatable=False)
        stage.goto(command.goto)

    def _tick(self, skill: Skill[Any]) -> None:
        for name in self._stage.take_due():
            if name == "hold":
                self._stage.ruled_out = True
                self._stage.hang_up("hold_timeout")
            elif not self._aside.timer(name):
                skill.timer(name)
            if self._stage.ended:
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
            if self._skill.unreached and not self._lost:  # for a lost call the shell makes the task (A12.25)
                self._missed()

    def _missed(self) -> None:
        """Who gave up waiting is called back (A12.12)."""
        stage = self._stage
        stage.missed = True
        if stage.facts.caller_known and not (stage.callback_created or stage.message_created):
            stage.note_task("callback", {"reason": "missed"})

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
            if skill is None:
                return
            if stage.wished:
                self._wish(skill)
            elif skill.obeys and not stage.looking_up and stage.typed:
                self._press(stage.typed.popleft(), skill)
            else:
                return

    def _wish(self, skill: Skill[Any]) -> None:
        """A key that was first taken for a digit was meant for a command."""
        named = self._command_on(self._stage.wished)
        self._stage.wished = ""
        if named is not None:
            self._stage.stop_saying()
            self._obey(*named, "key", 1.0, skill)

    def _enter(self, name: str) -> None:
        stage = self._stage
        stage.going = None
        node = self.plan.nodes[name]
        stage.enter(name)
        self._aside.over()
        skill = SKILLS[type(node)](node, stage)
        if skill.waits and (not stage.visited or stage.visited[-1] != name):
            stage.visited.append(name)
        self._skill = skill
        skill.enter()
        self._reopen(skill)

    def _reopen(self, skill: Skill[Any]) -> None:
        """Open the ear for the words that count in this node."""
        stage = self._stage
        if not (skill.obeys and skill.listens) or stage.looking_up or stage.going is not None:
            return
        if stage.language:
            stage.listen(OTHER_LANGUAGE, ())  # that somebody speaks is heard, not what they say
        else:
            skill.listen(self._over_prompts if stage.speaking else self._everywhere)

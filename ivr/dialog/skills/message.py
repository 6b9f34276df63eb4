"""Let the caller speak a message that the recording holds (A12.17.1, A12.19)."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.dialog.commands import Option
from ivr.dialog.gleaning import glean
from ivr.dialog.memory import Span
from ivr.dialog.nodes import MessageNode
from ivr.dialog.skills.base import Skill
from ivr.dialog.stage import Stage
from ivr.events import EarChanged, Event, JournalKind, RecordingChanged


class Message(Skill[MessageNode]):
    """What is spoken is kept by the recording; of its words only a name and a number are of use (A12.19)."""

    obeys = True
    waits = True
    listens = False
    open_speech = True

    def __init__(self, node: MessageNode, stage: Stage) -> None:
        super().__init__(node, stage)
        self._failures = 0
        self._started: float | None = None  # when the caller could begin
        self._spoke = False

    @property
    def keys(self) -> Mapping[str, Option | None]:
        return {"#": None}

    def enter(self) -> None:
        self.stage.memory.message = None
        self.stage.memory.message_kind = self.node.kind
        if not self.stage.recording_running:
            self.stage.goto(self.node.unavailable)
            return
        self.stage.note(JournalKind.MESSAGE_BEGUN, {"type": self.node.kind})
        self.stage.say(self.node.ask)

    def said(self, completed: bool) -> None:
        self._spoke = False
        self._started = self.stage.now
        self.stage.listen("message", (), self.node.end_silence_s)
        self.stage.set_timer("max", self.node.max_s)
        if self.stage.ear_available:
            self.stage.wait_for_caller()

    def pressed(self, key: str) -> None:
        if key != "#":
            return
        if self._started is None or self.stage.speaking:
            self.stage.stop_saying()
            self.said(False)
        elif self._spoke or not self.stage.ear_available:
            self._done()
        else:
            self._fail()

    def speech_started(self) -> None:
        if not self._spoke:  # the three minutes are the caller's, counted from the first word
            self.stage.set_timer("max", self.node.max_s)
        self._spoke = True
        self.stage.clear_timer("no_input")

    def heard(self, text: str, confidence: float) -> bool:
        found = glean(text, self.stage.grammars)
        self.stage.memory.candidates.update(
            {slot: value for slot, value in found.items() if slot not in self.stage.memory.slots}
        )
        return False

    def unmatched(self) -> None:
        if self._started is not None:
            self._done()

    def timer(self, name: str) -> None:
        if name == "max":
            if self._spoke or not self.stage.ear_available:
                self.stage.say(self.node.too_long, repeatable=False)
                self._done()
            else:
                self._fail()
        elif name == "no_input":
            self._fail()

    def on(self, event: Event) -> None:
        if isinstance(event, RecordingChanged) and not event.running:
            self.stage.stop_saying()
            self.stage.goto(self.node.unavailable)
        elif isinstance(event, EarChanged) and not event.available:
            self.stage.clear_timer("no_input")

    def command_given(self, by: str) -> None:
        if by != "voice":  # otherwise the words of the command are all that was spoken
            self._keep()

    def hung_up(self) -> None:
        self._keep()

    def _keep(self) -> None:
        if self._started is not None and self._spoke:
            self.stage.memory.message = Span(self._started, self.stage.now)

    def _done(self) -> None:
        self._spoke = True
        self._keep()
        self.stage.goto(self.node.next)

    def _fail(self) -> None:
        self.stage.clear_timer("no_input")
        self.stage.clear_timer("max")
        wording = (self.node.no_input or self.stage.plan.no_input)[self._failures]
        self._failures += 1
        if self._failures == 3:
            self.stage.say([wording], repeatable=False)
            self.stage.goto(self.node.give_up)
            return
        follow = self.node.keypad if self._failures == 2 else self.node.hint
        self.stage.say([wording, *follow], repeatable=False)

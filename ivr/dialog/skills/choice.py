"""Ask a question and wait for one of its answers, patiently but not for ever."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.dialog.nodes import ChoiceNode, Option
from ivr.dialog.skills.base import Skill
from ivr.dialog.stage import Stage
from ivr.events import EarChanged, Event, JournalKind


class Choice(Skill[ChoiceNode]):
    """Three failures at most: other words, then the keypad, then on to ``give_up``."""

    obeys = True

    def __init__(self, node: ChoiceNode, stage: Stage) -> None:
        super().__init__(node, stage)
        self._failures = 0

    @property
    def phrases(self) -> Mapping[str, Option]:
        return {phrase: option for option in self.node.options for phrase in option.phrases}

    @property
    def keys(self) -> Mapping[str, Option | None]:
        return {key: option for option in self.node.options for key in option.keys}

    def enter(self) -> None:
        if self.stage.ear_available:
            self.stage.say(self.node.ask)
        else:
            question = [prompt for prompt in self.node.ask if prompt not in self.node.hint]
            self.stage.say([*question, *self.node.keypad])

    def said(self, completed: bool) -> None:
        self.stage.wait_for_caller()

    def chosen(self, option: Option, by: str, confidence: float) -> None:
        if by in ("voice", "key"):
            self.stage.understood = True
        decided = {"intent": option.intent, "confidence": round(confidence, 3), "by": by}
        if option.topic is not None:
            decided["topic"] = option.topic
        self.stage.note(JournalKind.INTENT_DECIDED, decided)
        self.stage.goto(option.goto)

    def pressed(self, key: str) -> None:
        self.stage.stop_saying()
        self._fail(self.node.no_match or self.stage.plan.no_match, "unclear")

    def unmatched(self) -> None:
        self._fail(self.node.no_match or self.stage.plan.no_match, "unclear")

    def speech_started(self) -> None:
        self.stage.clear_timer("no_input")
        self.stage.set_timer("turn", self.stage.plan.settings.max_turn_s)

    def timer(self, name: str) -> None:
        if name == "turn":  # a monologue: we may interrupt now, and apologise (A12.21)
            self.stage.speech_active = False
            self.unmatched()
        elif name == "no_input":
            self._fail(self.node.no_input or self.stage.plan.no_input, "silence")

    def on(self, event: Event) -> None:
        if isinstance(event, EarChanged) and not event.available:
            self.stage.clear_timer("turn")
            self.stage.clear_timer("no_input")
            self.stage.stop_saying()
            self.stage.say([*self.stage.plan.deaf, *self.node.keypad], repeatable=False)

    def _fail(self, wordings: tuple[str, ...], by: str) -> None:
        self.stage.clear_timer("no_input")
        self.stage.clear_timer("turn")
        if self.node.unclear_means is not None:
            meant = next(option for option in self.node.options if option.intent == self.node.unclear_means)
            self.chosen(meant, by, 0.0)
            return
        wording = wordings[self._failures]
        self._failures += 1
        if self._failures == 3:
            self.stage.turn_prompts.clear()
            self.stage.say([wording], repeatable=False)
            self.stage.goto(self.node.give_up)
            return
        keypad = self._failures == 2 or not self.stage.ear_available
        self.stage.say([wording, *(self.node.keypad if keypad else self.node.hint)], repeatable=False)

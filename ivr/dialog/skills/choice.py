"""Ask a question and wait for one of its answers; what was heard with doubt is asked about (A12.9)."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.dialog.nodes import ChoiceNode, Option
from ivr.dialog.parts import Three
from ivr.dialog.skills.asking import Asks
from ivr.dialog.skills.replies import replies
from ivr.dialog.stage import Stage
from ivr.events import JournalKind

_YES = "agree"


class Choice(Asks[ChoiceNode]):
    """While a doubtful option is being confirmed, yes and no count beside the options themselves."""

    def __init__(self, node: ChoiceNode, stage: Stage) -> None:
        super().__init__(node, stage)
        self._doubted: Option | None = None

    @property
    def phrases(self) -> Mapping[str, Option]:
        own = {phrase: option for option in self.node.options for phrase in option.phrases}
        return replies(self.stage.plan)[0] | own if self._doubted is not None else own

    @property
    def keys(self) -> Mapping[str, Option | None]:
        if self._doubted is not None:
            return replies(self.stage.plan)[1]
        return {key: option for option in self.node.options for key in option.keys}

    def chosen(self, option: Option, by: str, confidence: float) -> None:
        doubted, self._doubted = self._doubted, None
        if doubted is not None and option not in self.node.options:
            if option.intent != _YES:
                self.ask()
                return
            option = doubted
        elif by == "voice" and option.confirm and confidence < self.stage.plan.settings.sure:
            self._doubted = option
            self.stage.say(option.confirm)
            return
        self._take(option, by, confidence)

    def unmatched(self) -> None:
        self._doubted = None
        super().unmatched()

    def fail(self, wordings: Three, by: str) -> None:
        self._doubted = None
        if self.node.unclear_means is None:
            super().fail(wordings, by)
            return
        self.stage.clear_timer("no_input")
        self.stage.clear_timer("turn")
        meant = next(option for option in self.node.options if option.intent == self.node.unclear_means)
        self._take(meant, by, 0.0)

    def _take(self, option: Option, by: str, confidence: float) -> None:
        if by in ("voice", "key"):
            self.stage.understood = True
        decided: dict[str, object] = {"intent": option.intent, "confidence": round(confidence, 3), "by": by}
        if option.topic is not None:
            decided["topic"] = self.stage.memory.topic = option.topic
        self.stage.note(JournalKind.INTENT_DECIDED, decided)
        self.stage.goto(option.goto)

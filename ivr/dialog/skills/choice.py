"""Ask a question and wait for one of its answers; what was heard with doubt is asked about (A12.9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from ivr.dialog.commands import Option
from ivr.dialog.nodes import ChoiceNode, GateNode, TransferNode
from ivr.dialog.parts import Three
from ivr.dialog.skills.asking import Asks
from ivr.dialog.skills.base import Elsewhere
from ivr.dialog.skills.replies import AGREE, is_no, replies
from ivr.dialog.stage import Stage
from ivr.events import JournalKind

C = TypeVar("C", bound=ChoiceNode | GateNode)

_SENTENCE = 2  # words; a single one that is no option is hardly a matter of its own


class Chooses(Asks[C]):
    """While a doubtful option is being confirmed, yes and no count beside the options themselves."""

    def __init__(self, node: C, stage: Stage) -> None:
        super().__init__(node, stage)
        self._doubted: Option | None = None

    @property
    def phrases(self) -> Mapping[str, Option]:
        own: dict[str, Option] = {phrase: option for option in self.node.options for phrase in option.phrases}
        return replies(self.stage.plan)[0] | own if self._doubted is not None else own

    @property
    def keys(self) -> Mapping[str, Option | None]:
        if self._doubted is not None:
            return replies(self.stage.plan)[1]
        return {key: option for option in self.node.options for key in option.keys}

    def chosen(self, option: Option, by: str, confidence: float) -> None:
        doubted, self._doubted = self._doubted, None
        if doubted is not None and option not in self.node.options:
            if option.intent != AGREE:
                self.ask()
                return
            option = doubted
        elif by == "voice" and option.confirm and confidence < self.stage.plan.settings.sure:
            self.doubt(option)
            return
        self.take(option, by, confidence)

    def unmatched(self) -> None:
        self._doubted = None
        super().unmatched()

    def fail(self, wordings: Three, by: str) -> None:
        self._doubted = None
        super().fail(wordings, by)

    def doubt(self, option: Option) -> None:
        """Ask whether the option was meant."""
        self._doubted = option
        self.stage.say(option.confirm)

    def take(self, option: Option, by: str, confidence: float, goto: str = "") -> None:
        """The option is decided; ``goto``: where it leads instead of its own way."""
        if by != "silence" and by != "unclear":
            self.stage.understood = True
        decided: dict[str, object] = {"intent": option.intent, "confidence": round(confidence, 3), "by": by}
        if option.topic is not None:
            decided["topic"] = self.stage.memory.topic = option.topic
        self.stage.note(JournalKind.INTENT_DECIDED, decided)
        self.stage.goto(goto or option.goto)


class Choice(Chooses[ChoiceNode]):
    """A whole sentence that is none of the options goes to the gate that the node names."""

    @property
    def offers_person(self) -> bool:
        nodes = self.stage.plan.nodes
        return any(isinstance(nodes[option.goto], TransferNode) for option in self.node.options)

    @property
    def elsewhere(self) -> Elsewhere | None:
        if self.stage.unmet:
            return None  # it may be an answering machine that speaks, or somebody whom nothing of this concerns
        node = self.node.own_words or self.stage.plan.own_words
        return Elsewhere(node, likely=self.node.own_words is not None) if node else None

    def told(self, sentence: str, passing: str) -> bool:
        if self.node.own_words is None or self._doubted is not None or len(sentence.split()) < _SENTENCE:
            return False
        if self.stage.speaking:
            return False  # a noise is read as words, too
        if is_no(passing, self.stage.plan):
            return False  # „ne, ačiū, labai man padėjote“ is no matter of its own
        self.stage.turn_prompts.clear()
        self.stage.memory.tell(sentence)
        self.stage.goto(self.node.own_words)
        return True

    def fail(self, wordings: Three, by: str) -> None:
        if self.node.unclear_means is None:
            super().fail(wordings, by)
            return
        self._doubted = None
        self.stage.clear_timer("no_input")
        self.stage.clear_timer("turn")
        meant = next(option for option in self.node.options if option.intent == self.node.unclear_means)
        self.take(meant, by, 0.0)

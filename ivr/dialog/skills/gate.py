"""The open question: what a caller says in their own words finds its way (A8, A12.9).

A sentence is weighed by :mod:`ivr.dialog.gate`; the knowledge is asked for its part of it. What was said is kept: a
name, a number, the matter itself fill what would be asked for later, and the answer that was found is not looked for
again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ivr.dialog.commands import Option
from ivr.dialog.gate import Matter, Meant, Verdict, judge, matter_of, matters_of, weigh
from ivr.dialog.gleaning import glean
from ivr.dialog.nodes import GateNode, GateOption
from ivr.dialog.parts import Prompts
from ivr.dialog.ports import AskAnswer, Understood
from ivr.dialog.skills.base import Elsewhere
from ivr.dialog.skills.choice import Chooses
from ivr.dialog.skills.looking_up import LooksUp
from ivr.dialog.skills.replies import AGREE, REFUSE, is_no, replies
from ivr.dialog.stage import Stage
from ivr.events import Consulted, Event

_OVERHEARD = 4  # words at least: „mhm, mhm“ is read as three
_ASTRAY = 3  # so many sentences in a row that were nothing of ours, and a person helps


class Gate(LooksUp[GateNode], Chooses[GateNode]):
    """``_which``: two matters between which the caller is asked to choose."""

    def __init__(self, node: GateNode, stage: Stage) -> None:
        super().__init__(node, stage)
        self._which: tuple[GateOption, ...] = ()
        self._sentence = ""
        self._overheard = self._ticket = ""
        self._confidence = 1.0

    # -------------------------------------------------------------- what counts

    @property
    def phrases(self) -> Mapping[str, Option]:
        own = super().phrases
        return {**self._ordinals()[0], **own} if self._which else own

    @property
    def keys(self) -> Mapping[str, Option | None]:
        return self._ordinals()[1] if self._which else super().keys

    def enter(self) -> None:
        told, weighed = self.stage.memory.take_told()
        if told:
            self._take_up(told, weighed)
        else:
            super().enter()

    @property
    def hint(self) -> Prompts:
        return self.node.which_hint if self._which else super().hint

    @property
    def keypad(self) -> Prompts:
        return self.node.which_keypad if self._which else super().keypad

    def ask(self) -> None:
        self._which, self._sentence = (), ""
        super().ask()

    @property
    def elsewhere(self) -> Elsewhere | None:
        return Elsewhere(self.stage.node, likely=True) if self._asking else None

    @property
    def _asking(self) -> bool:
        """The caller was asked what they meant."""
        return self._doubted is not None or bool(self._which)

    def told(self, sentence: str, passing: str) -> bool:
        if self._asking and is_no(passing, self.stage.plan):
            return False
        matter = self._matter_of(sentence)
        if self.stage.speaking:
            self._overhear(matter)
            return False
        if matter and not self.stage.facts.answers_available and not weigh(matter, self._matters, None):
            return False
        self.stage.stop_saying()
        self.stage.turn_prompts.clear()
        self._take_up(sentence)
        return True

    def chosen(self, option: Option, by: str, confidence: float) -> None:
        which, self._which = self._which, ()
        if which and option.intent in (AGREE, REFUSE) and option not in self.node.options:
            if option.intent == REFUSE:
                self.ask()
            else:  # "yes" to a question with two answers
                self._which = which
                self.stage.say(self.node.which_hint)
            return
        if option in which:
            self._go(_of(self.node, option.intent), by)
            return
        super().chosen(option, by, confidence)

    def take(self, option: Option, by: str, confidence: float, goto: str = "") -> None:
        if self._sentence and isinstance(option, GateOption):
            self._go(option, by)
        else:
            self.stage.memory.astray = 0
            super().take(option, by, confidence, goto)

    # -------------------------------------------------------------- while the knowledge is asked

    def answered(self, answer: object | None) -> None:
        self._weigh(answer if isinstance(answer, Understood) else None)

    def on(self, event: Event) -> None:
        if isinstance(event, Consulted) and event.ticket == self._ticket and not self.stage.looking_up:
            self._ticket = ""
            self._act_on_overheard(event.answer if isinstance(event.answer, Understood) else None)
        else:
            super().on(event)

    # -------------------------------------------------------------- what is made of it

    def _overhear(self, sentence: str) -> None:
        """Said over a prompt, which goes on: a noise is read as words, too, and only a sure matter of ours stops it."""
        if len(sentence.split()) < _OVERHEARD or self._asking:
            return
        self._overheard = sentence
        if self.stage.facts.answers_available:
            self._ticket = self.stage.consult(AskAnswer(sentence, self.stage.memory.answered))
        else:
            self._act_on_overheard(None)

    def _act_on_overheard(self, found: Understood | None) -> None:
        verdict = judge(weigh(self._overheard, self._matters, found), self._matters, self.stage.plan.settings.margin)
        if verdict.first is None or not verdict.sure or self._option(verdict.first).kind == "oos":
            return
        self.stage.stop_saying()
        self.stage.turn_prompts.clear()
        self._keep(self._overheard)
        self._confidence, self.stage.memory.found = verdict.first.confidence, found
        self._go(self._option(verdict.first), "voice")

    def _keep(self, sentence: str) -> None:
        """Nothing of it is lost."""
        self._sentence, self._doubted, self._which, self._ticket = sentence, None, (), ""
        found = glean(sentence, self.stage.grammars)
        memory = self.stage.memory
        memory.matter = sentence
        memory.candidates.update({slot: value for slot, value in found.items() if slot not in memory.slots})

    def _matter_of(self, sentence: str) -> str:
        """What of it is wanted; empty when it only says what is not."""
        return matter_of(self.stage.wanted(sentence), self.node.openers)

    def _take_up(self, told: str, weighed: Understood | None = None) -> None:
        sentence, memory = self._matter_of(told), self.stage.memory
        if not sentence:  # „nenoriu darbuotojo“ is understood: what else, then?
            self.ask()
            return
        self._keep(sentence)
        if weighed is not None:
            self._weigh(weighed)
        elif self.stage.facts.answers_available:
            self.look_up(AskAnswer(sentence, memory.answered))
        else:
            self._weigh(None)

    def _weigh(self, found: Understood | None) -> None:
        memory, settings = self.stage.memory, self.stage.plan.settings
        memory.found = found
        verdict = judge(weigh(self._sentence, self._matters, found), self._matters, settings.margin)
        self._confidence = verdict.first.confidence if verdict.first is not None else 0.0
        if not self._act_on(verdict):
            self._sentence, memory.found, memory.matter = "", None, ""
            self.unmatched()

    def _act_on(self, verdict: Verdict) -> bool:
        """False when the words meant nothing that could be named."""
        if verdict.first is None:
            return False
        first = self._option(verdict.first)
        second = self._option(verdict.second) if verdict.second is not None else None
        if second is not None and first.confirm and second.otherwise:
            self._ask_which(first, second)
        elif verdict.sure:
            self._go(first, "voice")
        elif first.confirm:
            self.doubt(first)
        else:
            return False
        return True

    def _go(self, option: GateOption, by: str) -> None:
        memory = self.stage.memory
        sentence, self._sentence = self._sentence, ""
        memory.astray = memory.astray + 1 if option.kind == "oos" else 0
        goto = option.goto
        if option.told and sentence:
            goto, memory.asked = option.told, sentence
        else:
            memory.found = None
        if option.named and "name" in memory.candidates:
            goto, memory.candidates["person"] = option.named, memory.candidates.pop("name")
        if memory.astray >= _ASTRAY:
            memory.astray, goto = 0, self.node.give_up
        super().take(option, by, self._confidence, goto)

    # -------------------------------------------------------------- which of both

    def _ask_which(self, first: GateOption, second: GateOption) -> None:
        self._which = (first, second)
        self.stage.say([*self.node.which, *first.confirm, *second.otherwise])

    def _ordinals(self) -> tuple[dict[str, Option], dict[str, Option | None]]:
        """What chooses between two: their own phrases, "the first", "the second", one and two; yes and no as well."""
        phrases, _ = replies(self.stage.plan)
        keys: dict[str, Option | None] = {}
        for option, reply in zip(self._which, (self.node.first, self.node.second), strict=True):
            phrases.update(dict.fromkeys((*option.phrases, *reply.phrases), option))
            keys.update(dict.fromkeys(reply.keys, option))
        return phrases, keys

    # -------------------------------------------------------------- options as matters

    @property
    def _matters(self) -> Sequence[Matter]:
        return matters_of(self.node)

    def _option(self, meant: Meant) -> GateOption:
        return _of(self.node, meant.intent)


def _of(node: GateNode, intent: str) -> GateOption:
    return next(option for option in node.options if option.intent == intent)

"""A whole sentence at a question that asked for something else: another matter, or only many words for an answer?

At „Ar sujungti su darbuotoju?“ a caller may say „ne, aš norėjau paklausti dėl atostogų“. The sentence is weighed as at
the open question, while the question stays open: only what is surely another matter leads away from it. Questions of
the authentication have no asides, so nothing that is said there is weighed (X5).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ivr.dialog.commands import Option
from ivr.dialog.gate import judge, matter_of, matters_of, weigh
from ivr.dialog.negation import after_no
from ivr.dialog.nodes import GateNode
from ivr.dialog.ports import AskAnswer, Understood
from ivr.dialog.reading import Meant, Said
from ivr.dialog.skills import Skill
from ivr.dialog.skills.base import Elsewhere
from ivr.dialog.skills.looking_up import Lookup
from ivr.dialog.skills.replies import is_no
from ivr.dialog.stage import Stage
from ivr.events import Consulted

_WORDS: Final = 2  # at least; one word is hardly a matter
_OVERHEAR: Final = 4  # words over a prompt


class Aside:
    """At most one at a time; the plan's ``own_words`` names the gate that weighs, and without it there are none.

    While the knowledge is asked, what was said may still turn out to be an answer; what then is done is handed in.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        node = stage.plan.nodes.get(stage.plan.own_words or "")
        self._gate = node if isinstance(node, GateNode) else None
        self._lookup: Lookup | None = None
        self._skill: Skill[Any] | None = None
        self._told = self._matter = self._ticket = ""
        self._overheard = False  # over a prompt, which goes on
        self._answered: Callable[[], None] = lambda: None

    def begins(self, said: Said, meant: Meant | None, skill: Skill[Any], answered: Callable[[], None]) -> bool:
        """Whether the sentence may be another matter; then it is weighed, and ``answered`` called if it is none.

        A yes, a command and any other option are what they are, however much is said with them. A message that was
        spoken is finished first. Over a prompt, which goes on, only a sure matter counts: noise is read as words, too.
        """
        stage, gate = self._stage, self._gate
        if gate is None or skill.elsewhere is None or stage.memory.message is not None:
            return False
        if meant is not None and not (isinstance(meant[1], Option) and is_no(meant[0], stage.plan)):
            return False
        refuse = stage.plan.refuse
        refusals = [*(refuse.phrases if refuse is not None else ()), *([meant[0]] if meant is not None else ())]
        told = after_no(said.sentence, refusals)
        matter = matter_of(stage.wanted(told), gate.openers)
        overheard = stage.speaking and meant is None
        if len(matter.split()) < _WORDS or (overheard and len(said.sentence.split()) < _OVERHEAR):
            return False
        self.over()
        self._skill, self._told, self._matter, self._overheard = skill, told, matter, overheard
        if overheard:
            self._overhear()
            return False
        self._answered = answered
        stage.stop_saying()
        if stage.facts.answers_available:
            self._lookup = Lookup(gate, stage, lambda: self._weigh(None))
            self._lookup.ask(AskAnswer(matter, stage.memory.answered))
        else:
            self._weigh(None)
        return True

    def _overhear(self) -> None:
        self._answered = lambda: None
        if self._stage.facts.answers_available:
            self._ticket = self._stage.consult(AskAnswer(self._matter, self._stage.memory.answered))
        else:
            self._weigh(None)

    def said(self) -> bool:
        """A sentence of ours is over; whether it was one of the waiting."""
        return self._lookup is not None and self._lookup.said()

    def timer(self, name: str) -> bool:
        """Whether a timer was one of the waiting."""
        return self._lookup is not None and self._lookup.timer(name)

    def answers(self, event: Consulted) -> bool:
        """Whether the world answered what was asked here."""
        overheard = event.ticket == self._ticket
        if not overheard and (self._lookup is None or not self._lookup.answered(event)):
            return False
        self._weigh(event.answer if isinstance(event.answer, Understood) else None)
        return True

    def over(self) -> None:
        """The call went on elsewhere: nothing is waited for any more."""
        self._lookup = self._skill = None
        self._ticket = ""

    def _weigh(self, found: Understood | None) -> None:
        skill, told, overheard, stage = self._skill, self._told, self._overheard, self._stage
        self.over()
        elsewhere = skill.elsewhere if skill is not None else None
        if elsewhere is None or not self._leads(elsewhere, found, sure=overheard or not elsewhere.likely):
            self._answered()
            return
        stage.stop_saying()
        stage.understood = True
        stage.turn_prompts.clear()
        stage.memory.tell(told, found)
        stage.goto(elsewhere.node)

    def _leads(self, elsewhere: Elsewhere, found: Understood | None, *, sure: bool) -> bool:
        matters = matters_of(self._gate) if self._gate is not None else ()
        verdict = judge(weigh(self._matter, matters, found), matters, self._stage.plan.settings.margin)
        if verdict.first is None:
            return False
        matter = next(matter for matter in matters if matter.intent == verdict.first.intent)
        nothing_of_ours = matter.kind == "oos" and not matter.signs
        return matter.kind in elsewhere.kinds and not nothing_of_ours and (verdict.sure or not sure)

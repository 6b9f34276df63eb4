"""Ask what the registry wants to know, and let it judge (A13, A14, T3–T7).

Nothing of it is kept (X5): the recording is silent meanwhile, what is heard and keyed is written down nowhere,
and the answers leave this room only as secrets. One answer that is missing ends it like a wrong one (T5); nobody is
told which (X6). Silence and unclear words are no answers yet: the same question is put up to three times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ivr.dialog.gleaning import full_name
from ivr.dialog.nodes import AuthenticateNode, AuthWords, Option
from ivr.dialog.ports import AuthQuestion, BeginAuth, CheckAuth, Verdict
from ivr.dialog.skills.base import Skill
from ivr.dialog.skills.looking_up import Lookup
from ivr.dialog.stage import Stage
from ivr.dialog.understand import normalise
from ivr.events import Consulted, EarChanged, Event, JournalKind, Record
from ivr.privacy import Pii, Secret

LAST_FOUR = "last_four"  # always the first question (A13)
_KEYS_PAUSE_S = 2.5


class Authenticate(Skill[AuthenticateNode]):
    """Every way out unmutes the recording."""

    obeys = True
    waits = True

    def __init__(self, node: AuthenticateNode, stage: Stage) -> None:
        super().__init__(node, stage)
        self._lookup = Lookup(node, stage, lambda: self._leave(node.unavailable))
        self._questions: list[AuthQuestion] = []
        self._answers: dict[str, Secret] = {}
        self._failures = 0
        self._keyed = ""
        self._muted = False

    @property
    def keys(self) -> Mapping[str, Option | None]:
        return dict.fromkeys("0123456789") if self._digits else {}

    @property
    def _digits(self) -> int:
        """How many digits the present question wants; 0 when it wants words."""
        kind, _, length = self._questions[0].grammar.partition(":") if self._questions else ("", "", "")
        return int(length) if kind == "digits" and length else 0

    def enter(self) -> None:
        memory, stage = self.stage.memory, self.stage
        if memory.subject:
            stage.goto(self.node.passed)
            return
        if memory.auth_attempts >= self.node.attempts:
            stage.goto(self.node.failed)
            return
        memory.auth_attempts += 1
        self._lookup.ask(BeginAuth(self.node.role, Pii(memory.slots.get("phone", stage.facts.caller.reveal()))))

    def listen(self, commands: Sequence[str]) -> None:
        if not self._questions:
            return
        grammar = self._questions[0].grammar
        phrases = self.stage.grammars.phrases(grammar)
        words = [*phrases, *self.node.unsaid, *commands] if phrases else []
        self.stage.listen(grammar, words, words=self._digits or None)

    def said(self, completed: bool) -> None:
        if not self._lookup.said():
            self.stage.wait_for_caller()

    def heard(self, text: str, confidence: float) -> bool:
        if not self._questions:
            return False
        question = self._questions[0]
        if normalise(text) in self.node.unsaid:
            self._judged(passed=False)
            return True
        value = self.stage.grammars.parse(question.grammar, text)
        if value is None:
            return False
        self._answered(full_name(value) if question.grammar == "name" else str(value))
        return True

    def pressed(self, key: str) -> None:
        if key not in self.keys:
            self.unmatched()
            return
        self.stage.stop_saying()
        self.stage.clear_timer("no_input")
        self._keyed += key
        if len(self._keyed) == self._digits:
            keyed, self._keyed = self._keyed, ""
            self._answered(keyed)
        else:
            self.stage.set_timer("keys", _KEYS_PAUSE_S)

    def speech_started(self) -> None:
        self.stage.clear_timer("no_input")
        self.stage.set_timer("turn", self.stage.plan.settings.max_turn_s)

    def unmatched(self) -> None:
        self._fail(self.stage.plan.no_match)

    def timer(self, name: str) -> None:
        if self._lookup.timer(name):
            return
        match name:
            case "no_input":
                self._fail(self.stage.plan.no_input)
            case "keys":
                keyed, self._keyed = self._keyed, ""
                if keyed == "0":
                    self.stage.wished = "0"
                else:
                    self.unmatched()
            case _:
                self.unmatched()

    def on(self, event: Event) -> None:
        if isinstance(event, Consulted) and self._lookup.answered(event):
            self._told(event.answer)
        elif isinstance(event, EarChanged) and not event.available and self._questions:
            self.stage.clear_timer("turn")
            self.stage.stop_saying()
            self.stage.say([*self.stage.plan.deaf, *self._words.keypad], repeatable=False)

    def command_given(self, by: str) -> None:
        self._unmute()

    @property
    def _words(self) -> AuthWords:
        return self.node.questions[self._questions[0].id]

    def _told(self, answer: object | None) -> None:
        if isinstance(answer, Verdict):
            self.stage.memory.subject = answer.subject if answer.passed else ""
            self._judged(passed=answer.passed)
            return
        questions = [q for q in answer if isinstance(q, AuthQuestion)] if isinstance(answer, tuple) else []
        if not questions or any(q.id not in self.node.questions for q in questions):
            self._leave(self.node.unavailable)
            return
        self._questions = sorted(questions, key=lambda question: question.id != LAST_FOUR)
        self._muted = True
        self.stage.do(Record("mute"))
        self.stage.note(JournalKind.AUTH_STARTED, {"role": self.node.role})
        self.stage.say(self.node.why, repeatable=False)
        self._ask()

    def _ask(self) -> None:
        self._failures, self._keyed = 0, ""
        self.stage.turn_prompts.clear()
        self.stage.say(self._words.ask if self.stage.ear_available else self._words.keypad)

    def _answered(self, value: str) -> None:
        self.stage.stop_saying()
        self.stage.clear_timer("keys")
        self.stage.understood = True
        self._answers[self._questions.pop(0).id] = Secret(value)
        if self._questions:
            self._ask()
        else:
            self._lookup.ask(CheckAuth(self.node.role, dict(self._answers)))

    def _fail(self, wordings: Sequence[str]) -> None:
        self.stage.clear_timer("no_input")
        self.stage.clear_timer("turn")
        self._failures += 1
        if self._failures == len(wordings):
            self._judged(passed=False)
            return
        words = self._words.ask if self._failures == 1 else self._words.keypad
        self.stage.say([wordings[self._failures - 1], *words], repeatable=False)

    def _judged(self, *, passed: bool) -> None:
        self._answers.clear()
        self.stage.note(JournalKind.AUTH_VERDICT, {"verdict": "passed" if passed else "failed"})
        self._leave(self.node.passed if passed else self.node.failed)

    def _leave(self, node: str) -> None:
        self._unmute()
        self.stage.goto(node)

    def _unmute(self) -> None:
        if self._muted:
            self._muted = False
            self.stage.do(Record("unmute"))

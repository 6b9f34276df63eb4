"""Ask what the registry wants to know, and let it judge (A13, A14, T3–T7).

Hearing is not judging: what was heard is read back, and only what the caller agrees to becomes an answer, so an error
of the ear is repaired and never counts. Keyed numbers need no reading back; keyed letters, which may mean several
names, do, and so does „nežinau“, which other words may sound like. Silence and unclear words are no answers
yet: the same question is put up to three times. One answer that is missing ends it like a wrong one (T5), and nobody
is told which (X6).

Nothing of it is kept (X5): the recording is silent meanwhile, what is heard and keyed is written down nowhere,
and the answers leave this room only as secrets. Nothing that is listened for or said depends on anybody's record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ivr.dialog.commands import Option
from ivr.dialog.gleaning import full_name
from ivr.dialog.nodes import AuthenticateNode, AuthWords
from ivr.dialog.ports import AuthQuestion, AuthStep, BeginAuth, CheckAuth, Verdict
from ivr.dialog.skills import keyed_values
from ivr.dialog.skills.looking_up import LooksUp
from ivr.dialog.skills.read_back import canonical, read_back
from ivr.dialog.skills.replies import AGREE, replies
from ivr.dialog.stage import Stage
from ivr.dialog.understand import normalise
from ivr.events import EarChanged, Event, JournalKind, Prompt, Record
from ivr.language.answers import affirmed
from ivr.language.mailboxes import own_phrases
from ivr.privacy import Secret

_KEYS_PAUSE_S = 2.5
_LETTERS_PAUSE_S = 5.0  # letters are looked for on the keys
_UNSURE_AFTER = 2  # corrections in one try that are a doubt (T4.2)


class Authenticate(LooksUp[AuthenticateNode]):
    """Every way out unmutes the recording."""

    obeys = True
    waits = True
    open_speech = True  # a word that is misheard as a command leads nobody out of an answer of several words

    def __init__(self, node: AuthenticateNode, stage: Stage) -> None:
        super().__init__(node, stage)
        self._attempt = ""
        self._questions: list[AuthQuestion] = []
        self._answers: dict[str, Secret] = {}
        self._named: list[Secret] = []  # names that the caller has agreed to
        self._heard = ""  # what is being read back
        self._others: list[str] = []  # what else the keyed letters may mean
        self._failures = 0
        self._corrections = 0  # of the present question
        self._corrected = 0  # of the whole try
        self._keyed = ""
        self._muted = False

    @property
    def phrases(self) -> Mapping[str, Option]:
        return replies(self.stage.plan)[0] if self._heard else {}

    @property
    def keys(self) -> Mapping[str, Option | None]:
        if self._heard:
            return replies(self.stage.plan)[1]
        if not self._questions:
            return {}
        return dict.fromkeys(keyed_values.keys(self._questions[0].grammar, tuple(self._words.choices)))

    def enter(self) -> None:
        memory, stage = self.stage.memory, self.stage
        if memory.subject and memory.subject_role == self.node.role:
            stage.goto(self.node.passed)
            return
        if memory.auth_attempts >= self.node.attempts:
            stage.goto(self.node.failed)
            return
        memory.auth_attempts += 1
        self.look_up(BeginAuth(self.node.role, stage.facts.caller))

    def listen(self, commands: Sequence[str]) -> None:
        if not self._questions:
            return
        if self._heard:
            super().listen(commands)
            return
        grammar = self._questions[0].grammar
        phrases = self._choices or self._own_words(grammar) or self.stage.grammars.phrases(grammar)
        words = [*phrases, *self.node.unsaid, *commands] if phrases else []
        self.stage.listen(grammar, words, words=keyed_values.digits(grammar) or None)

    def said(self, completed: bool) -> None:
        super().said(completed)
        if not self.stage.looking_up:
            self.stage.wait_for_caller()

    def heard(self, text: str, confidence: float) -> bool:
        if not self._questions:
            return False
        if self._heard:
            agreed = affirmed(normalise(text))
            if agreed is not None:
                self._replied(agreed=agreed)
            return agreed is not None
        value = normalise(text) if normalise(text) in self.node.unsaid else self._value(text)
        if not value:
            return False
        self._others = []
        self._propose(value)
        return True

    def chosen(self, option: Option, by: str, confidence: float) -> None:
        self._replied(agreed=option.intent == AGREE)

    def _replied(self, *, agreed: bool) -> None:
        heard, self._heard = self._heard, ""
        if agreed and heard in self.node.unsaid:
            self._judged(passed=False)
            return
        if agreed:
            self._answered(heard)
            return
        if self._others:
            self._propose(self._others.pop(0))
            return
        self._corrections += 1
        self._corrected += 1
        if self._corrections == self.node.corrections:
            self._judged(passed=False)
            return
        self._failures, self._keyed = 0, ""
        keypad = self._corrections > 1 or not self.stage.ear_available
        self.stage.say([*self.node.again, *(self._words.keypad if keypad else self._words.ask)], repeatable=False)

    def pressed(self, key: str) -> None:
        if self._heard or key not in self.keys:
            self.stage.stop_saying()
            self.unmatched()
            return
        self.stage.stop_saying()
        self.stage.clear_timer("no_input")
        grammar = self._questions[0].grammar
        if key != "#":
            self._keyed += key
        if key == "#" or len(self._keyed) == keyed_values.most(grammar):
            self._keyed_whole()
        else:
            lettered = grammar in keyed_values.LETTERED and self._keyed != "0"
            self.stage.set_timer("keys", _LETTERS_PAUSE_S if lettered else _KEYS_PAUSE_S)

    def speech_started(self) -> None:
        self.stage.clear_timer("no_input")
        self.stage.set_timer("turn", self.stage.plan.settings.max_turn_s)

    def unmatched(self) -> None:
        self._fail(self.stage.plan.no_match)

    def timer(self, name: str) -> None:
        match name:
            case "no_input":
                self._fail(self.stage.plan.no_input)
            case "keys":
                self._keyed_whole()
            case "turn":
                self.unmatched()
            case _:
                super().timer(name)

    def on(self, event: Event) -> None:
        super().on(event)
        if isinstance(event, EarChanged) and not event.available and self._questions:
            self.stage.clear_timer("turn")
            self.stage.stop_saying()
            self.stage.say([*self.stage.plan.deaf, *self._question_by_keys], repeatable=False)

    def command_given(self, by: str) -> None:
        self._forget()

    def hung_up(self) -> None:
        self._forget()

    @property
    def _words(self) -> AuthWords:
        return self.node.questions[self._questions[0].id]

    @property
    def _choices(self) -> dict[str, str]:
        """Phrase → id of what is chosen; empty for questions that have no list."""
        return {phrase: choice.id for choice in self._words.choices for phrase in choice.phrases}

    @property
    def _question_by_keys(self) -> Sequence[str | Prompt]:
        return [*self._reading, *self.node.right_keypad] if self._heard else self._words.keypad

    @property
    def _reading(self) -> Sequence[str | Prompt]:
        """What was heard, between its frame; a choice is read back by its first phrase."""
        named = next((choice.phrases[0] for choice in self._words.choices if choice.id == self._heard), "")
        if self._heard in self.node.unsaid:
            named = self._heard
        text = f"{named[:1].upper()}{named[1:]}." if named else read_back(self._questions[0].grammar, self._heard)
        return [*self.node.heard, Prompt(text=text, private=True)]

    def _own_words(self, grammar: str) -> tuple[str, ...]:
        """An e-mail address is mostly made of the name that the caller has just agreed to; first only that is
        listened for, which is heard far better. Whose names they are in the registry has no part in it."""
        if grammar != "mailbox" or self._corrections or self._failures or not self._named:
            return ()
        return own_phrases(name.reveal() for name in self._named)

    def _value(self, text: str) -> str:
        question = self._questions[0]
        if self._words.choices:
            return _choice(normalise(text), self._choices)
        value = self.stage.grammars.parse(question.grammar, text)
        if value is None:
            return ""
        return full_name(value) if question.grammar == "name" else canonical(value)

    def answered(self, answer: object | None) -> None:
        if isinstance(answer, Verdict):
            self.stage.memory.subject = answer.subject if answer.passed else ""
            self.stage.memory.subject_role = self.node.role if answer.passed else ""
            self._judged(passed=answer.passed)
            return
        if not isinstance(answer, AuthStep) or not answer.questions:
            self._leave(self.node.unavailable)
            return
        if any(question.id not in self.node.questions for question in answer.questions):
            self._leave(self.node.unavailable)
            return
        self._questions = list(answer.questions)
        if not self._attempt:
            self._muted = True
            self.stage.do(Record("mute"))
            self.stage.note(JournalKind.AUTH_STARTED, {"role": self.node.role})
            self.stage.say(self.node.why, repeatable=False)
        self._attempt = answer.attempt
        self._ask()

    def _ask(self) -> None:
        self._failures = self._corrections = 0
        self._keyed, self._others = "", []
        self.stage.turn_prompts.clear()
        self.stage.say(self._words.ask if self.stage.ear_available else self._words.keypad)

    def _propose(self, value: str) -> None:
        self.stage.stop_saying()
        self.stage.clear_timer("keys")
        self._keyed = ""
        self._failures, self._heard = 0, value
        self.stage.turn_prompts.clear()
        self.stage.say([*self._reading, *self.node.right])

    def _keyed_whole(self) -> None:
        self.stage.clear_timer("keys")
        keyed, self._keyed = self._keyed, ""
        if keyed == "0":
            self.stage.wished = "0"
            return
        grammar = self._questions[0].grammar
        first, *self._others = keyed_values.names(grammar, keyed) or ("",)
        if first:
            self._propose(first)
            return
        value = keyed_values.value(grammar, keyed, self._words.choices)
        if value:
            self._answered(value)
        else:
            self.unmatched()

    def _answered(self, value: str) -> None:
        self.stage.stop_saying()
        self.stage.clear_timer("keys")
        self.stage.understood = True
        question = self._questions.pop(0)
        self._answers[question.id] = Secret(value)
        if question.grammar in ("given", "surname"):
            self._named.append(Secret(value))
        if self._questions:
            self._ask()
            return
        answers, self._answers = self._answers, {}
        self.look_up(CheckAuth(self._attempt, answers, self._corrected >= _UNSURE_AFTER))

    def _fail(self, wordings: Sequence[str]) -> None:
        self.stage.clear_timer("no_input")
        self.stage.clear_timer("turn")
        self._failures += 1
        if self._failures == len(wordings):
            self._judged(passed=False)
            return
        again = [*self._reading, *self.node.right] if self._heard else self._words.ask
        words = again if self._failures == 1 else self._question_by_keys
        self.stage.say([wordings[self._failures - 1], *words], repeatable=False)

    def _judged(self, *, passed: bool) -> None:
        self.stage.note(JournalKind.AUTH_VERDICT, {"verdict": "passed" if passed else "failed"})
        self._leave(self.node.passed if passed else self.node.failed)

    def _leave(self, node: str) -> None:
        self._forget()
        self.stage.goto(node)

    def _forget(self) -> None:
        """Nothing of the answers stays, and the recording goes on."""
        self._answers.clear()
        self._named.clear()
        self._heard = self._keyed = ""
        self.stage.turn_prompts.clear()
        if self._muted:
            self._muted = False
            self.stage.do(Record("unmute"))


def _choice(said: str, choices: Mapping[str, str]) -> str:
    """The id of the longest phrase that was said as whole words; empty when there is none, or two that differ."""
    inside = [phrase for phrase in choices if f" {phrase} " in f" {said} "]
    longest = max(map(len, inside), default=0)
    meant = {choices[phrase] for phrase in inside if len(phrase) == longest}
    return meant.pop() if len(meant) == 1 else ""

"""Ask for a value by voice or keys, read it back, and take it only when the caller agrees (A12.19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ivr.dialog.commands import Option
from ivr.dialog.gleaning import full_name, glean
from ivr.dialog.nodes import SlotNode
from ivr.dialog.parts import Three
from ivr.dialog.skills.asking import Asks
from ivr.dialog.skills.base import Elsewhere
from ivr.dialog.skills.replies import AGREE, replies
from ivr.dialog.stage import Stage
from ivr.language.phones import phone_of_digits
from ivr.language.spoken_numbers import digits_of

_DIGITS = "0123456789"
# After so long without a key a keyed number is complete; a zero alone was the wish for a person (X3).
_KEYS_PAUSE_S = 2.5


class Slot(Asks[SlotNode]):
    """Asks, or offers what was heard before; a "no" to what was read back counts as a failure."""

    def __init__(self, node: SlotNode, stage: Stage) -> None:
        super().__init__(node, stage)
        self._candidate = ""
        self._keyed = ""

    @property
    def _confirming(self) -> bool:
        return bool(self._candidate)

    @property
    def _by_keys(self) -> bool:
        return self.node.grammar == "phone"

    @property
    def phrases(self) -> Mapping[str, Option]:
        return replies(self.stage.plan)[0] if self._confirming else {}

    @property
    def keys(self) -> Mapping[str, Option | None]:
        if self._confirming:
            return replies(self.stage.plan)[1]
        own = dict.fromkeys(_DIGITS if self._by_keys else "")
        return {**own, "#": None}

    def listen(self, commands: Sequence[str]) -> None:
        if self._confirming:
            super().listen(commands)
            return
        phrases = [*self.stage.grammars.phrases(self.node.grammar), *commands]
        self.stage.listen(self.node.grammar, phrases, personal=self.node.slot != "person")  # that is an employee

    def enter(self) -> None:
        memory, slot = self.stage.memory, self.node.slot
        if slot in memory.slots:
            self.stage.goto(self.node.next)
            return
        known = memory.candidates.get(slot, "")
        if not known and self.node.offer_caller and self.stage.facts.caller_known:
            known = self.stage.facts.caller.reveal()
        if known and self.node.confirm:
            self._propose(known)
        else:
            self.ask()

    @property
    def elsewhere(self) -> Elsewhere | None:
        """What is said about the value itself sounds like a personal matter, or a message."""
        node = self.stage.plan.own_words
        return Elsewhere(node, frozenset({"faq", "human"})) if node and self._confirming else None

    def told(self, sentence: str, passing: str) -> bool:
        """„Ne, aštuoni šeši …“: the right value together with the no."""
        if not self._confirming or self.stage.speaking:
            return False
        value = glean(sentence, self.stage.grammars).get(self.node.grammar, "")
        if not value or value == self._candidate:
            return False
        self.stage.turn_prompts.clear()
        self._propose(value)
        return True

    def heard(self, text: str, confidence: float) -> bool:
        if self._confirming:
            return False
        value = self._mixed(text) if self._keyed else self._value(text)
        if not value:
            return False
        self.stage.stop_saying()
        self.stage.turn_prompts.clear()
        self._propose(value)
        return True

    def pressed(self, key: str) -> None:
        if self._confirming or key not in self.keys:
            super().pressed(key)
            return
        self.stage.stop_saying()
        self.stage.clear_timer("no_input")
        if key != "#":
            self._keyed += key
            self.stage.set_timer("keys", _KEYS_PAUSE_S)
        elif self._keyed:
            self._keyed_whole()
        else:
            self.stage.goto(self.node.skipped or self.node.next)

    def timer(self, name: str) -> None:
        if name == "keys":
            self._keyed_whole()
        else:
            super().timer(name)

    def chosen(self, option: Option, by: str, confidence: float) -> None:
        memory, slot, value = self.stage.memory, self.node.slot, self._candidate
        self._candidate = ""
        self.stage.understood = True
        memory.candidates.pop(slot, None)
        if option.intent == AGREE:
            memory.slots[slot] = value
            self.stage.goto(self.node.next)
        else:
            self._failures += 1
            self.gave_up() if self._failures == 3 else self.ask()

    def speech_started(self) -> None:
        self.stage.clear_timer("keys")
        super().speech_started()

    def unmatched(self) -> None:
        self._keyed = ""
        super().unmatched()

    def fail(self, wordings: Three, by: str) -> None:
        if not self._confirming or self._failures == len(wordings) - 1:
            super().fail(wordings, by)
            return
        self.stage.clear_timer("no_input")
        self.stage.clear_timer("turn")
        wording = wordings[self._failures]
        self._failures += 1
        keypad = self.node.confirm_keypad if self._failures == 2 or not self.stage.ear_available else ()
        self.stage.say([wording, *self.node.confirm, *keypad], repeatable=False)

    def gave_up(self) -> None:
        self.stage.memory.candidates.pop(self.node.slot, None)
        super().gave_up()

    def ask(self) -> None:
        self._candidate = ""
        super().ask()

    def _propose(self, value: str) -> None:
        memory, slot = self.stage.memory, self.node.slot
        if not self.node.confirm:
            memory.slots[slot] = value
            self.stage.understood = True
            self.stage.goto(self.node.next)
            return
        self._candidate = memory.candidates[slot] = value
        self.stage.say(self.node.confirm)

    def _value(self, text: str) -> str:
        value = self.stage.grammars.parse(self.node.grammar, text)
        if value is None:
            return ""
        return full_name(value) if self.node.grammar == "name" else str(value)

    def _mixed(self, text: str) -> str:
        """Digits that were keyed first and spoken after that."""
        number = phone_of_digits(self._keyed + (digits_of(text) or ""))
        self._keyed = ""
        self.stage.clear_timer("keys")
        return number or ""

    def _keyed_whole(self) -> None:
        self.stage.clear_timer("keys")
        keyed, self._keyed = self._keyed, ""
        if keyed == "0":
            self.stage.wished = "0"
            return
        number = phone_of_digits(keyed)
        if number is None:
            self.unmatched()
        else:
            self.stage.turn_prompts.clear()
            self._propose(number)

"""Agree on a time in which the caller is called back (A12.10, A12.11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ivr.dialog.commands import Option
from ivr.dialog.nodes import CallbackNode
from ivr.dialog.ports import FreeTimes
from ivr.dialog.skills.asking import Asks
from ivr.dialog.skills.base import Elsewhere
from ivr.dialog.skills.looking_up import LooksUp
from ivr.dialog.skills.replies import AGREE, replies
from ivr.dialog.stage import Stage


class Callback(LooksUp[CallbackNode], Asks[CallbackNode]):
    """One time after another is offered. Where nobody tells free times, those of the office hours are offered."""

    def __init__(self, node: CallbackNode, stage: Stage) -> None:
        super().__init__(node, stage)
        self._times: list[datetime] = []

    @property
    def phrases(self) -> Mapping[str, Option]:
        return replies(self.stage.plan)[0]

    @property
    def keys(self) -> Mapping[str, Option | None]:
        return replies(self.stage.plan)[1]

    @property
    def elsewhere(self) -> Elsewhere | None:
        """What is said about the time sounds like a message, or a personal matter."""
        node = self.stage.plan.own_words
        return Elsewhere(node, frozenset({"faq", "human"})) if node else None

    def enter(self) -> None:
        self.stage.memory.offered_time = self.stage.memory.agreed_time = None
        now = self.stage.local_now
        if now is None:
            self.stage.goto(self.node.none_suits)
            return
        self.look_up(FreeTimes(now, self.node.times))

    def answered(self, answer: object | None) -> None:
        found = answer if isinstance(answer, tuple) else ()
        self._offer_first([time for time in found if isinstance(time, datetime)])

    def chosen(self, option: Option, by: str, confidence: float) -> None:
        self.stage.understood = True
        if option.intent == AGREE:
            self.stage.memory.agreed_time = self.stage.memory.offered_time
            self.stage.goto(self.node.agreed)
            return
        self._times.pop(0)
        if not self._times:
            self.stage.memory.offered_time = None
            self.stage.goto(self.node.none_suits)
            return
        self.stage.say(self.node.other)
        self._offer()

    def gave_up(self) -> None:
        self.stage.memory.offered_time = None
        super().gave_up()

    def _offer_first(self, free: Sequence[datetime]) -> None:
        now, hours = self.stage.local_now, self.stage.plan.hours
        if not free and now is not None and hours is not None:
            free = hours.callback_times(now, self.node.times)
        self._times = list(free)[: self.node.times]
        if not self._times:
            self.stage.goto(self.node.none_suits)
            return
        self._offer()

    def _offer(self) -> None:
        at, hours = self._times[0], self.stage.plan.hours
        self.stage.memory.offered_time = hours.local(at) if hours is not None else at
        self.ask()

"""Say goodbye and wait for the caller to hang up first (A12.23, A12.24)."""

from __future__ import annotations

from ivr.dialog.nodes import GoodbyeNode
from ivr.dialog.skills.base import Skill


class Goodbye(Skill[GoodbyeNode]):
    """Silence is right here. Who changes their mind may still use a global command."""

    obeys = True

    @property
    def _placed(self) -> bool:
        return self.stage.facts.errand is not None

    def enter(self) -> None:
        self.stage.say((self._placed and self.node.outbound) or self.node.prompts)

    def said(self, completed: bool) -> None:
        wait_s = self.node.outbound_wait_s if self._placed else self.stage.plan.settings.hangup_safety_s
        self.stage.set_timer("safety", wait_s)

    def timer(self, name: str) -> None:
        self.stage.hang_up("goodbye" if self._placed else "hangup_safety")

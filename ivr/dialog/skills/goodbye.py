"""Say goodbye and wait for the caller to hang up first (A12.23, A12.24)."""

from __future__ import annotations

from ivr.dialog.nodes import GoodbyeNode
from ivr.dialog.skills.base import Skill


class Goodbye(Skill[GoodbyeNode]):
    """Silence is right here. Who changes their mind may still use a global command."""

    obeys = True

    def enter(self) -> None:
        self.stage.say(self.node.prompts)

    def said(self, completed: bool) -> None:
        self.stage.set_timer("safety", self.stage.plan.settings.hangup_safety_s)

    def timer(self, name: str) -> None:
        self.stage.hang_up("hangup_safety")

"""Say something and go on."""

from __future__ import annotations

from collections.abc import Sequence

from ivr.dialog.nodes import SayNode
from ivr.dialog.skills.heard_out import HeardOut


class SayOnly(HeardOut[SayNode]):
    """An interruptible sentence opens the next node at once, so the caller may cut both; others are heard out."""

    @property
    def sentences(self) -> Sequence[str]:
        return self.node.prompts

    def enter(self) -> None:
        if self.node.language is not None:
            self.stage.language = "" if self.node.language == "own" else self.node.language
        if not self.node.interruptible:
            super().enter()
            return
        self.stage.say(self.node.prompts)
        self.stage.goto(self.node.next)

    def heard_out(self, completed: bool) -> None:
        self.stage.goto(self.node.next)

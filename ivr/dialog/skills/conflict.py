"""After rude words: stay calm, then warn, then end the call politely (A15, A16, A17.2).

What counts are words, never a voice's tone (X12). The call is never ended without a warning before it, and a
threat is warned of at once.
"""

from __future__ import annotations

from ivr.dialog.nodes import ConflictNode
from ivr.dialog.skills.heard_out import HeardOut
from ivr.dialog.stage import Stage

_CALM, _WARNING, _ENDING = 1, 2, 3


class Conflict(HeardOut[ConflictNode]):
    """Each visit is one step further; the steps are counted over the whole call."""

    def __init__(self, node: ConflictNode, stage: Stage) -> None:
        super().__init__(node, stage)
        memory = stage.memory
        memory.rude = min(_ENDING, max(memory.rude + 1, _WARNING if node.threat else _CALM))
        self._step = memory.rude

    @property
    def sentences(self) -> tuple[str, ...]:
        return {_CALM: self.node.calm, _WARNING: self.node.warning, _ENDING: self.node.ending}[self._step]

    def heard_out(self, completed: bool) -> None:
        if not completed:
            self.stage.memory.rude -= 1  # a warning that nobody heard is none
        if self._step < _ENDING:
            self.stage.goto(self.node.next)
            return
        self.stage.ruled_out = True
        self.stage.hang_up("rude")

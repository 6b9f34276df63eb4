"""Send the answer that was given last to where the caller agreed to; the journal tells that it went, not what (Q4)."""

from __future__ import annotations

from typing import Final

from ivr.dialog.nodes import SendNode
from ivr.dialog.ports import Channel, SendAnswer
from ivr.dialog.skills.looking_up import LooksUp
from ivr.events import JournalKind
from ivr.privacy import Pii

_SLOTS: Final[dict[Channel, str]] = {"sms": "phone", "email": "email"}


class Send(LooksUp[SendNode]):
    """The number or address was read back and agreed to before this node."""

    obeys = True

    def enter(self) -> None:
        memory = self.stage.memory
        to = memory.slots.get(_SLOTS[self.node.channel], "")
        if memory.given is None or not to:
            self.stage.goto(self.node.failed)
            return
        self.look_up(SendAnswer(self.node.channel, Pii(to), memory.given))

    def answered(self, answer: object | None) -> None:
        memory, channel, taken = self.stage.memory, self.node.channel, answer is True
        self.stage.note(
            JournalKind.ANSWER_SENT,
            {
                "answer": memory.given.id if memory.given is not None else "",
                "channel": channel,
                "pii_to": memory.slots.get(_SLOTS[channel], ""),
                "taken": taken,
            },
        )
        self.stage.goto(self.node.sent if taken else self.node.failed)

"""Send the answer that was given last to where the caller agreed to; the journal tells that it went, not what (Q4)."""

from __future__ import annotations

from typing import Final

from ivr.dialog.nodes import SendNode
from ivr.dialog.ports import Channel, SendAnswer
from ivr.dialog.skills.base import Skill
from ivr.dialog.skills.looking_up import Lookup
from ivr.dialog.stage import Stage
from ivr.events import Consulted, Event, JournalKind
from ivr.privacy import Pii

_SLOTS: Final[dict[Channel, str]] = {"sms": "phone", "email": "email"}


class Send(Skill[SendNode]):
    """The number or address was read back and agreed to before this node."""

    obeys = True

    def __init__(self, node: SendNode, stage: Stage) -> None:
        super().__init__(node, stage)
        self._lookup = Lookup(node, stage, lambda: self._over(taken=False))

    def enter(self) -> None:
        memory = self.stage.memory
        to = memory.slots.get(_SLOTS[self.node.channel], "")
        if memory.given is None or not to:
            self.stage.goto(self.node.failed)
            return
        self._lookup.ask(SendAnswer(self.node.channel, Pii(to), memory.given))

    def said(self, completed: bool) -> None:
        self._lookup.said()

    def timer(self, name: str) -> None:
        self._lookup.timer(name)

    def on(self, event: Event) -> None:
        if isinstance(event, Consulted) and self._lookup.answered(event):
            self._over(taken=event.answer is True)

    def _over(self, *, taken: bool) -> None:
        memory, channel = self.stage.memory, self.node.channel
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

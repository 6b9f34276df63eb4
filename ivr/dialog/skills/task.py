"""Hand to the staff what the caller left."""

from __future__ import annotations

from ivr.dialog.nodes import TaskNode
from ivr.dialog.skills.base import Skill


class Task(Skill[TaskNode]):
    """Makes the task and assures that it arrives, or drops what was spoken when the caller wants that."""

    def enter(self) -> None:
        if self.node.task == "message":
            self.stage.note_message(confirmed=True)
        else:
            self.stage.message = None
        self.stage.say(self.node.prompts)
        self.stage.goto(self.node.next)

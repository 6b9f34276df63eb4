"""Hand to the staff what the caller left."""

from __future__ import annotations

from ivr.dialog.nodes import TaskNode
from ivr.dialog.skills.base import Skill


class Task(Skill[TaskNode]):
    """Makes the task and assures that it arrives, or drops what was spoken when the caller wants that."""

    def enter(self) -> None:
        stage = self.stage
        if self.node.task == "message":
            stage.note_message(confirmed=True)
        elif self.node.task == "callback":
            at = stage.memory.offered_time
            stage.note_task("callback", {"agreed_at": at.isoformat(timespec="minutes")} if at is not None else {})
            stage.callback_created = True
        else:
            stage.memory.message = None
        stage.say(self.node.prompts)
        stage.goto(self.node.next)

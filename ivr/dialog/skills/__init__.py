"""What the line can do, one file per kind of node; :data:`SKILLS` finds the file for a node."""

from __future__ import annotations

from typing import Any, Final

from ivr.dialog.nodes import (
    AnswerNode,
    BranchNode,
    ChoiceNode,
    GoodbyeNode,
    MessageNode,
    NoticeNode,
    Part,
    SayNode,
    TaskNode,
    TransferNode,
)
from ivr.dialog.skills.answer import Answer
from ivr.dialog.skills.base import Skill
from ivr.dialog.skills.branch import Branch
from ivr.dialog.skills.choice import Choice
from ivr.dialog.skills.goodbye import Goodbye
from ivr.dialog.skills.message import Message
from ivr.dialog.skills.notice import Notice
from ivr.dialog.skills.say import SayOnly
from ivr.dialog.skills.task import Task
from ivr.dialog.skills.transfer import Transfer

__all__ = ["SKILLS", "Skill"]

SKILLS: Final[dict[type[Part], type[Skill[Any]]]] = {
    SayNode: SayOnly,
    NoticeNode: Notice,
    ChoiceNode: Choice,
    AnswerNode: Answer,
    BranchNode: Branch,
    TransferNode: Transfer,
    MessageNode: Message,
    TaskNode: Task,
    GoodbyeNode: Goodbye,
}

"""What the line can do, one file per kind of node; :data:`SKILLS` finds the file for a node."""

from __future__ import annotations

from typing import Any, Final

from ivr.dialog import nodes
from ivr.dialog.parts import Part
from ivr.dialog.skills.answer import Answer
from ivr.dialog.skills.authenticate import Authenticate
from ivr.dialog.skills.base import Skill
from ivr.dialog.skills.branch import Branch
from ivr.dialog.skills.callback import Callback
from ivr.dialog.skills.called import Called
from ivr.dialog.skills.choice import Choice
from ivr.dialog.skills.conflict import Conflict
from ivr.dialog.skills.directory import Directory
from ivr.dialog.skills.gate import Gate
from ivr.dialog.skills.goodbye import Goodbye
from ivr.dialog.skills.message import Message
from ivr.dialog.skills.notice import Notice
from ivr.dialog.skills.personal import Personal
from ivr.dialog.skills.question import Question
from ivr.dialog.skills.say import SayOnly
from ivr.dialog.skills.send import Send
from ivr.dialog.skills.slot import Slot
from ivr.dialog.skills.task import Task
from ivr.dialog.skills.tell import Tell
from ivr.dialog.skills.transfer import Transfer

__all__ = ["SKILLS", "Skill"]

SKILLS: Final[dict[type[Part], type[Skill[Any]]]] = {
    nodes.SayNode: SayOnly,
    nodes.NoticeNode: Notice,
    nodes.ChoiceNode: Choice,
    nodes.GateNode: Gate,
    nodes.AnswerNode: Answer,
    nodes.BranchNode: Branch,
    nodes.TransferNode: Transfer,
    nodes.MessageNode: Message,
    nodes.TaskNode: Task,
    nodes.GoodbyeNode: Goodbye,
    nodes.SlotNode: Slot,
    nodes.QuestionNode: Question,
    nodes.TellNode: Tell,
    nodes.SendNode: Send,
    nodes.DirectoryNode: Directory,
    nodes.CallbackNode: Callback,
    nodes.AuthenticateNode: Authenticate,
    nodes.PersonalNode: Personal,
    nodes.ConflictNode: Conflict,
    nodes.CalledNode: Called,
}

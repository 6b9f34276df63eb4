"""Go one of several ways, by what is true now."""

from __future__ import annotations

from ivr.dialog.nodes import BranchNode
from ivr.dialog.parts import Condition
from ivr.dialog.skills.base import Skill


class Branch(Skill[BranchNode]):
    """The first way whose condition holds, else ``otherwise``."""

    def enter(self) -> None:
        for way in self.node.when:
            if self._holds(way.condition):
                self.stage.goto(way.goto)
                return
        self.stage.goto(self.node.otherwise)

    def _holds(self, condition: Condition) -> bool:
        stage, employee = self.stage, self.stage.memory.employee
        match condition:
            case "agent_available":
                return stage.facts.agent_available and stage.office_open
            case "recording_running":
                return stage.recording_running
            case "recording_declined":
                return stage.declined
            case "caller_known":
                return stage.facts.caller_known
            case "office_open":
                return stage.office_open
            case "holiday":
                at, hours = stage.local_now, stage.plan.hours
                return at is not None and hours is not None and hours.is_holiday(at)
            case "queue_long":
                return stage.memory.wait_s > stage.plan.settings.queue_long_s
            case "authenticated":
                return bool(stage.memory.subject)
            case "answers_available":
                return stage.facts.answers_available
            case "sms_available":
                return "sms" in stage.facts.channels
            case "email_available":
                return "email" in stage.facts.channels
            case "other_language":
                return bool(stage.language)
            case "other_languages":
                return bool(stage.facts.others)
            case "return_known":
                return employee is not None and employee.returns is not None
            case "substitute_known":
                there = stage.facts.agent_available and stage.office_open
                return there and employee is not None and employee.substitute is not None
            case "callee_known":
                return stage.facts.errand is not None and bool(stage.facts.errand.name)
            case "answer_ready":
                return stage.facts.errand is not None and bool(stage.facts.errand.answer)
            case "remark":
                return stage.memory.message_kind in ("complaint", "quality")

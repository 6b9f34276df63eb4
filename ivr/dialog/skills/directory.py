"""Find the employee whom the caller named: there, away, or unknown (A10, A12.18)."""

from __future__ import annotations

from dataclasses import replace

from ivr.dialog.nodes import DirectoryNode
from ivr.dialog.ports import Employee, FindPerson
from ivr.dialog.skills.looking_up import LooksUp


class Directory(LooksUp[DirectoryNode]):
    """Asked for once; a name that two people bear is unknown, because the wrong one must not be called."""

    def enter(self) -> None:
        self.stage.memory.employee = None
        self.look_up(FindPerson(self.stage.memory.slots.pop("person", "")))

    def answered(self, answer: object | None) -> None:
        found = answer if isinstance(answer, tuple) else ()
        self._found([employee for employee in found if isinstance(employee, Employee)])

    def _found(self, employees: list[Employee]) -> None:
        if len(employees) != 1:
            self.stage.goto(self.node.unknown)
            return
        employee, hours = employees[0], self.stage.plan.hours
        if hours is not None and employee.returns is not None and employee.returns.tzinfo is not None:
            employee = replace(employee, returns=hours.local(employee.returns))  # the directory's clock may be another
        self.stage.memory.employee = employee
        there = employee.present and self.stage.facts.agent_available and self.stage.office_open
        self.stage.goto(self.node.available if there else self.node.away)

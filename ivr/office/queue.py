"""A reviewer's way through the month's draw: which conversations, in which order, and how far one has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ivr.errors import SamplingError
from ivr.office import rights
from ivr.office.rights import Act
from ivr.people.staff import Employee
from ivr.quality.desk import Desk
from ivr.quality.index import ZONE
from ivr.sampling.month import Month

Row = dict[str, Any]
"""A line of the draw with ``done`` (reviewed) and ``lost`` (its sound was erased before that)."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What of the plan somebody works through: all of ``month``, one employee's part, what is left, one reason."""

    month: str
    employee: int | None = None
    left: bool = False
    reason: str = ""

    @classmethod
    def asked(cls, fields: Mapping[str, str]) -> Chosen | None:
        """From the address; None where no month is given: the conversation was not opened from a plan."""
        try:
            month = Month.parse(fields.get("menuo", ""), ZONE)
        except SamplingError:
            return None
        who = fields.get("darbuotojas", "")
        employee = int(who) if who.isdecimal() and len(who) < 10 else None
        return cls(str(month), employee, fields.get("liko") == "1", fields.get("kodel", "")[:40])

    @property
    def query(self) -> str:
        """The same as an address has it, with its question mark."""
        fields = {
            "menuo": self.month,
            "darbuotojas": "" if self.employee is None else str(self.employee),
            "liko": "1" if self.left else "",
            "kodel": self.reason,
        }
        return "?" + urlencode({key: value for key, value in fields.items() if value})

    def holds(self, row: Row) -> bool:
        return (
            (self.employee is None or row["employee"] == self.employee)
            and (not self.reason or row["reason"] == self.reason)
            and not (self.left and (row["done"] or row["lost"]))
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where one conversation stands: ``number`` of ``total`` that were chosen (0: no longer among them), its
    neighbours as call and employee, and how many of all chosen ones were heard, whatever is left."""

    chosen: Chosen
    number: int
    total: int
    before: tuple[str, int] | None
    after: tuple[str, int] | None
    done: int
    drawn: int


def rows_of(desk: Desk, month: str, visitor: Employee) -> list[Row]:
    """The draw in the visitor's reach, by the employees' names, then as it was drawn."""
    people = desk.people()
    reach = rights.within(visitor, Act.PLAN, people.values())
    rows = [
        row
        for row in desk.index.drawn(month)
        if (reach is None or row["employee"] in reach)
        and row["employee"] in people
        and not (row["guarded"] and not rights.reads_quality_line(visitor))
    ]
    done = desk.index.reviewed((row["call"], row["employee"]) for row in rows)
    for row in rows:
        row["done"] = (row["call"], row["employee"]) in done
        row["lost"] = bool(row["erased"]) and not row["done"]
    return sorted(rows, key=lambda row: (people[row["employee"]].name, row["employee"]))


def place(rows: Sequence[Row], chosen: Chosen, call: str, employee: int) -> Place | None:
    """Where this conversation stands; None when it is not in the draw at all."""
    at = next((number for number, row in enumerate(rows) if (row["call"], row["employee"]) == (call, employee)), None)
    if at is None:
        return None
    before = [row for row in rows[:at] if chosen.holds(row)]
    after = [row for row in rows[at + 1 :] if chosen.holds(row)]
    among = chosen.holds(rows[at])
    of_filter = [row for row in rows if Chosen(chosen.month, chosen.employee, reason=chosen.reason).holds(row)]
    return Place(
        chosen,
        len(before) + 1 if among else 0,
        len(before) + among + len(after),
        (before[-1]["call"], before[-1]["employee"]) if before else None,
        (after[0]["call"], after[0]["employee"]) if after else None,
        sum(row["done"] for row in of_filter),
        sum(not row["lost"] for row in of_filter),
    )

"""Employees, absences and states in the office's database, read as the pure :class:`ivr.people.staff.Staff`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from ivr.errors import OfficeError
from ivr.people.staff import Absence, Employee, Presence, Role, Staff, State
from ivr.store.database import StoreDatabase, writing
from ivr.store.schema import moment, timestamp


@dataclass(frozen=True, slots=True)
class Planned:
    """An absence in the calendar, by its id there."""

    id: int
    absence: Absence


class Roster:
    """Reads and changes who works here. Use it in the thread that opened the database."""

    def __init__(self, database: StoreDatabase) -> None:
        self._db = database

    def add(self, employee: Employee) -> int:
        """Keep a new employee and return their id; ``employee.id`` is ignored.

        Raises:
            OfficeError: the extension is somebody else's.
        """
        if employee.extension and self._with_extension(employee.extension) is not None:
            raise OfficeError(f"The extension {employee.extension} is taken", "Give every employee their own")
        with writing(self._db):
            cursor = self._db.execute(
                "INSERT INTO employees (name, unit, roles, languages, skills, extension) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    employee.name,
                    employee.unit,
                    _list(employee.roles),
                    _list(employee.languages),
                    _list(employee.skills),
                    employee.extension,
                ],
            )
        return int(cursor.lastrowid or 0)

    def employee(self, employee: int) -> Employee | None:
        """An active employee."""
        row = self._db.execute(f"{_EMPLOYEES} AND id = ?", [employee]).fetchone()
        return _employee(row) if row else None

    def everybody(self) -> dict[int, Employee]:
        """All who work or worked here, by id: what they did does not leave with them, their roles do."""
        rows = self._db.execute(_EMPLOYEES.removesuffix(" WHERE active"))
        active = {row[0] for row in self._db.execute("SELECT id FROM employees WHERE active")}
        everybody = map(_employee, rows)
        return {one.id: one if one.id in active else replace(one, roles=frozenset()) for one in everybody}

    def staff(self) -> Staff:
        """Everybody as they are now."""
        employees = tuple(_employee(row) for row in self._db.execute(f"{_EMPLOYEES} ORDER BY id"))
        absences = tuple(
            Absence(employee, moment(since), moment(until) if until else None, substitute)
            for employee, since, until, substitute in self._db.execute(
                "SELECT employee, since, until, substitute FROM absences WHERE NOT cancelled"
            )
        )
        states = self._db.execute("SELECT employee, state, since FROM states")
        presence = {employee: Presence(State(state), moment(since)) for employee, state, since in states}
        return Staff(employees, absences, presence)

    def set_state(self, employee: int, state: State, at: datetime, reason: str = "") -> None:
        """``reason`` is of a pause, in the agent's words."""
        with writing(self._db):
            self._db.execute(
                "INSERT INTO states (employee, state, reason, since) VALUES (?, ?, ?, ?) ON CONFLICT (employee) "
                "DO UPDATE SET state = excluded.state, reason = excluded.reason, since = excluded.since",
                [employee, state, reason, timestamp(at)],
            )

    def pause_reason(self, employee: int) -> str:
        row = self._db.execute("SELECT reason FROM states WHERE employee = ?", [employee]).fetchone()
        return row[0] if row else ""

    def add_absence(self, absence: Absence) -> None:
        """Put an absence into the calendar.

        Raises:
            OfficeError: it ends before it begins, or an employee of it is not there or their own substitute.
        """
        try:
            with writing(self._db):
                self._db.execute(
                    "INSERT INTO absences (employee, since, until, substitute) VALUES (?, ?, ?, ?)",
                    [
                        absence.employee,
                        timestamp(absence.since),
                        timestamp(absence.until) if absence.until else None,
                        absence.substitute,
                    ],
                )
        except sqlite3.IntegrityError as error:
            raise OfficeError(
                f"The absence of employee {absence.employee} can't be kept",
                "It must end after it begins, and its substitute must be another employee",
            ) from error

    def planned(self, at: datetime) -> list[Planned]:
        """Absences that are not over at ``at`` and were not cancelled, by their beginning."""
        rows = self._db.execute(
            "SELECT id, employee, since, until, substitute FROM absences "
            "WHERE NOT cancelled AND (until IS NULL OR until > ?) ORDER BY since, id",
            [timestamp(at)],
        )
        return [
            Planned(number, Absence(employee, moment(since), moment(until) if until else None, substitute))
            for number, employee, since, until, substitute in rows
        ]

    def cancel_absence(self, absence: int) -> None:
        """It does not happen, or ends now; the calendar keeps that it was planned."""
        with writing(self._db):
            self._db.execute("UPDATE absences SET cancelled = 1 WHERE id = ?", [absence])

    def _with_extension(self, extension: str) -> Employee | None:
        row = self._db.execute(f"{_EMPLOYEES} AND extension = ?", [extension]).fetchone()
        return _employee(row) if row else None


_EMPLOYEES = "SELECT id, name, unit, roles, languages, skills, extension FROM employees WHERE active"


def _employee(row: tuple[int, str, str, str, str, str, str]) -> Employee:
    number, name, unit, roles, languages, skills, extension = row
    return Employee(
        number,
        name,
        unit,
        frozenset(Role(role) for role in json.loads(roles)),
        frozenset(json.loads(languages)),
        frozenset(json.loads(skills)),
        extension,
    )


def _list(values: Iterable[str]) -> str:
    return json.dumps(sorted(values), ensure_ascii=False)

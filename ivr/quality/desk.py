"""Everything that the quality unit's pages and commands work with, opened in one thread."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ivr.people.staff import Employee, Role
from ivr.quality.draws import Draws
from ivr.quality.index import Index
from ivr.quality.register import Register
from ivr.sampling.population import ASSISTANT
from ivr.store.alarms import Alarms
from ivr.store.database import open_database
from ivr.store.journal import Journal

People = Callable[[], Mapping[int, Employee]]
"""Everybody by id, also those who have left."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the files lie."""

    journal: Path
    register: Path
    index: Path


@dataclass(frozen=True, slots=True)
class Desk:
    """Use it in the thread that opened it."""

    journal: Journal
    alarms: Alarms
    index: Index
    register: Register
    draws: Draws
    people: People

    def lost(self, month: str) -> set[tuple[str, int]]:
        """Call and employee of what was drawn for ``month`` and erased before anybody reviewed it."""
        erased = {(row["call"], row["employee"]) for row in self.index.drawn(month) if row["erased"]}
        return erased - self.index.reviewed(erased)


def open_desk(
    places: Places,
    people: People,
    utcnow: Callable[[], datetime],
    *,
    token: Callable[[], str] = lambda: secrets.token_urlsafe(24),
) -> Desk:
    """Open the journal, the register and the index.

    Raises:
        StoreError: one of them can't be used.
    """
    database = open_database(places.journal)
    journal, alarms = Journal(database), Alarms(database)
    index = Index(places.index, lambda data: picked_up(data, people()), lambda: _mark(people()))
    register = Register(places.register, utcnow, token)
    draws = Draws(register, index, journal, alarms, lambda: reviewed_people(people()), utcnow)
    return Desk(journal, alarms, index, register, draws, people)


def picked_up(data: Mapping[str, Any], people: Mapping[int, Employee]) -> int | None:
    """Who answered a transfer: named by id, or found by the name or the extension that was dialled."""
    named = data.get("employee")
    if isinstance(named, int):
        return named
    target = str(data.get("target") or "")
    return next((one.id for one in people.values() if target and target in (one.extension, one.name)), None)


def reviewed_people(people: Mapping[int, Employee]) -> set[int]:
    """Whose conversations are reviewed: agents, and the assistant like one of them (A19)."""
    return {ASSISTANT} | {one.id for one in people.values() if Role.AGENT in one.roles}


def _mark(people: Mapping[int, Employee]) -> str:
    known = json.dumps([[one.id, one.name, one.extension] for one in people.values()])
    return hashlib.sha256(known.encode()).hexdigest()

"""A journal with invented calls, and the quality unit's desk on it, with a clock to turn."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ivr.people.staff import Employee, Role
from ivr.quality.desk import Desk, Places, open_desk
from ivr.store.database import open_database, writing
from ivr.store.journal import Journal, insert
from ivr.store.schema import JournalEvent

ASSISTANT = Employee(0, "Virtualioji asistentė", "", frozenset())
ONA = Employee(1, "Ona Petraitienė", "Klientų skyrius", frozenset({Role.AGENT}), extension="601")
JONAS = Employee(2, "Jonas Kazlauskas", "Personalo skyrius", frozenset({Role.AGENT}), extension="602")
NUMBER = "+37061234567"
DURING = datetime(2026, 11, 3, 9, tzinfo=UTC)


class Unit:
    """``call`` writes a finished call; ``desk`` is opened anew each time, as another process would."""

    def __init__(self, folder: Path, people: tuple[Employee, ...] = (ASSISTANT, ONA, JONAS)) -> None:
        self.folder, self.people = folder, {one.id: one for one in people}
        self.now = datetime(2026, 12, 1, 8, tzinfo=UTC)
        self.journal = Journal(open_database(folder / "journal.db"))
        self._tokens = itertools.count(1)
        self._written = itertools.count(1)

    def desk(self) -> Desk:
        places = Places(self.folder / "journal.db", self.folder / "quality.db", self.folder / "index.db")
        return open_desk(places, lambda: self.people, lambda: self.now, token=lambda: f"token-{next(self._tokens)}")

    def call(
        self,
        name: str = "",
        at: datetime = DURING,
        *,
        agent: int | None = None,
        seconds: float = 100.0,
        topic: str = "pensions",
        outcome: str = "answered",
        caller: str = NUMBER,
        state: str = "ok",
        said: str = "kada man priklauso pensija",
        confidence: float = 0.9,
        more: tuple[tuple[str, float, dict[str, object]], ...] = (),
    ) -> str:
        """``more``: further events (kind, seconds after the offer, data) before the call's end."""
        name = name or f"call-{next(self._written)}"
        events: list[tuple[str, float, dict[str, object]]] = [
            ("call.offered", 0.0, {"pii_caller": caller, "called": "1883", "worker": "worker-0"}),
            ("call.answered", 0.2, {"after_ms": 200.0}),
            ("recording.started", 4.0, {"file": f"{name}.wav"}),
            ("turn.said", 6.0, {"text": "Kuo galiu padėti?", "started_s": 4.5, "ended_s": 6.0}),
            (
                "turn.heard",
                9.0,
                {"grammar": "open", "pii_text": said, "confidence": confidence, "started_s": 7.0, "ended_s": 9.0},
            ),
            ("intent.decided", 9.1, {"intent": "ask", "by": "voice", "topic": topic}),
            ("turn.said", 14.0, {"text": "Pensija priklauso nuo amžiaus.", "started_s": 9.7, "ended_s": 14.0}),
        ]
        if agent is not None:
            events += [
                ("transfer.offered", 20.0, {"target": self.people[agent].extension}),
                ("transfer.bridged", 25.0, {"target": self.people[agent].extension}),
            ]
        events += more
        events += [
            ("recording.ended", seconds, {"file": f"{name}.wav", "duration_s": seconds - 4, "state": state}),
            ("recording.state", seconds, {"state": state, "final": True}),
            ("call.ended", seconds, {"reason": "caller", "code": 0, "outcome": outcome}),
        ]
        database = open_database(self.folder / "journal.db")
        with writing(database):
            for seq, (kind, after, data) in enumerate(events, 1):
                insert(database, JournalEvent(name, seq, at + timedelta(seconds=after), kind, data))
        database.close()
        return name

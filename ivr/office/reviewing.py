"""What a reviewer writes down: marks, practices, mistakes; and what follows from a mistake (A20)."""

from __future__ import annotations

from typing import Any, Final

from starlette.datastructures import FormData

from ivr.answers.anonymous import anonymous
from ivr.events import JournalKind
from ivr.office.audit import Did
from ivr.office.shelves import Opened, Shelves
from ivr.office.site import Site, Visitor
from ivr.quality.desk import Desk
from ivr.quality.scorecard import Mark
from ivr.quality.transcript import CALLER
from ivr.quality.transcript import transcript as read_transcript
from ivr.sampling.population import ASSISTANT

_MAX_TEXT: Final = 2000


class Reviewing:
    """Writes reviews and corrections on the journal; each returns the key of a sentence that says what is wrong."""

    def __init__(self, site: Site, shelves: Shelves) -> None:
        self._site, self._shelves = site, shelves

    async def keep(self, visitor: Visitor, opened: Opened, fields: FormData) -> str:
        """One review of one conversation. A mistake makes a task to call back, where the number is known (A20)."""
        call, employee = opened.found.call, opened.found.employee
        card = self._shelves.scorecard
        marks = {name: str(fields.get(f"m_{name}", "")) for name in card.of(employee)}
        if not all(mark in list(Mark) for mark in marks.values()):
            return "review_incomplete"
        given = {name: Mark(mark) for name, mark in marks.items()}
        practice, mistake, note = (_text(fields, name) for name in ("practice", "mistake", "note"))
        data: dict[str, Any] = {
            "employee": employee,
            "by": visitor.employee.id,
            "card": card.version,
            "marks": marks,
            "score": card.score(given),
            "practice": anonymous(practice),
            "mistake": anonymous(mistake),
            "pii_note": note,
            "correction": False,
        }
        at = self._site.utcnow()

        def write(desk: Desk) -> str:
            if desk.index.review(call, employee) is not None:
                return "review_done_before"
            caller = next(
                (str(event.data.get("pii_caller") or "") for event in desk.journal.events(call)
                 if event.kind == JournalKind.CALL_OFFERED), ""
            )  # fmt: skip
            data["correction"] = bool(mistake and caller)
            desk.journal.append(call, JournalKind.REVIEW_DONE, data, at)
            if mistake and caller:
                task = {
                    "type": "correction",
                    "pii_caller": caller,
                    "pii_reason": mistake,
                    "topic": opened.found.topic,
                    "for": opened.owner.name if employee != ASSISTANT else "",
                    "by": visitor.employee.id,
                }
                desk.journal.append(call, JournalKind.TASK_CREATED, task, at)
            return ""

        purpose = opened.grant.purpose if opened.grant else ""
        await self._shelves.note(visitor, Did.REVIEWED, f"{call}/{employee}", purpose)
        return await self._shelves.fresh(write)

    async def correct(self, visitor: Visitor, opened: Opened, fields: FormData) -> str:
        """What the caller said really, in place of what was heard."""
        call, text = opened.found.call, _text(fields, "text")
        number = str(fields.get("turn", ""))
        if not number.isdecimal() or not text:
            return "refused"
        turn, at = int(number), self._site.utcnow()

        def write(desk: Desk) -> str:
            lines = read_transcript(desk.journal.events(call))
            if not any(line.seq == turn and line.who == CALLER for line in lines):
                return "refused"
            data = {"turn": turn, "pii_text": text, "by": visitor.employee.id}
            desk.journal.append(call, JournalKind.TRANSCRIPT_CORRECTED, data, at)
            return ""

        await self._shelves.note(visitor, Did.CORRECTED, f"{call}#{turn}")
        return await self._shelves.fresh(write)


def _text(fields: FormData, name: str) -> str:
    return str(fields.get(name, "")).strip()[:_MAX_TEXT]

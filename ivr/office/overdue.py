"""The alarm for tasks that nobody did in time (A12.11, A12.19): once for each, however often the office starts anew."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import structlog

from ivr.errors import StoreError
from ivr.office.site import Site
from ivr.office.taskbook import Tasks
from ivr.people.tasks import Task
from ivr.store.alarms import Alarms
from ivr.store.schema import moment, timestamp

log = structlog.get_logger(__name__)

OVERDUE: Final = "task.overdue"
LOOK_S: Final = 20.0
_NAMED: Final = 20


class Overdue:
    """Looks at the tasks every ``LOOK_S`` seconds. An alarm says up to which moment and which row of the journal it has
    looked, so that the next one goes on from there."""

    def __init__(self, site: Site, tasks: Tasks) -> None:
        self._site, self._tasks = site, tasks

    async def run(self) -> None:
        """Look until cancelled; a journal that is away is looked at again."""
        while True:
            try:
                await self.look()
            except StoreError as error:
                log.warning("overdue_not_looked_at", error=str(error))
            await asyncio.sleep(LOOK_S)

    async def look(self) -> int:
        """How many tasks became overdue since the last alarm; there is a new one unless it is none."""
        tasks, at = await self._tasks.all(), self._site.utcnow()

        def tell(alarms: Alarms) -> int:
            told = alarms.of_kind(OVERDUE)
            last: Mapping[str, Any] = told[-1].data if told else {"until": "0001-01-01T00:00:00Z", "row": 0}
            late = newly_late(tasks, moment(last["until"]), last.get("row"), at)
            if late:
                named = [f"{task.call}/{task.number}" for task in late[:_NAMED]]
                row = max(task.row for task in tasks)
                alarms.append(OVERDUE, {"count": len(late), "tasks": named, "until": timestamp(at), "row": row}, at)
            return len(late)

        return await self._site.alarms(tell)


def newly_late(tasks: Sequence[Task], since: datetime, row: int | None, at: datetime) -> list[Task]:
    """Tasks that became overdue after ``since``, up to ``at``, or whose time came behind this ``row`` of the journal.

    A line node's task may come when its time is long over. ``row`` None: the last alarm was of a version that did not
    write it down.
    """

    def came_late(task: Task) -> bool:
        return task.row > row if row is not None else task.created >= since

    return [task for task in tasks if task.overdue(at) and (task.due >= since or came_late(task))]

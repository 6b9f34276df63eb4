"""The alarm for tasks that nobody did in time (A12.11, A12.19): once for each, however often the office starts anew."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

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
    """Looks at the tasks every ``LOOK_S`` seconds. An alarm says up to which moment it has looked, so that the next
    one goes on from there."""

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
            since = moment(str(told[-1].data["until"])) if told else datetime.min.replace(tzinfo=UTC)
            late = newly_late(tasks, since, at)
            if late:
                named = [f"{task.call}/{task.number}" for task in late[:_NAMED]]
                alarms.append(OVERDUE, {"count": len(late), "tasks": named, "until": timestamp(at)}, at)
            return len(late)

        return await self._site.alarms(tell)


def newly_late(tasks: Sequence[Task], since: datetime, at: datetime) -> list[Task]:
    """Tasks that became overdue after ``since``, up to ``at``; one that came too late counts from when it came."""
    return [task for task in tasks if task.overdue(at) and max(task.due, task.created) >= since]

"""Callers whom the proxy refused because every worker was full: they called in vain, so they are called back (A12.12).

The proxy keeps their INVITEs; the office of the proxy's machine fetches them over
loopback and writes them down: a call that nobody answered, and a task. Who tries again
and again is called back once; a withheld number is on the journal and has no task.
"""

from __future__ import annotations

import asyncio
import http.client
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog

from ivr.config import Config
from ivr.errors import StoreError
from ivr.events import HangupReason, JournalKind, Outcome
from ivr.store.database import open_database
from ivr.store.journal import Journal
from ivr.telephony.identity import called_of, caller_of, headers_of

log = structlog.get_logger(__name__)

EVERY_S: Final = 2.0
AGAIN: Final = timedelta(hours=1)
_REMEMBERED: Final = 10_000
_TIMEOUT_S: Final = 5.0


class Refused:
    """Writes refused calls down. Use it in the thread that opened the journal. Raises StoreError."""

    def __init__(self, journal: Journal, node: str, make_id: Callable[[datetime], str]) -> None:
        self._journal, self._node, self._make_id = journal, node, make_id
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._promised: OrderedDict[str, datetime] = OrderedDict()

    def note(self, invite: str, at: datetime) -> bool:
        """One INVITE; False when it is a repetition of one that is written down."""
        sip_call = headers_of(invite).get("call-id", "")
        if not sip_call or sip_call in self._seen:
            return False
        caller = caller_of(invite).reveal()
        call = self._make_id(at)
        offered = {
            "pii_caller": caller,
            "called": called_of(invite),
            "source": "",
            "sip_call_id": sip_call,
            "worker": "proxy",
            "node": self._node,
        }
        self._journal.append(call, JournalKind.CALL_OFFERED, offered, at)
        if caller and at - self._promised.get(caller, at - AGAIN) >= AGAIN:
            task = {"type": "callback", "reason": "missed", "pii_caller": caller}
            self._journal.append(call, JournalKind.TASK_CREATED, task, at)
            _remember(self._promised, caller, at)
        ended = {"reason": HangupReason.BUSY.value, "code": 503, "outcome": Outcome.ABANDONED.value}
        self._journal.append(call, JournalKind.CALL_ENDED, ended, at)
        _remember(self._seen, sip_call, None)
        return True


async def take_refused(config: Config, make_id: Callable[[datetime], str]) -> None:
    """Fetch and write down, every two seconds; runs until cancelled. A proxy that is away is asked again."""
    away = ""
    refused: Refused | None = None
    while True:
        try:
            if refused is None:
                refused = Refused(Journal(open_database(config.journal_path)), config.line.node, make_id)
            while (invite := await asyncio.to_thread(fetch, config.proxy.refused_port)) is not None:
                refused.note(invite, datetime.now(UTC))
            away = ""
        except (OSError, http.client.HTTPException, StoreError) as error:
            if away != str(error):
                log.warning("refused_callers_not_fetched", error=str(error))
            away = str(error)
            if isinstance(error, StoreError):
                refused = None
        await asyncio.sleep(EVERY_S)


def fetch(port: int) -> str | None:
    """The next refused INVITE, or None. Raises OSError, HTTPException."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", "/refused")
        answer = connection.getresponse()
        return answer.read().decode("utf-8", "replace") if answer.status == http.client.OK else None
    finally:
        connection.close()


def _remember(memory: OrderedDict[str, Any], key: str, value: Any) -> None:
    memory[key] = value
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)

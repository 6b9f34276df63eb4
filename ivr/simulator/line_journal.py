"""What a line on this machine says of a call that was made from here, laid on our own clock."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Final, cast

from ivr.errors import PartFailed
from ivr.events import JournalKind
from ivr.simulator.citizen import VirtualCitizen
from ivr.simulator.sound import Told
from ivr.simulator.wire_leg import WireLeg
from ivr.store.database import open_database
from ivr.store.journal import Journal, JournalEvent

_ENDS_S: Final = 10.0
_LATEST: Final = 8  # calls to look among


class LineJournal:
    """Reads the journal of a running line. Raises StoreError where it can't be read."""

    def __init__(self, path: Path) -> None:
        self._journal = Journal(open_database(path))
        self._ids: dict[str, str] = {}  # by SIP's call id

    def events(self, leg: WireLeg) -> list[JournalEvent]:
        """All that is written of this leg's call so far."""
        name = self._ids.get(leg.sip_call_id) or self._find(leg.sip_call_id)
        return self._journal.events(name) if name else []

    def told(self, citizen: VirtualCitizen) -> list[Told]:
        """An :data:`~ivr.simulator.sound.Account` of what the line said to a citizen at the wire."""
        leg = cast(WireLeg, citizen.leg)
        return [
            Told(
                str(event.data["text"]),
                leg.invited_at + float(event.data["started_s"]),
                leg.invited_at + float(event.data["ended_s"]),
            )
            for event in self.events(leg)
            if event.kind == JournalKind.TURN_SAID
        ]

    async def whole(self, leg: WireLeg) -> list[JournalEvent]:
        """The events of a call that is over, the last included. Raises PartFailed when the line does not write it."""
        until = time.monotonic() + _ENDS_S
        while time.monotonic() < until:
            events = self.events(leg)
            if events and events[-1].kind == JournalKind.CALL_ENDED:
                return events
            await asyncio.sleep(0.05)
        raise PartFailed("line", f"the end of {leg.sip_call_id} is not on its journal", "Look at the line's log")

    def _find(self, sip_call_id: str) -> str:
        for call in self._journal.calls(_LATEST):
            offered = next((e for e in self._journal.events(call.call_id) if e.kind == JournalKind.CALL_OFFERED), None)
            if offered is not None and offered.data["sip_call_id"] == sip_call_id:
                self._ids[sip_call_id] = call.call_id
                return call.call_id
        return ""

"""The journal's way to MQTT: every event and alarm, in order, however often the broker goes away.

The journal itself is the outbox: a cursor in the data folder remembers the
last row that the broker has acknowledged (QoS 1). After a fall of the office
the latest rows may come a second time; ``id`` tells. Topics and payloads:

- ``ivr/v1/<node>/context``: ``{"v": 1, "id": row, "at", "offer", "employee", "because", "context"}``
- ``ivr/v1/<node>/journal``: ``{"v": 1, "id": row, "call", "seq", "at", "kind", "data"}``
- ``ivr/v1/<node>/alarm/<kind>``: ``{"v": 1, "id": row, "at", "kind", "data"}``

Keys of personal data (``pii_…``) stay behind: nobody needs them there. Only ``context``, which an agent's screen needs,
holds them; the broker's rules let nobody else read it (docs/operations.md). All of it is in ``docs/asyncapi.yaml``.
What other line nodes delivered (:mod:`ivr.delivery`) is left out: they publish it themselves.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import aiomqtt
import structlog

from ivr.delivery.broker import Broker, end_if_cancelled
from ivr.errors import StoreError
from ivr.events import JournalKind
from ivr.store.alarms import Alarms
from ivr.store.arrivals import Arrivals
from ivr.store.database import StoreDatabase
from ivr.store.journal import Journal, JournalEvent

log = structlog.get_logger(__name__)

POLL_S = 0.25
RETRY_S = 2.0
_OFFERED: Final = ("offer", "employee", "because")
_ABOUT_NODES: Final = frozenset({"node.refused", "erasure.unconfirmed"})  # an office's own alarms that name a node


def without_personal_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """``data`` without its ``pii_`` keys, however deep they lie."""
    return {key: _impersonal(value) for key, value in data.items() if not key.startswith("pii_")}


def _impersonal(value: Any) -> Any:
    if isinstance(value, Mapping):
        return without_personal_data(value)
    return [_impersonal(one) for one in value] if isinstance(value, list | tuple) else value


class Cursor:
    """Last published rows, kept in a file; written whole, so it is never half."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            saved = json.loads(path.read_text(encoding="utf-8"))
            self.journal, self.alarms = int(saved["journal"]), int(saved["alarms"])
        except (OSError, ValueError, KeyError, TypeError):
            self.journal = self.alarms = 0

    def save(self) -> None:
        temporary = self._path.with_suffix(".tmp")
        temporary.write_text(json.dumps({"journal": self.journal, "alarms": self.alarms}), encoding="utf-8")
        temporary.replace(self._path)


class Feed:
    """Publishes what is new; started once, runs until cancelled."""

    def __init__(self, node: str, database: StoreDatabase, cursor: Cursor, broker: Broker) -> None:
        self._node, self._cursor, self._broker = node, cursor, broker
        self._journal, self._alarms, self._arrivals = Journal(database), Alarms(database), Arrivals(database)

    async def run(self) -> None:
        """Connect, publish, reconnect; a broker that is away costs nothing but delay."""
        away = False
        while True:
            end_if_cancelled()
            try:
                async with self._broker.client() as client:
                    log.info("broker_connected", host=self._broker.host, port=self._broker.port)
                    away = False
                    while True:
                        end_if_cancelled()
                        if not await self._publish_new(client):
                            await asyncio.sleep(POLL_S)
            except aiomqtt.MqttError as error:
                if not away:
                    log.warning("broker_away", host=self._broker.host, port=self._broker.port, error=str(error))
                away = True
                end_if_cancelled()
                await asyncio.sleep(RETRY_S)
            except (StoreError, OSError) as error:  # OSError: the cursor's disk is full
                log.error("feed_interrupted", error=str(error))
                await asyncio.sleep(RETRY_S)

    async def _publish_new(self, client: aiomqtt.Client) -> bool:
        events = self._journal.follow(self._cursor.journal)
        theirs = self._arrivals.from_nodes(event.rowid for event in events)
        for event in events:
            if event.rowid in theirs:
                self._cursor.journal = event.rowid
                continue
            payload = {
                "v": 1,
                "id": event.rowid,
                "call": event.call_id,
                "seq": event.seq,
                "at": event.at.isoformat(),
                "kind": event.kind,
                "data": without_personal_data(event.data),
            }
            await client.publish(f"ivr/v1/{self._node}/journal", _encode(payload), qos=1)
            if event.kind == JournalKind.TRANSFER_CONTEXT:
                await client.publish(f"ivr/v1/{self._node}/context", _encode(context_payload(event)), qos=1)
            self._cursor.journal = event.rowid
        alarms = self._alarms.follow(self._cursor.alarms)
        for alarm in alarms:
            if alarm.kind not in _ABOUT_NODES and alarm.data.get("node", self._node) != self._node:
                self._cursor.alarms = alarm.rowid
                continue
            payload = {"v": 1, "id": alarm.rowid, "at": alarm.at.isoformat(), "kind": alarm.kind}
            payload["data"] = without_personal_data(alarm.data)
            await client.publish(f"ivr/v1/{self._node}/alarm/{alarm.kind}", _encode(payload), qos=1)
            self._cursor.alarms = alarm.rowid
        if events or alarms:
            self._cursor.save()
        return bool(events or alarms)


def context_payload(event: JournalEvent) -> dict[str, object]:
    """What an agent's screen is told of a call that is offered to them."""
    context = {key: value for key, value in event.data.items() if key not in _OFFERED}
    offered = {key: event.data.get(key) for key in _OFFERED}
    return {"v": 1, "id": event.rowid, "at": event.at.isoformat(), **offered, "context": context}


def _encode(payload: Mapping[str, object]) -> bytes:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()

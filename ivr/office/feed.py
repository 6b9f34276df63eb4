"""The journal's way to MQTT: every event and alarm, in order, however often the broker goes away.

The journal itself is the outbox: a cursor in the data folder remembers the
last row that the broker has acknowledged (QoS 1). After a fall of the office
the latest rows may come a second time; ``id`` tells. Topics and payloads:

- ``ivr/v1/<node>/context``: ``{"v": 1, "id": row, "at", "offer", "employee", "because", "context"}``
- ``ivr/v1/<node>/journal``: ``{"v": 1, "id": row, "call", "seq", "at", "kind", "data"}``
- ``ivr/v1/<node>/alarm/<kind>``: ``{"v": 1, "id": row, "at", "kind", "data"}``

Keys of personal data (``pii_…``) stay behind: nobody needs them there. Only ``context``, which an agent's screen needs,
holds them; the broker's rules let nobody else read it (docs/operations.md). All of it is in ``docs/asyncapi.yaml``.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import aiomqtt
import structlog

from ivr.errors import StoreError
from ivr.events import JournalKind
from ivr.privacy import Secret
from ivr.store.alarms import Alarms
from ivr.store.journal import Journal, JournalEvent

log = structlog.get_logger(__name__)

POLL_S = 0.25
RETRY_S = 2.0
_OFFERED: Final = ("offer", "employee", "because")


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

    def __init__(
        self,
        node: str,
        journal: Journal,
        alarms: Alarms,
        cursor: Cursor,
        host: str,
        port: int,
        *,
        tls: bool,
        username: str,
        password: Secret,
    ) -> None:
        self._node, self._journal, self._alarms, self._cursor = node, journal, alarms, cursor
        self._host, self._port, self._tls = host, port, tls
        self._username, self._password = username or None, password

    async def run(self) -> None:
        """Connect, publish, reconnect; a broker that is away costs nothing but delay."""
        away = False
        while True:
            try:
                async with self._client() as client:
                    log.info("broker_connected", host=self._host, port=self._port)
                    away = False
                    while True:
                        if not await self._publish_new(client):
                            await asyncio.sleep(POLL_S)
            except aiomqtt.MqttError as error:
                if not away:
                    log.warning("broker_away", host=self._host, port=self._port, error=str(error))
                away = True
                await asyncio.sleep(RETRY_S)
            except (StoreError, OSError) as error:  # OSError: the cursor's disk is full
                log.error("feed_interrupted", error=str(error))
                await asyncio.sleep(RETRY_S)

    def _client(self) -> aiomqtt.Client:
        return aiomqtt.Client(
            self._host,
            self._port,
            username=self._username,
            password=self._password.reveal() or None,
            tls_context=ssl.create_default_context() if self._tls else None,
            protocol=aiomqtt.ProtocolVersion.V311,
        )

    async def _publish_new(self, client: aiomqtt.Client) -> bool:
        events = self._journal.follow(self._cursor.journal)
        for event in events:
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

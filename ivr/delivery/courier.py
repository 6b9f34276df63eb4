"""A line node's journal on its way to the office: batch by batch, each sent when the one before is stored there.

The journal itself is the outbox. The node keeps no cursor of its own: the office says how
far it has stored (:class:`~ivr.delivery.parcel.Receipt`), and the node goes on from there. A
broker that acknowledges is not believed, because it may lose what it holds; so nothing lies
in the broker either while the office is away. Whatever falls, loses its memory or is put back
from a backup, the two agree again: where the office's last row is not this journal's, the
node begins anew, and the office writes nothing twice.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import aiomqtt
import structlog

from ivr.delivery.broker import Broker, end_if_cancelled
from ivr.delivery.parcel import Batch, Receipt, opened_receipt, outbox_topic, receipt_topic, sealed_batch
from ivr.errors import NodeRefused, StoreError
from ivr.office.keeper import Keeper
from ivr.store.alarms import Alarms
from ivr.store.arrivals import NOT_FOUND, Standing
from ivr.store.database import StoreDatabase
from ivr.store.journal import Journal
from ivr.store.schema import Alarm, JournalEvent, encode, timestamp
from ivr.store.spill import to_line

log = structlog.get_logger(__name__)

POLL_S = 0.25
RETRY_S = 2.0
ANSWER_S = 2.0  # doubling up to MAX_ANSWER_S while nobody answers
MAX_ANSWER_S = 15.0
REFUSED_S = 30.0
MOST_ROWS: Final = 500
MOST_CHARACTERS: Final = 128 * 1024
# What is true of this machine alone: at the office it would be read as the office's own rows, people, log and vault.
_OWN_ALARMS: Final = frozenset(
    {"alarm.seen", "audit.head", "erasure.unconfirmed", "sampling.shortfall", "task.overdue"}
)
_OWN_EVENTS: Final = frozenset({"recording.erased"})


class Courier:
    """Delivers what is new; started once, runs until cancelled.

    ``opened`` opens the journal, in the courier's own thread. ``forget``: erase a call's personal data, because the
    office was asked to; in the same thread; False: the journal has no such call, and the office is told so by an alarm
    at ``utcnow``. ``on_stored`` is told how far the office has the journal.
    """

    def __init__(
        self,
        node: str,
        key: bytes,
        broker: Broker,
        opened: Callable[[], StoreDatabase],
        forget: Callable[[StoreDatabase, str], bool],
        utcnow: Callable[[], datetime],
        on_stored: Callable[[Standing], None] = lambda _standing: None,
    ) -> None:
        self._node, self._key, self._broker = node, key, broker
        self._keeper = Keeper(opened, "courier")
        self._forget, self._utcnow, self._on_stored = forget, utcnow, on_stored
        self._told = ""

    async def run(self) -> None:
        """Connect, deliver, connect again; an office or a broker that is away costs nothing but delay."""
        while True:
            try:
                async with self._broker.client() as client:
                    await client.subscribe(receipt_topic(self._node), qos=1)
                    await self._deliver(client)
            except aiomqtt.MqttError as error:
                self._tell("office_away", f"the broker can't be used ({error})")
            except (StoreError, sqlite3.Error, OSError) as error:
                self._tell("courier_interrupted", str(error))
            end_if_cancelled()
            await asyncio.sleep(RETRY_S)

    async def _deliver(self, client: aiomqtt.Client) -> None:
        """``receipt`` None: nobody has answered, so a question is sent and no personal data."""
        patience = ANSWER_S
        receipt = await self._heard(client, ANSWER_S)  # the one that the broker kept, if it did
        while True:
            end_if_cancelled()
            batch = await self._following(receipt) if receipt else _QUESTION
            if batch is None:
                receipt = await self._heard(client, POLL_S) or receipt
                continue
            await client.publish(outbox_topic(self._node), sealed_batch(self._key, self._node, batch), qos=1)
            receipt = await self._heard(client, patience, receipt.standing if receipt else None)
            if receipt is None:
                patience = min(MAX_ANSWER_S, patience * 2)
                self._tell("office_away", "nobody answers")
                continue
            patience = ANSWER_S
            if receipt.refused:
                self._tell("office_refuses", receipt.refused)
                await asyncio.sleep(REFUSED_S)
                continue
            self._tell("", "")

    async def _following(self, receipt: Receipt) -> Batch | None:
        return await self._keeper.do(lambda db: next_batch(db, receipt))

    async def _heard(self, client: aiomqtt.Client, within_s: float, stale: Standing | None = None) -> Receipt | None:
        """The next receipt that isn't ``stale``, which was acted upon; None when none that is ours came in time."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    receipt = await self._read(bytes((await anext(client.messages)).payload))
                    if receipt is not None and (receipt.refused or receipt.standing != stale):
                        return receipt
        except TimeoutError:
            return None

    async def _read(self, payload: bytes) -> Receipt | None:
        try:
            receipt = opened_receipt(self._key, self._node, payload)
        except NodeRefused as error:
            self._tell("receipt_unreadable", str(error))
            return None
        self._on_stored(receipt.standing)
        if receipt.erase:
            await self._keeper.do(lambda db: self._erase(db, receipt.erase))
        return receipt

    def _erase(self, database: StoreDatabase, calls: Sequence[str]) -> None:
        missing = [call for call in calls if not self._forget(database, call)]
        if not missing:
            return
        alarms = Alarms(database)
        told = {str(call) for one in alarms.of_kind(NOT_FOUND) for call in one.data["calls"]}
        if new := [call for call in missing if call not in told]:
            log.warning(NOT_FOUND, calls=new)
            alarms.append(NOT_FOUND, {"calls": new}, self._utcnow())

    def _tell(self, what: str, why: str) -> None:
        """Each change once; "": everything is well."""
        if self._told == what:
            return
        self._told = what
        if what:
            log.warning(what, reason=why)
        else:
            log.info("office_takes_deliveries")


_QUESTION: Final = Batch(Standing(), Standing())


def next_batch(database: StoreDatabase, receipt: Receipt) -> Batch | None:
    """What comes behind the receipt; None: the office has everything. Raises StoreError."""
    journal, alarms, after = Journal(database), Alarms(database), receipt.standing
    if not after.stream or after.mark != _mark_at(journal, alarms, after):
        after = Standing(secrets.token_hex(8), mark=mark_of(None, None))
    events: list[JournalEvent] = []
    size = 0
    for event in journal.follow(after.event, MOST_ROWS):
        size += len(to_line(event))
        if events and size > MOST_CHARACTERS:
            break
        events.append(event)
    rung = alarms.follow(after.alarm, MOST_ROWS)
    if not events and not rung:
        return None
    last_event = events[-1] if events else journal.at_row(after.event)
    last_alarm = rung[-1] if rung else alarms.at_row(after.alarm)
    until = Standing(
        after.stream,
        last_event.rowid if last_event else 0,
        last_alarm.rowid if last_alarm else 0,
        mark_of(last_event, last_alarm),
    )
    return Batch(
        after,
        until,
        tuple(one for one in events if one.kind not in _OWN_EVENTS),
        tuple(one for one in rung if one.kind not in _OWN_ALARMS),
    )


def mark_of(event: JournalEvent | None, alarm: Alarm | None) -> str:
    """Tells this journal from another one that has as many rows. An event's data may be erased and don't count."""
    told = {
        "event": [event.call_id, event.seq, timestamp(event.at), event.kind] if event else None,
        "alarm": [timestamp(alarm.at), alarm.kind, alarm.data] if alarm else None,
    }
    return hashlib.sha256(encode(told).encode()).hexdigest()[:32]


def _mark_at(journal: Journal, alarms: Alarms, standing: Standing) -> str:
    event, alarm = journal.at_row(standing.event), alarms.at_row(standing.alarm)
    missing = (standing.event and event is None) or (standing.alarm and alarm is None)
    return "" if missing else mark_of(event, alarm)

"""The office's side of the journal's way: takes what nodes deliver, once, and says how far it came.

Everything that a node sends is answered with a receipt, which the broker keeps for it. What
can't be taken (another key, another version, no batch at all) is an alarm and a line in the
log, and the node keeps it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Final

import aiomqtt
import structlog

from ivr.delivery.broker import Broker, end_if_cancelled
from ivr.delivery.nodes import Nodes
from ivr.delivery.parcel import Receipt, opened_batch, outbox_topic, receipt_topic, sealed_receipt
from ivr.errors import NodeRefused, OfficeError, StoreError
from ivr.office.keeper import Keeper
from ivr.store.alarms import Alarms
from ivr.store.arrivals import Arrivals
from ivr.store.database import StoreDatabase

log = structlog.get_logger(__name__)

RETRY_S = 2.0
REFUSED: Final = "node.refused"
_MOST_TOLD: Final = 1000


class Intake:
    """Takes deliveries; started once, runs until cancelled. ``opened`` opens the journal in the intake's thread."""

    def __init__(
        self, nodes: Nodes, broker: Broker, opened: Callable[[], StoreDatabase], utcnow: Callable[[], datetime]
    ) -> None:
        self._nodes, self._broker, self._utcnow = nodes, broker, utcnow
        self._keeper = Keeper(opened, "intake")
        self._told: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """Connect, tell every node how far it is, take what comes; connect again."""
        away = False
        while True:
            try:
                async with self._broker.client() as client:
                    await client.subscribe(outbox_topic("+"), qos=1)
                    for node, key in self._nodes.read().items():
                        await self._answer(client, node, key)
                    log.info("deliveries_are_taken", host=self._broker.host, port=self._broker.port)
                    away = False
                    async for message in client.messages:
                        await self._one(client, str(message.topic).split("/")[2], bytes(message.payload))
                        end_if_cancelled()
            except aiomqtt.MqttError as error:
                if not away:
                    log.warning("broker_away", host=self._broker.host, port=self._broker.port, error=str(error))
                away = True
            except (StoreError, OfficeError, sqlite3.Error, OSError) as error:
                log.error("intake_interrupted", error=str(error))
            end_if_cancelled()
            await asyncio.sleep(RETRY_S)

    async def _one(self, client: aiomqtt.Client, node: str, payload: bytes) -> None:
        key = self._nodes.key(node)
        if key is None:
            await self._refuse(NodeRefused(node, "may not deliver here", "ivr nodes admit, if it is one of yours"))
            return
        refused = ""
        try:
            await self._take(key, node, payload)
        except NodeRefused as error:
            await self._refuse(error)
            refused = error.problem
        await self._answer(client, node, key, refused)

    async def _take(self, key: bytes, node: str, payload: bytes) -> None:
        batch = opened_batch(key, node, payload)
        if not batch.after.stream:
            return  # a question
        at = self._utcnow()
        try:
            await self._keeper.do(
                lambda db: Arrivals(db).take(node, batch.after, batch.until, batch.events, batch.alarms, at)
            )
        except (StoreError, ValueError, OverflowError) as error:  # OverflowError: a number that no database holds
            if isinstance(error, StoreError) and not isinstance(error.__cause__, sqlite3.IntegrityError):
                raise  # the office's own fault: nobody answers, and the node asks again
            raise NodeRefused(
                node, f"an event can't be stored ({error})", "Nothing is lost: the node keeps it"
            ) from error

    async def _answer(self, client: aiomqtt.Client, node: str, key: bytes, refused: str = "") -> None:
        def receipt(db: StoreDatabase) -> Receipt:
            arrivals = Arrivals(db)
            return Receipt(arrivals.standing(node), arrivals.to_erase(node), refused)

        payload = sealed_receipt(key, node, await self._keeper.do(receipt))
        # A refusal belongs to one message only: who comes later must not read it.
        await client.publish(receipt_topic(node), payload, qos=1, retain=not refused)

    async def _refuse(self, error: NodeRefused) -> None:
        """Each fault of each node once, however often it is met."""
        fault = (error.node, error.problem)
        if fault in self._told or len(self._told) >= _MOST_TOLD:
            return
        self._told.add(fault)
        log.error("node_refused", node=error.node, problem=error.problem, remedy=error.remedy)
        data, at = {"node": error.node, "problem": error.problem}, self._utcnow()
        await self._keeper.do(lambda db: Alarms(db).append(REFUSED, data, at))

"""Transfers in the middle of which something is killed, at random moments: nobody is lost and nothing is doubled.

Two callers at once on two workers; then the broker, the office, or the first caller's worker dies, or the first agent's
desk is loaded anew. (``ivr bench transfer --part
bad-moments``)
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle, islice, pairwise
from random import Random
from typing import Any, Final

import aiomqtt

from ivr.errors import PartFailed, TelephonyError
from ivr.events import JournalKind
from ivr.office.offers import Offer
from ivr.simulator.bench_agents import Agents
from ivr.simulator.loopback import LoopbackLine
from ivr.simulator.mosquitto import Mosquitto
from ivr.simulator.transfer_bench import Followed, JournalWatch, kept, offers_of, one_transfer
from ivr.store.alarms import Alarms
from ivr.store.database import open_database
from ivr.store.journal import JournalEvent

TALK_S: Final = 4.0
_AWAY_S: Final = (0.2, 3.0)
_PATIENCE_S: Final = 60.0
_LOOKS_S: Final = 0.02
_AGAIN_S: Final = 0.2
_WHOLE_MS_S: Final = 0.001  # the journal's times are whole milliseconds


class Moment(StrEnum):
    """What happens in the middle of a transfer."""

    BROKER = "broker"  # killed and started again
    OFFICE = "office"  # killed, and with it the switchboard, all desks and the way to the broker
    DESK = "desk"  # loaded anew in mid-offer; the call is accepted on it
    DIALLING = "dialling"  # the caller's worker is killed while it calls the agent
    BRIDGED = "bridged"  # … while the two talk


_WHEN: Final[Mapping[Moment, tuple[JournalKind, float]]] = {
    # The card is sent about three seconds after the answer.
    Moment.BROKER: (JournalKind.CALL_ANSWERED, 4.0),
    Moment.OFFICE: (JournalKind.CALL_ANSWERED, 5.0),
    # Agents accept 1.3 s after the ring.
    Moment.DESK: (JournalKind.TRANSFER_CONTEXT, 1.2),
    Moment.DIALLING: (JournalKind.TRANSFER_CONTEXT, 1.2),
    Moment.BRIDGED: (JournalKind.TRANSFER_BRIDGED, TALK_S / 2),
}
"""When it strikes: within so many seconds after this is on both callers' journals."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A card as it came by MQTT: the row of its event."""

    row: int
    call: str


async def subscribe(port: int, shown: list[Shown], ready: Callable[[], None]) -> None:
    """Note all cards, as a desk that keeps its session at the broker; until cancelled, however often that goes."""
    while True:
        try:
            async with aiomqtt.Client("127.0.0.1", port, identifier="desk", clean_session=False) as client:
                await client.subscribe("ivr/v1/+/context", qos=1)
                ready()
                async for message in client.messages:
                    card = json.loads(message.payload)
                    shown.append(Shown(card["id"], card["context"]["call"]))
        except aiomqtt.MqttError:
            await asyncio.sleep(_AGAIN_S)


@dataclass
class BadMoments:
    """``shown``: what a subscriber with the desk's rights got so far; it grows meanwhile."""

    line: LoopbackLine
    agents: Agents
    watch: JournalWatch
    broker: Mosquitto
    shown: Sequence[Shown]
    random: Random

    def run(self, wanted: int, done: Callable[[dict[str, Any]], None], until: float) -> None:
        """Strike ``wanted`` times, every kind in turn; none after ``until`` (monotonic)."""
        for kind in islice(cycle(Moment), wanted):
            if time.monotonic() > until:
                return
            done(self.one(kind))

    def one(self, kind: Moment) -> dict[str, Any]:
        """One moment with its callers; see :func:`judged_moment`."""
        sip = self.line.config.sip
        numbers = [f"+3706{self.random.randrange(10_000_000):07d}" for _ in range(2)]
        rows: list[dict[str, Any]] = [{}, {}]

        def call(index: int) -> None:
            try:
                address = (sip.bind, sip.port + index)
                rows[index] = one_transfer(address, numbers[index], self.watch, talk_s=TALK_S)
            except TelephonyError as error:
                rows[index] = {"sip": "", "call": "", "came": str(error), "heard": []}

        callers = [threading.Thread(target=call, args=(index,), daemon=True) for index in range(2)]
        for caller in callers:
            caller.start()
        struck = self._strike(kind, numbers, callers)
        for caller in callers:
            caller.join()
        stuck = self._settle()
        cards = self._await_cards([row["call"] for row in rows])
        calls = [
            judged_call(
                row["came"],
                followed.events if (followed := self.watch.call(number)) is not None else (),
                offers := offers_of(self.line.config.office_path, row["call"]),
                self.agents.rang(row["call"], offers),
                cards.get(row["call"], ()),
            )
            for row, number in zip(rows, numbers, strict=True)
        ]
        return {"moment": kind.value, "stuck": stuck, "calls": calls, **struck}

    # ------------------------------------------------------------ striking

    def _strike(self, kind: Moment, numbers: Sequence[str], callers: Sequence[threading.Thread]) -> dict[str, Any]:
        """When it struck, in seconds after both callers were where they should be, and what came of it at once.

        ``missed``: a caller was gone before.
        """
        where, within_s = _WHEN[kind]
        pairs = list(zip(numbers, callers, strict=True))
        self._await(lambda: all(self._has(number, where) or not caller.is_alive() for number, caller in pairs))
        after_s = self.random.uniform(0.0, within_s)
        time.sleep(after_s)
        first = self.watch.call(numbers[0])
        struck: dict[str, Any] = {"after_s": round(after_s, 2)}
        if first is None or not all(caller.is_alive() for caller in callers):
            return struck | {"missed": True}
        match kind:
            case Moment.BROKER:
                self._kill_broker()
            case Moment.OFFICE:
                self._await_again("office", self._kill("office"))
                self._reload()
            case Moment.DESK:
                struck["card_again_ms"] = self._reload_one(first)
            case _:
                offered = next(event for event in first.events if event.kind == JournalKind.CALL_OFFERED)
                struck |= self._kill_worker(str(offered.data["worker"]), first)
        return struck

    def _has(self, number: str, kind: JournalKind) -> bool:
        followed = self.watch.call(number)
        return followed is not None and followed.has(kind)

    def _kill_broker(self) -> None:
        self.broker.kill()
        time.sleep(self.random.uniform(*_AWAY_S))
        self.broker.start()

    def _kill(self, part: str) -> int:
        """Returns the process that is no more."""
        pid = int(self.line.parts()[part]["pid"])
        os.kill(pid, signal.SIGKILL)
        return pid

    def _await_again(self, part: str, before: int) -> None:
        self._await(lambda: self.line.ready() and int(self.line.parts()[part]["pid"]) != before)

    def _kill_worker(self, part: str, first: Followed) -> dict[str, Any]:
        """How long after the kill, and after the supervisor's notice, the call's end and its callback were read."""

        def closed() -> bool:
            followed = self.watch.call(first.sip)
            ends = (JournalKind.TASK_CREATED, JournalKind.CALL_ENDED)
            return followed is not None and all(followed.has(kind) for kind in ends)

        killed = time.time()
        before = self._kill(part)
        self._await(closed, must=False)
        read = time.time()
        noticed = min(at for at in self._fallen(part) if at >= killed - _WHOLE_MS_S)
        self._await_again(part, before)
        return {"callback_ms": (read - killed) * 1000, "notice_to_callback_ms": (read - noticed) * 1000}

    def _fallen(self, part: str) -> list[float]:
        alarms = Alarms(open_database(self.line.config.journal_path)).follow(0)
        return [one.at.timestamp() for one in alarms if one.kind == "part.fell" and one.data.get("part") == part]

    def _reload(self) -> None:
        """Browsers connect again by themselves."""
        for number, screen in self.agents.screens.items():
            self.agents.screens[number] = screen.reloaded()

    def _reload_one(self, first: Followed) -> float | None:
        """Milliseconds until the card was there again on the new page, where the agent then accepts.

        None: the agent had accepted on the telephone before.
        """
        offer = offers_of(self.line.config.office_path, first.id)[-1]
        began = time.time()
        screen = self.agents.screens[offer.employee] = self.agents.screens[offer.employee].reloaded()
        self._await(lambda: offer.id in screen.seen or self._accepted(first), must=False)
        if offer.id not in screen.seen:
            return None if self._accepted(first) else _PATIENCE_S * 1000
        screen.accept(offer.id)
        return (screen.seen[offer.id] - began) * 1000

    def _accepted(self, first: Followed) -> bool:
        followed = self.watch.call(first.sip)
        return followed is not None and followed.has(JournalKind.TRANSFER_ACCEPTED)

    # ------------------------------------------------------------ afterwards

    def _settle(self) -> int:
        """Wait until the line is whole and everybody free; how many agents never were."""
        self._await(self.line.ready)
        self._await(lambda: not self.agents.taken(), must=False)
        return len(self.agents.taken())

    def _await_cards(self, calls: Sequence[str]) -> Mapping[str, list[int]]:
        """Rows of the cards that came, by call; those that must come are waited for."""
        told = {
            event.rowid
            for call in calls
            if (followed := self.watch.call(call)) is not None
            for event in followed.events
            if event.kind == JournalKind.TRANSFER_CONTEXT
        }
        self._await(lambda: told <= {one.row for one in self.shown}, must=False)
        return {call: [one.row for one in self.shown if one.call == call] for call in calls}

    def _await(self, what: Callable[[], bool], *, must: bool = True) -> None:
        until = time.monotonic() + _PATIENCE_S
        while not what():
            if time.monotonic() > until:
                if must:
                    raise PartFailed("bench", "what should have happened did not", "Look at the line's log")
                return
            time.sleep(_LOOKS_S)


def judged_call(
    came: str,
    events: Sequence[JournalEvent],
    offers: Sequence[Offer],
    rang: Sequence[float],
    cards: Sequence[int],
) -> dict[str, Any]:
    """What a caller of a bad moment can complain of. ``cards``: rows that came by MQTT.

    ``lost``: neither with a person or the assistant until they hung up, nor in an urgent callback.
    ``contexts_lost``: callbacks without what the call knew. ``doubled``: what happened twice.
    """
    recalled = [task for task in events if task.kind == JournalKind.TASK_CREATED and task.data.get("urgent")]
    told = {event.rowid for event in events if event.kind == JournalKind.TRANSFER_CONTEXT}
    return {
        "came": came,
        "lost": not kept(came, events) and not any(task.data.get("pii_caller") for task in recalled),
        "contexts_lost": sum(not task.data.get("pii_context", {}).get("pii_caller") for task in recalled),
        "doubled": doubled(events, offers, rang),
        "cards_missing": len(told - set(cards)),
        "cards_again": len(cards) - len(set(cards)),
    }


def doubled(events: Sequence[JournalEvent], offers: Sequence[Offer], rang: Sequence[float]) -> list[str]:
    """What of a call was there twice."""
    count = Counter(event.kind for event in events)
    back = count[JournalKind.TRANSFER_FAILED] + count[JournalKind.TRANSFER_RETURNED]
    found = [str(kind) for kind in (JournalKind.CALL_ENDED, JournalKind.TASK_CREATED) if count[kind] > 1]
    found += [str(kind) for kind in (JournalKind.TRANSFER_ACCEPTED,) if count[kind] > 1 + back]
    if any(later.offered_at < earlier.changed_at for earlier, later in pairwise(offers)):
        found.append("two agents at once")
    if len(rang) > len(offers):
        found.append("rang twice")
    return found

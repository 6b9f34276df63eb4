"""A node's journal at its office: whole and once, whoever falls, forgets, or comes back older than they were."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.delivery import courier as courier_module
from ivr.delivery import intake as intake_module
from ivr.delivery.intake import REFUSED
from ivr.delivery.nodes import key_of
from ivr.delivery.parcel import Batch, Receipt, outbox_topic, sealed_batch
from ivr.events import JournalKind
from ivr.office.feed import Cursor, Feed
from ivr.people.tasks import TASK_KINDS, TaskBook
from ivr.privacy import MASK, Secret
from ivr.processes.aftermath import close_open_calls
from ivr.store.arrivals import NOT_FOUND, Standing
from ivr.store.erasure import erase_personal
from ivr.store.schema import JournalEvent
from tests.delivery.machines import (
    AT,
    NUMBER,
    WAIT_S,
    Machine,
    Mosquitto,
    Office,
    delivering,
    mosquitto,
    needs_mosquitto,
    running,
    until,
)

__all__ = ["mosquitto"]
pytestmark = needs_mosquitto


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier_module, "RETRY_S", 0.05)
    monkeypatch.setattr(courier_module, "ANSWER_S", 0.5)
    monkeypatch.setattr(courier_module, "MAX_ANSWER_S", 1.0)
    monkeypatch.setattr(courier_module, "REFUSED_S", 0.2)
    monkeypatch.setattr(intake_module, "RETRY_S", 0.05)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "office", "office")


@contextlib.asynccontextmanager
async def both(mosquitto: Mosquitto, office: Office, node: Machine, token: Secret) -> AsyncIterator[None]:
    """Office and node are there."""
    async with office.taking(mosquitto.broker("office")), delivering(node, token, mosquitto.broker("line-1")):
        yield


@pytest.fixture
def node(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "line-1", "line-1")


async def test_what_happened_while_the_office_was_away_is_there_once_it_is_back(
    mosquitto: Mosquitto, office: Office, node: Machine, tmp_path: Path
) -> None:
    other = Machine(tmp_path / "line-2", "line-2")
    tokens = office.admit("line-1"), office.admit("line-2")
    for number in range(8):
        node.call(f"a{number}")
        other.call(f"b{number}")
    node.alarms.append("part.fell", {"part": "worker-0"}, AT)
    async with (
        delivering(node, tokens[0], mosquitto.broker("line-1")),
        delivering(other, tokens[1], mosquitto.broker("line-2")),
    ):
        await asyncio.sleep(1.0)
        node.call("last")
        async with office.taking(mosquitto.broker("office")):
            total = len(node.everything()) + len(other.everything())
            await until(lambda: len(office.everything()) >= total and office.alarms.last_row())
    for machine in (node, other):
        for event in machine.everything():
            assert event in office.journal.events(event.call_id)
    assert len(office.everything()) == total
    assert office.journal.call("last").caller.reveal() == NUMBER
    assert {call.node for call in office.journal.calls(200)} == {"line-1", "line-2"}
    ((alarm),) = office.alarms.of_kind("part.fell")
    assert alarm.data == {"part": "worker-0", "node": "line-1"}
    book = TaskBook(lambda at: at + timedelta(days=1))
    for event in office.journal.of_kind(*TASK_KINDS):
        book.add(event)
    assert len(book.tasks()) == 17


@pytest.mark.parametrize("forget", [True, False])
async def test_a_broker_that_is_killed_loses_nothing_whatever_it_forgets(
    mosquitto: Mosquitto, office: Office, node: Machine, monkeypatch: pytest.MonkeyPatch, forget: bool
) -> None:
    monkeypatch.setattr(courier_module, "MOST_ROWS", 3)  # many batches, so that some are on their way
    token = office.admit("line-1")
    for number in range(8):
        node.call(f"a{number}")
    async with both(mosquitto, office, node, token):
        for half in (10, 30):
            await until(lambda half=half: len(office.everything()) >= half)  # type: ignore[misc]
            mosquitto.kill(forget=forget)
            mosquitto.start()
        node.call("after")
        await until(lambda: len(office.everything()) >= len(node.everything()))
    assert [e.data for e in office.everything()] == [e.data for e in node.everything()]


async def test_a_node_that_was_put_back_from_a_backup_delivers_what_is_new(
    mosquitto: Mosquitto, office: Office, node: Machine
) -> None:
    token = office.admit("line-1")
    node.call("a")
    saved = node.folder.with_name("saved.db")
    node.database().execute(f"VACUUM INTO '{saved}'")
    node.call("b")
    async with office.taking(mosquitto.broker("office")):
        async with delivering(node, token, mosquitto.broker("line-1")):
            await until(lambda: office.journal.events("b")[-1:])
            await until(lambda: len(office.everything()) == len(node.everything()))
        shutil.rmtree(node.folder)
        node.folder.mkdir()
        shutil.copyfile(saved, node.path)
        node.call("c")  # has the rows that "b" had
        async with delivering(node, token, mosquitto.broker("line-1")):
            await until(lambda: len(office.journal.events("c")) == len(node.journal.events("c")))
    assert [call.call_id for call in office.journal.calls()] == ["c", "b", "a"]
    assert office.journal.events("a") == node.journal.events("a")


async def test_an_office_that_was_put_back_from_a_backup_is_given_the_rest_again(
    mosquitto: Mosquitto, office: Office, node: Machine
) -> None:
    token = office.admit("line-1")
    node.call("a")
    saved = office.folder.with_name("saved.db")
    async with delivering(node, token, mosquitto.broker("line-1")):
        async with office.taking(mosquitto.broker("office")):
            await until(lambda: len(office.everything()) == len(node.everything()))
            office.database().execute(f"VACUUM INTO '{saved}'")
            node.call("b")
            await until(lambda: len(office.everything()) == len(node.everything()))
        for file in office.folder.glob("journal.db*"):
            file.unlink()
        shutil.copyfile(saved, office.path)
        async with office.taking(mosquitto.broker("office")):
            await until(lambda: len(office.everything()) == len(node.everything()))
    assert office.journal.events("b") == node.journal.events("b")


async def test_a_clock_that_is_set_back_changes_nothing(mosquitto: Mosquitto, office: Office, node: Machine) -> None:
    token = office.admit("line-1")
    node.call("a")
    async with both(mosquitto, office, node, token):
        await until(lambda: len(office.everything()) == len(node.everything()))
        node.call("b", at=AT - timedelta(days=400))
        await until(lambda: len(office.everything()) == len(node.everything()))
    assert office.everything() == node.everything()


async def test_what_the_office_adds_to_a_call_does_not_cost_what_the_node_adds(
    mosquitto: Mosquitto, office: Office, node: Machine
) -> None:
    """Staff open a task while its call goes on: both write the call's next event."""
    token = office.admit("line-1")
    journal = node.journal
    journal.append("a", JournalKind.CALL_OFFERED, {"pii_caller": NUMBER}, AT)
    journal.append("a", JournalKind.TASK_CREATED, {"type": "callback", "pii_caller": NUMBER}, AT)
    async with both(mosquitto, office, node, token):
        await until(lambda: len(office.everything()) == 2)
        office.journal.append("a", JournalKind.TASK_SEEN, {"task": 2, "by": 7}, AT)
        journal.append("a", JournalKind.CALL_ENDED, {"outcome": "callback"}, AT)
        await until(lambda: len(office.everything()) == 4)
    assert [event.kind for event in office.journal.events("a")] == [
        "call.offered", "task.created", "task.seen", "call.ended",
    ]  # fmt: skip


async def test_strangers_and_wrong_keys_are_refused_and_said_and_the_rest_goes_on(
    mosquitto: Mosquitto, office: Office, node: Machine, tmp_path: Path
) -> None:
    token, other = office.admit("line-1"), Machine(tmp_path / "line-2", "line-2")
    node.call("a")
    other.call("b")
    async with (
        office.taking(mosquitto.broker("office")),
        delivering(node, Secret("0" * 64), mosquitto.broker("line-1")),
        delivering(other, Secret("0" * 64), mosquitto.broker("line-2")),
    ):
        await until(lambda: len(office.alarms.of_kind(REFUSED)) == 2)
        async with mosquitto.broker("line-1").client() as client:
            for payload in (b"", b"\x02nonsense", b"\x01" + b"x" * 40, b"{}"):
                await client.publish(outbox_topic("line-1"), payload, qos=1)
        await until(lambda: len(office.alarms.of_kind(REFUSED)) >= 4)
        assert office.everything() == []
    assert {str(one.data["node"]) for one in office.alarms.of_kind(REFUSED)} == {"line-1", "line-2"}
    async with both(mosquitto, office, node, token):
        await until(lambda: office.everything() == node.everything())


async def test_what_no_database_can_hold_is_refused_and_ends_nothing(
    mosquitto: Mosquitto, office: Office, node: Machine
) -> None:
    token = office.admit("line-1")
    node.call("a")
    endless = JournalEvent("b", 10**30, AT, "call.offered", {})
    batch = Batch(Standing("broken"), Standing("broken", 1), (endless,))
    async with office.taking(mosquitto.broker("office")):
        async with mosquitto.broker("line-1").client() as client:
            async with asyncio.timeout(WAIT_S):
                while not office.alarms.of_kind(REFUSED):  # the office may not have subscribed yet
                    await client.publish(outbox_topic("line-1"), sealed_batch(key_of(token), "line-1", batch), qos=1)
                    await asyncio.sleep(0.2)
        async with delivering(node, token, mosquitto.broker("line-1")):
            await until(lambda: office.everything() == node.everything())


async def test_a_node_that_is_admitted_later_needs_no_new_start_of_the_office(
    mosquitto: Mosquitto, office: Office, node: Machine
) -> None:
    node.call("a")
    async with office.taking(mosquitto.broker("office")):
        async with delivering(node, Secret("0" * 64), mosquitto.broker("line-1")):
            await until(lambda: office.alarms.of_kind(REFUSED))
        async with delivering(node, office.admit("line-1"), mosquitto.broker("line-1")):
            await until(lambda: office.everything() == node.everything())


async def test_who_listens_at_the_broker_learns_nothing_and_who_is_no_node_may_not_speak(
    mosquitto: Mosquitto, office: Office, node: Machine
) -> None:
    token, heard = office.admit("line-1"), []
    subscribed: set[str] = set()

    async def listen(user: str) -> None:
        async with mosquitto.broker(user).client() as client:
            await client.subscribe("ivr/v1/#", qos=1)
            subscribed.add(user)
            async for message in client.messages:
                heard.append((user, str(message.topic), bytes(message.payload)))  # noqa: PERF401  (while it goes on)

    node.call("a")
    async with (
        running(listen("office")), running(listen("desk")), running(listen("figures")), running(listen("line-2")),
    ):  # fmt: skip
        await until(lambda: len(subscribed) == 4)
        async with (
            office.taking(mosquitto.broker("office")),
            delivering(node, token, mosquitto.broker("line-1")),
        ):
            await until(lambda: office.everything() == node.everything())
            async with mosquitto.broker("line-2").client() as client:
                await client.publish(outbox_topic("line-1"), b"of somebody else", qos=1)
            await until(lambda: any(topic == outbox_topic("line-1") for _, topic, _ in heard))
    assert {user for user, topic, _ in heard if topic.endswith("/outbox")} == {"office"}
    assert b"of somebody else" not in [payload for _, _, payload in heard]
    assert not any(NUMBER.encode() in payload or b"klausimas" in payload for _, _, payload in heard)


async def test_what_is_erased_at_the_office_is_erased_at_the_node_and_does_not_come_back(
    mosquitto: Mosquitto, office: Office, node: Machine
) -> None:
    token = office.admit("line-1")
    node.call("a")
    node.call("b")
    async with both(mosquitto, office, node, token):
        await until(lambda: len(office.everything()) == len(node.everything()))
        erase_personal(office.journal, "a", {"by": 7}, AT)
        node.call("c")  # with its receipt the node hears of it
        await until(lambda: not office.arrivals.to_erase("line-1"))
    for machine in (office, node):
        told = str([event.data for event in machine.journal.events("a")])
        assert NUMBER not in told
        assert "klausimas" not in told
        assert MASK in told
    # The office's counting is lost: the node delivers everything anew, and what was erased stays erased.
    office.database().execute("DELETE FROM sources")
    before = len(office.everything())
    async with both(mosquitto, office, node, token):
        node.call("d")
        await until(lambda: len(office.journal.events("d")) == len(node.journal.events("d")))
    assert len(office.everything()) == before + len(node.journal.events("d"))
    assert NUMBER not in str([event.data for event in office.journal.events("a")])


async def test_a_node_that_lost_its_journal_says_once_that_it_has_nothing_to_erase(
    mosquitto: Mosquitto, office: Office, node: Machine, tmp_path: Path
) -> None:
    token = office.admit("line-1")
    node.call("a")
    node.call("b")
    async with both(mosquitto, office, node, token):
        await until(lambda: len(office.everything()) == len(node.everything()))
    empty = Machine(tmp_path / "new-disk", "line-1")
    empty.call("c")
    for call in ("a", "b"):
        erase_personal(office.journal, call, {"by": 7}, AT)
    async with both(mosquitto, office, empty, token):
        await until(lambda: office.arrivals.standing("line-1").alarm)
        assert office.arrivals.to_erase("line-1") == ()
        empty.call("d")
        await until(lambda: len(office.journal.events("d")) == len(empty.journal.events("d")))
    (alarm,) = office.alarms.of_kind(NOT_FOUND)
    assert (alarm.data["node"], alarm.data["calls"]) == ("line-1", ["a", "b"])


async def test_a_node_that_comes_back_from_a_backup_erases_again(
    mosquitto: Mosquitto, office: Office, node: Machine, tmp_path: Path
) -> None:
    token = office.admit("line-1")
    node.call("a")
    shutil.copytree(node.folder, tmp_path / "backup")
    node.call("b")
    async with both(mosquitto, office, node, token):
        await until(lambda: len(office.everything()) == len(node.everything()))
        erase_personal(office.journal, "a", {"by": 7}, AT)
        node.call("c")
        await until(lambda: not office.arrivals.to_erase("line-1"))
    back = Machine(tmp_path / "backup", "line-1")
    assert NUMBER in str([event.data for event in back.journal.events("a")])
    back.call("d")
    async with both(mosquitto, office, back, token):
        await until(lambda: len(office.journal.events("d")) == len(back.journal.events("d")))
        await until(lambda: not office.arrivals.to_erase("line-1"))
    assert NUMBER not in str([event.data for event in back.journal.events("a")])
    assert NUMBER not in str([event.data for event in office.journal.events("a")])


async def test_the_offices_feed_tells_its_own_events_and_not_the_nodes(
    mosquitto: Mosquitto, office: Office, node: Machine, tmp_path: Path
) -> None:
    token, told, subscribed = office.admit("line-1"), [], asyncio.Event()
    node.call("a")
    node.alarms.append("part.fell", {"part": "ears"}, AT)

    async def listen() -> None:
        async with mosquitto.broker("desk").client() as client:
            await client.subscribe("ivr/v1/office/#", qos=1)
            subscribed.set()
            async for message in client.messages:
                told.append(str(message.payload))  # noqa: PERF401  (while it goes on)

    async with both(mosquitto, office, node, token):
        await until(lambda: len(office.everything()) == len(node.everything()))
    office.journal.append("a", JournalKind.TASK_SEEN, {"task": 7, "by": 3}, AT)
    office.alarms.append(REFUSED, {"node": "line-1", "problem": "x"}, AT)
    cursor = Cursor(tmp_path / "cursor.json")
    async with running(listen()):
        await asyncio.wait_for(subscribed.wait(), 30)
        async with running(Feed("office", office.database(), cursor, mosquitto.broker("office")).run()):
            await until(lambda: cursor.alarms == office.alarms.last_row() and len(told) > 1)
    assert ["task.seen" in told[0], REFUSED in told[1], len(told)] == [True, True, 2]


async def test_an_office_that_starts_ends_its_own_calls_and_not_the_nodes(
    mosquitto: Mosquitto, office: Office, node: Machine
) -> None:
    token = office.admit("line-1")
    node.journal.append("going-on", JournalKind.CALL_OFFERED, {"pii_caller": NUMBER, "worker": "worker-0"}, AT)
    office.journal.append("own", JournalKind.CALL_OFFERED, {"pii_caller": NUMBER, "worker": "worker-0"}, AT)
    async with both(mosquitto, office, node, token):
        await until(lambda: office.journal.events("going-on"))
    assert close_open_calls(office.journal, office.folder, AT) == ["own"]
    assert len(office.journal.events("going-on")) == 1


def test_of_alarms_what_is_true_of_one_machine_alone_does_not_travel(node: Machine) -> None:
    """A machine with staff's pages that became a node has them on its journal: of its own rows, employees and nodes."""
    for kind in ("audit.head", "alarm.seen", "task.overdue", "sampling.shortfall", "erasure.unconfirmed", "part.fell"):
        node.alarms.append(kind, {"until": "2026-11-20T09:00:00Z"}, AT)
    batch = courier_module.next_batch(node.database(), Receipt(Standing()))
    assert batch is not None
    assert [alarm.kind for alarm in batch.alarms] == ["part.fell"]
    assert batch.until.alarm == node.alarms.last_row()


def test_a_key_is_no_token(office: Office) -> None:
    token = office.admit("line-1")
    assert office.nodes.admits("line-1", token)
    assert not office.nodes.admits("line-2", token)
    key = key_of(token).hex()
    assert key in (office.folder / "nodes.keys").read_text(encoding="ascii")
    assert not office.nodes.admits("line-1", Secret(key))
    former, token = token, office.admit("line-1")
    assert not office.nodes.admits("line-1", former)

"""Two line nodes take calls while their office is down for the whole time; then it starts: what is lost, and how soon
everything is shown.

    python -m scripts.bench.nodes                   # 12 calls over loopback SIP, then the office starts
    python -m scripts.bench.nodes --backlog 2000    # and as many calls on the nodes' journals from before
    python -m scripts.bench.nodes --json

Everything is real: `ivr serve` for both nodes and for the office, Mosquitto with the shipped rights, recordings (those
of the second node are sealed), staff's pages read over HTTP; only the prompts are short. Half of the callers hang up,
half vanish and are to be called back. Ends with 1 when anything is lost or it takes longer than 60 s. Needs mosquitto.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import tempfile
import threading
import time
import wave
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import httpx
import numpy as np
from rich.progress import track

from ivr.config import Config
from ivr.delivery.nodes import admit
from ivr.deploy.first_start import Administrator
from ivr.events import JournalKind
from ivr.office.accounts import Accounts
from ivr.office.database import open_office
from ivr.office.roster import Roster
from ivr.paths import project_file
from ivr.people.staff import Employee, Role
from ivr.privacy import Secret
from ivr.processes.keeping import open_house
from ivr.processes.line import prepare
from ivr.simulator.loopback import LoopbackLine, free_ports, write_config
from ivr.simulator.wire import WirePhone
from ivr.store.arrivals import Arrivals
from ivr.store.database import open_database, writing
from ivr.store.journal import Journal, JournalEvent, insert
from ivr.store.schema import encode
from ivr.vault.keys import write_new_key
from tests.delivery.machines import Mosquitto
from tests.line.conftest import short_prompts

LIMIT_S = 60.0
WAIT_S = 600.0
START_S = 300.0
TALK_S = 12.0
NAMES = ("line-1", "line-2")
CLERK = Administrator("ona", "Ona Petraitienė", Secret("ilgas zodis 1883 kalnas"))
_OF_BACKLOG = 30  # events of an earlier call
_RECORDED = 20  # every so many earlier calls has a recording of a minute


@dataclass(frozen=True)
class Truth:
    """What one node knows: events as text, tasks as call and number, names of recordings."""

    events: frozenset[str]
    tasks: frozenset[tuple[str, int]]
    recordings: frozenset[str]


def text_of(event: JournalEvent) -> str:
    return f"{event.call_id} {event.at} {event.kind} {encode(event.data)}"


def truth_of(config: Config) -> Truth:
    """From the node's own journal, folder and vault."""
    journal = Journal(open_database(config.journal_path))
    events = journal.follow(0, 10_000_000)
    return Truth(
        frozenset(text_of(event) for event in events),
        frozenset((event.call_id, event.seq) for event in events if event.kind == JournalKind.TASK_CREATED),
        frozenset(recordings_of(config)),
    )


def recordings_of(config: Config) -> Iterator[str]:
    yield from (path.stem for path in config.recordings_dir.glob("*.wav"))
    if config.recording.key_file is not None:
        journal = Journal(open_database(config.journal_path))
        yield from (kept.name for kept in open_house(config, journal, lambda: datetime.now(UTC)).catalogue.all())


def machine(folder: Path, name: str, broker: Mosquitto, random: Random, **settings: dict[str, object]) -> Config:
    """The configuration of a machine, written to ``folder``."""
    password = folder / "mqtt.password"
    folder.mkdir(parents=True)
    password.write_text(name, encoding="ascii")
    merged: dict[str, dict[str, object]] = {
        "line": {"node": name, "prompts_dir": str(short_prompts())},
        "speech": {"voice": "piper", "prompt_cache": str(project_file("var", "prompt-cache"))},
        "mqtt": {"host": "127.0.0.1", "port": broker.port, "username": name, "password_file": str(password)},
        "answers": {"enabled": False},  # nobody asks anything
        "workers": {"drain_s": 1.0},
        "sip": {"media_timeout_s": 2.0},
    }
    for section, keys in settings.items():
        merged.setdefault(section, {}).update(keys)
    return write_config(folder, free_ports(random), settings=merged)[0]


def fill(config: Config, calls: int) -> None:
    """Calls of former days on a node's journal, some with a recording of a minute."""
    database, began = open_database(config.journal_path), datetime.now(UTC) - timedelta(days=1)
    config.recordings_dir.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(1883).integers(-3000, 3000, (8000 * 60, 2), dtype=np.int16).tobytes()
    with writing(database):
        for number in range(calls):
            call, at = f"{config.line.node}-{number:06d}", began + timedelta(seconds=number)
            kinds: list[tuple[JournalKind, dict[str, object]]] = [
                (JournalKind.CALL_OFFERED, {"pii_caller": f"+3706{number:07d}", "node": config.line.node})
            ]
            kinds += [
                (JournalKind.TURN_HEARD, {"pii_text": f"kiek laiko mokama išmoka, klausiu {turn} kartą"})
                for turn in range(_OF_BACKLOG - 3)
            ]
            kinds += [
                (JournalKind.RECORDING_STATE, {"state": "ok", "final": True}),
                (JournalKind.CALL_ENDED, {"outcome": "answered"}),
            ]
            for seq, (kind, data) in enumerate(kinds, 1):
                insert(database, JournalEvent(call, seq, at, kind, data))
            if number % _RECORDED == 0:
                with wave.open(str(config.recordings_dir / f"{call}.wav"), "wb") as sound:
                    sound.setparams((2, 2, 8000, 0, "NONE", ""))
                    sound.writeframes(noise)
    database.close()


def call(config: Config, number: int) -> None:
    """One caller who listens for a while, then hangs up or vanishes."""
    with WirePhone(("127.0.0.1", config.sip.port), number=f"+3706{number:07d}") as phone:
        if phone.invite(timeout_s=30.0).code != 200:
            raise SystemExit("a call was not answered")
        phone.stream(TALK_S)
        if number % 2:
            phone.bye()


async def calls(nodes: list[Config], count: int, hidden: bool) -> None:
    """``count`` calls on each node, two at a time."""
    for first in track(range(0, count, 2), description="calls", transient=True, disable=hidden):
        together = [(node, first + more) for node in nodes for more in (0, 1) if first + more < count]
        threads = [threading.Thread(target=call, args=(node, index * 2 + number)) for index, (node, number) in
                   enumerate(together)]  # fmt: skip
        for thread in threads:
            thread.start()
        for thread in threads:
            await asyncio.to_thread(thread.join)
    deadline = time.monotonic() + WAIT_S
    for node in nodes:  # who vanished is noticed a little later
        while Journal(open_database(node.journal_path)).open_calls() or any(node.recordings_dir.glob("*.part")):
            if time.monotonic() > deadline:
                raise SystemExit("calls did not end")
            await asyncio.sleep(0.2)


async def sealed_by(node: Config) -> None:
    """Its vault has taken in every recording."""
    deadline = time.monotonic() + WAIT_S
    while any(node.recordings_dir.glob("*.wav")):
        if time.monotonic() > deadline:
            raise SystemExit("the vault did not take everything in")
        await asyncio.sleep(0.5)


def hire(config: Config) -> None:
    """Somebody who may open the office's pages."""
    database = open_office(config.office_path)
    employee = Employee(0, CLERK.name, "", frozenset({Role.AGENT, Role.HEAD}), skills=frozenset())
    accounts = Accounts(database, lambda: datetime.now(UTC))
    accounts.create(Roster(database).add(employee), CLERK.username, CLERK.password)
    database.close()


async def shown_tasks(config: Config) -> set[tuple[str, int]]:
    """Every task that the office's pages list."""
    base = f"http://127.0.0.1:{config.office.port}"
    found: set[tuple[str, int]] = set()
    async with httpx.AsyncClient(base_url=base, headers={"Origin": base}, timeout=30.0) as client:
        fields = {"username": CLERK.username, "password": CLERK.password.reveal()}
        await client.post("/prisijungti", data=fields)
        page = 1
        while True:
            text = (await client.get("/uzduotys", params={"puslapis": str(page)})).text
            here = {(call, int(number)) for call, number in re.findall(r'"/uzduotys/([^/"]+)/(\d+)"', text)}
            if not here - found:
                return found
            found |= here
            page += 1


async def all_shown(office: Config, truths: list[Truth], began: float) -> dict[str, float | None]:
    """Seconds after ``began`` until events, tasks on the page, and recordings were all there; None: not in time."""
    tasks = frozenset().union(*(truth.tasks for truth in truths))
    names = frozenset().union(*(truth.recordings for truth in truths))
    wanted = sum(len(truth.events) for truth in truths)
    arrivals = Arrivals(open_database(office.journal_path))

    async def events_there() -> bool:
        return sum(one.events for one in arrivals.heard()) >= wanted

    async def recordings_there() -> bool:
        return all(arrivals.recording(name) for name in names)

    async def tasks_there() -> bool:
        return await events_there() and tasks <= await shown_tasks(office)

    async def seconds(there: Callable[[], Awaitable[bool]]) -> float | None:
        while time.monotonic() - began < WAIT_S:
            if await there():
                return round(time.monotonic() - began, 1)
            await asyncio.sleep(0.25)
        return None

    looked = {"events": events_there, "tasks": tasks_there, "recordings": recordings_there}
    return dict(zip(looked, await asyncio.gather(*map(seconds, looked.values())), strict=True))


async def run(folder: Path, count: int, backlog: int, *, hidden: bool) -> dict[str, object]:
    """Everything."""
    random, broker = Random(), Mosquitto(folder / "broker")
    for key in ("line-2.keys", "office.keys"):
        write_new_key(folder / key)
    office_folder = folder / "office"
    office = machine(
        office_folder, "office", broker, random,
        workers={"count": 0}, office={"nodes_file": str(folder / "nodes.keys")},
        recording={"key_file": str(folder / "office.keys")},
    )  # fmt: skip
    nodes = []
    for name in NAMES:
        (folder / f"{name}.token").write_text(admit(folder / "nodes.keys", name).reveal(), encoding="ascii")
        sealed: dict[str, object] = {"key_file": str(folder / f"{name}.keys")} if name == "line-2" else {}
        upstream: dict[str, object] = {
            "office_url": f"http://127.0.0.1:{office.office.port}",
            "token_file": str(folder / f"{name}.token"),
        }
        nodes.append(machine(folder / name, name, broker, random, recording=sealed, upstream=upstream))
    prepare(office)
    hire(office)
    for node in nodes:
        prepare(node)
        if backlog:
            fill(node, backlog // len(nodes))
    broker.start()
    try:
        async with (
            LoopbackLine(nodes[0], folder / NAMES[0] / "ivr.toml", start_timeout_s=START_S),
            LoopbackLine(nodes[1], folder / NAMES[1] / "ivr.toml", start_timeout_s=START_S),
        ):
            await calls(nodes, count // len(nodes), hidden)
            await sealed_by(nodes[1])
            truths = [truth_of(node) for node in nodes]
            began = time.monotonic()
            async with LoopbackLine(office, office_folder / "ivr.toml", start_timeout_s=START_S):
                ready = round(time.monotonic() - began, 1)
                at = await all_shown(office, truths, began)
                lost = compared(office, truths)
    finally:
        broker.end()
    sizes = sum(path.stat().st_size for node in nodes for path in node.recordings_dir.glob("*.wav"))
    return {
        "calls": count, "backlog_calls": backlog,
        "events": sum(len(truth.events) for truth in truths),
        "tasks": sum(len(truth.tasks) for truth in truths),
        "recordings": sum(len(truth.recordings) for truth in truths),
        "unsealed_megabytes": round(sizes / 1e6, 1),
        **lost,
        "office_ready_s": ready,
        **{f"{name}_shown_s": value for name, value in at.items()},
    }  # fmt: skip


def compared(office: Config, truths: list[Truth]) -> dict[str, int]:
    """What a node has and the office has not, and what the office has twice."""
    journal = Journal(open_database(office.journal_path))
    there = [text_of(event) for event in journal.follow(0, 10_000_000)]
    arrivals = Arrivals(open_database(office.journal_path))
    tasks = {(one.call_id, one.seq) for one in journal.of_kind(JournalKind.TASK_CREATED)}
    return {
        "events_lost": sum(len(truth.events - set(there)) for truth in truths),
        "events_doubled": len(there) - len(set(there)),
        "tasks_lost": sum(len(truth.tasks - tasks) for truth in truths),
        "recordings_lost": sum(arrivals.recording(name) is None for truth in truths for name in truth.recordings),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--calls", type=int, default=12, help="over both nodes")
    parser.add_argument("--backlog", type=int, default=0, help="earlier calls on the nodes' journals")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ivr-nodes-") as name:
        report = asyncio.run(run(Path(name), arguments.calls, arguments.backlog, hidden=arguments.json))
    if arguments.json:
        print(json.dumps(report))
    else:
        for key, value in report.items():
            print(f"{key}: {value}")
    lost = any(report[key] for key in ("events_lost", "events_doubled", "tasks_lost", "recordings_lost"))
    slowest = [report[f"{key}_shown_s"] for key in ("events", "tasks", "recordings")]
    return 1 if lost or any(not isinstance(one, float) or one > LIMIT_S for one in slowest) else 0


if __name__ == "__main__":
    sys.exit(main())

"""The spill file: what is put aside while another process reads it back is neither kept waiting nor lost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.store.schema import JournalEvent
from ivr.store.spill import Record, Spill

PROJECT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def event(number: int) -> JournalEvent:
    return JournalEvent("a", number, AT + timedelta(seconds=number), "turn.key", {"key": str(number % 10)})


class Kept(list[int]):
    """Numbers of the records that a database took."""

    def __call__(self, records: Sequence[Record]) -> None:
        self.extend(record.seq for record in records if isinstance(record, JournalEvent))


@pytest.fixture
def spill(tmp_path: Path) -> Spill:
    return Spill(tmp_path / "journal.db")


def test_who_puts_something_aside_does_not_wait_for_who_reads_back(spill: Spill, tmp_path: Path) -> None:
    spill.append([event(1)])
    kept = Kept()

    def slow(records: Sequence[Record]) -> None:
        Spill(tmp_path / "journal.db").append([event(2)])  # it would wait for ever if it waited for us
        kept(records)

    assert spill.take(slow) == (1, [])
    assert kept == [1]
    assert not spill.empty
    assert spill.take(kept) == (1, [])
    assert kept == [1, 2]
    assert spill.empty


def test_what_was_not_kept_stays_and_comes_before_what_was_put_aside_since(spill: Spill) -> None:
    spill.append([event(1), event(2)])

    def full(_records: Sequence[Record]) -> None:
        spill.append([event(3)])
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        spill.take(full)
    kept = Kept()
    assert spill.take(kept) == (3, [])
    assert kept == [1, 2, 3]
    assert spill.empty


def test_two_never_read_back_at_once(spill: Spill, tmp_path: Path) -> None:
    spill.append([event(1)])
    other, kept = Spill(tmp_path / "journal.db"), Kept()

    def while_taken(records: Sequence[Record]) -> None:
        other.append([event(2)])
        with pytest.raises(BlockingIOError):
            other.take(kept, wait=False)
        kept(records)

    spill.take(while_taken)
    other.take(kept, wait=False)
    assert kept == [1, 2]


TAKER = """
import sys, time
from pathlib import Path
from ivr.store.spill import Spill
Spill(Path(sys.argv[1])).take(lambda records: (print(len(records), flush=True), time.sleep(600)))
"""


def test_kill_9_of_who_reads_back_loses_nothing(spill: Spill, tmp_path: Path) -> None:
    spill.append([event(1)])
    with subprocess.Popen(
        [sys.executable, "-c", TAKER, str(tmp_path / "journal.db")], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as taker:
        assert taker.stdout is not None
        assert taker.stdout.readline() == "1\n"
        spill.append([event(2)])
        taker.kill()
    kept = Kept()
    spill.take(kept, wait=False)
    assert kept == [1, 2]
    assert spill.empty


def test_many_processes_put_aside_and_read_back_and_each_event_comes_once(spill: Spill, tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    each, writers = 150, 3
    code = (
        "import sys\nfrom pathlib import Path\nfrom tests.store.test_spill import event\n"
        "from ivr.store.spill import Spill\nspill = Spill(Path(sys.argv[1]))\n"
        f"for n in range({each}): spill.append([event(int(sys.argv[2]) * {each} + n)])\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(path), str(number)], cwd=PROJECT) for number in range(writers)
    ]
    kept = Kept()
    while any(one.poll() is None for one in running):
        spill.take(kept)
    spill.take(kept)
    assert [one.returncode for one in running] == [0] * writers
    assert sorted(kept) == list(range(each * writers))
    for number in range(writers):
        own = [seq for seq in kept if seq // each == number]
        assert own == sorted(own), "in the order of their writer"

"""A backup of a working line, put back: nothing is missing, nothing is believed that is not whole."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import stat
import struct
import tarfile
import threading
import time
import wave
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from ivr.cli import main
from ivr.config import Config, load
from ivr.deploy.archive import Manifest, Reader
from ivr.deploy.backup import back_up
from ivr.deploy.restore import restore, verify
from ivr.errors import BackupError
from ivr.events import JournalKind
from ivr.office.database import open_office
from ivr.processes.keeping import open_house
from ivr.store.database import open_database
from ivr.store.journal import Journal
from ivr.store.migrations import STEPS
from ivr.vault.keys import write_new_key

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)


class Line:
    """A line's data folder, and somebody who takes calls in it: journal, recording, vault, office."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "ivr.toml"
        self.file.write_text('[line]\ndata_dir = "data"\n[recording]\nkey_file = "vault.keys"\n', encoding="utf-8")
        write_new_key(folder / "vault.keys")
        self.config = load(self.file, {})
        self.config.recordings_dir.mkdir(parents=True)
        self.calls = 0
        self._stop = threading.Event()
        self._fault: BaseException | None = None

    def call(self, *, seal: bool) -> None:
        """One call from its offer to its sealed recording (or, as many end, to its open one)."""
        journal = Journal(open_database(self.config.journal_path))
        house = open_house(self.config, journal, lambda: AT)
        office = open_office(self.config.office_path)
        call = f"20261123-080000-{self.calls:06x}"
        at = AT + timedelta(seconds=self.calls)
        journal.append(call, JournalKind.CALL_OFFERED, {"pii_caller": "+37060000001", "worker": "worker-0"}, at)
        path = self.config.recordings_dir / f"{call}.wav"
        sound(path)
        journal.append(call, JournalKind.RECORDING_STARTED, {"file": path.name}, at)
        ended = at + timedelta(seconds=0.1)
        journal.append(call, JournalKind.RECORDING_ENDED, {"file": path.name, "duration_s": 0.1}, ended)
        journal.append(call, JournalKind.RECORDING_STATE, {"state": "ok", "final": True}, at)
        journal.append(call, JournalKind.CALL_ENDED, {"reason": "caller", "outcome": "answered"}, at)
        office.execute("INSERT INTO employees (name) VALUES (?)", [f"Darbuotoja {self.calls}"])
        office.conn.commit()
        if seal:
            house.vault.take_in(path, call, "ok")
        self.calls += 1

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        """Calls without pause while the block runs."""

        def work() -> None:
            try:
                while not self._stop.is_set():
                    self.call(seal=self.calls % 3 > 0)
            except BaseException as error:
                self._fault = error

        worker = threading.Thread(target=work)
        worker.start()
        try:
            yield
        finally:
            self._stop.set()
            worker.join(60)
        assert self._fault is None, self._fault

    def wait_for_more(self) -> None:
        """Until another call was taken."""
        seen, limit = self.calls, time.monotonic() + 60
        while self.calls <= seen:
            assert self._fault is None, self._fault
            assert time.monotonic() < limit
            time.sleep(0.005)


def sound(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"".join(struct.pack("<hh", at % 900, at % 500) for at in range(800)))


@pytest.fixture
def line(tmp_path: Path) -> Line:
    (tmp_path / "old").mkdir()
    made = Line(tmp_path / "old")
    for number in range(4):
        made.call(seal=number % 2 == 0)
    return made


@pytest.fixture
def elsewhere(tmp_path: Path) -> Config:
    """The configuration of another machine with nothing on it."""
    (tmp_path / "new").mkdir()
    file = tmp_path / "new" / "ivr.toml"
    file.write_text('[line]\ndata_dir = "data"\n[recording]\nkey_file = "vault.keys"\n', encoding="utf-8")
    return load(file, {})


def saved(line: Line, tmp_path: Path, *, with_keys: bool = False) -> Path:
    file = tmp_path / "line.tar"
    back_up(line.config, file, AT, source=line.file, with_keys=with_keys)
    return file


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_a_recording_begun_while_the_backup_runs_is_in_it(line: Line, tmp_path: Path, elsewhere: Config) -> None:
    """Its call is in the journal's snapshot already, and the vault may not have it for long."""
    late = line.config.recordings_dir / "20261123-235959-000000.wav"
    file = tmp_path / "line.tar"

    def progress(_done: int, _total: int, _what: str) -> None:
        late.write_bytes(b"sound")

    assert not late.exists()
    back_up(line.config, file, AT, source=line.file, with_keys=True, progress=progress)
    restore(file, elsewhere)
    assert (elsewhere.recordings_dir / late.name).read_bytes() == b"sound"


def test_what_was_saved_under_load_comes_back_whole(line: Line, tmp_path: Path, elsewhere: Config) -> None:
    file = tmp_path / "line.tar"
    waited: set[str] = set()

    def progress(_done: int, _total: int, what: str) -> None:
        if what.endswith((".db", ".wav")) and len(waited) < 6 and what not in waited:
            waited.add(what)
            line.wait_for_more()  # so that something is written between any two of the first files

    with line.busy():
        line.wait_for_more()
        before = line.calls
        manifest = back_up(line.config, file, AT, source=line.file, with_keys=True, progress=progress)
        line.wait_for_more()
    assert line.calls > before + 3
    done = restore(file, elsewhere)
    assert done.kept == ()
    same_counts_and_checksums(file, manifest, elsewhere)

    journal = Journal(open_database(elsewhere.journal_path))
    house = open_house(elsewhere, journal, lambda: AT)
    assert list(house.vault.verify()) == []
    ids = [call.call_id for call in journal.calls(limit=10_000)]
    assert len(ids) == manifest.counts["calls"] >= before
    sealed = {kept.name for kept in house.catalogue.all()}
    for call in ids:
        events = journal.events(call)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        if any(event.kind == JournalKind.RECORDING_STATE for event in events):
            assert call in sealed or (elsewhere.recordings_dir / f"{call}.wav").exists(), call
    line_goes_on(elsewhere)


def same_counts_and_checksums(file: Path, manifest: Manifest, config: Config) -> None:
    """What lies in the new place is what the manifest says, file by file and table by table."""
    for name, database in manifest.databases.items():
        with contextlib.closing(sqlite3.connect(config.line.data_dir / name.removeprefix("data/"))) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            for table, count in database.tables.items():
                assert copy.execute(f'SELECT count(*) FROM "{table}"').fetchone() == (count,), table
    with contextlib.closing(Reader(file)) as reader:
        for name, pieces in reader.files(lambda _count: None):
            there = config.line.data_dir / name.removeprefix("data/")
            if name.startswith("data/"):
                assert there.read_bytes() == b"".join(pieces), name
                assert stat.S_IMODE(there.stat().st_mode) == 0o600
    assert stat.S_IMODE(config.line.data_dir.stat().st_mode) == 0o700


def line_goes_on(config: Config) -> None:
    journal = Journal(open_database(config.journal_path))
    count = len(journal.calls(limit=10_000))
    journal.append("20261124-080000-ffffff", JournalKind.CALL_OFFERED, {}, AT)
    assert len(journal.calls(limit=10_000)) == count + 1


def test_keys_are_named_and_left_out_unless_asked_for(line: Line, tmp_path: Path, elsewhere: Config) -> None:
    (line.config.line.data_dir / "identity.key").write_bytes(b"k" * 32)
    key = (tmp_path / "old" / "vault.keys").read_bytes()
    file = saved(line, tmp_path)
    assert key.strip() not in file.read_bytes()
    assert b"k" * 32 not in file.read_bytes()
    assert set(verify(file).missing_keys) == {"recording.key_file", "identity.key"}
    restore(file, elsewhere)
    assert elsewhere.recording.key_file is not None
    assert not elsewhere.recording.key_file.exists()
    told = run("backup", tmp_path / "second.tar", "--config", line.file)
    assert "not in it: recording.key_file" in told.output


def test_with_keys_the_recordings_can_be_opened_elsewhere(line: Line, tmp_path: Path, elsewhere: Config) -> None:
    (line.config.line.data_dir / "identity.key").write_bytes(b"k" * 32)
    restore(saved(line, tmp_path, with_keys=True), elsewhere)
    assert elsewhere.recording.key_file is not None
    assert stat.S_IMODE(elsewhere.recording.key_file.stat().st_mode) == 0o600
    assert (elsewhere.line.data_dir / "identity.key").read_bytes() == b"k" * 32
    house = open_house(elsewhere, Journal(open_database(elsewhere.journal_path)), lambda: AT)
    assert list(house.vault.verify()) == []


def test_a_key_that_is_there_stays(line: Line, tmp_path: Path, elsewhere: Config) -> None:
    assert elsewhere.recording.key_file is not None
    elsewhere.recording.key_file.write_text("another\n")
    done = restore(saved(line, tmp_path, with_keys=True), elsewhere)
    assert elsewhere.recording.key_file.read_text() == "another\n"
    assert any("recording.key_file" in kept for kept in done.kept)


def test_a_data_folder_that_holds_something_is_refused(line: Line, tmp_path: Path) -> None:
    file = saved(line, tmp_path)
    before = line.config.journal_path.read_bytes()
    with pytest.raises(BackupError, match="not empty"):
        restore(file, line.config)
    assert line.config.journal_path.read_bytes() == before


def half(file: Path) -> None:
    with file.open("r+b") as archive:
        archive.truncate(file.stat().st_size // 2)


def one_bit_of(ending: str) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        with tarfile.open(file) as archive:
            member = next(one for one in archive.getmembers() if one.name.endswith(ending))
            place = member.offset_data + member.size // 2
        with file.open("r+b") as archive_file:
            archive_file.seek(place)
            byte = archive_file.read(1)
            archive_file.seek(place)
            archive_file.write(bytes([byte[0] ^ 1]))

    return damage


def without_a_recording(file: Path) -> None:
    smaller = file.with_suffix(".smaller")
    with tarfile.open(file) as archive, tarfile.open(smaller, "w") as target:
        for member in archive.getmembers():
            if not member.name.endswith(".sealed"):
                target.addfile(member, archive.extractfile(member))
    smaller.replace(file)


def no_archive(file: Path) -> None:
    file.write_bytes(b"nothing" * 1000)


@pytest.mark.parametrize(
    "damage",
    [half, one_bit_of("journal.db"), one_bit_of(".sealed"), one_bit_of(".json"), without_a_recording, no_archive],
    ids=["cut off", "a database's bit", "a recording's bit", "the manifest's bit", "a file left out", "no archive"],
)
def test_a_damaged_archive_is_refused_and_nothing_is_left(
    damage: Callable[[Path], None], line: Line, tmp_path: Path, elsewhere: Config
) -> None:
    file = saved(line, tmp_path, with_keys=True)
    damage(file)
    with pytest.raises(BackupError, match="Nothing was put back"):
        restore(file, elsewhere)
    assert sorted(path.name for path in elsewhere.line.data_dir.parent.iterdir()) == ["ivr.toml"]
    with pytest.raises(BackupError):
        verify(file)


def test_a_name_that_leaves_its_room_is_refused(line: Line, tmp_path: Path, elsewhere: Config) -> None:
    file = saved(line, tmp_path)
    rewritten(file, lambda text: text.replace("data/journal.db", "data/../journal.db"), "data/../journal.db")
    with pytest.raises(BackupError):
        restore(file, elsewhere)
    assert not (elsewhere.line.data_dir.parent / "journal.db").exists()


def rewritten(file: Path, change: Callable[[str], str], journal: str = "data/journal.db") -> None:
    """The archive with another manifest that fits its own checksum: what a newer version would have written."""
    import hashlib
    import io

    other = file.with_suffix(".other")
    with tarfile.open(file) as archive, tarfile.open(other, "w") as target:
        for member in archive.getmembers():
            content = archive.extractfile(member)
            assert content is not None
            if member.name.startswith("manifest-"):
                text = change(content.read().decode()).encode()
                member.name, member.size = f"manifest-{hashlib.sha256(text).hexdigest()}.json", len(text)
                content = io.BytesIO(text)
            elif member.name == "data/journal.db":
                member.name = journal
            target.addfile(member, content)
    other.replace(file)


def test_a_newer_schema_is_refused(line: Line, tmp_path: Path, elsewhere: Config) -> None:
    newer = Migrations("journal")
    newer.name = "journal"

    @newer(name="999_from_the_future")
    def future(db: Database) -> None:
        db.execute("CREATE TABLE future (x)")

    database = Database(line.config.journal_path)
    newer.apply(database)
    database.close()
    with pytest.raises(BackupError, match=r"newer version.*999_from_the_future"):
        restore(saved(line, tmp_path), elsewhere)
    assert not elsewhere.line.data_dir.exists()


def test_a_newer_format_is_refused(line: Line, tmp_path: Path, elsewhere: Config) -> None:
    file = saved(line, tmp_path)
    rewritten(file, lambda text: text.replace('"format": 1', '"format": 2'))
    with pytest.raises(BackupError, match="format 2"):
        restore(file, elsewhere)


def test_an_older_database_is_restored_and_upgraded_with_its_data(
    line: Line, tmp_path: Path, elsewhere: Config
) -> None:
    old = line.config.journal_path
    rows = Database(old).execute("SELECT call_id, seq, at, kind, data FROM events").fetchall()
    for ending in ("", "-wal", "-shm"):
        Path(f"{old}{ending}").unlink(missing_ok=True)
    database = Database(old)
    STEPS.apply(database, stop_before="003_calls")
    database.conn.executemany("INSERT INTO events (call_id, seq, at, kind, data) VALUES (?, ?, ?, ?, ?)", rows)
    database.conn.commit()
    database.close()
    restore(saved(line, tmp_path), elsewhere)
    journal = Journal(open_database(elsewhere.journal_path))
    assert len(journal.calls(limit=100)) == line.calls
    line_goes_on(elsewhere)


def test_a_recording_that_is_being_written_is_saved_as_far_as_it_goes(
    line: Line, tmp_path: Path, elsewhere: Config
) -> None:
    part = line.config.recordings_dir / "20261123-090000-abcdef.wav.part"
    part.write_bytes(b"\1" * 3_000_000)
    restore(saved(line, tmp_path), elsewhere)
    assert (elsewhere.recordings_dir / part.name).read_bytes() == part.read_bytes()


def test_a_backup_is_never_written_over_and_leaves_nothing_half(line: Line, tmp_path: Path) -> None:
    file = tmp_path / "line.tar"
    file.write_text("precious")
    result = run("backup", file, "--config", line.file)
    assert result.exit_code == 1
    assert "is there already" in result.output
    assert file.read_text() == "precious"
    (line.config.line.data_dir / "audit.db").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    result = run("backup", tmp_path / "second.tar", "--config", line.file)
    assert result.exit_code == 1
    assert "audit.db" in result.output
    assert not list(tmp_path.glob("second*"))


def test_on_a_bare_machine_one_command_brings_everything(line: Line, tmp_path: Path) -> None:
    file, target = tmp_path / "line.tar", tmp_path / "bare"
    first = run("backup", file, "--with-keys", "--json", "--config", line.file)
    assert first.exit_code == 0, first.output
    facts = json.loads(first.stdout)
    assert facts["calls"] == line.calls
    assert facts["sealed"] == facts["recordings"] == 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    checked = run("restore", file, "--check", "--json", "--config", target / "ivr.toml")
    assert json.loads(checked.stdout)["whole"] is True
    assert not target.exists()
    target.mkdir()
    result = run("restore", file, "--config", target / "ivr.toml")
    assert result.exit_code == 0, result.output
    assert "4 calls" in result.output
    assert (target / "ivr.toml").read_text() == line.file.read_text()
    shutil.rmtree(tmp_path / "old")
    shown = run("recordings", "verify", "--config", target / "ivr.toml")
    assert shown.exit_code == 0, shown.output


def test_the_first_line_after_a_restore_loses_no_setting_outside(line: Line, tmp_path: Path) -> None:
    plans = tmp_path / "old" / "plans"
    plans.mkdir()
    (plans / "own.yaml").write_text("own: plan\n")
    line.file.write_text(line.file.read_text() + '[answers]\ndialplans = "plans"\n')
    config = load(line.file, {})
    file = tmp_path / "line.tar"
    back_up(config, file, AT, source=line.file)
    target = tmp_path / "bare"
    target.mkdir()
    assert run("restore", file, "--config", target / "ivr.toml").exit_code == 0
    assert (target / "plans" / "own.yaml").read_text() == "own: plan\n"


def test_a_registry_that_lies_elsewhere_comes_back_too(line: Line, tmp_path: Path) -> None:
    from random import Random

    from ivr.registry.embedded import EmbeddedRegistry, seed
    from ivr.registry.people import fictitious

    seed(tmp_path / "old" / "people.db", fictitious(5, Random(1), AT.date()))
    line.file.write_text(line.file.read_text() + '[registry]\nembedded = "people.db"\n')
    file, target = tmp_path / "line.tar", tmp_path / "bare"
    back_up(load(line.file, {}), file, AT, source=line.file)
    target.mkdir()
    done = run("restore", file, "--config", target / "ivr.toml")
    assert done.exit_code == 0, done.output
    assert EmbeddedRegistry(target / "people.db").count() == 5
    assert "recording.key_file" in done.output, "what has to be put there by hand is told"

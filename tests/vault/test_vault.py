"""The vault: no whole recording is lost, every fault is found and named, what is erased stays erased."""

from __future__ import annotations

import errno
import io
import math
import os
import sqlite3
import struct
import subprocess
import sys
import wave
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import soundfile

from ivr.errors import VaultError
from ivr.privacy import Secret
from ivr.vault.catalogue import Catalogue
from ivr.vault.keys import MasterKeys, read_keys, write_new_key
from ivr.vault.shelf import SUFFIX, Folder
from ivr.vault.vault import Vault

OLD, NEW = Secret("11" * 32), Secret("22" * 32)


class House:
    """A vault in a folder, and recordings to put into it."""

    def __init__(self, folder: Path, *keys: Secret) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.shelf = folder, Folder(folder / "sealed")
        self.catalogue = Catalogue(folder / "vault.db")
        self.now = datetime(2026, 11, 23, 8, tzinfo=UTC)
        self.vault = Vault(self.catalogue, self.shelf, MasterKeys(keys or (OLD,), "keys"), lambda: self.now)

    def recording(self, name: str = "call-1", seconds: float = 3.0) -> Path:
        path = self.folder / f"{name}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(8000)
            for at in range(int(seconds * 8000)):
                file.writeframes(struct.pack("<hh", int(9000 * math.sin(at / 9)), at % 3000))
        return path

    def taken_in(self, name: str = "call-1") -> bytes:
        """Takes a recording in; returns its samples."""
        path = self.recording(name)
        with wave.open(str(path)) as file:
            samples: bytes = file.readframes(10**9)
        self.vault.take_in(path, name, "ok", [(1.0, 2.0)])
        return samples

    def file(self, name: str = "call-1") -> Path:
        return self.folder / "sealed" / f"{name}{SUFFIX}"

    def faults(self) -> list[tuple[str, str]]:
        return [(fault.name, fault.problem) for fault in self.vault.verify()]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def samples_of(flac: bytes) -> bytes:
    data, _rate = soundfile.read(io.BytesIO(flac), dtype="int16")
    return bytes(data.tobytes())


def test_every_sample_comes_back_and_the_open_file_is_gone(house: House) -> None:
    samples = house.taken_in()
    assert samples_of(b"".join(house.vault.read("call-1"))) == samples
    assert not (house.folder / "call-1.wav").exists()
    assert house.faults() == []


def test_nothing_of_the_sound_or_the_keys_lies_open(house: House) -> None:
    samples = house.taken_in()
    everything = b"".join(path.read_bytes() for path in house.folder.rglob("*") if path.is_file())
    assert b"fLaC" not in everything
    assert samples[:64] not in everything
    assert bytes.fromhex(OLD.reveal()) not in everything
    assert all(path.stat().st_mode & 0o077 == 0 for path in house.folder.rglob("*") if path.is_file())


def test_a_player_reads_from_the_middle(house: House) -> None:
    house.taken_in()
    whole = b"".join(house.vault.read("call-1"))
    assert house.vault.size("call-1") == len(whole)
    assert b"".join(house.vault.read("call-1", 1000, 50)) == whole[1000:1050]


def test_a_full_disk_loses_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    path = house.recording()

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(VaultError, match="disk space"):
        house.vault.take_in(path, "call-1", "ok")
    monkeypatch.undo()
    assert path.exists()
    assert list(house.shelf.names()) == []
    house.vault.take_in(path, "call-1", "ok")
    assert house.faults() == []


def test_sound_that_can_not_be_read_back_is_not_taken_in(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    path = house.recording()
    put = Folder.put

    def damaging(shelf: Folder, name: str, write: Callable[[BinaryIO], None]) -> int:
        size = put(shelf, name, write)
        with house.file().open("r+b") as file:
            file.seek(size // 2)
            file.write(b"\0\0\0\0")
        return size

    monkeypatch.setattr(Folder, "put", damaging)
    with pytest.raises(VaultError):
        house.vault.take_in(path, "call-1", "ok")
    assert path.exists()
    assert house.catalogue.get("call-1") is None


KILLED = """
import os, sys
from pathlib import Path
from tests.vault.test_vault import House
from ivr.vault.catalogue import Catalogue
house = House(Path(sys.argv[1]))
place = sys.argv[2]
if place == "before the catalogue":
    Catalogue.add = lambda *_: os.kill(os.getpid(), 9)
else:
    Path.unlink = lambda *_, **__: os.kill(os.getpid(), 9)
house.vault.take_in(house.recording(), "call-1", "ok")
"""


@pytest.mark.parametrize("place", ["before the catalogue", "before the open file is removed"])
def test_a_process_that_is_killed_half_way_loses_nothing(tmp_path: Path, place: str) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), place], check=False)
    assert killed.returncode == -9
    house = House(tmp_path)
    left = tmp_path / "call-1.wav"
    assert left.exists()
    house.vault.take_in(left, "call-1", "ok")
    assert house.faults() == []
    assert not left.exists()


@pytest.mark.parametrize(
    ("harm", "problem"),
    [
        (lambda house: house.file().unlink(), "its file is missing"),
        (lambda house: house.file().write_bytes(house.file().read_bytes()[:-9]), "changed or cut off"),
        (lambda house: house.file().write_bytes(b"RIFF" + bytes(99)), "no sealed recording"),
        (lambda house: house.file("stray").write_bytes(b"x"), "not in the catalogue"),
        (lambda house: house.file().write_bytes(house.file("call-2").read_bytes()), "changed or cut off"),
    ],
)
def test_every_fault_is_found_and_named(house: House, harm: Callable[[House], Any], problem: str) -> None:
    house.taken_in()
    house.taken_in("call-2")
    harm(house)
    (fault,) = house.faults()
    assert problem in fault[1]


def test_a_flipped_bit_is_found_by_the_deep_look(house: House) -> None:
    house.taken_in()
    data = bytearray(house.file().read_bytes())
    data[len(data) // 2] ^= 4
    house.file().write_bytes(data)
    assert len(house.faults()) == 1


def test_a_lost_master_key_is_named(tmp_path: Path) -> None:
    House(tmp_path, OLD).taken_in()
    other = House(tmp_path, NEW)
    with pytest.raises(VaultError, match="needs the master key"):
        list(other.vault.read("call-1"))
    assert "needs the master key" in other.faults()[0][1]


def test_keys_are_changed_without_touching_the_sound(tmp_path: Path) -> None:
    samples = House(tmp_path, OLD).taken_in()
    before = House(tmp_path, OLD).file().read_bytes()
    both = House(tmp_path, NEW, OLD)
    assert both.vault.rotate() == 1
    assert both.vault.rotate() == 0
    alone = House(tmp_path, NEW)
    assert samples_of(b"".join(alone.vault.read("call-1"))) == samples
    assert alone.file().read_bytes() == before


@pytest.mark.rule("X11")
def test_what_is_erased_can_be_opened_by_nobody_even_with_a_copy(house: House) -> None:
    house.taken_in()
    copy = house.file().read_bytes()
    kept = house.catalogue.get("call-1")
    assert kept
    certificate = house.vault.erase("call-1", "Ona Petraitienė", "the caller's wish")
    everything = b"".join(path.read_bytes() for path in house.folder.rglob("*") if path.is_file())
    assert kept.wrapped not in everything
    house.file().write_bytes(copy)
    with pytest.raises(VaultError, match="not in the vault"):
        list(house.vault.read("call-1"))
    assert (certificate.reason, certificate.sha256) == ("the caller's wish", kept.sha256)
    assert house.catalogue.certificates() == [certificate]


@pytest.mark.rule("X8", "P63")
def test_a_certificate_stays(house: House) -> None:
    house.taken_in()
    house.vault.erase("call-1", "nightly", "retention")
    for change in ("DELETE FROM certificates", "UPDATE certificates SET reason = 'x'"):
        with pytest.raises(Exception, match="certificates stay"):
            house.catalogue._db.execute(change)


@pytest.mark.rule("X8")
def test_a_hold_is_stronger_than_a_wish(house: House) -> None:
    house.taken_in()
    house.vault.hold("call-1", "court case 12")
    with pytest.raises(VaultError, match="court case 12"):
        house.vault.erase("call-1", "nightly", "retention")
    house.vault.hold("call-1", "")
    house.vault.erase("call-1", "nightly", "retention")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden"])
def test_no_name_leaves_the_folder(house: House, name: str) -> None:
    with pytest.raises(VaultError, match="no name"):
        house.shelf.open(name)


def test_a_key_file_grows_from_the_top_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    first, second = write_new_key(path), write_new_key(path)
    assert first != second
    assert read_keys(path).present == second
    assert len(path.read_text().split()) == 2
    path.chmod(0o644)
    with pytest.raises(VaultError, match="chmod 600"):
        read_keys(path)


@pytest.mark.parametrize("text", ["", "abc", "zz" * 32, "11" * 32 + "\n" + "11" * 32])
def test_a_wrong_key_file_is_refused_with_a_remedy(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(VaultError, match=r"key|Remove"):
        read_keys(path)


ERASING = """
import os, sys
from pathlib import Path
from tests.vault.test_vault import House
from ivr.vault.catalogue import Catalogue
house = House(Path(sys.argv[1]))
if sys.argv[2] == "before the key is destroyed":
    Catalogue.erase = lambda *_: os.kill(os.getpid(), 9)
else:
    Path.unlink = lambda *_, **__: os.kill(os.getpid(), 9)
house.vault.erase("call-1", "nightly", "its time is over")
"""


@pytest.mark.rule("X8")
@pytest.mark.parametrize("place", ["before the key is destroyed", "before the file is removed"])
def test_an_erasure_that_is_killed_half_way_is_whole_or_did_not_happen(tmp_path: Path, place: str) -> None:
    samples = House(tmp_path).taken_in()
    other = House(tmp_path).taken_in("call-2")
    killed = subprocess.run([sys.executable, "-c", ERASING, str(tmp_path), place], check=False)
    assert killed.returncode == -9
    house = House(tmp_path)
    if house.vault.kept("call-1"):
        assert house.faults() == []
        assert samples_of(b"".join(house.vault.read("call-1"))) == samples
        house.vault.sweep("call-1")  # it is no leftover
        assert house.faults() == []
    else:
        assert [one.name for one in house.catalogue.certificates()] == ["call-1"]
        assert [name for name, _ in house.faults()] == ["call-1"]
        assert house.vault.leftovers() == ["call-1"]
        house.vault.sweep("call-1")
        assert house.faults() == []
    assert samples_of(b"".join(house.vault.read("call-2"))) == other


ROTATING = """
import os, sys
from pathlib import Path
from ivr.vault.catalogue import Catalogue
from tests.vault.test_vault import House, NEW, OLD
really, done = Catalogue.rewrap, []
def rewrap(catalogue, name, master, wrapped):
    if done:
        os.kill(os.getpid(), 9)
    done.append(really(catalogue, name, master, wrapped))
Catalogue.rewrap = rewrap
House(Path(sys.argv[1]), NEW, OLD).vault.rotate()
"""


def test_a_change_of_keys_that_is_killed_half_way_is_finished_the_next_time(tmp_path: Path) -> None:
    samples = {name: House(tmp_path).taken_in(name) for name in ("call-1", "call-2", "call-3")}
    assert subprocess.run([sys.executable, "-c", ROTATING, str(tmp_path)], check=False).returncode == -9
    both = House(tmp_path, NEW, OLD)
    assert both.faults() == []
    assert both.vault.rotate() == 2
    alone = House(tmp_path, NEW)
    assert {name: samples_of(b"".join(alone.vault.read(name))) for name in samples} == samples


def test_a_catalogue_that_takes_nothing_leaves_the_recording_outside(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = house.recording()

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(Catalogue, "add", full)
    with pytest.raises(sqlite3.OperationalError):
        house.vault.take_in(path, "call-1", "ok")
    assert path.exists()
    monkeypatch.undo()
    house.vault.take_in(path, "call-1", "ok")
    assert house.faults() == []


def test_many_faults_at_once_are_each_named_and_what_is_whole_is_not(tmp_path: Path) -> None:
    other = House(tmp_path, NEW)
    other.taken_in("lost-key")
    house = House(tmp_path, OLD)
    for name in ("whole", "missing", "flipped", "short"):
        house.taken_in(name)
    house.file("missing").unlink()
    data = bytearray(house.file("flipped").read_bytes())
    data[-1] ^= 1
    house.file("flipped").write_bytes(data)
    house.file("short").write_bytes(house.file("short").read_bytes()[:-1])
    house.file("stray").write_bytes(b"x")
    problems = dict(house.faults())
    assert sorted(problems) == ["flipped", "lost-key", "missing", "short", "stray"]
    assert "needs the master key" in problems["lost-key"]
    assert "missing" in problems["missing"]
    assert "changed or cut off" in problems["flipped"]
    assert "changed or cut off" in problems["short"]
    assert "not in the catalogue" in problems["stray"]
    assert b"".join(house.vault.read("whole"))

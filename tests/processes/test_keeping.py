"""From the folder into the vault, and out of it: only what is finished, each on its own, erased in time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.cli import main
from ivr.config import load
from ivr.errors import VaultError
from ivr.events import JournalKind
from ivr.processes.keeping import (
    UNERASED,
    UNSEALED,
    Faults,
    House,
    erase_expired,
    expired,
    open_house,
    take_in_finished,
)
from ivr.store.alarms import Alarms
from ivr.store.database import open_database
from ivr.store.journal import Journal
from ivr.vault.catalogue import Catalogue, Kept
from ivr.vault.keys import write_new_key
from ivr.vault.shelf import Folder
from tests.vault.test_vault import House as Recordings

ENDED = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    write_new_key(tmp_path / "keys")
    path = tmp_path / "ivr.toml"
    path.write_text(
        '[line]\ndata_dir = "data"\n[recording]\nkey_file = "keys"\nkeep = ["call=100", "message=10"]\n',
        encoding="utf-8",
    )
    return path


@pytest.fixture
def house(config_file: Path) -> House:
    config = load(config_file, {})
    config.recordings_dir.mkdir(parents=True)
    journal = Journal(open_database(config.journal_path))
    return open_house(config, journal, lambda: ENDED)


def call(house: House, tmp_path: Path, name: str, *, over: bool = True, outcome: str = "answered") -> Path:
    wav = Recordings(tmp_path / "elsewhere").recording(name, 0.5)
    wav = wav.rename(house.recordings / wav.name)
    journal = house.journal
    journal.append(name, JournalKind.CALL_OFFERED, {"pii_caller": ""}, ENDED)
    journal.append(name, JournalKind.RECORDING_STARTED, {"file": wav.name}, ENDED)
    if over:
        journal.append(name, JournalKind.RECORDING_ENDED, {"file": wav.name}, ENDED + timedelta(seconds=0.5))
        journal.append(name, JournalKind.RECORDING_STATE, {"state": "ok", "final": True}, ENDED)
        journal.append(name, JournalKind.CALL_ENDED, {"outcome": outcome}, ENDED)
    return wav


def test_only_what_is_finished_is_sealed(house: House, tmp_path: Path) -> None:
    done, going_on = call(house, tmp_path, "done"), call(house, tmp_path, "going-on", over=False)
    assert take_in_finished(house) == ["done"]
    assert not done.exists()
    assert going_on.exists()


@pytest.mark.rule("A23", "P63")
def test_what_is_erased_while_it_is_sealed_does_not_stay(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data protection erases in another thread: the vault has nothing yet, and the file goes meanwhile."""
    wav = call(house, tmp_path, "a")
    really = Catalogue.add

    def erased_now(catalogue: Catalogue, kept: Kept) -> None:
        house.journal.append("a", JournalKind.DATA_ERASED, {"by": 7}, ENDED)
        wav.unlink()
        really(catalogue, kept)

    monkeypatch.setattr(Catalogue, "add", erased_now)
    assert take_in_finished(house) == []
    assert house.vault.kept("a") is None
    assert list(house.vault.verify()) == []


def test_what_was_erased_before_it_was_sealed_is_not_sealed(house: House, tmp_path: Path) -> None:
    wav = call(house, tmp_path, "gone")
    house.journal.append("gone", JournalKind.DATA_ERASED, {"by": 1}, ENDED)
    assert take_in_finished(house) == []
    assert not wav.exists()


def test_one_that_is_damaged_does_not_keep_the_others(house: House, tmp_path: Path) -> None:
    call(house, tmp_path, "a").write_bytes(b"no sound at all")
    call(house, tmp_path, "b")
    assert take_in_finished(house) == ["b"]
    assert (house.recordings / "a.wav").exists()


def test_one_that_can_not_be_sealed_is_an_alarm_once_for_each_reason(house: House, tmp_path: Path) -> None:
    alarms = Alarms(open_database(house.recordings.parent / "journal.db"))
    wav = call(house, tmp_path, "a")
    wav.write_bytes(b"no sound at all")
    unsealed = Faults(alarms, UNSEALED)
    for _ in range(3):
        take_in_finished(house, unsealed)
    take_in_finished(house, Faults(alarms, UNSEALED))  # the office was started again
    assert [one.data["recording"] for one in alarms.of_kind(UNSEALED)] == ["a"]
    wav.unlink()
    wav.mkdir()
    take_in_finished(house, unsealed)
    assert len(alarms.of_kind(UNSEALED)) == 2


def test_silenced_places_are_in_the_catalogue(house: House, tmp_path: Path) -> None:
    call(house, tmp_path, "a", over=False)
    for after, kind, data in (
        (0.1, JournalKind.AUTH_STARTED, {"role": "job_seeker"}),
        (0.3, JournalKind.AUTH_VERDICT, {"verdict": "passed"}),
        (0.5, JournalKind.RECORDING_STATE, {"state": "ok", "final": True}),
    ):
        house.journal.append("a", kind, data, ENDED + timedelta(seconds=after))
    take_in_finished(house)
    kept = house.catalogue.get("a")
    assert kept
    assert kept.masks == ((0.1, 0.3),)


def test_each_class_has_its_time_and_the_shortest_wins(house: House, tmp_path: Path) -> None:
    call(house, tmp_path, "a")
    call(house, tmp_path, "m", outcome="message")
    take_in_finished(house)
    keep = {"call": 100, "message": 10}
    assert [one.name for one in expired(house, keep, ENDED + timedelta(days=11))] == ["m"]
    assert [one.name for one in erase_expired(house, keep, ENDED + timedelta(days=101))] == ["m", "a"]
    assert list(house.catalogue.all()) == []


@pytest.mark.rule("X8")
def test_one_that_can_not_be_erased_is_an_alarm_and_does_not_keep_the_others(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        call(house, tmp_path, name)
    take_in_finished(house)
    really = Folder.remove

    def remove(shelf: Folder, name: str) -> None:
        if name == "b":
            raise VaultError(name, "can't be removed (Read-only file system)", "Remove the file by hand")
        really(shelf, name)

    monkeypatch.setattr(Folder, "remove", remove)
    alarms = Alarms(open_database(house.recordings.parent / "journal.db"))
    at = ENDED + timedelta(days=101)
    gone = erase_expired(house, {"call": 100}, at, Faults(alarms, UNERASED))
    assert [one.name for one in gone] == ["a", "c"]
    assert [one.data["recording"] for one in alarms.of_kind(UNERASED)] == ["b"]
    assert [one.name for one in house.catalogue.certificates()] == ["a", "b", "c"]  # b's key is gone all the same
    assert {one.name for one in house.vault.verify()} == {"b"}
    monkeypatch.undo()
    assert erase_expired(house, {"call": 100}, at) == []
    assert list(house.vault.verify()) == []  # what was left is swept the next night


@pytest.mark.rule("A19", "X8")
def test_the_journal_says_once_what_was_erased_whoever_did_it_and_after_a_fall(house: House, tmp_path: Path) -> None:
    for name in ("a", "b"):
        call(house, tmp_path, name)
    take_in_finished(house)
    house.vault.erase("a", "Ona Petraitienė", "teismo sprendimas")  # and then the process fell
    for _ in range(2):
        erase_expired(house, {"call": 100}, ENDED + timedelta(days=1))
    (event,) = house.journal.of_kind(JournalKind.RECORDING_ERASED)
    assert (event.call_id, event.data) == ("a", {"recording": "a"})  # it goes out by MQTT: nobody's name


def test_a_clock_that_is_set_back_erases_nothing_and_loses_nothing(house: House, tmp_path: Path) -> None:
    call(house, tmp_path, "a")
    call(house, tmp_path, "b")
    take_in_finished(house)
    year_ago = ENDED - timedelta(days=400)
    assert erase_expired(house, {"call": 100}, year_ago) == []
    assert list(house.vault.verify()) == []
    assert [one.name for one in house.catalogue.all()] == ["a", "b"]


def run(config_file: Path, *words: str) -> str:
    result = CliRunner().invoke(main, ["recordings", *words[:1], "--config", str(config_file), *words[1:]])
    assert result.exit_code == 0, result.output
    return result.output


def test_by_command_sealed_opened_held_erased_and_verified(config_file: Path, house: House, tmp_path: Path) -> None:
    call(house, tmp_path, "a")
    assert "1 sealed" in run(config_file, "seal")
    assert "agree" in run(config_file, "verify")
    run(config_file, "open", "a", str(tmp_path / "a.flac"))
    assert (tmp_path / "a.flac").read_bytes().startswith(b"fLaC")
    run(config_file, "hold", "a", "--reason", "court case")
    assert "0 erased" in run(config_file, "expire")
    run(config_file, "hold", "a", "--release")
    certificate = json.loads(run(config_file, "erase", "a", "--by", "Ona", "--reason", "a wish", "--yes"))
    assert certificate["reason"] == "a wish"
    assert json.loads(run(config_file, "certificates"))["recording"] == "a"
    assert "agree" in run(config_file, "verify")


def test_a_key_is_changed_by_two_commands(config_file: Path, house: House, tmp_path: Path) -> None:
    call(house, tmp_path, "a")
    run(config_file, "seal")
    write_new_key(tmp_path / "keys")
    assert "1 keys" in run(config_file, "rotate")
    (tmp_path / "keys").write_text((tmp_path / "keys").read_text().split()[0])
    assert "agree" in run(config_file, "verify")


def test_without_a_key_the_commands_say_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "ivr.toml"
    path.write_text('[line]\ndata_dir = "data"\n', encoding="utf-8")
    open_database(load(path, {}).journal_path).close()
    result = CliRunner().invoke(main, ["recordings", "seal", "--config", str(path)])
    assert result.exit_code == 1
    assert "ivr recordings key" in result.output

"""``ivr calls`` and ``ivr recordings`` as an operator meets them."""

from __future__ import annotations

import json
import os
import wave
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ivr.commands.calls import calls
from ivr.commands.recordings import recordings
from ivr.recording.wav import PartFile
from ivr.store.database import open_database
from ivr.store.journal import Journal

T0 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CALL = "20260302-080000-aaaaaa"
NUMBER = "+37061234567"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "ivr.toml"
    file.write_text('[line]\ndata_dir = "var"\n')
    return file


@pytest.fixture
def folder(config: Path) -> Path:
    folder = config.parent / "var" / "recordings"
    folder.mkdir(parents=True)
    return folder


Write = Callable[..., None]


@pytest.fixture
def write(config: Path) -> Write:
    def append(second: float, kind: str, call_id: str = CALL, **data: object) -> None:
        database = open_database(config.parent / "var" / "journal.db")
        Journal(database).append(call_id, kind, data, T0 + timedelta(seconds=second))
        database.close()

    return append


@pytest.fixture
def ivr(config: Path) -> Callable[..., Result]:
    def run(*arguments: str) -> Result:
        group = {"calls": calls, "recordings": recordings}[arguments[0]]
        environment = {"COLUMNS": "120", "TZ": "UTC"}
        return CliRunner().invoke(group, [*arguments[1:], "--config", str(config)], env=environment)

    return run


Ivr = Callable[..., Result]


def a_call(write: Write) -> None:
    write(0, "call.offered", pii_caller=NUMBER, called="1883")
    write(0.1, "call.answered", codec="PCMA")
    write(4, "turn.said", text="Kuo galiu padėti?", started_s=2.0, ended_s=4.0)
    write(8, "turn.heard", text="noriu darbuotojo", confidence=0.9, started_s=6.5, ended_s=7.5)
    write(61, "recording.state", state="ok")
    write(61.1, "call.ended", outcome="answered", reason="caller")


def recorded(folder: Path, write: Write, *, seconds: float, journalled: float) -> Path:
    """A recording of so many seconds that the journal says was so long."""
    name = f"{CALL}.wav"
    file = PartFile(folder / name)
    file.write(bytes(640) * round(seconds / 0.02))
    file.finish()
    write(0, "recording.started", file=name)
    write(journalled, "recording.ended", file=name)
    write(journalled, "recording.state", state="ok")
    return folder / name


def test_the_list_shows_a_call_on_one_line(ivr: Ivr, write: Write) -> None:
    a_call(write)
    result = ivr("calls", "list")
    assert result.exit_code == 0
    (row,) = [line for line in result.output.splitlines() if CALL in line]
    assert row.split() == ["03-02", row.split()[1], CALL, "•••567", "01:01.0", "answered", "ok", "–"]
    assert NUMBER not in result.output


def test_the_timeline_reads_as_the_conversation_went(ivr: Ivr, write: Write) -> None:
    a_call(write)
    result = ivr("calls", "show", CALL[:12])
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    assert "00:00.0 · call from •••567 to 1883" in lines
    assert "00:02.0 line „Kuo galiu padėti?“" in lines
    assert "00:04.0 … 2.5 s of silence" in lines
    assert "00:06.5 citizen „noriu darbuotojo“ (90% sure)" in lines
    assert "01:01.1 · call ended: the caller hung up; outcome: answered" in lines


def test_numbers_are_shown_on_request_only(ivr: Ivr, write: Write) -> None:
    a_call(write)
    for command in (["calls", "list"], ["calls", "show", CALL]):
        for form in ([], ["--json"]):
            assert NUMBER not in ivr(*command, *form).output
            assert NUMBER in ivr(*command, *form, "--reveal").output


def test_programs_get_json(ivr: Ivr, write: Write, folder: Path) -> None:
    a_call(write)
    (listed,) = json.loads(ivr("calls", "list", "--json").output)
    assert (listed["call"], listed["outcome"], listed["duration_s"]) == (CALL, "answered", 61.0)
    path = recorded(folder, write, seconds=2, journalled=2)
    shown = json.loads(ivr("calls", "show", CALL, "--json").output)
    assert [event["kind"] for event in shown["timeline"]][:2] == ["call.offered", "call.answered"]
    assert [event["seq"] for event in shown["timeline"]] == list(range(1, 10))
    assert shown["recording_file"] == str(path)


def test_the_timeline_ends_with_the_recordings_path(ivr: Ivr, write: Write, folder: Path) -> None:
    a_call(write)
    path = recorded(folder, write, seconds=2, journalled=2)
    assert ivr("calls", "show", CALL).output.rstrip().endswith(f"recording  {path}")


def test_an_alarm_during_the_call_stands_in_its_timeline(ivr: Ivr, write: Write, config: Path) -> None:
    from ivr.store.alarms import Alarms

    a_call(write)
    alarms = Alarms(open_database(config.parent / "var" / "journal.db"))
    alarms.append("part.fell", {"part": "speech"}, T0 + timedelta(seconds=30))
    alarms.append("part.fell", {"part": "worker-7"}, T0 + timedelta(seconds=300))
    output = ivr("calls", "show", CALL).output
    assert "part speech" in output
    assert "worker-7" not in output


def test_without_a_journal_one_sentence_says_what_to_do(ivr: Ivr) -> None:
    for command in (["calls", "list"], ["calls", "show", "x"], ["recordings", "list"], ["recordings", "verify"]):
        result = ivr(*command)
        assert result.exit_code == 1
        assert "there is no journal here. Give the configuration (--config)" in result.output


def test_recordings_are_listed_with_what_the_journal_says(ivr: Ivr, write: Write, folder: Path) -> None:
    path = recorded(folder, write, seconds=2, journalled=2)
    (row,) = json.loads(ivr("recordings", "list", "--json").output)
    assert row == {"file": str(path), "call": CALL, "duration_s": 2.0, "state": "ok"}
    assert CALL in ivr("recordings", "list").output


def test_folder_and_journal_that_agree(ivr: Ivr, write: Write, folder: Path) -> None:
    recorded(folder, write, seconds=2, journalled=2.03)
    result = ivr("recordings", "verify")
    assert (result.exit_code, result.output) == (0, "Folder and journal agree.\n")


def test_a_recording_of_another_length_is_found(ivr: Ivr, write: Write, folder: Path) -> None:
    recorded(folder, write, seconds=2, journalled=2.1)
    result = ivr("recordings", "verify")
    assert result.exit_code == 1
    assert f"{CALL}.wav: is 2.000 s long, the journal says 2.100 s" in result.output


def test_a_long_recording_may_differ_by_a_thousandth(ivr: Ivr, write: Write, folder: Path) -> None:
    recorded(folder, write, seconds=120, journalled=120.11)
    assert ivr("recordings", "verify").exit_code == 0


def test_missing_unknown_damaged_and_abandoned_files_are_found(ivr: Ivr, write: Write, folder: Path) -> None:
    recorded(folder, write, seconds=2, journalled=2).unlink()
    with wave.open(str(folder / "stranger.wav"), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
    write(0, "recording.started", "damaged", file="damaged.wav")
    write(1, "recording.ended", "damaged", file="damaged.wav")
    (folder / "damaged.wav").write_bytes(b"RIFF")
    (folder / "dead.wav.part").write_bytes(b"")
    live = PartFile(folder / "live.wav")
    result = ivr("recordings", "verify", "--json")
    live.discard()
    assert result.exit_code == 1
    assert {finding["file"]: finding["problem"] for finding in json.loads(result.output)} == {
        f"{CALL}.wav": "the journal knows it, the file is missing",
        "stranger.wav": "the journal does not know it",
        "damaged.wav": "is no WAV file that can be read",
        "dead.wav.part": "was left by a process that died",
    }


def test_an_erased_recording_is_not_missed(ivr: Ivr, write: Write, folder: Path) -> None:
    write(0, "recording.started", file=f"{CALL}.wav")
    write(5, "recording.ended", file="", state="declined")
    write(5, "recording.state", state="declined")
    assert ivr("recordings", "verify").exit_code == 0
    assert os.listdir(folder) == []

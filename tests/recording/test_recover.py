"""What a killed process leaves is made whole; nothing that still lives is touched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from ivr.events import FRAME_S, RecordingState
from ivr.recording.recover import recover
from ivr.recording.wav import PartFile, header, part_path

# A process that records in real time and says how many frames it has given; it runs until it is killed.
TALKER = """
import sys, time
from pathlib import Path
from ivr.recording.writer import StereoWriter
recorder = StereoWriter(Path(sys.argv[1]))
recorder.start()
begun = time.monotonic()
given = 0
while True:
    recorder.left(bytes([1, 0]) * 160)
    recorder.right(bytes([2, 0]) * 160)
    given += 1
    print(given, flush=True)
    time.sleep(max(0.0, begun + given * 0.02 - time.monotonic()))
"""


def left_over(folder: Path, call_id: str, frames: int, tail: bytes = b"") -> Path:
    """A ``.part`` as a killed process leaves it: the header still states nothing."""
    folder.mkdir(exist_ok=True)
    part = part_path(folder / f"{call_id}.wav")
    part.write_bytes(header(0) + bytes([1, 0, 2, 0]) * 160 * frames + tail)
    return part


def test_kill_9_loses_at_most_two_seconds(tmp_path: Path) -> None:
    path = tmp_path / "recordings" / "killed.wav"
    process = subprocess.Popen([sys.executable, "-c", TALKER, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    given = 0
    while given < 130:  # 2.6 s of real time
        given = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    given = max([given, *map(int, process.stdout.read().split())])
    process.wait()
    process.stdout.close()
    found = recover(path.parent)
    assert [(each.call_id, each.path, each.state) for each in found] == [("killed", path, RecordingState.DEGRADED)]
    with wave.open(str(path)) as file:
        kept_s = file.getnframes() / 8000
        samples = file.readframes(file.getnframes())
    assert kept_s == pytest.approx(found[0].duration_s)
    assert given * FRAME_S - 2.0 <= kept_s <= given * FRAME_S + 0.04
    assert samples == bytes([1, 0, 2, 0]) * (len(samples) // 4)


def test_a_torn_end_is_cut_to_whole_frames(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    part = left_over(folder, "torn", 25, tail=b"\1\0\2")
    (found,) = recover(folder)
    assert (found.call_id, found.duration_s, found.state) == ("torn", 0.5, RecordingState.DEGRADED)
    assert not part.exists()
    assert found.path.stat().st_size == 44 + 25 * 640
    with wave.open(str(found.path)) as file:
        assert file.getnframes() == 25 * 160


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "does not begin"),
        (b"RIFF", "does not begin"),
        (b"\0" * 5000, "does not begin"),
        (header(0), "no sound"),
        (header(0) + bytes(639), "no sound"),
    ],
)
def test_what_can_not_be_used_is_put_aside_and_told(tmp_path: Path, content: bytes, problem: str) -> None:
    part = part_path(tmp_path / "bad.wav")
    part.write_bytes(content)
    (found,) = recover(tmp_path)
    assert (found.call_id, found.state) == ("bad", RecordingState.FAILED)
    assert problem in found.problem
    assert found.path.name == "bad.wav.part.broken"
    assert found.path.read_bytes() == content
    assert recover(tmp_path) == []


def test_a_whole_recording_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "twice.wav").write_bytes(b"whole")
    left_over(tmp_path, "twice", 5)
    (tmp_path / "twice.wav.part.broken").write_bytes(b"from before")
    (found,) = recover(tmp_path)
    assert (found.state, found.path.name) == (RecordingState.FAILED, "twice.wav.part.2.broken")
    assert (tmp_path / "twice.wav").read_bytes() == b"whole"
    assert (tmp_path / "twice.wav.part.broken").read_bytes() == b"from before"


def test_a_live_recording_is_left_alone(tmp_path: Path) -> None:
    file = PartFile(tmp_path / "live.wav")
    file.write(bytes(640))
    assert recover(tmp_path) == []
    file.finish()
    assert (tmp_path / "live.wav").exists()


def test_only_the_call_that_was_asked_for(tmp_path: Path) -> None:
    for name in ("one", "two"):
        left_over(tmp_path, name, 5)
    assert [each.call_id for each in recover(tmp_path, "two")] == ["two"]
    assert sorted(os.listdir(tmp_path)) == ["one.wav.part", "two.wav"]


def test_no_folder_means_nothing_to_do(tmp_path: Path) -> None:
    assert recover(tmp_path / "none") == []

"""What is on disk after a call, whatever the disk did meanwhile."""

from __future__ import annotations

import errno
import stat
import subprocess
import threading
import wave
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.errors import RecordingError
from ivr.events import FRAME_S, RecordingState
from ivr.recording.timeline import SILENCE, Gap, Side
from ivr.recording.wav import PartFile, in_use, part_path
from ivr.recording.writer import RecordingResult, StereoWriter

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CALLER = b"\x10\x01" * 160
LINE = b"\x20\x02" * 160
STARTED_AT = 1000.0


class HandClock:
    """Moves when told; wall time moves with it."""

    def __init__(self) -> None:
        self.at = STARTED_AT

    def __call__(self) -> float:
        return self.at

    def wall(self) -> datetime:
        return START + timedelta(seconds=self.at - STARTED_AT)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def states() -> list[tuple[RecordingState, str]]:
    return []


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "recordings" / "20260302-080000-aaaaaa.wav"


Make = Callable[..., StereoWriter]


@pytest.fixture
def make(path: Path, clock: HandClock, states: list[tuple[RecordingState, str]]) -> Make:
    def build(**changes: object) -> StereoWriter:
        options: dict[str, object] = {"clock": clock, "wall": clock.wall, "queue_frames": 100_000, **changes}
        on_state = lambda state, reason: states.append((state, reason))  # noqa: E731
        return StereoWriter(path, on_state=on_state, **options)  # type: ignore[arg-type]

    return build


def talk(recorder: StereoWriter, clock: HandClock, frames: int, caller: bytes = CALLER, line: bytes = LINE) -> None:
    for _ in range(frames):
        recorder.left(caller)
        recorder.right(line)
        clock.at += FRAME_S


def channels(path: Path) -> tuple[list[bytes], list[bytes]]:
    """Frames of both channels, read as any program would."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        stereo = file.readframes(file.getnframes())
    samples = [stereo[i : i + 2] for i in range(0, len(stereo), 2)]
    sides = [b"".join(samples[side::2]) for side in (0, 1)]
    left, right = ([side[i : i + 320] for i in range(0, len(side), 320)] for side in sides)
    return left, right


def span(result: RecordingResult) -> float:
    """What the journal's recording.started and recording.ended are apart."""
    assert result.started_at is not None
    assert result.ended_at is not None
    return (result.ended_at - result.started_at).total_seconds()


def test_a_call_is_kept_with_the_caller_left_and_the_line_right(make: Make, clock: HandClock, path: Path) -> None:
    recorder = make()
    recorder.start()
    talk(recorder, clock, 150)
    result = recorder.close()
    assert channels(path) == ([CALLER] * 150, [LINE] * 150)
    assert (result.state, result.frames, result.duration_s) == (RecordingState.OK, 150, 3.0)
    assert result.path == path
    assert result.started_at == START
    assert span(result) == pytest.approx(3.0, abs=0.001)
    assert recorder.started_at == START
    assert not part_path(path).exists()


def test_nothing_is_kept_before_the_start_or_after_the_end(make: Make, clock: HandClock, path: Path) -> None:
    recorder = make()
    talk(recorder, clock, 50)
    assert not path.parent.exists()
    recorder.start()
    talk(recorder, clock, 10)
    assert recorder.close().frames == 10
    talk(recorder, clock, 50)
    assert recorder.close().frames == 10
    assert channels(path) == ([CALLER] * 10, [LINE] * 10)


def test_a_recording_is_started_once(make: Make) -> None:
    recorder = make()
    recorder.start()
    with pytest.raises(RecordingError, match="started before"):
        recorder.start()
    recorder.close()


def test_only_the_owner_may_read_it(make: Make, clock: HandClock, path: Path) -> None:
    recorder = make()
    recorder.start()
    talk(recorder, clock, 1)
    recorder.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("skip_s", [0.06, 0.5, 7.3])
def test_a_skip_of_the_media_clock_keeps_the_length_and_is_told(
    make: Make, clock: HandClock, path: Path, states: list[tuple[RecordingState, str]], skip_s: float
) -> None:
    recorder = make()
    recorder.start()
    talk(recorder, clock, 100)
    clock.at += skip_s
    talk(recorder, clock, 100)
    result = recorder.close()
    assert result.state is RecordingState.DEGRADED
    assert states == [(RecordingState.DEGRADED, f"{result.gaps[0].duration_s:.2f} s of sound are missing at 2.00 s")]
    assert {gap.side for gap in result.gaps} == {Side.LEFT, Side.RIGHT}
    assert result.gaps[0] == Gap(Side.LEFT, 2.0, pytest.approx(skip_s, abs=0.011))  # type: ignore[arg-type]
    assert abs(result.duration_s - (4.0 + skip_s)) <= 0.04
    assert abs(result.duration_s - span(result)) <= 0.04
    left, _ = channels(path)
    assert left[:100] == left[-100:] == [CALLER] * 100


def test_a_wall_clock_that_is_set_meanwhile_does_not_change_the_length(make: Make, clock: HandClock) -> None:
    readings = iter([START])  # a second reading would be a fault
    recorder = make(wall=lambda: next(readings))
    recorder.start()
    talk(recorder, clock, 100)
    assert span(recorder.close()) == pytest.approx(2.0, abs=0.001)


@pytest.mark.rule("X5")
def test_what_is_said_while_muted_is_silence_of_the_same_length(make: Make, clock: HandClock, path: Path) -> None:
    recorder = make()
    recorder.start()
    talk(recorder, clock, 40)
    recorder.mute()
    talk(recorder, clock, 60)
    recorder.unmute()
    talk(recorder, clock, 20)
    result = recorder.close()
    left, right = channels(path)
    assert left == [CALLER] * 40 + [SILENCE] * 60 + [CALLER] * 20
    assert right == [LINE] * 40 + [SILENCE] * 60 + [LINE] * 20
    assert (result.state, result.gaps) == (RecordingState.OK, ())


@pytest.mark.rule("X11")
def test_a_caller_who_objects_leaves_no_sound_behind(make: Make, clock: HandClock, path: Path) -> None:
    recorder = make()
    recorder.start()
    talk(recorder, clock, 100)
    result = recorder.erase()
    talk(recorder, clock, 100)  # the call goes on
    assert (result.state, result.path, result.frames) == (RecordingState.DECLINED, None, 0)
    assert list(path.parent.iterdir()) == []


def test_too_little_free_space_fails_at_the_start_and_takes_no_more(
    make: Make, clock: HandClock, path: Path, states: list[tuple[RecordingState, str]]
) -> None:
    recorder = make(min_free_mb=10**9)
    recorder.start()
    talk(recorder, clock, 100)
    result = recorder.close()
    assert (result.state, result.path, result.duration_s) == (RecordingState.FAILED, None, 0.0)
    assert [state for state, _ in states] == [RecordingState.FAILED]
    assert "1000000000 MB" in states[0][1]
    assert list(path.parent.iterdir()) == []


def test_a_call_without_sound_leaves_no_empty_recording(make: Make, path: Path) -> None:
    recorder = make()
    recorder.start()
    result = recorder.close()
    assert (result.state, result.reason) == (RecordingState.FAILED, "no sound came")
    assert list(path.parent.iterdir()) == []


def test_a_folder_that_can_not_be_made_fails_the_recording_and_not_the_call(
    make: Make, clock: HandClock, path: Path
) -> None:
    path.parent.write_text("a file where the folder should be")
    recorder = make()
    recorder.start()
    talk(recorder, clock, 10)
    assert recorder.close().state is RecordingState.FAILED


class FullAfter(PartFile):
    """A disk that takes so many stereo frames and then no more."""

    room = 50

    def write(self, stereo: bytes) -> None:
        fits = (self.room - self.frames) * 640
        super().write(stereo[:fits])
        if len(stereo) > fits:
            raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("room", [1, 50])
def test_a_full_disk_keeps_what_fits_and_says_so(
    make: Make, clock: HandClock, path: Path, states: list[tuple[RecordingState, str]], room: int
) -> None:
    recorder = make(open_part=type("Disk", (FullAfter,), {"room": room}))
    recorder.start()
    talk(recorder, clock, 100)
    result = recorder.close()
    assert (result.state, result.reason) == (RecordingState.DEGRADED, "the disk is full")
    assert states == [(RecordingState.DEGRADED, "the disk is full")]
    assert channels(path) == ([CALLER] * room, [LINE] * room)
    assert span(result) == pytest.approx(room * FRAME_S, abs=0.001)


def test_a_disk_that_takes_nothing_leaves_no_file_that_looks_like_a_recording(
    make: Make, clock: HandClock, path: Path
) -> None:
    recorder = make(open_part=type("Disk", (FullAfter,), {"room": 0}))
    recorder.start()
    talk(recorder, clock, 100)
    result = recorder.close()
    assert (result.state, result.path) == (RecordingState.FAILED, None)
    assert list(path.parent.iterdir()) == []


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 64 KiB; only where the tests may mount one."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a file system needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_really_full_disk(tiny_disk: Path, clock: HandClock) -> None:
    path = tiny_disk / "recordings" / "c.wav"
    recorder = StereoWriter(path, clock=clock, wall=clock.wall, queue_frames=100_000)
    recorder.start()
    talk(recorder, clock, 300)
    result = recorder.close()
    assert (result.state, result.reason) == (RecordingState.DEGRADED, "the disk is full")
    left, _ = channels(path)
    assert 50 < len(left) == result.frames < 110


class Stuck(PartFile):
    """A disk that does not answer until it is let go."""

    free: threading.Event

    def write(self, stereo: bytes) -> None:
        self.free.wait(10)
        super().write(stereo)


def test_a_stuck_disk_costs_frames_and_never_memory_or_time_of_the_call(
    make: Make, clock: HandClock, path: Path
) -> None:
    free = threading.Event()
    recorder = make(open_part=type("Disk", (Stuck,), {"free": free}), queue_frames=200)
    recorder.start()
    talk(recorder, clock, 2000)
    free.set()
    result = recorder.close()
    assert result.dropped > 1000
    assert result.frames <= 400


def test_it_is_a_playable_file_while_it_grows(make: Make, clock: HandClock, path: Path) -> None:
    grown = threading.Event()

    class Watched(PartFile):
        def state_length(self) -> None:
            super().state_length()
            if self.frames:
                grown.set()

    recorder = make(open_part=Watched)
    recorder.start()
    talk(recorder, clock, 200)
    assert grown.wait(10)
    left, right = channels(part_path(path))
    assert len(left) == len(right) > 0
    assert in_use(part_path(path))
    recorder.close()


def test_a_recording_of_the_same_name_is_not_written_over(make: Make, clock: HandClock, path: Path) -> None:
    path.parent.mkdir()
    part_path(path).write_bytes(b"what another process left")
    recorder = make()
    recorder.start()
    talk(recorder, clock, 10)
    assert recorder.close().state is RecordingState.FAILED
    assert part_path(path).read_bytes() == b"what another process left"

"""Sound files as people have them: each is heard, or refused with its name and the reason."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from ivr.errors import AudioError
from ivr.simulator.g711 import decode
from ivr.speech.wav import read_wav, write_wav

TONE = (8000 * np.sin(np.arange(8000) * 2 * np.pi * 440 / 8000)).astype("<i2")


def riff(path: Path, code: int, bits: int, data: bytes, *, rate: int = 8000, channels: int = 1, size: int = -1) -> Path:
    """A WAV file with any header; ``size`` is what it claims to hold."""
    block = channels * bits // 8
    head = struct.pack("<HHIIHH", code, channels, rate, rate * block, block, bits)
    claimed = len(data) if size < 0 else size
    chunks = b"fmt " + struct.pack("<I", len(head)) + head + b"LIST" + struct.pack("<I", 3) + b"abc\0"
    path.write_bytes(b"RIFF\xff\xff\xff\xffWAVE" + chunks + b"data" + struct.pack("<I", claimed) + data)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.wav"


def numbers(pcm: bytes) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.frombuffer(pcm, dtype="<i2").astype(np.float64)


@pytest.mark.parametrize(
    ("code", "bits", "data"),
    [
        (1, 8, (TONE // 256 + 128).astype(np.uint8).tobytes()),
        (1, 16, TONE.tobytes()),
        (1, 24, (TONE.astype("<i4") * 65536).view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()),
        (1, 32, (TONE.astype("<i4") * 65536).tobytes()),
        (3, 32, (TONE / 32768).astype("<f4").tobytes()),
        (3, 64, (TONE / 32768).astype("<f8").tobytes()),
    ],
    ids=["8", "16", "24", "32", "float", "double"],
)
def test_every_ordinary_width_is_the_same_sound(path: Path, code: int, bits: int, data: bytes) -> None:
    heard = numbers(read_wav(riff(path, code, bits, data)))
    assert np.abs(heard - TONE).max() <= (256 if bits == 8 else 2)


@pytest.mark.parametrize(("code", "codec"), [(6, "PCMA"), (7, "PCMU")])
def test_g711_is_what_the_line_itself_makes_of_it(path: Path, code: int, codec: str) -> None:
    octets = bytes(range(256))
    expected = np.frombuffer(decode(codec, octets), dtype="<i2")
    assert np.abs(numbers(read_wav(riff(path, code, 8, octets))) - expected).max() <= 1


@pytest.mark.parametrize("rate", [11025, 16000, 44100, 48000])
def test_other_rates_are_brought_to_the_lines(path: Path, rate: int) -> None:
    tone = (8000 * np.sin(np.arange(rate) * 2 * np.pi * 440 / rate)).astype("<i2").tobytes()
    heard = numbers(read_wav(riff(path, 1, 16, tone, rate=rate)))
    assert len(heard) == pytest.approx(8000, abs=2)
    assert np.abs(heard[1000:7000] - TONE[1000:7000]).max() < 100


def test_one_of_two_channels_must_be_chosen(path: Path) -> None:
    both = np.stack([TONE, np.zeros(8000, dtype="<i2")], axis=1).tobytes()
    riff(path, 1, 16, both, channels=2)
    with pytest.raises(AudioError, match=r"2 channels\. Choose left or right"):
        read_wav(path)
    assert np.abs(numbers(read_wav(path, "left")) - TONE).max() <= 2
    assert not numbers(read_wav(path, "right")).any()


def test_file_that_ends_early_or_does_not_know_its_length_is_taken_as_far_as_it_goes(path: Path) -> None:
    for size in (0xFFFFFFFF, 2_000_000):
        assert len(read_wav(riff(path, 1, 16, TONE.tobytes() + b"\0", size=size))) == 16000


def test_sound_beyond_full_scale_and_numbers_that_are_none_are_bounded(path: Path) -> None:
    wild = np.array([4.0, -4.0, float("nan"), float("inf"), 0.5], dtype="<f4").tobytes()
    assert numbers(read_wav(riff(path, 3, 32, wild))).tolist() == [32767, -32767, 0, 0, 16384]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "can't be read as WAV"),
        (b"not sound at all", "can't be read as WAV"),
        (b"RIFF\x10\0\0\0WAVEdata\x04\0\0\0abcd", "can't be read as WAV"),
        (b"\x1aE\xdf\xa3" * 100, "can't be read as WAV"),
    ],
    ids=["nothing", "text", "no format", "other kind"],
)
def test_what_is_no_wav_is_refused_by_name(path: Path, content: bytes, reason: str) -> None:
    path.write_bytes(content)
    with pytest.raises(AudioError, match=reason) as refusal:
        read_wav(path)
    assert str(path) in refusal.value.problem


def test_what_no_ear_can_use_is_refused_with_its_reason(path: Path) -> None:
    data = TONE.tobytes()
    for code, bits, rate, channels, sound, reason in (
        (1, 16, 8000, 1, b"", "holds no sound"),
        (1, 16, 4000, 1, data, "4000 samples a second"),
        (1, 16, 8000, 5, data, "5 channels"),
        (17, 16, 8000, 1, data, "format that is not understood"),
        (1, 12, 8000, 1, data, "format that is not understood"),
        (1, 16, 8000, 0, data, "format that is not understood"),
    ):
        with pytest.raises(AudioError, match=reason):
            read_wav(riff(path, code, bits, sound, rate=rate, channels=channels))


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="can't be read"):
        read_wav(tmp_path / "nowhere.wav")
    with pytest.raises(AudioError, match="can't be read"):
        read_wav(tmp_path)


def test_files_of_the_standard_library_are_read(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(TONE.tobytes())
    assert np.abs(numbers(read_wav(path)) - TONE).max() <= 2


def test_what_was_written_is_read_as_it_was(path: Path) -> None:
    assert write_wav(path, TONE.tobytes()) == 1.0
    assert read_wav(path) == TONE.tobytes()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"x\.wav can't be written"):
        write_wav(tmp_path / "nowhere" / "x.wav", b"")

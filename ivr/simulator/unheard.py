"""Callers with sound: voices that no recogniser of this project was trained on, a telephone line, and the line's ears.

The voices are styles of Kokoro-82M (Apache-2.0) from the npm package ``kokoro-js`` (``voices/*.bin``);
``scripts/render_citizen.py`` says where it comes from. The ears are those of the line, from voice activity to
rejection; only the time is nobody's, so a call takes as long as there is to compute.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Final

import numpy as np
import numpy.typing as npt

from ivr.errors import ModelError
from ivr.events import FRAME_BYTES, SAMPLE_RATE, Listen
from ivr.simulator.g711 import decode, encode
from ivr.speech import kokoro_files
from ivr.speech.kokoro_voice import KokoroSpeaker
from ivr.speech.ports import HeardText, Recognizer
from ivr.speech.sound import active_level, for_the_line, to_pcm, to_samples
from ivr.speech.voices import kokoro_voice

VOICES: Final = (
    "af_bella", "am_michael", "bf_emma", "bm_george", "ff_siwis", "hf_beta", "hm_psi", "im_nicola", "jf_nezumi",
    "zm_yunxi",
)  # fmt: skip
_LEVEL_DBFS: Final = -20.0  # of the speech before the band takes its depths: about −24 behind it
_NOISE_DB: Final = (15.0, 30.0)  # below the speech
_BAND_HZ: Final = (300.0, 3400.0)
_BEFORE_S: Final = 0.3
_AFTER_S: Final = 2.0  # longer than any turn waits for more words


class Speakers:
    """``folder``: voices of the package. One voice is loaded at a time. Raises ModelError: one is not there."""

    def __init__(self, folder: Path) -> None:
        missing = next((voice for voice in VOICES if not (folder / f"{voice}.bin").is_file()), "")
        if missing:
            remedy = "Give the folder voices/ of the npm package kokoro-js"
            raise ModelError("kokoro", folder, f"has no {missing}.bin", remedy)
        self._folder = folder
        self._speaker: KokoroSpeaker | None = None

    def say(self, voice: str, text: str) -> bytes:
        """8 kHz PCM."""
        if self._speaker is None or self._speaker.name != voice:
            with kokoro_files.weights(kokoro_voice("lt").sha256) as weights:
                style = self._folder / f"{voice}.bin"
                self._speaker = KokoroSpeaker(weights, style=style, name=voice, version="")
        return b"".join(for_the_line(samples, self._speaker.rate) for samples in self._speaker.raw(text, "lt"))


def over_the_line(pcm: bytes, random: Random) -> bytes:
    """Clean speech as a telephone brings it: 300–3400 Hz, white noise, A-law, with silence of that line around it."""
    generator = np.random.default_rng(random.getrandbits(64))
    sound = np.pad(to_samples(pcm).astype(np.float64), (round(_BEFORE_S * SAMPLE_RATE), round(_AFTER_S * SAMPLE_RATE)))
    loud = 10 ** (active_level(to_samples(pcm)) / 20)
    noise = generator.standard_normal(len(sound)) * loud * 10 ** (-random.uniform(*_NOISE_DB) / 20)
    heard = _banded(sound + noise) * 10 ** (_LEVEL_DBFS / 20) / loud
    return decode("PCMA", encode("PCMA", to_pcm(heard.astype(np.float32))))


def _banded(sound: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    spectrum[(hertz < _BAND_HZ[0]) | (hertz > _BAND_HZ[1])] = 0
    return np.fft.irfft(spectrum, len(sound))


class Ears:
    """The line's recogniser, with what the conversation listens for."""

    def __init__(self, recognizer: Recognizer) -> None:
        self._recognizer = recognizer

    def heard(self, line: bytes, listen: Listen) -> tuple[str, float]:
        """The first turn's words and how sure they are; empty: not understood, or no voice was found."""
        stream = self._recognizer.stream(
            listen.grammar, end_silence_s=listen.end_silence_s, expected_words=listen.expected_words
        )
        try:
            for at in range(0, len(line), FRAME_BYTES):
                for event in stream.accept(line[at : at + FRAME_BYTES]):
                    if isinstance(event, HeardText):
                        return event.text, event.confidence
            return next(((e.text, e.confidence) for e in stream.finish() if isinstance(e, HeardText)), ("", 0.0))
        finally:
            stream.close()


class SpokenAnswers:
    """What the ears make of what a caller says aloud; stands where ``ivr.simulator.mishearing`` does."""

    voices = VOICES

    def __init__(self, speakers: Speakers, ears: Ears) -> None:
        self._speakers, self._ears = speakers, ears

    def heard(self, voice: str, kind: str, text: str, random: Random, listen: Listen) -> tuple[str, float]:
        return self._ears.heard(over_the_line(self._speakers.say(voice, text), random), listen)

"""espeak-ng's reading of a text as IPA (the library inside PyPI ``piper-tts``), for voices that read IPA."""

from __future__ import annotations

import threading
from typing import Final

from piper.phonemize_espeak import EspeakPhonemizer

from ivr.errors import SpeechError

ESPEAK: Final = threading.Lock()
"""Held while espeak-ng is at work: its rules are one global state."""
_phonemizer: EspeakPhonemizer | None = None


def espeak_sounds(voice: str, text: str) -> list[list[str]]:
    """Signs of IPA by sentence. ``voice``: espeak-ng's name of a language.

    Raises SpeechError when espeak-ng can't be used.
    """
    global _phonemizer
    with ESPEAK:
        try:
            _phonemizer = _phonemizer or EspeakPhonemizer()
            found: list[list[str]] = _phonemizer.phonemize(voice, text)
            return found
        except Exception as error:
            raise SpeechError("espeak", f"no sounds for the text ({error})", "Reinstall piper-tts") from error

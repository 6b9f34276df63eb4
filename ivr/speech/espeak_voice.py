"""espeak-ng as the voice of last resort: always there, never fails, sounds like a machine.

Uses the library and data inside PyPI ``espeakng-loader`` through ctypes. The
library has one global state per process, so one lock guards it. It is loaded
on first use, never at import, so that a process that forks is not harmed.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from typing import Final

import espeakng_loader
import structlog

from ivr.errors import SpeechError
from ivr.speech import sound
from ivr.speech.halt import Halt
from ivr.speech.sentences import pieces

_log = structlog.get_logger(__name__)
# speak_lib.h
_OUTPUT_SYNCHRONOUS: Final = 2
_DONT_EXIT: Final = 0x8000
_RATE_PARAMETER: Final = 1
_CHARS_UTF8: Final = 1
_BUFFER_MS: Final = 200
_CALLBACK: Final = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
_VOICES: Final = {"lt": b"lt", "en": b"en-us"}
WORDS_PER_MINUTE: Final = 150


class _Library:
    """The loaded library; one per process."""

    def __init__(self) -> None:
        self._lib = ctypes.CDLL(espeakng_loader.get_library_path())
        self._lib.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
        self._lib.espeak_Synth.argtypes = [
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_uint,
            ctypes.c_int,
            ctypes.c_uint,
            ctypes.c_uint,
            ctypes.c_void_p,
            ctypes.c_void_p,
        ]
        self._lib.espeak_Info.restype = ctypes.c_char_p
        data = espeakng_loader.get_data_path().encode()
        self.rate: int = self._lib.espeak_Initialize(_OUTPUT_SYNCHRONOUS, _BUFFER_MS, data, _DONT_EXIT)
        if self.rate <= 0:
            raise OSError(f"espeak_Initialize returned {self.rate}")
        self._chunks: list[bytes] = []
        self._halt = Halt()
        self._callback = _CALLBACK(self._take)  # kept: the library holds only the pointer
        self._lib.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, voice: bytes, halt: Halt) -> bytes:
        if self._lib.espeak_SetVoiceByName(voice) != 0:
            raise OSError(f"voice {voice.decode()} is missing in espeak-ng's data")
        self._lib.espeak_SetParameter(_RATE_PARAMETER, WORDS_PER_MINUTE, 0)
        self._chunks.clear()
        self._halt = halt
        encoded = text.encode()
        status = self._lib.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, _CHARS_UTF8, None, None)
        if status != 0:
            raise OSError(f"espeak_Synth returned {status}")
        return b"".join(self._chunks)

    def _take(self, samples: ctypes._Pointer[ctypes.c_short], count: int, _events: int | None) -> int:
        if samples and count > 0:
            self._chunks.append(ctypes.string_at(samples, count * 2))
        return int(self._halt.pulled)  # anything but 0 stops the synthesis


_lock = threading.Lock()
_library: _Library | None = None


class EspeakVoice:
    """Lithuanian and English. Implements ``Synthesizer``; safe to use from several threads."""

    name: str = "espeak"
    version: str = f"1.52-{WORDS_PER_MINUTE}wpm"

    @property
    def rate(self) -> int:
        """Of raw sound, Hz. Raises SpeechError when the library can't be used."""
        return _speak("", _VOICES["lt"], Halt())[1]

    def synthesize(self, text: str, language: str, halt: Halt | None = None) -> Iterator[bytes]:
        """A chunk per sentence or clause. Raises SpeechError when the library can't be used."""
        yield from sound.stretches(self.raw(text, language, halt), self.rate)

    def raw(self, text: str, language: str, halt: Halt | None = None) -> Iterator[sound.Samples]:
        """The library's own sound at ``rate``, a stretch per sentence. Raises SpeechError."""
        voice = _VOICES.get(language)
        if voice is None:
            raise SpeechError("espeak", f"no voice for language {language!r}", "Use lt or en")
        halt = halt or Halt()
        for piece in pieces(text):
            if halt.pulled:
                return
            yield sound.to_samples(_speak(piece, voice, halt)[0])


def _speak(piece: str, voice: bytes, halt: Halt) -> tuple[bytes, int]:
    global _library
    with _lock:
        try:
            _library = _library or _Library()
            return _library.speak(piece, voice, halt) if piece else b"", _library.rate
        except (OSError, RuntimeError) as error:
            raise SpeechError("espeak", f"can't speak ({error})", "Reinstall espeakng-loader") from error

"""Kokoro-82M (Apache-2.0, ONNX) as a voice: told by IPA how Lithuanian sounds, it speaks it; English it was taught.

The model was never trained on Lithuanian. It reads IPA, so with :mod:`ivr.speech.pronunciation` a Lithuanian recogniser
understands it almost as well as people (``ivr bench voice``). A style, which is a person, speaks one language only.
Where its files are: :mod:`ivr.speech.kokoro_files`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from ivr.errors import ModelError, SpeechError
from ivr.speech import sound
from ivr.speech.english_sounds import english
from ivr.speech.halt import Halt
from ivr.speech.kokoro_files import REMEDY, RESTORE, VOCABULARY
from ivr.speech.onnx import VoiceModel
from ivr.speech.pronunciation import pronounce
from ivr.speech.sentences import pieces

_STYLE_SIZE: Final = 256
_LONGEST: Final = 509  # tokens of one run; styles exist for so many
_SOUNDS: Final[dict[str, Callable[[str], str]]] = {"lt": pronounce, "en": english}
_MARKS: Final = tuple(".,:!?")
_AFFRICATES: Final = (("tʃ", "ʧ"), ("dʒ", "ʤ"), ("ts", "ʦ"), ("dz", "ʣ"))  # one sign each in this model


class KokoroSpeaker:
    """One loaded model in one voice. Implements ``Synthesizer``; safe to use from several threads.

    ``language``: what that voice speaks, ``lt`` or ``en``.

    ``weights`` is read here and not needed afterwards. ``style``: file of the voice. ``speed``: 1 is the model's own
    pace.

    Raises:
        ModelError: a file is missing, damaged, or not of this model.
    """

    rate = 24000  # Hz, of raw sound

    def __init__(
        self,
        weights: Path,
        *,
        style: Path,
        name: str,
        version: str,
        language: str = "lt",
        speed: float = 1.0,
        vocabulary: Path = VOCABULARY,
    ) -> None:
        self.name, self.version, self._language, self._speed = name, version, language, speed
        self._tokens = _vocabulary(vocabulary)
        self._styles = _styles(style)
        self._model = VoiceModel(weights, engine="kokoro", remedy=REMEDY)

    def synthesize(self, text: str, language: str, halt: Halt | None = None) -> Iterator[bytes]:
        """A chunk per sentence. Raises SpeechError for another language, or when the model fails."""
        yield from sound.stretches(self.raw(text, language, halt), self.rate)

    def raw(self, text: str, language: str, halt: Halt | None = None) -> Iterator[sound.Samples]:
        """The model's own sound at ``rate``, a stretch per sentence. Raises SpeechError."""
        if language != self._language:
            raise SpeechError(
                "kokoro", f"no sounds for language {language!r}", f"Use {self._language}, or another voice"
            )
        halt = halt or Halt()
        for piece in pieces(text):
            for tokens in self.tokens(_closed(_SOUNDS[language](piece))):
                if halt.pulled:
                    return
                yield self._speak(tokens, halt)

    def tokens(self, ipa: str) -> Iterator[list[int]]:
        """The model's tokens for an IPA text, in runs that it can speak at once; unknown signs are left out."""
        for wide, narrow in _AFFRICATES:
            ipa = ipa.replace(wide, narrow)
        run: list[int] = []
        for word in re.findall(r"\S+\s*", ipa):
            tokens = [self._tokens[sign] for sign in word if sign in self._tokens][:_LONGEST]
            if run and len(run) + len(tokens) > _LONGEST:
                yield run
                run = []
            run += tokens
        if run:
            yield run

    def _speak(self, tokens: list[int], halt: Halt) -> sound.Samples:
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
            "style": self._styles[min(len(tokens), len(self._styles) - 1)][None],
            "speed": np.array([self._speed], dtype=np.float32),
        }
        return self._model.run(inputs, halt)


def _closed(ipa: str) -> str:
    """With a full stop where there is no mark: the model swallows the end of a text that doesn't end."""
    return ipa if not ipa or ipa.endswith(_MARKS) else f"{ipa}."


def _vocabulary(path: Path) -> dict[str, int]:
    try:
        signs: dict[str, int] = json.loads(path.read_text(encoding="utf-8"))["vocab"]
        return {str(sign): int(token) for sign, token in signs.items()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise ModelError("kokoro", path, f"vocabulary can't be read ({error})", RESTORE) from error


def _styles(path: Path) -> npt.NDArray[np.float32]:
    try:
        return np.fromfile(path, dtype="<f4").reshape(-1, _STYLE_SIZE)
    except (OSError, ValueError) as error:
        raise ModelError("kokoro", path, f"voice can't be read ({error})", RESTORE) from error

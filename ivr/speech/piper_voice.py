"""Piper (PyPI ``piper-tts``) as a voice, also for a language that the model was not trained on.

A Piper model speaks phonemes, and gets them in one of three ways. A Lithuanian voice with pitch accents gets those of
:mod:`ivr.speech.piper_accents`. Any other voice of the text's own language uses Piper's phonemizer as it is. For a
voice of another language, Lithuanian text becomes sounds by our own rules (English text by espeak-ng's), and sounds
that the model never heard become their nearest neighbours (:data:`NEIGHBOURS`): an American voice then speaks
Lithuanian with an accent, but stressed right, fast and without a network.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from piper import PiperVoice
from piper.config import PiperConfig

from ivr.errors import ModelError, SpeechError
from ivr.speech import piper_accents as accents
from ivr.speech import sound
from ivr.speech.espeak_sounds import ESPEAK, espeak_sounds
from ivr.speech.halt import Halt
from ivr.speech.onnx import VoiceModel
from ivr.speech.piper_accents import SPECIAL
from ivr.speech.pronunciation import pronounce
from ivr.speech.sentences import pieces

_REMEDY: Final = "Set [speech] piper_model to an .onnx file with its .onnx.json"
_ESPEAK_NAMES: Final = {"en": "en-us"}
# Sounds of Lithuanian (espeak-ng's IPA) that American English lacks, to those it has.
NEIGHBOURS: Final = {
    "oː": "ɔː",  # heard by the American model before r only
    "l̩": "l",
    "ɭ": "l",
    "ʎ": "lj",
    "r": "ɹ",
    "x": "h",
    "ɣ": "h",
    "ɕ": "ʃ",
    "ʑ": "ʒ",
    "ʂ": "s",
    "ʐ": "z",
    "c": "k",
    "ɟ": "ɡ",
    "ɲ": "nj",
}
_BACK_VOWELS: Final = frozenset("aouɑɔʊʌ")
_VOWELS: Final = _BACK_VOWELS | frozenset("eiæɐəɛɜɪ")


class PiperSpeaker:
    """One loaded model. Implements ``Synthesizer``; safe to use from several threads.

    ``name`` and ``version`` say which sound it makes; see :mod:`ivr.speech.voices`.

    Raises:
        ModelError: the model or its ``.onnx.json`` is missing or can't be loaded.
    """

    def __init__(self, model: Path, *, name: str, version: str) -> None:
        self.name, self.version = name, version
        self._model = VoiceModel(model, engine="piper", remedy=_REMEDY)
        settings = model.with_name(model.name + ".json")
        try:
            config = json.loads(settings.read_text(encoding="utf-8"))
            self._accented = SPECIAL in config["phoneme_id_map"]
            if self._accented:  # Piper's catalogue calls this kind "lithuanian", which piper-tts 1.8 refuses
                config["phoneme_type"] = "text"
            self._voice = PiperVoice(session=self._model.session, config=PiperConfig.from_dict(config))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError("piper", settings, f"voice can't be loaded ({error})", _REMEDY) from error
        self.rate: int = self._voice.config.sample_rate

    def synthesize(self, text: str, language: str, halt: Halt | None = None) -> Iterator[bytes]:
        """A chunk per sentence. Raises SpeechError when the model fails."""
        yield from sound.stretches(self.raw(text, language, halt), self.rate)

    def raw(self, text: str, language: str, halt: Halt | None = None) -> Iterator[sound.Samples]:
        """The model's own sound at ``rate``, a stretch per sentence. Raises SpeechError."""
        halt = halt or Halt()
        for piece in pieces(text):
            for phonemes in self._phonemes(piece, language):
                if halt.pulled:
                    return
                yield self._speak(phonemes, halt)

    def _speak(self, phonemes: list[str], halt: Halt) -> sound.Samples:
        ids, config = self._voice.phonemes_to_ids(phonemes), self._voice.config
        inputs: dict[str, npt.NDArray[Any]] = {
            "input": np.array([ids], dtype=np.int64),
            "input_lengths": np.array([len(ids)], dtype=np.int64),
            "scales": np.array([config.noise_scale, config.length_scale, config.noise_w_scale], dtype=np.float32),
        }
        if config.num_speakers > 1:
            inputs["sid"] = np.array([config.default_speaker_id or 0], dtype=np.int64)
        return self._model.run(inputs, halt)

    def _phonemes(self, piece: str, language: str) -> list[list[str]]:
        """Phonemes by sentence; none for a piece without words."""
        own = self._voice.config.espeak_voice.split("-")[0] == language
        known = self._voice.config.phoneme_id_map
        if language == "lt" and self._accented:
            sentences = [list(accents.phonemes(piece, lambda word: "".join(chain(*espeak_sounds("lt", word)))))]
        elif own:
            with ESPEAK:
                sentences = self._voice.phonemize(piece)
        elif language == "lt":
            sentences = [nearest(list(pronounce(piece)), known)]
        elif language in _ESPEAK_NAMES:
            sentences = [nearest(sentence, known) for sentence in espeak_sounds(_ESPEAK_NAMES[language], piece)]
        else:
            raise SpeechError("piper", f"no sounds for language {language!r}", "Use lt or en")
        return [sentence for sentence in sentences if sentence]


def nearest(phonemes: list[str], known: Container[str]) -> list[str]:
    """Phonemes as a model without Lithuanian has them.

    Palatalisation (ʲ) is heard as j before back vowels and left out elsewhere,
    where the vowel itself carries it.
    """
    joined = "".join(phonemes)
    for foreign, near in NEIGHBOURS.items():
        joined = joined.replace(foreign, near)
    out: list[str] = []
    for index, symbol in enumerate(joined):
        if symbol == "ʲ":
            if joined[index + 1 :].lstrip("ˈˌ")[:1] in _BACK_VOWELS:
                out.append("j")
        elif symbol == "ː" and out and out[-1] not in _VOWELS:
            continue  # a held consonant, which such a model never heard
        elif symbol in known:
            out.append(symbol)
    return out

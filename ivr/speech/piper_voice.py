"""Piper (PyPI ``piper-tts``) as a voice, also for a language that the model was not trained on.

A Piper model speaks phonemes. For its own language Piper's phonemizer is used
as it is. For another one the text is turned into sounds by espeak-ng's rules of
that language, and sounds that the model never heard become their nearest
neighbours (:data:`NEIGHBOURS`): an American voice then speaks Lithuanian with an
accent, fast and without a network. A real Lithuanian voice needs no such table.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
from piper import PiperVoice, SynthesisConfig
from piper.config import PiperConfig
from piper.phonemize_espeak import EspeakPhonemizer

from ivr.errors import ModelError, SpeechError
from ivr.speech import sound
from ivr.speech.sentences import pieces

_ESPEAK_NAMES: Final = {"lt": "lt", "en": "en-us"}
# Sounds of Lithuanian (espeak-ng's IPA) that American English lacks, to those it has.
NEIGHBOURS: Final = {
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
_lock = threading.Lock()
_phonemizer: EspeakPhonemizer | None = None


class PiperSpeaker:
    """One loaded model. Implements ``Synthesizer``; safe to use from several threads.

    ``name`` and ``version`` say which sound it makes; see :mod:`ivr.speech.voices`.

    Raises:
        ModelError: the model or its ``.onnx.json`` is missing or can't be loaded.
    """

    def __init__(self, model: Path, *, name: str, version: str) -> None:
        self.name, self.version = name, version
        settings = model.with_name(model.name + ".json")
        for path in (model, settings):
            if not path.is_file():
                raise ModelError(
                    "piper", path, "voice is missing", "Set [speech] piper_model to an .onnx file with its .onnx.json"
                )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # the other cores belong to the calls' sound
        options.inter_op_num_threads = 1
        try:
            self._voice = PiperVoice(
                session=onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"]),
                config=PiperConfig.from_dict(json.loads(settings.read_text(encoding="utf-8"))),
            )
        except Exception as error:  # onnxruntime raises classes of its own extension
            raise ModelError("piper", model, f"voice can't be loaded ({error})", "Install the voice anew") from error

    def synthesize(self, text: str, language: str) -> Iterator[bytes]:
        """A chunk per sentence or clause. Raises SpeechError when the model fails."""
        for piece in pieces(text):
            for phonemes in self._phonemes(piece, language):
                pcm = self._speak(phonemes)
                if pcm:
                    yield pcm

    def _speak(self, phonemes: list[str]) -> bytes:
        try:
            made = self._voice.phoneme_ids_to_audio(self._voice.phonemes_to_ids(phonemes), SynthesisConfig())
        except Exception as error:
            raise SpeechError(
                "piper", f"the model failed ({error})", "See whether the voice suits piper-tts"
            ) from error
        return sound.for_the_line(np.asarray(made, dtype=np.float32), self._voice.config.sample_rate)

    def _phonemes(self, piece: str, language: str) -> list[list[str]]:
        global _phonemizer
        own = self._voice.config.espeak_voice.split("-")[0] == language
        espeak_name = _ESPEAK_NAMES.get(language, "")
        if not espeak_name and not own:
            raise SpeechError("piper", f"no sounds for language {language!r}", "Use lt or en")
        with _lock:  # espeak-ng's rules are one global state
            try:
                if own:
                    return [s for s in self._voice.phonemize(piece) if s]
                _phonemizer = _phonemizer or EspeakPhonemizer()
                sentences = _phonemizer.phonemize(espeak_name, piece)
            except Exception as error:
                raise SpeechError("piper", f"no sounds for the text ({error})", "Reinstall piper-tts") from error
        known = self._voice.config.phoneme_id_map
        return [mapped for sentence in sentences if (mapped := nearest(sentence, known))]


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
        elif symbol in known:
            out.append(symbol)
    return out

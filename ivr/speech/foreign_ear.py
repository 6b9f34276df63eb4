"""Another recogniser than the line's own, to hear whether a voice is understood: pocketsphinx with a model of choice.

Meant for the Lithuanian model of Vilnius University's LIEPA project: a folder with the acoustic model and, in
``sample``, a grammar (``*.gram``) of commands with their pronunciations (``*.dic``). It was trained on people and has
never heard a voice of this project. pocketsphinx is among the packages of ``requirements/dev.txt``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import numpy as np
import soxr

from ivr.errors import ModelError
from ivr.speech.sound import TARGET_DBFS, Samples, active_level

RATE: Final = 16000
_NOISE: Final = 20 / 32768  # a microphone's floor: the model takes digital zero for something
_PAD_S: Final = 0.3
_ALTERNATIVE: Final = re.compile(r"\(\d+\)")
_REMEDY: Final = "Give the folder of the LIEPA model, with its folder sample, and install requirements/dev.txt"


class ForeignEar:
    """Raises ModelError when pocketsphinx is not installed or the folder is no such model."""

    def __init__(self, folder: Path) -> None:
        try:
            import pocketsphinx

            (grammar,), (dictionary,) = folder.glob("sample/*.gram"), folder.glob("sample/*.dic")
            rules = grammar.read_text(encoding="utf-8").split("=", 1)[1]
            self.phrases = tuple(phrase.strip(" ;\r\n") for phrase in rules.split("|"))
            self._decoder: Any = pocketsphinx.Decoder(hmm=str(folder), dict=str(dictionary), lm=None, loglevel="FATAL")
            self._decoder.add_jsgf_string(
                "commands", f"#JSGF V1.0; grammar g; public <c> = {' | '.join(self.phrases)};"
            )
            self._decoder.activate_search("commands")
        except (ImportError, OSError, ValueError, IndexError, RuntimeError) as error:
            raise ModelError("pocketsphinx", folder, f"can't be used ({error})", _REMEDY) from error

    def hear(self, samples: Samples, rate: int) -> str:
        """The command in a stretch of sound, brought to the line's level; empty when none was recognised."""
        wide = np.asarray(soxr.resample(samples, rate, RATE), dtype=np.float64) if rate != RATE else samples
        gain = 10 ** ((TARGET_DBFS - active_level(wide.astype(np.float32))) / 20) if wide.any() else 1.0
        pad = np.zeros(int(_PAD_S * RATE))
        noise = np.random.default_rng(0).normal(0.0, _NOISE, len(wide) + 2 * len(pad))
        mixed = np.concatenate([pad, wide * gain, pad]) + noise
        self._decoder.start_utt()
        self._decoder.process_raw((np.clip(mixed, -1, 1) * 32767).astype("<i2").tobytes(), full_utt=True)
        self._decoder.end_utt()
        found = self._decoder.hyp()
        return _ALTERNATIVE.sub("", found.hypstr).strip() if found else ""

"""A small Wyoming recogniser over pocketsphinx: another engine for the line's ear port, and a pattern for more.

    python scripts/wyoming_sphinx.py --uri tcp://127.0.0.1:10300
    python scripts/wyoming_sphinx.py --hmm FOLDER --dict FILE.dic      # another acoustic model, such as LIEPA's

Without a model it uses the American English one that pocketsphinx brings. A
``transcribe`` with ``transcript_terms`` is decoded with these phrases as its
grammar; one without needs a language model (``--lm``) and is refused otherwise.
Sound of any rate is brought to the model's 16 kHz. Needs the packages of
``requirements/dev.txt``.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pocketsphinx
import soxr
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStop
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import AsrModel, AsrProgram, Attribution, Describe, Info
from wyoming.server import AsyncEventHandler, AsyncServer

RATE = 16000
NOISE_FLOOR = 60.0  # RMS in 16-bit units


@dataclass(frozen=True)
class Model:
    """Where an acoustic model, its dictionary and a language model lie; empty: pocketsphinx's own."""

    hmm: str = ""
    dictionary: str = ""
    lm: str = ""

    def decode(self, pcm: bytes, phrases: list[str]) -> str:
        """Words of 16 kHz sound; empty when nothing was heard. Raises ValueError for words without pronunciation."""
        given = {"hmm": self.hmm, "dict": self.dictionary, "lm": self.lm}
        decoder = pocketsphinx.Decoder(lm=self.lm or None, **{key: path for key, path in given.items() if path})
        if phrases:
            missing = [word for phrase in phrases for word in phrase.split() if decoder.lookup_word(word) is None]
            if missing:
                raise ValueError(f"words without pronunciation: {', '.join(dict.fromkeys(missing))}")
            decoder.add_jsgf_string("phrases", f"#JSGF V1.0; grammar g; public <phrase> = {' | '.join(phrases)};")
            decoder.activate_search("phrases")
        elif not self.lm:
            raise ValueError("without phrases a language model is needed")
        decoder.start_utt()
        decoder.process_raw(pcm, full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        return re.sub(r"\(\d+\)", "", found.hypstr) if found else ""


class Handler(AsyncEventHandler):
    """One connection: transcribe, sound, transcript."""

    model = Model()

    async def handle_event(self, event: Event) -> bool:
        """Take one event; the connection stays open."""
        if Describe.is_type(event.type):
            await self.write_event(_info().event())
        elif Transcribe.is_type(event.type):
            self._phrases = [*(Transcribe.from_event(event).transcript_terms or ())]
            self._sound: list[AudioChunk] = []
        elif AudioChunk.is_type(event.type):
            self._sound.append(AudioChunk.from_event(event))
        elif AudioStop.is_type(event.type):
            try:
                text = await asyncio.to_thread(self.model.decode, _at_16_khz(self._sound), self._phrases)
                await self.write_event(Transcript(text=text).event())
            except (ValueError, RuntimeError) as error:
                await self.write_event(Error(text=str(error)).event())
            self._sound = []
        return True


def _at_16_khz(chunks: list[AudioChunk]) -> bytes:
    """A telephone has nothing above 4 kHz, and a wideband model takes the void for something: noise fills it."""
    samples = np.frombuffer(b"".join(chunk.audio for chunk in chunks), dtype="<i2").astype(np.float32)
    if chunks and chunks[0].rate != RATE:
        samples = soxr.resample(samples, chunks[0].rate, RATE)
    noise = np.random.default_rng(0).normal(0.0, NOISE_FLOOR, len(samples))
    mixed: bytes = np.clip(samples + noise, -32768, 32767).astype("<i2").tobytes()
    return mixed


def _info() -> Info:
    cmu = Attribution(name="CMU Sphinx", url="https://github.com/cmusphinx/pocketsphinx")
    model = AsrModel("pocketsphinx", cmu, True, "Grammars", pocketsphinx.__name__, languages=["en"])
    return Info(asr=[AsrProgram("pocketsphinx", cmu, True, "Grammars", "5", [model])])


async def serve(uri: str, model: Model) -> None:
    """Until cancelled."""
    handler = type("ModelHandler", (Handler,), {"model": model})
    await AsyncServer.from_uri(uri).run(handler)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--uri", default="tcp://127.0.0.1:10300")
    parser.add_argument("--hmm", type=Path, default="")
    parser.add_argument("--dict", type=Path, default="")
    parser.add_argument("--lm", type=Path, default="")
    asked = parser.parse_args()
    asyncio.run(serve(asked.uri, Model(str(asked.hmm or ""), str(asked.dict or ""), str(asked.lm or ""))))

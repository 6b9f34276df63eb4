"""What is done to a caller's sound between the end-of-turn detector and a recogniser: gaps filled, quiet turns lifted.

It wraps any decoder, and only what the decoder takes is changed: voice activity, the recording and the agent hear
the line as it is. The length of a turn stays, so the times of words do too.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ivr.events import Grammar
from ivr.speech.concealment import Concealer
from ivr.speech.lift import Lift
from ivr.speech.ports import Decoder, DecoderFactory, Hypothesis


class ClearedDecoders:
    """Implements ``DecoderFactory``: another one's decoders, each behind its own :class:`ClearedDecoder`."""

    def __init__(self, decoders: DecoderFactory) -> None:
        self.name, self.version = decoders.name, decoders.version
        self._decoders = decoders

    def decoder(self, grammar: Grammar) -> ClearedDecoder:
        """Raises what the wrapped factory raises."""
        return ClearedDecoder(self._decoders.decoder(grammar))


class ClearedDecoder:
    """Implements ``Decoder``. A turn's first 0.8 s reach the decoder together, zeros after that up to 60 ms late."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._concealer = Concealer()
        self._lift = Lift()

    @property
    def refuses(self) -> bool:
        """As the decoder behind does."""
        return self._decoder.refuses

    def accept(self, pcm: bytes) -> None:
        """Take 8 kHz sound of any whole number of samples."""
        self._give(self._lift.accept(self._concealer.accept(np.frombuffer(pcm, dtype="<i2"))))

    def text_so_far(self) -> str | None:
        """Of the sound that reached the decoder: a turn's first words show late, never its last."""
        return self._decoder.text_so_far()

    def result(self) -> Hypothesis:
        """The words of this turn; the next sound begins another."""
        self._give(self._lift.accept(self._concealer.flush()))
        self._give(self._lift.flush())
        return self._decoder.result()

    def close(self) -> None:
        """Close the decoder; what is held back is dropped."""
        self._decoder.close()

    def _give(self, samples: npt.NDArray[np.int16]) -> None:
        if len(samples):
            self._decoder.accept(samples.tobytes())

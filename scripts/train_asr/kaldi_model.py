"""``am/final.mdl`` of a Vosk model, written and read without Kaldi.

Kaldi's binary form: the file begins with NUL and "B"; a token is its text and a
space; an integer or float is its size (4) and the value; a float vector is "FV ",
its length, values. The network of ``network`` becomes fixed affine, ReLU, scale and
offset components; input normalisation is folded into the first layer. Weights are
compressed matrices (``compressed``), which Kaldi reads wherever it expects a matrix.
Reading back gives weights to go on training from.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from scripts.train_asr import compressed
from scripts.train_asr.architecture import EPSILON, LAYERS, RESIDUAL, SPLICE, TAPS
from scripts.train_asr.features import CEPSTRA
from scripts.train_asr.phones import OUTPUTS, POSITIONED, base_phone

Array = npt.NDArray[Any]


def write_model(path: Path, weights: dict[str, Array]) -> None:
    """Write transition model and network. ``weights``: the state of ``network.Tdnn`` as arrays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\0B" + _transitions() + _network(weights))


def read_weights(path: Path) -> dict[str, Array]:
    """Weights of a model that ``write_model`` wrote; the input's mean and scale come back as 0 and 1.

    Raises SystemExit with a sentence when the file is of another kind.
    """
    content = path.read_bytes()
    weights: dict[str, Array] = {
        "mean": np.zeros(CEPSTRA, np.float32),
        "scale": np.ones(CEPSTRA, np.float32),
    }
    for number in range(LAYERS):
        matrix, bias = _read_affine(content, f"l{number}.affine", path)
        taps = 2 * SPLICE + 1 if not number else 3
        weights[f"layers.{number}.weight"] = matrix.reshape(len(matrix), taps, -1).transpose(0, 2, 1).copy()
        weights[f"layers.{number}.bias"] = bias
        scale, _ = _read_vector(content, _after(content, f"l{number}.scale ", "<Scales> ", path))
        offset, _ = _read_vector(content, _after(content, f"l{number}.bias ", "<Bias> ", path))
        weights[f"norms.{number}.running_var"] = 1 / scale**2 - EPSILON
        weights[f"norms.{number}.running_mean"] = -offset / scale
        weights[f"norms.{number}.num_batches_tracked"] = np.array(0)
    matrix, bias = _read_affine(content, "out.affine", path)
    if len(matrix) != OUTPUTS:
        raise SystemExit(f"{path}: has {len(matrix)} outputs instead of {OUTPUTS}; it was made for other phones")
    weights["output.weight"], weights["output.bias"] = matrix[:, :, None].copy(), bias
    return weights


def _token(text: str) -> bytes:
    return text.encode() + b" "


def _integer(value: int) -> bytes:
    return b"\x04" + struct.pack("<i", value)


def _float(value: float) -> bytes:
    return b"\x04" + struct.pack("<f", value)


def _double(value: float) -> bytes:
    return b"\x08" + struct.pack("<d", value)


def _integers(values: list[int]) -> bytes:
    return b"\x04" + struct.pack("<i", len(values)) + np.asarray(values, "<i4").tobytes()


def _vector(values: Any) -> bytes:
    floats = np.asarray(values, "<f4")
    return _token("FV") + _integer(len(floats)) + floats.tobytes()


def _transitions() -> bytes:
    """Every phone: one emitting state whose first frame and further frames have outputs of their own; all ways 1/2."""
    phones = list(range(1, POSITIONED + 1))
    topology = _integers(phones) + _integers([-1] + [0] * POSITIONED)
    topology += _integer(-1) + _integer(1) + _integer(2)  # outputs of two kinds; one topology; two states
    topology += _integer(0) + _integer(1) + _integer(2)  # enters with kind 0, stays with kind 1, two arcs
    topology += _integer(0) + _float(0.5) + _integer(1) + _float(0.5)
    topology += _integer(-1) + _integer(-1) + _integer(0)  # the end: no output, no arcs
    tuples = b"".join(
        _integer(phone) + _integer(0) + _integer(2 * base_phone(phone)) + _integer(2 * base_phone(phone) + 1)
        for phone in phones
    )
    return b"".join(
        (
            _token("<TransitionModel>"),
            _token("<Topology>"),
            topology,
            _token("</Topology>"),
            _token("<Tuples>"),
            _integer(POSITIONED),
            tuples,
            _token("</Tuples>"),
            _token("<LogProbs>"),
            _vector([0.0] + [np.log(0.5)] * (2 * POSITIONED)),
            _token("</LogProbs>"),
            _token("</TransitionModel>"),
        )
    )


class _Nodes:
    """Components and the lines that wire them, in order."""

    def __init__(self) -> None:
        self.wiring = [f"input-node name=input dim={CEPSTRA}"]
        self.components: list[bytes] = []

    def add(self, name: str, source: str, kind: str, body: bytes) -> str:
        self.wiring.append(f"component-node name={name} component={name} input={source}")
        self.components.append(
            _token("<ComponentName>") + _token(name) + _token(f"<{kind}>") + body + _token(f"</{kind}>")
        )
        return name

    def affine(self, name: str, source: str, weight: Array, bias: Array) -> str:
        body = _token("<LinearParams>") + compressed.write(weight) + _token("<BiasParams>") + _vector(bias)
        return self.add(name, source, "FixedAffineComponent", body)

    def normalised(self, layer: str, source: str, mean: Array, variance: Array) -> str:
        """ReLU, then batch normalisation as of the end of training: a scale and an offset."""
        scale = 1 / np.sqrt(variance + EPSILON)
        relu = self.add(f"{layer}.relu", source, "RectifiedLinearComponent", _relu(len(scale)))
        scaled = self.add(f"{layer}.scale", relu, "FixedScaleComponent", _token("<Scales>") + _vector(scale))
        return self.add(f"{layer}.bias", scaled, "FixedBiasComponent", _token("<Bias>") + _vector(-mean * scale))


def _relu(size: int) -> bytes:
    empty = _vector([])
    return b"".join(
        (
            _token("<Dim>") + _integer(size) + _token("<ValueAvg>") + empty + _token("<DerivAvg>") + empty,
            _token("<Count>") + _double(0) + _token("<OderivRms>") + empty + _token("<OderivCount>") + _double(0),
            _token("<NumDimsSelfRepaired>") + _double(0) + _token("<NumDimsProcessed>") + _double(0),
        )
    )


def _moved(source: str, frames: int) -> str:
    return f"Offset({source}, {frames})" if frames else source


def _network(state: dict[str, Array]) -> bytes:
    weights = {name: np.asarray(value, np.float64) for name, value in state.items()}
    nodes = _Nodes()
    source = ""
    for number in range(LAYERS):
        layer, weight, bias = f"l{number}", weights[f"layers.{number}.weight"], weights[f"layers.{number}.bias"]
        if number:
            spliced = f"Append({', '.join(_moved(source, 3 * tap) for tap in TAPS[number - 1])})"
        else:
            bias = bias - np.einsum("oik,i->o", weight, weights["mean"] * weights["scale"])
            weight = weight * weights["scale"][None, :, None]
            spliced = f"Append({', '.join(_moved('input', offset) for offset in range(-SPLICE, SPLICE + 1))})"
        affine = nodes.affine(f"{layer}.affine", spliced, weight.transpose(0, 2, 1).reshape(len(weight), -1), bias)
        mean, variance = weights[f"norms.{number}.running_mean"], weights[f"norms.{number}.running_var"]
        out = nodes.normalised(layer, affine, mean, variance)
        if number:
            body = _token("<Dim>") + _integer(len(mean)) + _token("<BackpropScale>") + _float(1.0)
            out = nodes.add(f"{layer}.sum", f"Sum(Scale({RESIDUAL}, {source}), {out})", "NoOpComponent", body)
        source = out
    nodes.affine("out.affine", source, weights["output.weight"][:, :, 0], weights["output.bias"])
    nodes.wiring.append("output-node name=output input=out.affine objective=linear")
    wiring = "".join(line + "\n" for line in nodes.wiring).encode()
    # After the network: its context, which Kaldi computes anew, and no priors.
    return b"".join(
        (
            _token("<Nnet3>") + b"\n" + wiring + b"\n",
            _token("<NumComponents>") + _integer(len(nodes.components)) + b"".join(nodes.components),
            _token("</Nnet3>") + _token("<LeftContext>") + _integer(0) + _token("<RightContext>") + _integer(0),
            _token("<Priors>") + _vector([]),
        )
    )


def _after(content: bytes, name: str, mark: str, path: Path) -> int:
    start = content.find(b"<ComponentName> " + name.encode())
    at = content.find(mark.encode(), start) if start >= 0 else -1
    if at < 0:
        raise SystemExit(f"{path}: has no component {name.strip()}; it is not a model of this training")
    return at + len(mark)


def _read_vector(content: bytes, at: int) -> tuple[Array, int]:
    (size,) = struct.unpack_from("<i", content, at + 4)  # "FV ", the size of an integer, the integer
    return np.frombuffer(content, "<f4", size, at + 8).copy(), at + 8 + 4 * size


def _read_affine(content: bytes, name: str, path: Path) -> tuple[Array, Array]:
    at = _after(content, name + " ", "<LinearParams> ", path)
    try:
        matrix, at = compressed.read(content, at)
    except ValueError as error:
        raise SystemExit(f"{path}: {error}") from error
    bias, _ = _read_vector(content, at + len("<BiasParams> "))
    return matrix, bias

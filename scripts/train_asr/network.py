"""The acoustic network (PyTorch): a TDNN of six layers, one output frame for three frames of features."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from scripts.train_asr.features import CEPSTRA, Matrix
from scripts.train_asr.phones import OUTPUTS

SPLICE: Final = 4  # the first layer sees this many frames to each side, every third frame
DILATIONS: Final = (1, 1, 2, 2, 3)  # of the other layers, in output frames
CONTEXT: Final = SPLICE + 3 * sum(DILATIONS)  # frames to each side that an output depends on
RESIDUAL: Final = 0.66
EPSILON: Final = 1e-5  # of batch normalisation


class Tdnn(nn.Module):  # type: ignore[misc]  # torch is no dependency of the product, so its types are unknown there
    """Features (batch, frames, CEPSTRA), padded by CONTEXT at both ends, to scores (batch, outputs, OUTPUTS)."""

    def __init__(self, width: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.width = width
        self.register_buffer("mean", torch.zeros(CEPSTRA))
        self.register_buffer("scale", torch.ones(CEPSTRA))
        first = nn.Conv1d(CEPSTRA, width, 2 * SPLICE + 1, stride=3)
        self.layers = nn.ModuleList([first, *(nn.Conv1d(width, width, 3, dilation=d) for d in DILATIONS)])
        self.norms = nn.ModuleList([nn.BatchNorm1d(width, affine=False, eps=EPSILON) for _ in self.layers])
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Conv1d(width, OUTPUTS, 1)
        nn.init.normal_(self.output.weight, std=0.01)
        nn.init.zeros_(self.output.bias)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        hidden = ((features - self.mean) * self.scale).transpose(1, 2)
        for number, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            out = norm(functional.relu(layer(hidden)))
            if number:
                edge = DILATIONS[number - 1]
                out = out + RESIDUAL * hidden[:, :, edge:-edge]
            hidden = self.dropout(out)
        return self.output(hidden).transpose(1, 2)


def output_frames(frames: int) -> int:
    """Output frames for this many frames of features."""
    return (frames + 2) // 3


def padded(features: Matrix, outputs: int) -> Matrix:
    """Features with the edge frames repeated, as Kaldi does, so that exactly ``outputs`` frames come out."""
    at = np.arange(3 * (outputs - 1) + 1 + 2 * CONTEXT) - CONTEXT
    return features[np.clip(at, 0, len(features) - 1)]


def widen(weights: dict[str, torch.Tensor], width: int, seed: int = 0) -> dict[str, torch.Tensor]:
    """Weights of a wider network that computes the same (Net2Wider): units doubled, their outgoing weights split."""
    narrow = weights["output.weight"].shape[1]
    if narrow == width:
        return weights
    if not narrow < width <= 2 * narrow:
        raise SystemExit(f"a network of {narrow} units can't become one of {width}: at least as many, at most double")
    chance = torch.Generator().manual_seed(seed)
    source = torch.cat([torch.arange(narrow), torch.randperm(narrow, generator=chance)[: width - narrow]])
    copies = torch.bincount(source, minlength=narrow).float()

    def split(matrix: torch.Tensor) -> torch.Tensor:
        wide = matrix[:, source] / copies[source][None, :, None]
        uneven = torch.randn(len(matrix), width - narrow, matrix.shape[2], generator=chance) * 0.3
        uneven *= wide[:, narrow:].abs()
        wide[:, narrow:] += uneven
        wide[:, source[narrow:]] -= uneven
        return wide

    grown = {}
    for name, value in weights.items():
        if name in ("mean", "scale", "output.bias") or name.endswith("num_batches_tracked"):
            grown[name] = value
        elif name == "output.weight":
            grown[name] = split(value)
        elif name.startswith("layers.0.") or not name.endswith("weight"):
            grown[name] = value[source]
        else:
            grown[name] = split(value)[source]
    return grown

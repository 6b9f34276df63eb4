"""The acoustic network (PyTorch): a residual TDNN, one output frame for three frames of features."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from scripts.train_asr.architecture import EPSILON, LAYERS, RESIDUAL, SPLICE, TAPS
from scripts.train_asr.features import CEPSTRA
from scripts.train_asr.phones import OUTPUTS


class Tdnn(nn.Module):  # type: ignore[misc]  # torch is no dependency of the product, so its types are unknown there
    """Features (batch, frames, CEPSTRA), padded by BEFORE and AFTER, to scores (batch, outputs, OUTPUTS)."""

    def __init__(self, width: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(CEPSTRA))
        self.register_buffer("scale", torch.ones(CEPSTRA))
        first = nn.Conv1d(CEPSTRA, width, 2 * SPLICE + 1, stride=3)
        self.layers = nn.ModuleList([first, *(nn.Conv1d(width, width, 3, dilation=t[1] - t[0]) for t in TAPS)])
        self.norms = nn.ModuleList([nn.BatchNorm1d(width, affine=False, eps=EPSILON) for _ in range(LAYERS)])
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Conv1d(width, OUTPUTS, 1)
        nn.init.normal_(self.output.weight, std=0.01)
        nn.init.zeros_(self.output.bias)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        hidden = ((features - self.mean) * self.scale).transpose(1, 2)
        for number, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            out = norm(functional.relu(layer(hidden)))
            if number:
                earliest, _, latest = TAPS[number - 1]
                out = out + RESIDUAL * hidden[:, :, -earliest : hidden.shape[2] - latest]
            hidden = self.dropout(out)
        return self.output(hidden).transpose(1, 2)

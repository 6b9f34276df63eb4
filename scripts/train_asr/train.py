"""Trains the network: LF-MMI over mixed batches, a moving average of the weights, a checkpoint every so often.

A run that stops goes on from its checkpoint when started again with the same
folder. It may begin from the weights of a finished model (``am/final.mdl``): that is
how an operator's own recordings improve a model.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from scripts.train_asr import lfmmi
from scripts.train_asr.architecture import output_frames, padded
from scripts.train_asr.batches import Mixer, Sources, Utterance, ahead
from scripts.train_asr.kaldi_model import read_weights, write_model
from scripts.train_asr.network import Tdnn

CHECKPOINT: Final = "checkpoint.pt"
_EVERY: Final = 100  # steps between reports
_WARM_UP: Final = 60
_COUNTED: Final = 20_000  # utterances that the loop of phones is counted over
Batch = tuple[torch.Tensor, list[int], list[lfmmi.Path]]  # features, output frames, words as paths of phones


@dataclass(frozen=True)
class Plan:
    """How long and how fast: ``minutes`` of training in all, stops included; ``rate`` falls to 2 % of itself.

    From the weights of a model (``initial``) a ``steady`` rate and a mean with what it was are better: of ``stay`` the
    finished weights are those of the beginning. What fits the made speech ever closer fits people less.
    """

    minutes: float
    width: int = 384
    rate: float = 1e-3
    frames: int = 8000  # of features in a batch, 80 seconds
    seed: int = 1
    processes: int = 1
    threads: int = 1
    dropout: float = 0.1
    initial: Path | None = None
    steady: bool = False
    stay: float = 0.0


class Training:
    """One run in ``folder``. ``run`` returns when the plan's minutes are over, and writes ``final.mdl`` there."""

    def __init__(
        self, folder: Path, sources: Sources, plan: Plan, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        torch.set_num_threads(plan.threads)
        torch.manual_seed(plan.seed)
        self._folder, self._sources, self._plan, self._clock = folder, sources, plan, clock
        self._net = Tdnn(plan.width, plan.dropout)
        self._optimiser = torch.optim.Adam(self._net.parameters(), plan.rate)
        self._step, self._spent = 0, 0.0
        checkpoint = folder / CHECKPOINT
        if checkpoint.exists():
            self._resume(torch.load(checkpoint, weights_only=True))
        else:
            self._begin()

    def run(self) -> None:
        """Train until the minutes are over."""
        plan = self._plan
        checks = [_collate(batch) for batch in Mixer(self._sources, 9, held_out=True).batches(plan.frames)]
        began, gains = self._clock() - self._spent, []
        seed = plan.seed * 1000 + self._step
        for batch in ahead(self._sources, plan.frames, seed=seed, processes=plan.processes):
            self._spent = self._clock() - began
            share = self._spent / 60 / plan.minutes
            if share >= 1:
                break
            gains.append(self._improve(_collate(batch), share))
            if self._step % _EVERY == 0:
                gain = float(np.mean(gains[-_EVERY:]))
                print(
                    f"train: step {self._step}, {self._spent / 60:.1f} of {plan.minutes:g} min, "
                    f"gain {gain:.3f}, held out {self._check(checks):.3f}",
                    flush=True,
                )
                self._save()
        self._save()
        write_model(self._folder / "final.mdl", {name: value.numpy() for name, value in self._finished().items()})
        np.save(self._folder / "bigram.npy", np.log(self._loop.after).astype(np.float32))

    def _begin(self) -> None:
        mixer = Mixer(self._sources, 5)
        batches = [batch for _ in range(4) for batch in mixer.batches(self._plan.frames)]
        features = np.concatenate([utterance.features for batch in batches for utterance in batch])
        mean, scale = torch.from_numpy(features.mean(axis=0)), torch.from_numpy(1 / features.std(axis=0))
        if self._plan.initial:
            self._net.load_state_dict(self._initial(self._plan.initial, mean, scale))
        else:
            self._net.mean.copy_(mean)
            self._net.scale.copy_(scale)
        self._loop = lfmmi.loop(mixer.texts(_COUNTED))
        self._average = {name: value.clone() for name, value in self._net.state_dict().items()}

    def _finished(self) -> dict[str, torch.Tensor]:
        """The averaged weights, or their mean with those of the beginning."""
        if not self._plan.initial or not self._plan.stay:
            return self._average
        begun, stay = self._initial(self._plan.initial, self._net.mean, self._net.scale), self._plan.stay
        return {name: stay * begun[name] + (1 - stay) * value for name, value in self._average.items()}

    @staticmethod
    def _initial(path: Path, mean: torch.Tensor, scale: torch.Tensor) -> dict[str, torch.Tensor]:
        read = {name: torch.tensor(value) for name, value in read_weights(path).items()}
        return normalised(read, mean, scale)

    def _resume(self, saved: dict[str, Any]) -> None:
        self._net.load_state_dict(saved["net"])
        self._optimiser.load_state_dict(saved["optimiser"])
        self._average = saved["average"]
        self._loop = lfmmi.Loop(*(saved[name].numpy() for name in ("first", "after", "after_two")))
        self._step, self._spent = saved["step"], saved["spent"]

    def _save(self) -> None:
        unfinished = self._folder / (CHECKPOINT + ".part")
        torch.save(
            {
                "net": self._net.state_dict(),
                "optimiser": self._optimiser.state_dict(),
                "average": self._average,
                "first": torch.from_numpy(self._loop.first),
                "after": torch.from_numpy(self._loop.after),
                "after_two": torch.from_numpy(self._loop.after_two),
                "step": self._step,
                "spent": self._spent,
            },
            unfinished,
        )
        unfinished.replace(self._folder / CHECKPOINT)

    def _improve(self, batch: Batch, share: float) -> float:
        features, lengths, paths = batch
        self._net.train()
        with torch.autocast("cpu", torch.bfloat16):
            scores = self._net(features)
        scores = scores.float()
        odds, gradient = lfmmi.log_odds(scores.detach().numpy(), lengths, paths, self._loop)
        frames = sum(lengths)
        # The gradient of MMI is known; the sum below only hands it to autograd, beside a pull of the scores to 0.
        loss = 5e-4 * (scores**2).sum(-1).mean() - (scores * torch.from_numpy(gradient)).sum() / frames
        for group in self._optimiser.param_groups:
            falling = 1.0 if self._plan.steady or share < 0.4 else 0.02 ** ((share - 0.4) / 0.6)
            group["lr"] = self._plan.rate * min(1.0, (self._step + 1) / _WARM_UP) * falling
        self._optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._net.parameters(), 5.0)
        self._optimiser.step()
        self._step += 1
        keep = min(0.998, self._step / (self._step + 20))
        for name, value in self._net.state_dict().items():
            if value.dtype.is_floating_point:
                self._average[name].mul_(keep).add_(value, alpha=1 - keep)
            else:
                self._average[name].copy_(value)
        return float(odds.sum()) / frames

    def _check(self, checks: list[Batch]) -> float:
        """The averaged weights' gain a frame on speech that is never trained on."""
        net = Tdnn(self._plan.width)
        net.load_state_dict(self._average)
        net.eval()
        told, frames = 0.0, 0
        with torch.no_grad():
            for features, lengths, paths in checks:
                odds, _ = lfmmi.log_odds(net(features).numpy(), lengths, paths, self._loop)
                told += float(odds.sum())
                frames += sum(lengths)
        return told / frames


def normalised(weights: dict[str, torch.Tensor], mean: torch.Tensor, scale: torch.Tensor) -> dict[str, torch.Tensor]:
    """The same network for input of mean 0 and spread 1: one rate of learning then suits all weights.

    ``weights`` take raw features (mean 0, scale 1), as ``kaldi_model.read_weights`` gives them.
    """
    first = weights["layers.0.weight"]
    shift = (first * mean[None, :, None]).sum(dim=(1, 2))
    return weights | {
        "mean": mean,
        "scale": scale,
        "layers.0.weight": first / scale[None, :, None],
        "layers.0.bias": weights["layers.0.bias"] + shift,
    }


def _collate(batch: list[Utterance]) -> Batch:
    lengths = [output_frames(len(utterance.features)) for utterance in batch]
    longest = max(lengths)
    features = np.stack([padded(utterance.features, longest) for utterance in batch])
    return torch.from_numpy(features), lengths, [lfmmi.path(utterance.words) for utterance in batch]

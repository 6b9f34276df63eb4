"""Sampling a Sphinx model, mixing batches and training on them, with a model and clips made up on the spot."""

from __future__ import annotations

import itertools
import struct
from pathlib import Path

import numpy as np
import pytest

from scripts.train_asr import clips, sphinx

scipy = pytest.importorskip("scipy", reason="sampling needs scripts/train_asr/requirements.txt")

from scripts.train_asr.batches import Mixer, Sources  # noqa: E402
from scripts.train_asr.sampler import Sampler, liepa_phones  # noqa: E402

CODEWORDS = 4
WIDTHS = (12, 24, 3, 12)
NAMES = ("SIL A A_ B C C2 CH D DZ DZ2 E E_ E3_ F G H I I_ IO_ IU IU_ J. K L M N O_ P R S S2 T U U_ V Z Z2").split()  # noqa: SIM905


def _file(path: Path, counts: tuple[int, ...], values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    body = struct.pack(f"<{len(counts) + 2}i", 0x11223344, *counts, values.size)
    path.write_bytes(b"s3\nversion 1.0\nendhdr\n" + body + values.astype("<f4").tobytes())


@pytest.fixture
def liepa(tmp_path: Path) -> Path:
    folder = tmp_path / "liepa"
    folder.mkdir()
    chance = np.random.default_rng(5)
    size = CODEWORDS * sum(WIDTHS)
    _file(folder / "means", (1, 4, CODEWORDS, *WIDTHS), chance.normal(size=size))
    _file(folder / "variances", (1, 4, CODEWORDS, *WIDTHS), chance.uniform(0.1, 0.3, size))
    states = 3 * len(NAMES)
    _file(folder / "mixture_weights", (states, 4, CODEWORDS), chance.uniform(0.1, 1, (states, 4, CODEWORDS)))
    stay = np.tile([[0.7, 0.3, 0, 0], [0, 0.7, 0.3, 0], [0, 0, 0.7, 0.3]], (len(NAMES), 1, 1))
    _file(folder / "transition_matrices", (len(NAMES), 3, 4), stay)
    lines = [f"{name} - - - n/a {i} {3 * i} {3 * i + 1} {3 * i + 2} N" for i, name in enumerate(NAMES)]
    (folder / "mdef").write_text("0.3\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def sources(liepa: Path, tmp_path: Path) -> Sources:
    chance = np.random.default_rng(6)
    made = [
        clips.Clip((chance.normal(size=4000 + 800 * n) * 3000).astype(np.int16), word, f"voice{n % 3}")
        for n, word in enumerate(["taip", "ne", "du", "trys"] * 20)
    ]
    clips.write_shard(tmp_path / "speech" / "00000.npz", made)
    return Sources(liepa, {tmp_path / "speech": 0.5}, held_out=8)


def test_a_folder_without_the_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="lacks means"):
        sphinx.read_model(tmp_path)


@pytest.mark.parametrize(
    ("word", "phones"), [("džiaugsmas", "DZ2 E U G S M A S"), ("žmogus", "Z2 M O_ G U S"), ("chorui", "CH O_ R U I")]
)
def test_words_are_spelled_in_liepas_sounds(word: str, phones: str) -> None:
    assert " ".join(liepa_phones(word)) == phones


def test_a_sampled_utterance_lasts_as_long_as_its_words(liepa: Path) -> None:
    sampler = Sampler(sphinx.read_model(liepa))
    short = [sampler.sample(["ne"], np.random.default_rng(seed)) for seed in range(20)]
    long = [sampler.sample(["nesutinku", "nenoriu"], np.random.default_rng(seed)) for seed in range(20)]
    assert all(np.isfinite(each).all() and each.shape[1] == 18 for each in short + long)
    assert np.mean([len(each) for each in long]) > np.mean([len(each) for each in short]) + 60


def test_trajectories_follow_the_means_where_the_variance_is_small(liepa: Path) -> None:
    model = sphinx.read_model(liepa)
    still = sphinx.SphinxModel(
        tuple(np.zeros_like(part) for part in model.means),
        tuple(np.full_like(part, 1e-6) for part in model.variances),
        model.weights,
        model.stay,
        model.senones,
    )
    assert Sampler(still).sample(["taip"], np.random.default_rng(0)) == pytest.approx(0, abs=0.05)


def test_a_trajectory_drifts_more_than_it_shivers(liepa: Path) -> None:
    """Noise drawn anew for each frame would step by 1.4 times as much as it strays; people step by 0.4 to 0.7."""
    model = sphinx.read_model(liepa)
    alike = sphinx.SphinxModel(
        tuple(np.zeros_like(part) for part in model.means),
        tuple(np.ones_like(part) for part in model.variances),
        model.weights,
        model.stay,
        model.senones,
    )
    drawn = [
        Sampler(alike).sample(["nesutinku", "nenoriu"], np.random.default_rng(seed)).astype(np.float32)
        for seed in range(20)
    ]
    strays = np.mean([each.std(axis=0) for each in drawn])
    steps = np.mean([np.diff(each, axis=0).std(axis=0) for each in drawn])
    assert 0.2 < steps / strays < 0.8


def test_batches_mix_all_sources_and_keep_their_words(sources: Sources) -> None:
    mixer = Mixer(sources, 1)
    batches = mixer.batches(1000)
    utterances = [utterance for batch in batches for utterance in batch]
    said = {word for utterance in utterances for word in utterance.words}
    assert {"taip", "ne", "du", "trys"} <= said
    assert len(said) > 8  # the sampler speaks of more
    assert any(len(u.words) > 1 and set(u.words) <= {"taip", "ne", "du", "trys"} for u in utterances)
    assert all(np.isfinite(utterance.features).all() for utterance in utterances)
    lengths = [[len(utterance.features) for utterance in batch] for batch in batches]
    assert all(len(each) * max(each) <= 1000 or len(each) == 1 for each in lengths)
    assert sum(map(sum, lengths)) > 0.8 * sum(len(each) * max(each) for each in lengths)  # little of it is padding


def test_training_writes_a_model_and_goes_on_where_it_stopped(
    sources: Sources, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch = pytest.importorskip("torch", reason="training needs scripts/train_asr/requirements.txt")
    from scripts.train_asr.architecture import AFTER, BEFORE
    from scripts.train_asr.kaldi_model import read_weights
    from scripts.train_asr.network import Tdnn
    from scripts.train_asr.train import Plan, Training

    folder, clock = tmp_path / "train", itertools.count()  # every look at the clock is a second
    Training(folder, sources, Plan(minutes=0.1, width=16, frames=600, processes=0), clock=clock.__next__).run()
    first = torch.load(folder / "checkpoint.pt", weights_only=True)
    Training(folder, sources, Plan(minutes=0.2, width=16, frames=600, processes=0), clock=clock.__next__).run()
    second = torch.load(folder / "checkpoint.pt", weights_only=True)
    assert second["step"] > first["step"] > 0
    assert second["spent"] > first["spent"]

    weights = {name: torch.tensor(value) for name, value in read_weights(folder / "final.mdl").items()}
    features = torch.randn(1, 31 + BEFORE + AFTER, 10)
    scores = []
    for state in (second["average"], weights):
        net = Tdnn(16)
        net.load_state_dict(state)
        net.eval()
        with torch.no_grad():
            scores.append(net(features).numpy())
    assert scores[0].shape == (1, 11, 66)
    assert scores[1] == pytest.approx(scores[0], abs=1e-3)


def test_a_model_trained_on_stays_what_it_was_by_the_share_that_was_asked_for(sources: Sources, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="training needs scripts/train_asr/requirements.txt")
    from scripts.train_asr.kaldi_model import read_weights
    from scripts.train_asr.train import Plan, Training

    begun = tmp_path / "begun"
    Training(begun, sources, Plan(0.05, 16, frames=600, processes=0), clock=itertools.count().__next__).run()
    first, biases = begun / "final.mdl", {}
    for stay in (0.0, 0.5, 1.0):
        folder = tmp_path / str(stay)
        plan = Plan(0.1, 16, frames=600, processes=0, initial=first, steady=True, stay=stay)
        Training(folder, sources, plan, clock=itertools.count().__next__).run()
        biases[stay] = read_weights(folder / "final.mdl")["output.bias"]
    assert biases[1.0] == pytest.approx(read_weights(first)["output.bias"], abs=1e-6)
    assert biases[0.5] == pytest.approx((biases[0.0] + biases[1.0]) / 2, abs=1e-6)
    assert np.abs(biases[0.0] - biases[1.0]).max() > 1e-4

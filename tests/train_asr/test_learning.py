"""The network's file, the measure that it learns by, and the stages that keep their work."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from scripts.train_asr import architecture, clips, compressed, corpora, kaldi_model, lfmmi, vosk_folder
from scripts.train_asr.features import CEPSTRA
from scripts.train_asr.phones import OUTPUTS, PHONES

ROUNDED = 0.06  # of weights whose spread is 1, kept in a byte each


def weights(width: int = 6) -> dict[str, kaldi_model.Array]:
    chance = np.random.default_rng(1)
    made: dict[str, kaldi_model.Array] = {"mean": chance.normal(size=CEPSTRA), "scale": np.full(CEPSTRA, 0.5)}
    for number in range(architecture.LAYERS):
        inputs, taps = (CEPSTRA, 9) if not number else (width, 3)
        made[f"layers.{number}.weight"] = chance.normal(size=(width, inputs, taps))
        made[f"layers.{number}.bias"] = chance.normal(size=width)
        made[f"norms.{number}.running_mean"] = chance.normal(size=width)
        made[f"norms.{number}.running_var"] = chance.uniform(0.5, 2, size=width)
    made["output.weight"] = chance.normal(size=(OUTPUTS, width, 1))
    made["output.bias"] = chance.normal(size=OUTPUTS)
    return made


def test_a_written_model_is_read_back_as_the_same_network(tmp_path: Path) -> None:
    made = weights()
    kaldi_model.write_model(tmp_path / "am" / "final.mdl", made)
    read = kaldi_model.read_weights(tmp_path / "am" / "final.mdl")
    for name in ("layers.3.weight", "layers.5.bias", "norms.2.running_mean", "norms.0.running_var", "output.weight"):
        assert read[name] == pytest.approx(made[name], rel=1e-4, abs=ROUNDED if name.endswith("weight") else 1e-5)
    # Normalisation of the input went into the first layer: it is the same function of raw features.
    raw = np.random.default_rng(2).normal(size=(CEPSTRA, 9))
    normal = (raw - made["mean"][:, None]) * made["scale"][:, None]
    before = np.einsum("oik,ik->o", made["layers.0.weight"], normal) + made["layers.0.bias"]
    after = np.einsum("oik,ik->o", read["layers.0.weight"], raw) + read["layers.0.bias"]
    assert np.corrcoef(after, before)[0, 1] > 0.999


def test_a_compressed_matrix_keeps_every_value_nearly_and_the_middle_of_a_column_best() -> None:
    chance = np.random.default_rng(5)
    made = chance.normal(size=(96, 30)) * chance.uniform(0.01, 10, size=30)
    content = b"before" + compressed.write(made) + b"after"
    read, end = compressed.read(content, len(b"before"))
    assert content[end:] == b"after"
    assert len(content) < made.size + 500
    spread = made.std(axis=0)
    assert np.abs(read - made).max(axis=0) == pytest.approx(0, abs=float((0.04 * spread).max()))
    assert np.median(np.abs(read - made) / spread) < 0.005
    assert read.max() == pytest.approx(made.max(), rel=1e-4)


@pytest.mark.parametrize("made", [np.full((4, 3), 0.5), np.zeros((1, 2)), np.arange(6.0).reshape(2, 3)])
def test_compressed_matrices_may_be_flat_or_small(made: np.ndarray) -> None:
    read, _ = compressed.read(compressed.write(made), 0)
    assert read == pytest.approx(made, abs=0.02)


def test_a_matrix_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="another form"):
        compressed.read(b"FM \x04", 0)


def test_a_foreign_model_is_no_start_for_training(tmp_path: Path) -> None:
    (tmp_path / "final.mdl").write_bytes(b"\0B<TransitionModel> something else")
    with pytest.raises(SystemExit, match="not a model of this training"):
        kaldi_model.read_weights(tmp_path / "final.mdl")


def test_the_measure_counts_every_way_through_the_words() -> None:
    """Against all ways of saying "a" in four frames, spelled out one by one."""
    loop = lfmmi.loop([["a"]])
    scores = np.random.default_rng(3).normal(size=(1, 4, OUTPUTS)).astype(np.float32)
    path = lfmmi.path(["a"])
    told = sum(
        np.exp(_score(scores[0], states, path)) for states in itertools.product(range(3), repeat=4) if _lawful(states)
    )
    loose = sum(
        loop.first[phone] * np.exp(scores[0, 0, 2 * phone]) * _loosely(loop, scores[0], 1, (0, phone))
        for phone in range(len(PHONES))
    )
    whole, _ = lfmmi.log_odds(scores, [4], [path], loop)
    short, _ = lfmmi.log_odds(scores[:, :3], [3], [path], loop)  # three frames suffice to check the loop
    half = sum(
        np.exp(_score(scores[0], states, path)) for states in itertools.product(range(3), repeat=3) if _lawful(states)
    )
    assert short[0] == pytest.approx(np.log(half) - np.log(loose), abs=1e-6)
    assert np.exp(whole[0] - short[0]) > 0
    assert told > 0


def _loosely(
    loop: lfmmi.Loop, scores: np.ndarray[tuple[int, int], np.dtype[np.float32]], frame: int, last: tuple[int, int]
) -> float:
    """What all ways of the loop from ``frame`` to the third sum up to, after the ``last`` two phones."""
    if frame == 3:
        return 1.0
    ways = np.exp(scores[frame, 2 * last[1] + 1]) * _loosely(loop, scores, frame + 1, last)
    for phone in range(len(PHONES)):
        enter = loop.after_two[last][phone] * np.exp(scores[frame, 2 * phone])
        ways += enter * _loosely(loop, scores, frame + 1, (last[1], phone))
    return float(ways)


def test_the_loop_knows_which_phone_follows_two() -> None:
    loop = lfmmi.loop([["taip"], ["kaip"], ["laba"]] * 20)
    assert loop.first.sum() == pytest.approx(1)
    assert loop.after.sum(axis=1) == pytest.approx(np.ones(len(PHONES)))
    assert loop.after_two.sum(axis=2) == pytest.approx(np.ones((len(PHONES), len(PHONES))))
    t, k, a, i, p, b = (PHONES.index(phone) for phone in "tkaipb")
    assert loop.after_two[t, a, i] > 1.5 * loop.after[a, i], "after any other a there may be a b"
    assert loop.after_two[k, a, b] < 0.5 * loop.after[a, b]
    assert loop.after_two[a, b, a] > 0.9
    assert loop.after_two[i, p, 0] > 0.9, "a silence or nothing comes after a last word"


def _lawful(states: tuple[int, ...]) -> bool:
    begins, ends = states[0] in (0, 1), states[-1] in (1, 2)
    return begins and ends and all(0 <= b - a <= 1 for a, b in itertools.pairwise(states))


def _score(
    scores: np.ndarray[tuple[int, int], np.dtype[np.float32]], states: tuple[int, ...], path: lfmmi.Path
) -> float:
    phones, optional = path
    total = np.log(0.5)
    for frame, state in enumerate(states):
        entered = not frame or states[frame - 1] != state
        total += scores[frame, 2 * phones[state] + (0 if entered else 1)]
        if frame and entered and optional[state]:
            total += np.log(0.5)
    return float(total)


def test_the_gradient_is_the_measures_slope_and_ends_with_the_utterance() -> None:
    loop = lfmmi.loop([["taip", "ne"], ["du"]])
    chance = np.random.default_rng(4)
    scores = chance.normal(size=(2, 12, OUTPUTS)).astype(np.float32)
    paths = [lfmmi.path(["taip"]), lfmmi.path(["ne"])]
    _, gradient = lfmmi.log_odds(scores, [12, 7], paths, loop)
    assert not gradient[1, 7:].any()
    for row, frame, output in [(0, 0, 0), (0, 5, 2 * PHONES.index("t")), (1, 6, 1), (1, 3, 2 * PHONES.index("e") + 1)]:
        step = np.zeros_like(scores)
        step[row, frame, output] = 0.01
        higher, _ = lfmmi.log_odds(scores + step, [12, 7], paths, loop)
        lower, _ = lfmmi.log_odds(scores - step, [12, 7], paths, loop)
        assert gradient[row, frame, output] == pytest.approx((higher - lower)[row] / 0.02, abs=1e-3)


def test_shards_come_back_as_they_were_and_a_torn_one_does_not_count(tmp_path: Path) -> None:
    first = clips.Clip(np.arange(5, dtype=np.int16), "labas rytas", "one")
    second = clips.Clip(np.arange(3, dtype=np.int16), "ne", "two")
    clips.write_shard(tmp_path / "00000.npz", [first, second])
    (tmp_path / "00001.part").write_bytes(b"torn")
    read = clips.read_clips(tmp_path)
    assert [(clip.text, clip.speaker, clip.samples.tolist()) for clip in read] == [
        ("labas rytas", "one", [0, 1, 2, 3, 4]),
        ("ne", "two", [0, 1, 2]),
    ]


@pytest.mark.parametrize(
    ("sentence", "words"),
    [("Laba diena, ponia!", "laba diena ponia"), ("Nr. 5 laukia", None), ("Œuvre", None), ("…", None)],
)
def test_only_sentences_that_are_written_as_spoken_are_trained_on(sentence: str, words: str | None) -> None:
    assert corpora.spoken(sentence) == words


def test_common_voice_is_read_by_its_table(tmp_path: Path) -> None:
    (tmp_path / "validated.tsv").write_text(
        'client_id\tpath\tsentence\tage\nabc\tone.mp3\tLabas "rytas".\t\nabc\ttwo.mp3\tTaip.\t\n', encoding="utf-8"
    )
    lines = list(corpora.common_voice(tmp_path))
    assert [(line.sound, line.speaker) for line in lines] == [
        (tmp_path / "clips" / "one.mp3", "abc"),
        (tmp_path / "clips" / "two.mp3", "abc"),
    ]
    (tmp_path / "other.tsv").write_text("path\tsentence\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="client_id"):
        list(corpora.common_voice(tmp_path, "other.tsv"))


def test_liepas_layout_is_sound_and_text_side_by_side(tmp_path: Path) -> None:
    folder = tmp_path / "D001"
    folder.mkdir()
    for name in ("a.wav", "b.wav"):
        (folder / name).touch()
    (folder / "a.txt").write_bytes("žalias".encode("cp1257"))
    assert [(line.sound.name, line.text, line.speaker) for line in corpora.liepa(tmp_path)] == [
        ("a.wav", "žalias", "D001")
    ]


def test_a_corpus_becomes_shards_at_8_khz_with_speakers_that_cant_be_named(tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile", reason="reading recordings needs scripts/train_asr/requirements.txt")
    sound = np.random.default_rng(0).normal(0, 0.1, 16000)
    soundfile.write(tmp_path / "a.wav", sound, 16000)
    lines = [corpora.Line(tmp_path / "a.wav", text, "Jonas Jonaitis") for text in ("Taip.", "2 kartai")]
    assert corpora.load(lines, tmp_path / "out") == (1, 1)
    (clip,) = clips.read_clips(tmp_path / "out")
    assert (len(clip.samples), clip.text) == (8000, "taip")
    assert "jonas" not in clip.speaker.lower()


def test_recordings_that_no_training_can_use_are_left_out_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    soundfile = pytest.importorskip("soundfile", reason="reading recordings needs scripts/train_asr/requirements.txt")
    for name, length in (("good", 8000), ("short", 800), ("empty", 0)):
        soundfile.write(tmp_path / f"{name}.wav", np.full(length, 0.1), 8000)
    (tmp_path / "damaged.mp3").write_bytes(b"no sound")
    files = ("good.wav", "short.wav", "empty.wav", "damaged.mp3", "missing.wav")
    lines = [corpora.Line(tmp_path / name, "Taip.", "A") for name in files]
    assert corpora.load(lines, tmp_path / "out") == (1, 4)
    told = capsys.readouterr().out
    assert "damaged.mp3 is left out" in told
    assert "missing.wav is left out" in told
    assert corpora.load(lines, tmp_path / "out") == (1, 4)  # counted anew, not made anew


def test_a_corpus_without_a_usable_recording_ends_the_stage(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="none of 0 recordings"):
        corpora.load(corpora.liepa(tmp_path), tmp_path / "out")
    with pytest.raises(SystemExit, match="none of 1 recordings"):
        corpora.load([corpora.Line(tmp_path / "a.wav", "5 eurai", "A")], tmp_path / "out")


def test_the_manifest_entry_names_every_file_but_the_card(tmp_path: Path) -> None:
    folder = tmp_path / "vosk-model-small-lt-2.5"
    (folder / "am").mkdir(parents=True)
    (folder / "am" / "final.mdl").write_bytes(b"abc")
    (folder / "README.md").write_text("card", encoding="utf-8")
    entry = vosk_folder.manifest_entry(folder, licence="X")
    assert 'version = "2.5"' in entry
    assert 'files."am/final.mdl"]\nsize = 3\nsha256 = "ba7816bf' in entry
    assert 'files."README' not in entry

"""The citizen hears what was played, whole or cut, through any telephone line, and nothing else."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.errors import AudioError
from ivr.simulator import g711
from ivr.simulator.clips import Clips
from ivr.simulator.hearing import CutPrompt, HeardPrompt, Hearing, Known, Report

RATE = 8000
Signal = npt.NDArray[np.float64]


def speech(seed: int, seconds: float, pitch: float = 120.0) -> Signal:
    """Something like speech of one voice: syllables of gliding harmonics through two moving resonances, and hisses."""
    rng = np.random.default_rng(seed)
    parts: list[Signal] = []
    while sum(map(len, parts)) < seconds * RATE:
        length = int(rng.uniform(0.1, 0.28) * RATE)
        if rng.random() < 0.25:
            part = rng.standard_normal(length) * 0.2
        else:
            glide = np.linspace(rng.uniform(0.85, 1.2), rng.uniform(0.85, 1.2), length) * pitch
            phase = np.cumsum(glide) / RATE * 2 * np.pi
            first, second = rng.uniform(300, 800), rng.uniform(900, 2500)
            part = np.zeros(length)
            for harmonic in range(1, 26):
                hertz = harmonic * pitch
                loud = 1 / (1 + ((hertz - first) / 120) ** 2) + 0.5 / (1 + ((hertz - second) / 180) ** 2)
                part += loud * np.sin(harmonic * phase + rng.uniform(0, 6))
        parts += [part * np.hanning(length) ** 0.3, np.zeros(int(rng.uniform(0, 0.05) * RATE))]
    whole = np.concatenate(parts)[: int(seconds * RATE)]
    return np.asarray(whole / np.sqrt((whole**2).mean()) * 2300)


def pcm(*parts: Signal) -> bytes:
    return np.clip(np.concatenate(parts), -32768, 32767).astype("<i2").tobytes()


def silence(seconds: float) -> Signal:
    return np.zeros(int(seconds * RATE))


def hear(known: dict[str, bytes], sound: bytes, codec: str = "PCMA") -> list[Report]:
    """What is heard of ``sound`` that came over a line, in packets of 20 ms."""
    sound = g711.decode(codec, g711.encode(codec, sound))
    hearing = Hearing(Known(known))
    reports = [report for at in range(0, len(sound), 320) for report in hearing.accept(sound[at : at + 320])]
    return reports + hearing.finish()


PROMPTS = {name: speech(seed, seconds) for seed, (name, seconds) in enumerate({"a": 1.6, "b": 2.4, "c": 3.1}.items())}
KNOWN = {name: pcm(signal) for name, signal in PROMPTS.items()}


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from(sorted(PROMPTS)),
    before=st.floats(0.0, 1.5),
    gain_db=st.floats(-10, 10),
    noise_db=st.floats(-60, -12),
    codec=st.sampled_from(["PCMA", "PCMU"]),
)
def test_a_prompt_is_heard_whole_at_any_level_through_noise_and_coding(
    name: str, before: float, gain_db: float, noise_db: float, codec: str
) -> None:
    line = np.concatenate([silence(before), PROMPTS[name], silence(0.4)])
    noise = np.random.default_rng(7).standard_normal(len(line)) * 2300 * 10 ** (noise_db / 20)
    reports = hear(KNOWN, pcm((line + noise) * 10 ** (gain_db / 20)), codec)
    assert [type(report) for report in reports] == [HeardPrompt]
    (heard,) = reports
    assert heard.id == name
    assert heard.started_s == pytest.approx(before, abs=0.03)
    assert isinstance(heard, HeardPrompt)
    assert heard.ended_s - heard.started_s == pytest.approx(len(PROMPTS[name]) / RATE, abs=0.05)


@settings(max_examples=25, deadline=None)
@given(name=st.sampled_from(sorted(PROMPTS)), at=st.floats(0.2, 1.2), lost=st.booleans())
def test_a_jitter_gap_of_20_ms_does_not_hide_a_prompt(name: str, at: float, lost: bool) -> None:
    first = int(at * RATE)
    after = PROMPTS[name][first + (160 if lost else 0) :]  # a packet was lost, or came late
    reports = hear(KNOWN, pcm(silence(0.3), PROMPTS[name][:first], silence(0.02), after))
    assert [(type(report), report.id) for report in reports] == [(HeardPrompt, name)]


@settings(max_examples=25, deadline=None)
@given(name=st.sampled_from(sorted(PROMPTS)), share=st.floats(0.35, 0.8), then=st.sampled_from(["", "a", "b", "c"]))
def test_a_prompt_that_was_cut_is_never_taken_for_whole(name: str, share: float, then: str) -> None:
    kept = PROMPTS[name][: int(len(PROMPTS[name]) * share)]
    tail = [PROMPTS[then]] if then else []
    reports = hear(KNOWN, pcm(silence(0.3), kept, *tail, silence(1.0)))
    cut = [report for report in reports if isinstance(report, CutPrompt)]
    assert [report.id for report in reports if isinstance(report, HeardPrompt)] == ([then] if then else [])
    assert [report.id for report in cut] == [name]
    assert cut[0].stopped_s == pytest.approx(0.3 + len(kept) / RATE, abs=0.12)
    assert cut[0].share == pytest.approx(share, abs=0.08)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), kind=st.sampled_from(["silence", "noise", "hum", "other speech"]))
def test_nothing_is_heard_in_what_is_no_prompt(seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    sounds = {
        "silence": silence(3),
        "noise": rng.standard_normal(3 * RATE) * 2000,
        "hum": np.sin(np.arange(3 * RATE) * 2 * np.pi * 120 / RATE) * 5000,
        "other speech": speech(seed + 100, 3),
    }
    assert hear(KNOWN, pcm(sounds[kind])) == []


def test_prompts_in_any_order_are_told_apart_and_dated() -> None:
    order = ["c", "a", "b", "a", "c", "b"]
    parts: list[Signal] = []
    starts = []
    for name in order:
        parts.append(silence(0.21))
        starts.append(sum(map(len, parts)) / RATE)
        parts.append(PROMPTS[name])
    reports = hear(KNOWN, pcm(*parts))
    assert [report.id for report in reports] == order
    assert all(isinstance(report, HeardPrompt) for report in reports)
    assert [report.started_s for report in reports] == pytest.approx(starts, abs=0.03)


def test_of_prompts_that_begin_alike_the_one_that_was_played_is_heard() -> None:
    beginning = speech(20, 1.0)
    known = {
        "short": pcm(beginning),
        "one": pcm(beginning, silence(0.1), speech(21, 1.2)),
        "other": pcm(beginning, silence(0.1), speech(22, 1.2)),
    }
    for name, sound in known.items():
        reports = hear(known, sound + pcm(silence(1.5)))
        assert [(type(report), report.id) for report in reports] == [(HeardPrompt, name)]


def test_a_prompt_with_one_other_word_in_its_middle_is_another_prompt() -> None:
    head, tail = speech(30, 1.2), speech(31, 1.2)
    said, meant = pcm(head, speech(32, 0.4), tail), pcm(head, speech(33, 0.4), tail)
    reports = hear({"meant": meant}, said + pcm(silence(1.0)))
    assert not any(isinstance(report, HeardPrompt) for report in reports)


def test_a_pause_is_followed_and_what_was_left_out_is_not_forgiven() -> None:
    prompt = PROMPTS["c"]
    first, second = prompt[: int(1.4 * RATE)], prompt[int(1.4 * RATE) :]
    paused = hear(KNOWN, pcm(first, silence(1.1), second, silence(0.3)))
    assert [type(report) for report in paused] == [CutPrompt, HeardPrompt]
    whole = paused[1]
    assert isinstance(whole, HeardPrompt)
    assert whole.paused_s == pytest.approx(1.1, abs=0.08)
    skipped = hear(KNOWN, pcm(first, silence(1.1), second[int(0.5 * RATE) :], silence(0.3)))
    assert not any(isinstance(report, HeardPrompt) for report in skipped)


def test_equal_sound_is_reported_under_all_its_names() -> None:
    twice = {"x": KNOWN["a"], "y": KNOWN["a"]}
    assert sorted(report.id for report in hear(twice, KNOWN["a"] + pcm(silence(0.5)))) == ["x", "y"]


def test_a_prompt_that_plays_is_known_before_it_ends() -> None:
    hearing = Hearing(Known(KNOWN))
    hearing.accept(pcm(silence(0.5), PROMPTS["b"][: int(1.5 * RATE)]))
    assert hearing.playing == ("b",)
    assert hearing.begun("b") == pytest.approx(0.5, abs=0.03)
    assert hearing.begun("b", after_s=0.6) is None
    assert hearing.begun("a") is None
    assert hearing.duration("b") == pytest.approx(2.4, abs=0.05)
    hearing.accept(pcm(PROMPTS["b"][int(1.5 * RATE) :], silence(1.0)))
    assert not hearing.playing


def test_only_what_is_awaited_is_searched_for() -> None:
    hearing = Hearing(Known(KNOWN))
    hearing.expect(["a"])
    reports = hearing.accept(pcm(PROMPTS["b"], silence(0.3), PROMPTS["a"], silence(1.0)))
    assert [report.id for report in reports] == ["a"]
    hearing.expect(None)
    assert [report.id for report in hearing.accept(pcm(PROMPTS["b"], silence(1.0)))] == ["b"]


def test_levels_and_the_moment_when_sound_stopped() -> None:
    hearing = Hearing(Known({}))
    hearing.accept(pcm(silence(0.5), np.full(RATE, 3276.8), silence(0.5)))
    meter = hearing.meter
    assert (meter.active_dbfs, meter.peak_dbfs) == (-20.0, -20.0)
    assert meter.floor_dbfs < -90
    assert (meter.first_sound_s, meter.last_sound_s) == (0.5, 1.5)
    assert hearing.heard_s == 2.0


def test_real_voices_that_say_the_same_are_told_apart() -> None:
    clips = [clip for clip in Clips().all if clip.name in ("bendra-informacija", "mano-reikalai", "palikti-zinute")]
    known = {f"{clip.name} {clip.voice}": clip.pcm for clip in clips}
    line = b"".join(sound + pcm(silence(0.15)) for sound in known.values())
    assert [report.id for report in hear(known, line)] == list(known)


def test_a_prompt_without_sound_is_refused_by_name() -> None:
    with pytest.raises(AudioError, match="prompt empty has less than 150 ms of sound"):
        Known({"empty": bytes(16000)})


def test_another_wording_counts_as_the_prompt_whose_words_it_replaces() -> None:
    known = {"a": KNOWN["a"], "a.again": KNOWN["b"], "c.calm": KNOWN["c"]}
    assert {report.id for report in hear(known, pcm(silence(0.3), PROMPTS["b"], silence(0.5)))} == {"a", "a.again"}
    assert [report.id for report in hear(known, pcm(silence(0.3), PROMPTS["c"], silence(0.5)))] == ["c.calm"]

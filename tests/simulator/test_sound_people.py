"""Citizen and agent decide by what really happened on their leg, and say what was missing."""

from __future__ import annotations

import asyncio
import random
import wave
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.events import HangupReason, LegAnswered, LegAudio, LegEnded, LegKey, LegPlaybackDone, LegRinging
from ivr.simulator.agent import Behaviour, Manner, VirtualAgent
from ivr.simulator.citizen import VirtualCitizen
from ivr.simulator.clips import Clips
from ivr.simulator.handset import LevelMeter
from ivr.simulator.hearing import Hearing, Known
from ivr.simulator.report import of_person

CLIPS = Clips()
PROMPTS = {
    "greeting": CLIPS.find("noriu pasikalbėti su darbuotoju", "am_michael").pcm,
    "menu": CLIPS.find("pagrindinis meniu", "im_nicola").pcm,
}
T0 = 1000.0


class FakeLeg:
    """Remembers what it was told to do."""

    id = "leg-1"

    def __init__(self) -> None:
        self.done: list[tuple[str, object]] = []

    def play(self, utterance: str, pcm: bytes) -> None:
        self.done.append((utterance, len(pcm)))

    def answer(self) -> None:
        self.done.append(("answer", None))

    def hold(self) -> None:
        self.done.append(("hold", None))

    def unhold(self) -> None:
        self.done.append(("unhold", None))

    def hangup(self, reason: HangupReason = HangupReason.ASSISTANT) -> None:
        self.done.append(("hangup", reason))

    def send_key(self, key: str) -> None:
        self.done.append(("key", key))


class Call:
    """A citizen's call whose events a test makes; the clock stands where the sound has come to."""

    def __init__(self) -> None:
        self.leg = FakeLeg()
        self.now = T0
        self.citizen = VirtualCitizen(
            self.leg, Hearing(Known(PROMPTS)), CLIPS, random.Random(1), voice="am_michael", clock=lambda: self.now
        )

    def answer(self) -> None:
        self.citizen.on_event(LegRinging("leg-1", T0 - 0.2))
        self.citizen.on_event(LegAnswered("leg-1", T0, "PCMA"))
        self.citizen.turn_at = T0

    def sound(self, *parts: bytes) -> None:
        sound = b"".join(parts)
        sound += bytes(-len(sound) % 320)
        for at in range(0, len(sound), 320):
            self.now += 0.02
            self.citizen.on_event(LegAudio("leg-1", self.now, sound[at : at + 320]))

    def end(self, reason: HangupReason, code: int = 0) -> None:
        self.citizen.on_event(LegEnded("leg-1", self.now, reason, code))


def silence(seconds: float) -> bytes:
    return bytes(int(seconds * 8000) * 2)


@pytest.fixture
def call() -> Call:
    call = Call()
    call.answer()
    return call


async def test_prompts_in_order_are_expected_and_timed_from_the_end_of_the_last(call: Call) -> None:
    call.sound(silence(0.4), PROMPTS["greeting"], silence(0.3), PROMPTS["menu"], silence(1.0))
    first = await call.citizen.expect("greeting", 1.0)
    second = await call.citizen.expect("menu", 0.5)
    assert (first.ok, second.ok) == (True, True)
    assert first.measured_ms == pytest.approx(430, abs=30)  # 30 ms of the clip are silent
    assert second.measured_ms == pytest.approx(360, abs=40)


async def test_a_prompt_that_begins_late_fails_with_the_time_it_took(call: Call) -> None:
    call.sound(silence(1.2), PROMPTS["menu"], silence(0.8))
    result = await call.citizen.expect("menu", 1.0)
    assert not result.ok
    assert result.reason == f"menu began after {result.measured_ms} ms, not within 1000 ms"
    assert result.measured_ms == pytest.approx(1230, abs=30)


async def test_a_prompt_that_was_cut_is_not_heard(call: Call) -> None:
    half = PROMPTS["greeting"][: len(PROMPTS["greeting"]) // 4 * 2]
    call.sound(silence(0.2), half, silence(8.0))
    result = await call.citizen.expect("greeting", 1.0)
    assert not result.ok
    assert result.reason.startswith("greeting was cut after ")


async def test_what_began_alike_within_a_prompt_is_not_the_next_one(call: Call) -> None:
    call.sound(silence(0.4), PROMPTS["greeting"], silence(1.0))
    assert (await call.citizen.expect("greeting", 1.0)).ok
    heard = call.citizen.heard[0]
    call.citizen.heard.append(replace(heard, prompt="menu", started=heard.started + 0.01, whole=False))
    call.sound(PROMPTS["menu"], silence(1.0))
    assert (await call.citizen.expect("menu", 2.0)).ok


async def test_its_beginning_is_enough_where_only_that_is_expected(call: Call) -> None:
    call.sound(silence(0.2), PROMPTS["greeting"][:16000])
    assert (await call.citizen.expect("greeting", 1.0, to_its_end=False)).ok


async def test_each_playing_counts_once(call: Call) -> None:
    call.sound(PROMPTS["menu"], silence(0.5), PROMPTS["menu"], silence(1.0))
    assert (await call.citizen.expect("menu", 1.0)).ok
    assert (await call.citizen.expect("menu", 1.0)).ok
    call.end(HangupReason.CALLER)
    assert not (await call.citizen.expect("menu", 1.0)).ok


async def test_the_end_of_the_call_ends_every_wait_and_is_the_reason(call: Call) -> None:
    call.end(HangupReason.MEDIA_LOST)
    for waiting in (call.citizen.expect("menu", 60.0), call.citizen.speak("taip"), call.citizen.press("1")):
        assert (await waiting).reason == "the call is over (media_lost)"


async def test_a_refused_call_says_with_which_status() -> None:
    call = Call()
    call.end(HangupReason.BUSY, 486)
    assert (await call.citizen.connected(60.0)).reason == "the call is over (busy 486)"


async def test_absence_is_proven_by_listening_for_the_whole_time(call: Call) -> None:
    call.sound(silence(4.0))
    assert (await call.citizen.expect_absent("menu", 2.0)).ok
    call.sound(PROMPTS["menu"], silence(4.0))
    result = await call.citizen.expect_absent("menu", 5.0)
    assert (result.ok, result.reason) == (False, "menu was said")


async def test_only_the_lines_own_bye_is_its_hang_up(call: Call) -> None:
    call.end(HangupReason.ASSISTANT)
    assert not (await call.citizen.expect_hangup(1.0)).ok
    other = Call()
    other.answer()
    other.now += 0.7
    other.end(HangupReason.CALLER)
    result = await other.citizen.expect_hangup(1.0)
    assert (result.ok, result.measured_ms) == (True, 700)


async def test_a_phrase_is_spoken_in_the_citizens_voice_and_timed_by_its_playout(call: Call) -> None:
    speaking = asyncio.ensure_future(call.citizen.speak("taip"))
    await asyncio.sleep(0)
    clip = CLIPS.find("taip", "am_michael")
    assert call.leg.done == [("say-1", len(clip.pcm))]
    call.citizen.on_event(LegPlaybackDone("leg-1", T0 + 3.0, "say-1", True))
    result = await speaking
    assert (result.ok, call.citizen.turn_at) == (True, T0 + 3.0)
    spoken = call.citizen.said[0]
    assert (spoken.text, spoken.voice, spoken.completed) == ("taip", "am_michael", True)
    assert spoken.ended - spoken.started == pytest.approx(clip.duration_s)


async def test_a_monologue_goes_on_for_as_long_as_it_shall(call: Call) -> None:
    speaking = asyncio.ensure_future(call.citizen.speak("tai labai ilga istorija", 181.0))
    await asyncio.sleep(0)
    assert call.leg.done == [("say-1", 181 * 16000)]
    call.end(HangupReason.CALLER)
    assert not (await speaking).ok


async def test_a_phrase_without_a_clip_is_a_fault_that_names_it(call: Call) -> None:
    result = await call.citizen.speak("nieko panašaus")
    assert not result.ok
    assert "nieko panašaus: there is no clip of this phrase" in result.reason


async def test_sound_that_was_interrupted_is_dated_by_when_it_came(call: Call) -> None:
    call.sound(silence(0.5))
    call.now += 7.0  # hold: no frames at all
    call.sound(silence(0.2), PROMPTS["menu"], silence(0.8))
    await call.citizen.expect("menu", 10.0)
    (moment,) = call.citizen.heard
    assert moment.started == pytest.approx(T0 + 7.73, abs=0.03)


async def test_a_report_tells_times_levels_keys_and_the_end(call: Call, tmp_path: Path) -> None:
    call.sound(silence(0.5), PROMPTS["menu"], silence(0.8))
    call.citizen.on_event(LegKey("leg-1", call.now, "5"))
    call.end(HangupReason.CALLER)
    report = of_person(call.citizen, since=T0 - 0.3)
    assert (report.ring_ms, report.answer_ms, report.codec, report.keys) == (100, 300, "PCMA", "5")
    assert report.sound_ms == pytest.approx(530, abs=30)
    assert [(heard.id, heard.whole) for heard in report.heard] == [("menu", True)]
    assert -26 < report.sound.active_dbfs < -20
    assert (report.ended, report.code) == ("caller", 0)
    seconds = call.citizen.save(tmp_path / "heard.wav")
    with wave.open(str(tmp_path / "heard.wav")) as sound:
        assert sound.getnframes() / 8000 == pytest.approx(seconds) == pytest.approx(report.sound.seconds, abs=0.001)


# ---------------------------------------------------------------- the agent


class Later:
    """The loop's ``call_later``: remembers, and runs when told."""

    def __init__(self) -> None:
        self.calls: list[tuple[float, Callable[[], None]]] = []

    def __call__(self, delay_s: float, job: Callable[[], None]) -> asyncio.TimerHandle:
        self.calls.append((delay_s, job))
        loop = asyncio.get_running_loop()
        return asyncio.TimerHandle(0.0, job, (), loop)


def agent() -> tuple[VirtualAgent, FakeLeg, Later]:
    leg = FakeLeg()
    return VirtualAgent(leg, Hearing(Known({})), CLIPS, random.Random(1), voice="bm_george"), leg, Later()


async def test_the_agent_rings_answers_and_says_who_is_there_once_there_is_sound() -> None:
    person, leg, later = agent()
    person.take(Behaviour(ring_s=2.5), later)
    ((delay, answer),) = later.calls
    assert (delay, leg.done) == (2.5, [])
    answer()
    person.on_event(LegAnswered("leg-1", T0))
    await asyncio.sleep(0)
    assert leg.done == [("answer", None)]
    for frame in range(20):
        person.on_event(LegAudio("leg-1", T0 + 0.02 * frame, bytes(320)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert leg.done[1:] == [("say-1", len(CLIPS.find("agentas-labas").pcm))]
    person.on_event(LegEnded("leg-1", T0 + 1, HangupReason.CALLER))


@pytest.mark.parametrize(
    ("manner", "reason"),
    [
        (Manner.BUSY, HangupReason.BUSY),
        (Manner.DECLINED, HangupReason.DECLINED),
        (Manner.UNREACHABLE, HangupReason.DRAINED),
    ],
)
async def test_an_agent_who_does_not_talk_refuses_at_once(manner: Manner, reason: HangupReason) -> None:
    person, leg, later = agent()
    person.take(Behaviour(manner), later)
    assert (leg.done, later.calls) == ([("hangup", reason)], [])


async def test_an_agent_who_is_away_lets_it_ring() -> None:
    person, leg, later = agent()
    person.take(Behaviour(Manner.NO_ANSWER), later)
    assert (leg.done, later.calls) == ([], [])


# ---------------------------------------------------------------- the level meter of ``ivr call``


def test_the_meter_shows_one_line_per_stretch_of_sound() -> None:
    lines: list[str] = []
    meter = LevelMeter(lines.append)
    meter.add(silence(0.5) + PROMPTS["menu"] + silence(1.0))
    meter.add(PROMPTS["greeting"])
    assert len(lines) == 1
    meter.flush()
    assert len(lines) == 2
    assert all(line.startswith("  ‹ ") and line.endswith(" dBFS") for line in lines)

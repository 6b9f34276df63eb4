"""What the caller hears of one saying: at once, in order, as slowly as they asked, never dead air."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from ivr.errors import SpeechUnavailable
from ivr.events import SAMPLE_RATE, LegEvent, LegPlaybackDone, Prompt, Say
from ivr.session.lead_in import SOON_S, LeadIns
from ivr.session.ports import MouthLike
from ivr.session.speaker import Said, Speaker
from ivr.simulator.clock import VirtualClock
from ivr.simulator.fakes import FakeLeg, FakeMouth, FakeSounds

LEAD, PHONE, NAME = "lead.moment", "plius trys septyni nulis.", "Ona Petraitienė."


@dataclass
class GatedMouth:
    """Speaks when its gate is opened; one clause of a second."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False

    async def say(self, text: str, language: str) -> AsyncIterator[bytes]:
        try:
            await self.gate.wait()
            yield bytes(2 * SAMPLE_RATE)
        finally:
            self.closed = True


@dataclass
class Stand:
    """A speaker on a fake leg."""

    mouth: MouthLike
    sounds: FakeSounds = field(
        default_factory=lambda: FakeSounds(leads=(LEAD, f"{LEAD}.again"), ready=frozenset({PHONE}))
    )
    clock: VirtualClock = field(default_factory=VirtualClock)
    said: list[Said] = field(default_factory=list)
    lead_ins: LeadIns = field(default_factory=LeadIns)

    def __post_init__(self) -> None:
        self.leg = FakeLeg("caller", self.clock, self._route)
        self.speaker = Speaker(self.leg, self.sounds, self.mouth, "lt", self.clock.now, self.said.append, self.lead_ins)

    def _route(self, event: LegEvent) -> None:
        if isinstance(event, LegPlaybackDone):
            self.speaker.on_playback(event)

    async def say(self, *prompts: Prompt, pace: float = 1.0) -> None:
        self.speaker.say(Say("u", prompts, pace=pace))
        await self.settle()

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def until(self, playing: str) -> None:
        async with asyncio.timeout(5):
            while playing not in self.leg.played:
                await asyncio.sleep(0.001)

    async def over(self) -> Said:
        self.clock.advance(60)
        await self.settle()
        return self.said[-1]


async def test_fixed_prompts_are_one_piece_of_sound_that_starts_at_once() -> None:
    stand = Stand(FakeMouth())
    stand.speaker.say(Say("u", (Prompt(id="a"), Prompt(id="b"))))
    assert stand.leg.played == ["u"]
    assert (await stand.over()).completed


@pytest.mark.rule("A12.20")
async def test_slow_mode_stretches_the_words_and_the_pauses_between_prompts() -> None:
    usual, slow = Stand(FakeMouth()), Stand(FakeMouth())
    lasted = []
    for stand, pace in ((usual, 1.0), (slow, 0.8)):
        began = stand.clock.now()
        await stand.say(Prompt(id="a"), Prompt(id="b"), pace=pace)
        while not stand.said:
            stand.clock.advance(0.02)
        lasted.append(stand.said[-1].ended - began)
    assert lasted[0] == pytest.approx(2 + 0.2 + 2, abs=0.03)
    assert lasted[1] == pytest.approx(2.5 + 0.4 + 2.5, abs=0.03)


async def test_slow_mode_stretches_sentences_too() -> None:
    stand = Stand(FakeMouth())
    await stand.say(Prompt(text=NAME), pace=0.5)
    while not stand.said:
        stand.clock.advance(0.02)
    assert stand.said[-1].ended == pytest.approx(2.0, abs=0.03)


async def test_a_sentence_of_blocks_needs_no_synthesiser() -> None:
    stand = Stand(FakeMouth(broken=True))
    await stand.say(Prompt(id="number"), Prompt(text=PHONE))
    assert stand.leg.played == ["u#0", "u#1"]
    assert isinstance(stand.mouth, FakeMouth)
    assert stand.mouth.said == []
    said = await stand.over()
    assert (said.completed, said.text) == (True, f"number {PHONE}")


async def test_the_prompt_before_a_sentence_plays_while_it_is_made() -> None:
    mouth = GatedMouth()
    stand = Stand(mouth)
    await stand.say(Prompt(id="name"), Prompt(text=NAME))
    assert stand.leg.played == ["u#0"]
    mouth.gate.set()
    await stand.settle()
    assert stand.leg.played == ["u#0", "u#1.0"]  # no lead-in: something was heard already
    assert (await stand.over()).completed


async def test_a_sentence_that_will_be_late_waits_behind_a_lead_in() -> None:
    mouth = GatedMouth()
    stand = Stand(mouth)
    await stand.say(Prompt(text=NAME))
    assert stand.leg.played == ["u#0.lead"]  # at once, not after a silence
    mouth.gate.set()
    await stand.until("u#0.0")
    said = await stand.over()
    assert (said.text, said.prompts) == (f"{LEAD} {NAME}", ())
    assert said.completed
    mouth.gate.clear()
    stand.leg.played.clear()
    await stand.say(Prompt(text=NAME))
    await stand.until("u#0.lead")
    mouth.gate.set()
    await stand.until("u#0.0")
    assert (await stand.over()).text == f"{LEAD}.again {NAME}"  # never the same lead-in twice in a row


async def test_a_sentence_with_a_short_first_clause_has_no_lead_in() -> None:
    stand = Stand(FakeMouth())
    await stand.say(Prompt(text=f"Taip, {NAME}"))
    assert stand.leg.played == ["u#0.0", "u#0.1"]


async def test_what_the_voice_needed_is_remembered_for_the_next_sentence() -> None:
    stand = Stand(FakeMouth())
    assert stand.lead_ins.patience_s(1.5) == 0.0
    for _ in range(6):
        await stand.say(Prompt(id="name"), Prompt(text=NAME))
        await stand.over()
    assert stand.lead_ins.patience_s(1.5) == SOON_S


async def test_a_short_clause_that_does_not_come_is_not_waited_for_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LeadIns, "patience_s", lambda self, speech_s: 0.01)
    stand = Stand(GatedMouth())
    await stand.say(Prompt(text="Taip."))
    assert stand.leg.played == []
    await stand.until("u#0.lead")


async def test_a_private_sentence_is_said_and_not_written_down() -> None:
    stand = Stand(FakeMouth())
    await stand.say(Prompt(text=NAME, private=True), Prompt(text=PHONE, private=True))
    said = await stand.over()
    assert len(stand.leg.played) == 3
    assert NAME not in said.text
    assert PHONE not in said.text


async def test_stopping_while_a_sentence_is_made_cancels_it_at_once() -> None:
    mouth = GatedMouth()
    stand = Stand(mouth)
    await stand.say(Prompt(text=NAME))
    stand.speaker.stop()
    assert [said.completed for said in stand.said] == [False]
    await stand.settle()
    assert mouth.closed
    mouth.gate.set()
    await stand.settle()
    assert stand.leg.played == ["u#0.lead"]


async def test_a_mouth_that_fails_behind_a_lead_in_leaves_no_silence_for_ever() -> None:
    class Failing:
        async def say(self, text: str, language: str) -> AsyncIterator[bytes]:
            await asyncio.sleep(0.01)
            raise SpeechUnavailable("it fell")
            yield b""

    stand = Stand(Failing())
    await stand.say(Prompt(text=NAME), Prompt(id="rest"))
    await stand.until("u#1")
    said = await stand.over()
    assert stand.leg.played == ["u#0.lead", "u#1"]
    assert not said.completed

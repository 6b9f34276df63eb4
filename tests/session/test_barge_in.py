"""The caller speaks while the line does: it falls silent at once, and goes on when it was nothing."""

from __future__ import annotations

import numpy as np
import pytest

from ivr import events as ev
from ivr.session.bargein import BargeInSettings
from ivr.simulator.fakes import FakeLeg
from ivr.speech.ports import EarAvailable, HeardText, VoiceBegan
from tests.session.conftest import Call, CallMaker

NOTHING = HeardText("", 0.1, (), 1.0, 1.3)
LIMITS = BargeInSettings()


async def asked(make_call: CallMaker, seconds: float = 6.0) -> tuple[Call, FakeLeg]:
    """Greeting and notice are over, and the first question has been played for one second."""
    call = await make_call(seconds=seconds).begin()
    await call.run(2 * seconds + 1.1)
    leg = call.line.legs["caller"]
    assert call.prompts == ["greeting", "notice.recorded"]
    assert call.ears[0].grammar is not None
    return call, leg


def said(call: Call) -> dict[str, object]:
    return call.journal.of("turn.said")[2]


@pytest.mark.rule("A12.20")
async def test_the_line_falls_silent_at_once_and_goes_on_where_it_stopped_after_a_cough(make_call: CallMaker) -> None:
    call, leg = await asked(make_call)
    call.ears[0].on_event(VoiceBegan(1.0))
    assert leg.paused
    await call.run(1.5)
    call.ears[0].on_event(NOTHING)
    assert not leg.paused
    await call.run(15)
    told = said(call)
    assert told["completed"] is True
    whole = len(call.prompts[2:]) * 6.0
    assert whole + 1.5 <= float(str(told["ended_s"])) - float(str(told["started_s"])) <= whole + 2.0
    await call.hang_up()


async def test_an_answer_cuts_the_question_and_what_follows_is_heard(make_call: CallMaker) -> None:
    call, leg = await asked(make_call)
    call.say("bendra informacija")
    assert not leg.paused
    assert said(call)["completed"] is False
    await call.run(15)
    assert "topics.ask" in call.prompts
    await call.hang_up()


async def test_what_must_be_heard_is_not_halted(make_call: CallMaker) -> None:
    call = await make_call(seconds=6.0).begin()
    await call.run(8)  # in the notice
    call.ears[0].on_event(VoiceBegan(1.0))
    assert not call.line.legs["caller"].paused
    await call.hang_up()


async def test_a_television_cannot_silence_the_line(make_call: CallMaker) -> None:
    call, leg = await asked(make_call)
    for _ in range(LIMITS.most):
        call.ears[0].on_event(VoiceBegan(1.0))
        assert leg.paused
        await call.run(LIMITS.longest_s - 0.1)
        assert leg.paused
        await call.run(0.2)
        assert not leg.paused  # although the voice goes on
        call.ears[0].on_event(NOTHING)
    call.ears[0].on_event(VoiceBegan(1.0))
    assert not leg.paused
    await call.run(15)
    assert said(call)["completed"] is True
    await call.hang_up()


async def test_the_next_saying_may_be_halted_again(make_call: CallMaker) -> None:
    call, leg = await asked(make_call)
    for _ in range(LIMITS.most + 1):
        call.ears[0].on_event(VoiceBegan(1.0))
        call.ears[0].on_event(NOTHING)
    assert not leg.paused
    call.say("bendra informacija")
    await call.run(1)
    call.ears[0].on_event(VoiceBegan(1.0))
    assert leg.paused
    await call.hang_up()


async def test_a_key_during_a_halt_is_obeyed_and_answered_aloud(make_call: CallMaker) -> None:
    call, leg = await asked(make_call)
    call.ears[0].on_event(VoiceBegan(1.0))
    call.press("1")
    assert not leg.paused
    await call.run(15)
    assert "topics.ask" in call.prompts
    await call.hang_up()


async def test_the_line_goes_on_when_the_recogniser_dies_under_a_voice(make_call: CallMaker) -> None:
    call, leg = await asked(make_call)
    call.ears[0].on_event(VoiceBegan(1.0))
    call.ears[0].on_event(EarAvailable(False))
    assert not leg.paused
    await call.run(30)
    assert said(call)["completed"] in (True, False)
    assert "menu.keypad" in call.prompts
    await call.hang_up()


async def test_a_caller_who_hangs_up_during_a_halt_leaves_no_timer(make_call: CallMaker) -> None:
    call, leg = await asked(make_call)
    call.ears[0].on_event(VoiceBegan(1.0))
    await call.hang_up()
    assert leg.ended is ev.HangupReason.CALLER
    assert call.clock.next_at is None


async def test_expected_words_of_a_prompt_reach_the_ear(make_call: CallMaker) -> None:
    call, _ = await asked(make_call)
    assert call.session is not None
    call.session._do(ev.Listen(ev.Grammar("digits:4", ("nulis",)), 0.7, 4))
    assert call.ears[0].expected_words == 4
    await call.hang_up()


async def test_our_own_echo_neither_halts_the_line_nor_answers_it(
    make_call: CallMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, leg = await asked(make_call)
    monkeypatch.setattr("ivr.session.echo.EchoGuard.is_echo", lambda *_: True)
    call.ears[0].on_event(VoiceBegan(1.0))
    assert not leg.paused
    call.ears[0].on_event(HeardText("bendra informacija", 0.9, (), 1.0, 2.0))
    assert call.journal.of("turn.heard") == []
    monkeypatch.undo()
    call.ears[0].on_event(VoiceBegan(3.0))
    assert leg.paused  # and a person is heard as before
    await call.hang_up()


async def test_a_turn_that_only_proves_to_be_echo_at_its_end_is_not_understood(
    make_call: CallMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, leg = await asked(make_call)
    call.ears[0].on_event(VoiceBegan(1.0))
    assert leg.paused
    monkeypatch.setattr("ivr.session.echo.EchoGuard.is_echo", lambda *_: True)
    call.ears[0].on_event(HeardText("bendra informacija", 0.9, (), 1.0, 2.0))
    assert not leg.paused
    assert [heard["text"] for heard in call.journal.of("turn.heard")] == [""]
    await call.hang_up()


def loud_frame() -> bytes:
    return (8000 * np.sin(np.arange(ev.FRAME_BYTES // 2) / 3)).astype("<i2").tobytes()


@pytest.mark.rule("A12.20")
async def test_at_the_mere_suspicion_of_a_voice_the_line_falls_silent_and_the_ears_decide(make_call: CallMaker) -> None:
    call, leg = await asked(make_call)
    hear(call, bytes(ev.FRAME_BYTES) * 30 + loud_frame() * 2)
    assert leg.paused
    await call.run(LIMITS.unconfirmed_s - 0.05)
    call.ears[0].on_event(VoiceBegan(1.0))
    await call.run(2.0)
    assert leg.paused  # it was a voice
    call.ears[0].on_event(NOTHING)
    assert not leg.paused
    await call.hang_up()


async def test_a_suspicion_that_was_nothing_halts_a_saying_for_a_moment_and_only_once(make_call: CallMaker) -> None:
    call, leg = await asked(make_call)
    hear(call, bytes(ev.FRAME_BYTES) * 30 + loud_frame() * 2)
    assert leg.paused
    await call.run(LIMITS.unconfirmed_s + 0.05)
    assert not leg.paused
    hear(call, bytes(ev.FRAME_BYTES) * 150 + loud_frame() * 2)
    assert not leg.paused
    call.ears[0].on_event(VoiceBegan(4.0))
    assert leg.paused  # the ears are believed as before
    await call.hang_up()


async def test_nobody_falls_silent_for_somebody_who_is_not_listened_to(make_call: CallMaker) -> None:
    call = await make_call(seconds=6.0).begin()
    await call.run(2.0)  # in the greeting
    hear(call, bytes(ev.FRAME_BYTES) * 30 + loud_frame() * 2)
    assert not call.line.legs["caller"].paused
    await call.hang_up()


def hear(call: Call, pcm: bytes) -> None:
    """Sound of the caller's, at once."""
    assert call.session is not None
    for at in range(0, len(pcm), ev.FRAME_BYTES):
        call.session.on_leg(ev.LegAudio("caller", call.clock.now(), pcm[at : at + ev.FRAME_BYTES]))

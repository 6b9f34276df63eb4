"""The shell of a call: what the mind decides reaches leg, ear, recorder and journal, whatever fails."""

from __future__ import annotations

import gc
import wave
import weakref
from collections.abc import AsyncIterator

import pytest

from ivr import events as ev
from ivr.simulator.fakes import FakeMouth
from ivr.speech.ports import EarAvailable, HeardText
from tests.session.conftest import CallMaker


async def test_a_call_is_journalled_from_offer_to_end(make_call: CallMaker) -> None:
    call = await make_call().begin()
    await call.run(12)
    call.say("bendra informacija")
    await call.run(6)
    call.press("3")
    await call.run(8)
    call.say("ne")
    await call.run(6)
    await call.hang_up()
    kinds = call.journal.kinds()
    assert kinds[0] == "call.offered"
    assert kinds[-1] == "call.ended"
    for kind in ("call.answered", "notice.completed", "recording.started", "turn.heard", "turn.key", "answer.given"):
        assert kind in kinds, kinds
    assert call.outcome == "answered"
    assert [heard["text"] for heard in call.journal.of("turn.heard")] == ["bendra informacija", "ne"]
    assert "goodbye" in call.prompts


@pytest.mark.rule("A17.1", "X2")
async def test_nothing_is_recorded_before_the_notice_was_heard_to_its_end(make_call: CallMaker) -> None:
    call = await make_call(seconds=4.0).begin()
    await call.run(7.9)  # greeting 4 s, notice 4 s
    assert call.line.legs["caller"].sink is None
    await call.run(0.5)
    assert call.line.legs["caller"].sink is not None
    await call.run(2)
    await call.hang_up()
    notice = call.journal.kinds().index("notice.completed")
    assert notice < call.journal.kinds().index("recording.started")


@pytest.mark.rule("X2")
async def test_hanging_up_during_the_notice_leaves_no_sound_and_the_state_blocked(make_call: CallMaker) -> None:
    call = await make_call().begin()
    await call.run(3)
    await call.hang_up()
    assert list(call.recordings.iterdir()) == []
    assert call.journal.of("recording.state")[-1]["state"] == "blocked"
    assert "notice.completed" not in call.journal.kinds()
    assert call.outcome == "abandoned"


@pytest.mark.rule("A17")
async def test_with_recording_off_nothing_is_kept_and_nothing_is_announced(make_call: CallMaker) -> None:
    call = await make_call(recording=False).begin()
    await call.run(20)
    await call.hang_up()
    assert list(call.recordings.iterdir()) == []
    assert "notice.recorded" not in call.prompts
    assert call.journal.of("recording.state")[-1]["state"] == "declined"


async def test_the_recording_is_as_long_as_the_journal_says(make_call: CallMaker) -> None:
    call = await make_call().begin()
    await call.run(30)
    await call.hang_up()
    rows = {kind: at for _, kind, _, at in call.journal.rows}
    journalled = (rows["recording.ended"] - rows["recording.started"]).total_seconds()
    with wave.open(str(call.recordings / "call-1.wav")) as sound:
        kept = sound.getnframes() / sound.getframerate()
        assert sound.getnchannels() == 2
    assert abs(kept - journalled) <= max(0.040, 0.001 * journalled)
    assert call.journal.of("recording.state")[-1] == {"state": "ok", "final": True}


async def test_a_recorder_that_cannot_start_does_not_end_the_call(make_call: CallMaker) -> None:
    call = await make_call(failing_recorder=True).begin()
    await call.run(12)
    call.say("bendra informacija")
    await call.run(6)
    await call.hang_up()
    assert call.journal.of("recording.state")[-1]["state"] == "failed"
    assert "topics.ask" in call.prompts


async def test_keys_work_while_the_recogniser_is_away(make_call: CallMaker) -> None:
    call = await make_call().begin()
    call.ears[0].on_event(EarAvailable(False))
    await call.run(20)
    call.press("1")
    await call.run(8)
    await call.hang_up()
    assert "topics.ask" in call.prompts
    assert "menu.keypad" in call.prompts  # keys are offered at once


async def test_warm_hand_over_bridges_after_the_agent_answered(make_call: CallMaker) -> None:
    call = await make_call(agent="answers").begin()
    await call.run(12)
    call.press("0")
    await call.run(12)
    assert call.line.bridges == {frozenset({"caller", "agent-1"})}
    ((uri, headers),) = call.line.dialled
    assert (uri, headers["X-IVR-Context"]) == ("sip:agent@127.0.0.1", "call-1")
    assert headers["User-to-User"] == "0063616c6c2d31;encoding=hex"
    fed = call.ears[0].fed
    await call.run(2)
    assert call.ears[0].fed == fed  # nobody listens in while two people talk
    call.press("7")
    assert call.journal.of("turn.key")[-1] == {"pii_key": "7", "source": "rtp"}, "and a code is told to nobody else"
    call.line.legs["agent-1"].end(ev.HangupReason.CALLER)
    await call.run(6)
    await call.hang_up()
    assert call.outcome == "transferred"
    assert "transfer.returned" in call.prompts


@pytest.mark.rule("A12.16")
async def test_who_waited_is_thanked_while_the_agent_stays_on_the_telephone(make_call: CallMaker) -> None:
    call = await make_call(agent="answers", wait_s=300).begin()
    await call.run(12)
    call.press("0")
    await call.run(8)
    call.press("1")  # yes, I'll wait
    await call.run(12)
    assert call.prompts[-1] == "hold.back"
    assert call.line.legs["agent-1"].ended is None
    assert call.line.bridges == {frozenset({"caller", "agent-1"})}
    await call.hang_up()
    assert call.outcome == "transferred"


@pytest.mark.parametrize("failure", ["busy", "declined", "unreachable", "no_answer", "no_leg"])
async def test_an_agent_who_cannot_be_reached_brings_the_caller_back(make_call: CallMaker, failure: str) -> None:
    call = await make_call(agent=failure).begin()
    await call.run(12)
    call.press("0")
    await call.run(30)
    assert call.line.legs["caller"].ended is None
    assert "transfer.failed" in call.prompts
    failed = call.journal.of("transfer.failed")
    assert len(failed) == 1
    if failure == "no_answer":
        assert failed[0]["reason"] == "no_answer"
        assert call.line.legs["agent-1"].ended is ev.HangupReason.ASSISTANT
    await call.hang_up()


async def test_the_agents_leg_ends_with_the_callers(make_call: CallMaker) -> None:
    call = await make_call(agent="answers").begin()
    await call.run(12)
    call.press("0")
    await call.run(12)
    await call.hang_up()
    assert call.line.legs["agent-1"].ended is not None
    assert call.outcome == "transferred"


async def test_a_caller_who_leaves_while_the_agent_rings_leaves_no_leg_behind(make_call: CallMaker) -> None:
    call = await make_call(agent="no_answer").begin()
    await call.run(12)
    call.press("0")
    await call.run(4)
    await call.hang_up()
    await call.run(1)
    assert call.line.legs["agent-1"].ended is not None


@pytest.mark.rule("A12.24")
async def test_after_the_goodbye_the_caller_hangs_up_first_until_the_safety_timer(make_call: CallMaker) -> None:
    call = await make_call().begin()
    await call.run(12)
    call.say("viso gero")
    await call.run(40, sound=False)
    assert call.line.legs["caller"].ended is None
    await call.run(60, sound=False)
    assert call.line.legs["caller"].ended is ev.HangupReason.ASSISTANT
    await call.finished()
    assert call.journal.of("call.ended")[0]["why"] == "hangup_safety"


async def test_an_agent_who_answers_after_the_caller_was_taken_back_is_let_go(make_call: CallMaker) -> None:
    call = await make_call(agent="no_answer").begin()
    await call.run(12)
    call.press("0")
    await call.run(3)
    agent = call.line.legs["agent-1"]
    ended, agent.ended = agent.ended, ev.HangupReason.ERROR  # a network that swallows our CANCEL
    await call.run(30)
    agent.ended = ended
    assert "transfer.failed" in call.prompts
    call.tell(ev.LegAnswered("agent-1", call.clock.now(), "PCMA"))
    await call.settle()
    assert agent.ended is ev.HangupReason.ASSISTANT
    assert call.line.bridges == set()
    await call.hang_up()


@pytest.mark.rule("A12.25")
@pytest.mark.parametrize("caller", ["+37060000009", ""])
async def test_lost_media_is_a_dropped_call_and_a_known_number_is_called_back(
    make_call: CallMaker, caller: str
) -> None:
    call = await make_call().begin(caller)
    await call.run(14)
    call.say("bendra informacija")
    await call.run(1)
    await call.hang_up(ev.HangupReason.MEDIA_LOST)
    assert call.outcome == "dropped"
    tasks = call.journal.of("task.created")
    assert [task["pii_caller"] for task in tasks] == ([caller] if caller else [])


@pytest.mark.rule("A12.25")
@pytest.mark.parametrize(("reason", "called_back"), [("media_lost", True), ("drained", True), ("caller", False)])
async def test_who_is_cut_off_from_a_person_is_called_back_too(
    make_call: CallMaker, reason: str, called_back: bool
) -> None:
    call = await make_call(agent="answers").begin("+37060000009")
    await call.run(14)
    call.press("0")
    await call.run(12)
    assert call.line.bridges
    await call.hang_up(ev.HangupReason(reason))
    assert call.outcome == "transferred"
    tasks = call.journal.of("task.created")
    assert [(task["pii_caller"], task["urgent"]) for task in tasks] == [("+37060000009", True)] * called_back


async def test_a_call_that_was_never_confirmed_is_abandoned_and_makes_no_work(make_call: CallMaker) -> None:
    call = await make_call().begin("+37060000009")
    await call.run(8)
    await call.hang_up(ev.HangupReason.NO_ACK)
    assert call.outcome == "abandoned"
    assert call.journal.of("task.created") == []


async def test_a_call_given_up_before_the_answer_is_abandoned(make_call: CallMaker) -> None:
    call = await make_call().begin(answered=False)
    await call.hang_up(ev.HangupReason.CANCELLED)
    assert call.outcome == "abandoned"
    assert call.prompts == []


async def test_a_voice_that_fails_in_mid_sentence_leaves_no_silence_without_end(make_call: CallMaker) -> None:
    call = await make_call(mouth=FakeMouth(broken=True)).begin()
    await call.run(12)
    session = call.session
    assert session is not None
    session._do(ev.Say("u-extra", (ev.Prompt(text="Sakinys, kurio balsas nebaigia."), ev.Prompt(id="more.ask"))))
    await call.run(6)
    said = call.journal.of("turn.said")[-1]
    assert said["prompts"] == ["more.ask"]
    assert said["completed"] is False
    await call.hang_up()


async def test_two_calls_do_not_share_anything(make_call: CallMaker) -> None:
    one, two = await make_call().begin("+37060000001"), await make_call().begin("+37060000002")
    await one.run(12)
    one.press("1")
    await one.run(4)
    assert "topics.ask" not in two.prompts
    await two.run(12)
    assert two.prompts[:2] == ["greeting", "notice.recorded"]
    await one.hang_up()
    assert two.over == []
    await two.hang_up()


async def test_an_hour_on_the_virtual_clock_leaves_nothing_growing(make_call: CallMaker) -> None:
    call = await make_call().begin()
    await call.run(12)
    call.say("viso gero")
    call.clock.advance(3600)
    await call.settle()
    assert call.line.legs["caller"].ended is ev.HangupReason.ASSISTANT
    assert call.clock.next_at is None


@pytest.mark.parametrize("part", ["_machine", "_speaker"])
async def test_a_fault_of_ours_ends_the_call_rather_than_leave_the_caller_in_silence(
    make_call: CallMaker, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    call = await make_call().begin()
    await call.run(12)

    def broken(*_: object) -> None:
        raise KeyError("a prompt without sound")

    monkeypatch.setattr(getattr(call.session, part), {"_machine": "handle", "_speaker": "say"}[part], broken)
    call.press("1")
    assert call.line.legs["caller"].ended is ev.HangupReason.ERROR
    await call.finished()
    assert call.journal.kinds()[-1] == "call.ended"
    assert call.journal.of("recording.state")[-1]["final"] is True


async def test_times_of_turns_count_the_time_with_a_person_too(make_call: CallMaker) -> None:
    call = await make_call(agent="answers").begin()
    await call.run(12)
    call.press("0")
    await call.run(40)
    assert call.line.bridges
    call.line.legs["agent-1"].end(ev.HangupReason.CALLER)
    await call.run(8)
    # The ear tells seconds of the sound that it was given.
    seconds = call.ears[0].fed / ev.FRAME_BYTES * ev.FRAME_S
    call.ears[0].on_event(HeardText("ne", 0.95, (), seconds - 1.0, seconds))
    heard = call.journal.of("turn.heard")[-1]
    assert heard["ended_s"] == pytest.approx(60.0, abs=0.1)
    await call.hang_up()


@pytest.mark.parametrize("op", ["erase", "stop"])
async def test_who_objects_and_hangs_up_at_once_leaves_a_journal_that_ends_with_the_call(
    make_call: CallMaker, op: str
) -> None:
    call = await make_call().begin()
    await call.run(14)
    assert call.session is not None
    call.session._do(ev.Record(op))
    await call.hang_up()
    kinds = call.journal.kinds()
    assert kinds.count("recording.ended") == (op == "stop")
    assert kinds[-2:] == ["recording.state", "call.ended"]
    assert call.journal.of("recording.state")[-1]["state"] == ("declined" if op == "erase" else "ok")
    assert (list(call.recordings.iterdir()) == []) is (op == "erase")


async def test_a_voice_that_fails_in_a_way_nobody_foresaw_leaves_no_silence_without_end(make_call: CallMaker) -> None:
    class Odd(FakeMouth):
        async def say(self, text: str, language: str) -> AsyncIterator[bytes]:
            yield b""
            raise ValueError("an answer that is no Wyoming event")

    call = await make_call(mouth=Odd()).begin()
    await call.run(12)
    assert call.session is not None
    call.session._do(ev.Say("u-extra", (ev.Prompt(text="Sakinys."), ev.Prompt(id="more.ask"))))
    await call.run(6)
    assert call.journal.of("turn.said")[-1]["prompts"] == ["more.ask"]
    await call.hang_up()


async def test_the_time_to_the_answer_is_the_lines_own_however_late_we_hear_of_it(make_call: CallMaker) -> None:
    call = await make_call().begin(answered=False)
    call.clock.advance(0.5)
    call.tell(ev.LegAnswered("caller", 0.042, "PCMA"))
    assert call.journal.of("call.answered")[0]["after_ms"] == 42
    await call.hang_up()


@pytest.mark.rule("A23")
async def test_the_callers_number_reaches_the_journal_as_personal_data_only(make_call: CallMaker) -> None:
    call = await make_call(agent="busy").begin(caller="")
    await call.run(12)
    call.say("perskambinkite man")
    await call.run(8)
    call.say("aštuoni šeši vienas du trys")  # too short to be a number
    await call.run(10)
    for key in "861234567":
        call.press(key)
    await call.run(8)
    call.press("1")
    heard, keys = call.journal.of("turn.heard"), call.journal.of("turn.key")
    assert heard[-1]["pii_text"] == "aštuoni šeši vienas du trys"
    assert "text" not in heard[-1]
    assert "".join(str(row.get("pii_key", "")) for row in keys) == "861234567"
    assert [row["key"] for row in keys if "key" in row] == ["1"], "a yes tells nobody's name"
    await call.hang_up()


async def test_nothing_holds_a_call_that_is_over(make_call: CallMaker) -> None:
    async def one() -> weakref.ref[object]:
        call = await make_call().begin()
        await call.run(12)
        call.say("bendra informacija")
        await call.run(6)
        await call.hang_up()
        return weakref.ref(call.session)

    gone = await one()
    gc.collect()
    assert gone() is None

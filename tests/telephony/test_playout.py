"""The playout queue: nothing is lost in a pause, every utterance is reported exactly once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.events import FRAME_BYTES
from ivr.telephony.playout import SILENCE, Played, Playout


def sound(samples: int, first: int = 1) -> bytes:
    """Samples that count up and are never 0, so that a lost or doubled one shows."""
    return b"".join(((first + n) % 30000 + 1).to_bytes(2, "little") for n in range(samples))


def run(playout: Playout, frames: int) -> bytes:
    return b"".join(playout.frame() for _ in range(frames))


def test_an_empty_queue_is_silence() -> None:
    assert Playout().frame() == SILENCE


def test_utterances_follow_without_a_gap_and_are_reported_after_their_last_frame() -> None:
    playout = Playout()
    playout.add("one", sound(200))
    playout.add("two", sound(120, 201))
    assert playout.frame() == sound(160)
    assert not playout.played
    assert playout.frame() == sound(160, 161)
    assert not playout.played  # the frame is on its way, not yet past
    assert playout.frame() == SILENCE
    assert list(playout.played) == [Played("one", True), Played("two", True)]


def test_the_end_is_padded_with_silence() -> None:
    playout = Playout()
    playout.add("short", sound(10))
    frame = playout.frame()
    assert len(frame) == FRAME_BYTES
    assert frame == sound(10) + bytes(300)


def test_an_empty_utterance_is_reported_too() -> None:
    playout = Playout()
    playout.add("nothing", b"")
    run(playout, 2)
    assert list(playout.played) == [Played("nothing", True)]


def test_half_a_sample_is_dropped() -> None:
    playout = Playout()
    playout.add("odd", sound(160) + b"x")
    assert run(playout, 2) == sound(160) + SILENCE


def test_a_pause_loses_nothing() -> None:
    playout = Playout()
    playout.add("long", sound(800))
    heard = run(playout, 2)
    playout.pause()
    assert run(playout, 3) == SILENCE * 3
    playout.resume()
    heard += run(playout, 3)
    assert heard == sound(800)


def test_flush_cuts_everything_and_ends_a_pause() -> None:
    playout = Playout()
    for name in ("one", "two"):
        playout.add(name, sound(800))
    playout.frame()
    playout.pause()
    playout.flush()
    playout.add("after", sound(160))
    assert playout.frame() == sound(160)
    assert list(playout.played) == [Played("one", False), Played("two", False)]


def test_flush_after_the_last_sample_still_counts_as_played() -> None:
    playout = Playout()
    playout.add("whole", sound(160))
    playout.frame()
    playout.flush()
    playout.frame()
    assert list(playout.played) == [Played("whole", True)]


def test_close_reports_what_is_left() -> None:
    playout = Playout()
    playout.add("heard", sound(160))
    playout.add("begun", sound(800))
    playout.add("waiting", sound(800))
    run(playout, 2)
    assert playout.close() == [Played("heard", True), Played("begun", False), Played("waiting", False)]
    assert playout.close() == []


STEPS = st.lists(
    st.one_of(
        st.integers(0, 900).map(lambda samples: ("add", samples)),
        st.integers(1, 5).map(lambda frames: ("frames", frames)),
        st.sampled_from([("pause", 0), ("resume", 0), ("flush", 0)]),
    ),
    max_size=40,
)


@given(STEPS)
def test_whatever_happens_each_utterance_is_reported_once_in_order(steps: list[tuple[str, int]]) -> None:
    playout, added = Playout(), 0
    reports: list[Played] = []
    for step, amount in steps:
        if step == "add":
            playout.add(str(added), sound(amount))
            added += 1
        elif step == "frames":
            assert len(run(playout, amount)) == amount * FRAME_BYTES
        else:
            {"pause": playout.pause, "resume": playout.resume, "flush": playout.flush}[step]()
    reports += playout.close()
    assert [report.utterance for report in reports] == [str(number) for number in range(added)]


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 4)), max_size=30))
def test_pauses_never_change_the_sound(pauses: list[tuple[bool, int]]) -> None:
    playout = Playout()
    whole = sound(3000)
    playout.add("whole", whole)
    heard = b""
    for paused, frames in pauses:
        (playout.pause if paused else playout.resume)()
        part = run(playout, frames)
        if paused:
            assert part == SILENCE * frames
        else:
            heard += part
    playout.resume()
    heard += run(playout, 20)
    assert heard[: len(whole)] == whole
    assert not any(heard[len(whole) :])

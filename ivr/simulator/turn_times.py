"""From the last sample of a caller's turn to the first sample of the answer, and what took the time.

The wire says when the caller fell silent and when the line was heard again; the line's own journal says what lay
between: when enough silence had come, when the words were there, when the answer was begun. All moments are laid on
the monotonic clock of the machine that both run on.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Final, Protocol

from ivr.events import JournalKind
from ivr.simulator.person import Spoken
from ivr.simulator.wire_sound import Track
from ivr.store.journal import JournalEvent

OPEN: Final = frozenset({"message", "open"})  # listenings without a grammar: they wait for a story to end
STEPS: Final = ("silence_ms", "decode_ms", "mind_ms", "sound_ms")
_NEAR_S: Final = 0.6  # the ear may date a turn's end so much later or earlier than the wire
_SILENT_S: Final = 0.05
_ANSWER_S: Final = 6.0
_FRAME_S: Final = 0.02


class TimedLeg(Protocol):
    """A leg that was timed at the wire: when it called, what it said, heard and keyed."""

    @property
    def invited_at(self) -> float: ...
    @property
    def said(self) -> Track: ...
    @property
    def heard(self) -> Track: ...
    @property
    def keyed(self) -> list[float]: ...


@dataclass(frozen=True, slots=True)
class TurnTime:
    """One turn. ``v2v_ms`` and its parts: ``silence_ms`` until the turn was known to be over (with the way in),
    ``decode_ms`` until its words were there, ``mind_ms`` until the answer was begun, ``sound_ms`` until it was heard.

    ``missing``: why there are no times; then all of them are 0.
    """

    scenario: str
    turn: int
    said: str
    voice: str
    grammar: str = ""
    heard: str = ""
    answer: str = ""
    v2v_ms: float = 0.0
    silence_ms: float = 0.0
    decode_ms: float = 0.0
    mind_ms: float = 0.0
    sound_ms: float = 0.0
    missing: str = ""

    @property
    def open_speech(self) -> bool:
        """Heard without a grammar."""
        return self.grammar in OPEN

    def to_json(self) -> dict[str, Any]:
        """Plain data for ``json.dumps``."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Heard:
    ended: float
    decided: float
    known: float
    grammar: str
    text: str


def turn_times(scenario: str, leg: TimedLeg, said: Sequence[Spoken], events: Sequence[JournalEvent]) -> list[TurnTime]:
    """All turns of a call that is over."""
    wall = time.time() - time.monotonic()
    heard = [
        _Heard(
            leg.invited_at + float(event.data["ended_s"]),
            leg.invited_at + float(event.data["decided_s"]),
            event.at.timestamp() - wall,
            str(event.data.get("grammar", "")),
            str(event.data.get("text", event.data.get("pii_text", ""))),
        )
        for event in events
        if event.kind == JournalKind.TURN_HEARD
    ]
    answers = [
        (leg.invited_at + float(event.data["started_s"]), str(event.data["text"]))
        for event in events
        if event.kind == JournalKind.TURN_SAID
    ]
    ends = [*(spoken.started for spoken in said), float("inf")]
    rows: list[TurnTime] = []
    for number, (spoken, (_, following)) in enumerate(zip(said, pairwise(ends), strict=True), 1):
        row = TurnTime(scenario, number, spoken.text, spoken.voice)
        until = min([following, *(key for key in leg.keyed if key > spoken.ended)])
        rows.append(_timed(row, leg, spoken, until, heard, answers))
    return rows


def _timed(
    row: TurnTime, leg: TimedLeg, spoken: Spoken, until: float, heard: list[_Heard], answers: list[tuple[float, str]]
) -> TurnTime:
    def missing(why: str, **known: Any) -> TurnTime:
        return TurnTime(**{**asdict(row), **known, "missing": why})

    end = leg.said.last_sound(spoken.started - _FRAME_S, spoken.ended + _FRAME_S)
    if end is None or not spoken.completed:
        return missing("it was not said to its end")
    turn = next((h for h in reversed(heard) if spoken.started - _NEAR_S < h.ended < end + _NEAR_S), None)
    if turn is None:
        return missing("no turn was heard")
    known: dict[str, Any] = {"grammar": turn.grammar, "heard": turn.text}
    if turn.known > until:
        return missing("the caller went on before an answer", **known)
    if not leg.heard.silent(turn.known - _SILENT_S, turn.known):
        return missing("the line was speaking", **known)
    sound = leg.heard.first_sound(turn.known, min(until, turn.known + _ANSWER_S))
    if sound is None:
        return missing("no answer was heard", **known)
    began, text = next(((at, text) for at, text in answers if at >= turn.known - 2e-3), (sound, ""))
    began = min(began, sound)
    return TurnTime(
        **{
            **asdict(row),
            **known,
            "answer": text,
            "v2v_ms": _ms(sound - end),
            "silence_ms": _ms(turn.decided - end),
            "decode_ms": _ms(turn.known - turn.decided),
            "mind_ms": _ms(began - turn.known),
            "sound_ms": _ms(sound - began),
        }
    )


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)

"""What the journal and the recordings of a line must hold after its processes were killed. No processes here.

Three witnesses that the killed process can't talk to: what callers saw (:class:`SeenCall`), what readers of the
database saw before each kill, and the numbers that the writer gave its events (a hole is an event it promised).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from ivr.events import HangupReason, JournalKind, Outcome, RecordingState
from ivr.store.journal import JournalEvent
from scripts.bench.callers import SeenCall

# A key counts when the line still sent sound so long after the key's last packet: it lived, and had time to write it
# down. A key pressed to a line that is dead already is none of its events.
KEY_TAKES_S = 0.5
_BROKEN = {reason.value for reason in (HangupReason.CRASHED, HangupReason.DRAINED, HangupReason.MEDIA_LOST)}

Row = tuple[int, str, int, str, str]
"""rowid, call, number, kind, data as text."""


@dataclass(slots=True)
class Kill:
    """``name``: part or ``supervisor``; ``at``: wall seconds; ``back_s`` until everything ran again, None: never."""

    name: str
    at: float
    back_s: float | None = None


@dataclass(slots=True)
class Verdict:
    """Counts over all calls of one line. Everything under ``wrong`` must be 0, and ``sound_lost_s`` at most 2."""

    calls: int = 0
    broken_off: int = 0
    called_back: int = 0
    events_checked: int = 0
    recordings: int = 0
    events_lost: int = 0
    calls_without_end: int = 0
    callbacks_missing: int = 0
    callbacks_doubled: int = 0
    recordings_lost: int = 0
    sound_lost_s: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> int:
        """How many things were lost or stuck."""
        return (
            self.events_lost
            + self.calls_without_end
            + self.callbacks_missing
            + self.callbacks_doubled
            + self.recordings_lost
            + (self.sound_lost_s > 2.0)
        )

    def add(self, other: Mapping[str, object]) -> None:
        """Join an earlier chunk's counts (from :meth:`plain`)."""
        for name, value in other.items():
            mine = getattr(self, name)
            if name == "notes":
                mine.extend(value)
            elif name == "sound_lost_s":
                self.sound_lost_s = max(mine, float(str(value)))
            else:
                setattr(self, name, mine + value)

    def plain(self) -> dict[str, object]:
        return asdict(self)


def judge(
    seen: Iterable[SeenCall],
    kills: Sequence[Kill],
    events: Sequence[JournalEvent],
    before: Iterable[Row],
    after: Iterable[Row],
    lengths: Mapping[str, float],
) -> Verdict:
    """Compare. ``before``: rows that readers saw while the line ran; ``after``: all rows at the end; ``lengths``:
    seconds of each whole recording by call."""
    verdict = Verdict()
    there = set(after)
    for row in set(before):
        verdict.events_checked += 1
        if row not in there:
            _lost(verdict, 1, f"row {row[0]} of {row[1]} ({row[3]}) was read and is gone")
    calls: dict[str, list[JournalEvent]] = {}
    for event in events:
        calls.setdefault(event.call_id, []).append(event)
    by_name = {str(_data(own, JournalKind.CALL_OFFERED).get("sip_call_id")): own for own in calls.values()}
    by_call = {call.sip_call_id: call for call in seen}
    for call_id, own in calls.items():
        numbers = {event.seq for event in own}
        _lost(verdict, max(numbers) - len(numbers), f"{call_id}: numbers are missing")
        ends = sum(event.kind == JournalKind.CALL_ENDED for event in own)
        if ends != 1:
            verdict.calls_without_end += 1
            verdict.notes.append(f"{call_id}: {ends} ends")
        caller = by_call.get(str(_data(own, JournalKind.CALL_OFFERED).get("sip_call_id")))
        _judge_recording(verdict, own, caller, kills, lengths)
    for call in by_call.values():
        verdict.calls += 1
        _judge_call(verdict, call, by_name.get(call.sip_call_id))
    return verdict


def _judge_call(verdict: Verdict, call: SeenCall, own: list[JournalEvent] | None) -> None:
    verdict.events_checked += 2 + len(call.keys)
    if own is None:
        _lost(verdict, 2 + len(call.keys), f"{call.number}: answered, and not on the journal")
        return
    kinds = Counter(event.kind for event in own)
    if not kinds[JournalKind.CALL_ANSWERED]:
        _lost(verdict, 1, f"{own[0].call_id}: its answer is not on the journal")
    pressed = sum(at + KEY_TAKES_S <= call.heard_at for at in call.keys)
    _lost(verdict, pressed - kinds[JournalKind.TURN_KEY], f"{own[0].call_id}: keys are missing")
    tasks = [event.data for event in own if event.kind == JournalKind.TASK_CREATED]
    urgent = [task for task in tasks if task.get("urgent") and task.get("pii_caller") == call.number]
    end = _data(own, JournalKind.CALL_ENDED)
    reason, outcome, node = (end.get(name) for name in ("reason", "outcome", "node"))
    taken_leave = node == "goodbye" and outcome == Outcome.ANSWERED  # nothing was left to be said
    if (reason in _BROKEN or call.end == "vanished") and not taken_leave:
        verdict.broken_off += 1
        verdict.called_back += bool(urgent)
        if not urgent and not tasks:
            verdict.callbacks_missing += 1
            how = f"{reason}, {outcome}, in {node}, {call.end}"
            verdict.notes.append(f"{own[0].call_id}: broke off ({how}) and nobody calls back")
        if len(urgent) > 1:
            verdict.callbacks_doubled += 1
            verdict.notes.append(f"{own[0].call_id}: {len(urgent)} urgent callbacks")


def _judge_recording(
    verdict: Verdict,
    own: list[JournalEvent],
    caller: SeenCall | None,
    kills: Sequence[Kill],
    lengths: Mapping[str, float],
) -> None:
    call_id = own[0].call_id
    began = next((event for event in own if event.kind == JournalKind.RECORDING_STARTED), None)
    ended = next((event for event in own if event.kind == JournalKind.CALL_ENDED), None)
    declined = any(event.data.get("state") == RecordingState.DECLINED for event in own)
    if began is None or ended is None or declined:
        return
    verdict.recordings += 1
    if call_id not in lengths:
        verdict.recordings_lost += 1
        verdict.notes.append(f"{call_id}: no recording is left")
        return
    reason, until = ended.data.get("reason"), ended.at.timestamp()
    if reason == HangupReason.CRASHED.value:
        worker = str(_data(own, JournalKind.CALL_OFFERED).get("worker"))
        deadly = {kill.at: kill.name for kill in kills if _within(kill, began.at, until)}
        until = min((at for at, name in deadly.items() if name == worker), default=max(deadly, default=until))
    elif caller is not None and caller.end != "vanished":
        until = min(until, caller.ended_at)
    lost = until - began.at.timestamp() - lengths[call_id]
    if lost > 2.0:
        seen = f"{caller.end} after {caller.ended_at - began.at.timestamp():.1f} s" if caller else "unseen"
        verdict.notes.append(f"{call_id}: {lost:.2f} s of {lengths[call_id]:.1f} s are missing ({reason}, {seen})")
    verdict.sound_lost_s = round(max(verdict.sound_lost_s, lost), 3)


def _within(kill: Kill, began: datetime, until: float) -> bool:
    return began.timestamp() <= kill.at <= until


def _data(events: Sequence[JournalEvent], kind: JournalKind) -> Mapping[str, object]:
    return next((event.data for event in events if event.kind == kind), {})


def _lost(verdict: Verdict, count: int, note: str) -> None:
    if count > 0:
        verdict.events_lost += count
        verdict.notes.append(note)

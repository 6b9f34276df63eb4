"""Did a call with sound really go as its scenario says? Both ends, the journal and the recording are asked.

The citizen's end knows which prompts arrived whole; the journal knows what the
recogniser understood; the recording must hold sound on both channels and be as
long as the journal says (within 40 ms or 0.1 %).
"""

from __future__ import annotations

import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ivr.events import JournalKind
from ivr.simulator.report import ScenarioReport
from ivr.simulator.scenario import Scenario, Speak
from ivr.simulator.text import journal_faults
from ivr.store.journal import JournalEvent

AUDIBLE_DBFS = -50.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """``faults`` is empty if all was as it should; ``understood`` pairs what was said with what was heard."""

    scenario: str
    call: str
    outcome: str
    faults: tuple[str, ...]
    understood: tuple[tuple[str, str], ...]
    recording: Path | None
    recording_s: float
    recording_state: str
    report: ScenarioReport

    @property
    def ok(self) -> bool:
        return not self.faults

    def to_json(self) -> dict[str, Any]:
        """Plain data for ``json.dumps``."""
        return {
            "scenario": self.scenario,
            "ok": self.ok,
            "faults": list(self.faults),
            "call": self.call,
            "outcome": self.outcome,
            "understood": [{"said": said, "heard": heard} for said, heard in self.understood],
            "recording": str(self.recording or ""),
            "recording_s": self.recording_s,
            "recording_state": self.recording_state,
            "sound": self.report.to_json(),
        }


def judge(scenario: Scenario, report: ScenarioReport, events: Sequence[JournalEvent], recordings: Path) -> Verdict:
    """Compare the scenario with what the citizen heard, what the journal holds and what was recorded."""
    faults = [] if report.ok else [f"the citizen: {report.reason}"]
    found, (path, seconds) = journal_and_recording(scenario, events, recordings)
    faults += found
    understood = _understood(scenario, events)
    # Endings may differ („bendra“, „bendrą“); what was meant is in the scenario's journal.
    faults += [f"said „{said}“, and nothing was understood" for said, heard in understood if not heard]
    outcome, state = _outcome(events), _recording_state(events)
    call_id = events[0].call_id if events else ""
    return Verdict(scenario.name, call_id, outcome, tuple(faults), understood, path, seconds, state, report)


def journal_and_recording(
    scenario: Scenario, events: Sequence[JournalEvent], recordings: Path, *, silent: Sequence[str] = ()
) -> tuple[list[str], tuple[Path | None, float]]:
    """What is wrong by the journal and the recording, which know nothing of how it arrived; the recording's seconds.

    ``silent``: channels of the recording (``caller``, ``line``) that may hold no sound.
    """
    faults = journal_faults(events, scenario.journal, scenario.journal_absent)
    if scenario.outcome is not None and _outcome(events) != scenario.outcome:
        faults.append(f"the call counts as {_outcome(events)!r}, not {scenario.outcome.value!r}")
    path, seconds, recording_faults = _recording(events, recordings, silent)
    if scenario.facts.recording:
        faults += recording_faults
        if _recording_state(events) != "ok":
            faults.append(f"the recording is {_recording_state(events) or 'missing'}")
    elif path is not None:
        faults.append("there is a recording although recording is off")
    return faults, (path, seconds)


def _outcome(events: Sequence[JournalEvent]) -> str:
    return str(_last(events, JournalKind.CALL_ENDED).get("outcome", ""))


def _recording_state(events: Sequence[JournalEvent]) -> str:
    return str(_last(events, JournalKind.RECORDING_STATE).get("state", ""))


def _last(events: Sequence[JournalEvent], kind: JournalKind) -> Mapping[str, Any]:
    return next((event.data for event in reversed(events) if event.kind == kind), {})


def _understood(scenario: Scenario, events: Sequence[JournalEvent]) -> tuple[tuple[str, str], ...]:
    """What was said in order, beside what the recogniser made of it; messages are not recognised."""
    said = [step.say for step in scenario.steps if isinstance(step, Speak) and step.clip is None]
    heard = [
        str(event.data.get("text", ""))
        for event in events
        if event.kind == JournalKind.TURN_HEARD and event.data.get("grammar") != "message"
    ]
    return tuple((phrase, heard[i] if i < len(heard) else "") for i, phrase in enumerate(said))


def _recording(
    events: Sequence[JournalEvent], folder: Path, silent: Sequence[str]
) -> tuple[Path | None, float, list[str]]:
    times = {event.kind: event.at for event in events}
    name = str(_last(events, JournalKind.RECORDING_ENDED).get("file", ""))
    path = folder / name
    if not name or not path.is_file():
        return None, 0.0, ["there is no recording"]
    with wave.open(str(path)) as file:
        frames, rate = file.getnframes(), file.getframerate()
        sound = np.frombuffer(file.readframes(frames), dtype="<i2").reshape(-1, 2).astype(np.float64) / 32768
    seconds = frames / rate
    faults: list[str] = []
    journalled = (times[JournalKind.RECORDING_ENDED] - times[JournalKind.RECORDING_STARTED]).total_seconds()
    if abs(journalled - seconds) > max(0.040, 0.001 * seconds):
        faults.append(f"the recording lasts {seconds:.3f} s, the journal says {journalled:.3f} s")
    for channel, who in enumerate(("caller", "line")):
        peak = float(np.abs(sound[:, channel]).max(initial=0.0))
        if who not in silent and 20 * np.log10(max(peak, 1e-9)) < AUDIBLE_DBFS:
            faults.append(f"the recording's channel of the {who} is silent")
    return path, round(seconds, 3), faults

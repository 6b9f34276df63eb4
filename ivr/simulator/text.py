"""Runs a scenario as text, in milliseconds, and tells what went otherwise than expected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ivr.dialog.plan import Plan
from ivr.dialog.ports import Ports
from ivr.events import HangupReason, Outcome
from ivr.simulator.scenario import (
    PATIENCE_MS,
    AgentGivesBack,
    AgentHangup,
    EarStep,
    Expect,
    ExpectAbsent,
    ExpectedEvent,
    ExpectedPrompt,
    ExpectHangup,
    Hangup,
    Hold,
    MediaLost,
    Press,
    RecordingLost,
    Resume,
    Scenario,
    Speak,
    Step,
    Wait,
)
from ivr.simulator.text_call import Entry, Played, TextCall, spoken_s

MAX_SILENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class TextRun:
    """What came of it. ``failures`` is empty when all went as the scenario expects."""

    entries: tuple[Entry, ...]
    prompts: tuple[Played, ...]
    outcome: Outcome
    failures: tuple[str, ...]

    def listing(self) -> str:
        """The call as lines of text, for people who look for a fault."""
        lines = [f"{entry.at:8.2f}  {entry.kind:<20} {dict(entry.data)}" for entry in self.entries]
        return "\n".join([*lines, *(f"FAILED: {failure}" for failure in self.failures)])


def run_text(
    scenario: Scenario,
    plan: Plan,
    texts: Mapping[str, str],
    *,
    duration: Callable[[str], float] = spoken_s,
    ports: Ports | None = None,
) -> TextRun:
    """Run one scenario against the mind.

    ``texts``: prompt id → text; ``duration``: seconds that a text takes; ``ports``: who is asked, instead of the
    invented office. The
    first step that fails ends the citizen's part; a citizen without further
    steps hangs up.
    """
    call = TextCall(plan, texts, scenario.facts, duration=duration, ports=ports)
    citizen = _Citizen(call)
    call.answer()
    failures: list[str] = []
    for number, step in enumerate(scenario.steps, 1):
        problem = citizen.do(step)
        if problem:
            failures.append(f"step {number}: {problem}")
            break
    call.hangup()
    if not failures:
        failures += journal_faults(call.entries, scenario.journal, [kind.value for kind in scenario.journal_absent])
        if scenario.outcome is not None and call.outcome is not scenario.outcome:
            failures.append(f"outcome is {call.outcome.value}, not {scenario.outcome.value}")
        failures += [
            f"silence of {until - since:.1f} s from {since:.1f} s on while the line owed the turn"
            for since, until in call.silences
            if until - since > MAX_SILENCE_S
        ]
    return TextRun(tuple(call.entries), tuple(call.heard_prompts), call.outcome, tuple(failures))


class Journalled(Protocol):
    """An event of a journal, real or simulated."""

    @property
    def kind(self) -> str: ...

    @property
    def data(self) -> Mapping[str, object]: ...


def journal_faults(
    entries: Iterable[Journalled], expected: Iterable[ExpectedEvent], absent: Iterable[str]
) -> list[str]:
    """What the journal lacks of ``expected`` (in this order), and what of ``absent`` it holds."""
    faults: list[str] = []
    listed = list(entries)
    rest = iter(listed)
    for event in expected:
        wanted = event.data.items()
        if not any(entry.kind == event.kind and wanted <= dict(entry.data).items() for entry in rest):
            faults.append(f"journal has no {event.kind.value} {event.data or ''} where it is expected".rstrip())
            break
    present = {entry.kind for entry in listed}
    faults += [f"journal holds {kind}" for kind in absent if kind in present]
    return faults


class _Citizen:
    """Takes the steps one by one; each answers with what went wrong, empty when nothing."""

    def __init__(self, call: TextCall) -> None:
        self.call = call
        self._seen = 0  # prompts before this one were looked at already

    def do(self, step: Step) -> str:
        call = self.call
        if call.over is not None and not isinstance(step, ExpectHangup):
            return f"the call is over ({call.over.value})"
        match step:
            case Expect(expect=expected):
                return self._expect(expected)
            case ExpectAbsent(expect_absent=absent):
                return self._expect_absent(absent.prompt, absent.for_ms / 1000)
            case ExpectHangup(expect_hangup=expected_end):
                return self._expect_hangup(expected_end.within_ms / 1000)
            case Speak(say=text, for_ms=for_ms, sure=sure):
                call.say(text, for_s=None if for_ms is None else for_ms / 1000, sure=sure)
            case Press(press=key):
                call.press(key)
            case Wait(wait_ms=ms):
                call.clock.advance(ms / 1000)
            case Hold():
                call.hold()
            case Resume():
                call.resume()
            case AgentHangup():
                if not call.bridged:
                    return "no agent is connected who could hang up"
                call.agent_hangup()
            case AgentGivesBack():
                if not call.bridged:
                    return "no agent is connected who could give the caller back"
                call.agent_gives_back()
            case Hangup():
                call.hangup()
            case MediaLost():
                call.hangup(HangupReason.MEDIA_LOST)
            case EarStep(ear=ear):
                call.set_ear(ear == "back")
            case RecordingLost():
                call.lose_recording()
        return ""

    def _find(self, prompt: str, words: str = "") -> Played | None:
        for index in range(self._seen, len(self.call.heard_prompts)):
            played = self.call.heard_prompts[index]
            if words.lower() in played.text.lower() if words else played.prompt == prompt:
                self._seen = index + 1
                return played
        return None

    def _run_until(self, until: float, done: Callable[[], bool]) -> None:
        clock = self.call.clock
        while not done() and (due := clock.next_at) is not None and due <= until:
            clock.step()
        if not done():
            clock.advance_to(until)

    def _expect(self, expected: ExpectedPrompt) -> str:
        call, within_s = self.call, expected.within_ms / 1000
        prompt = expected.prompt or f"„{expected.words}“"
        limit = call.now + within_s
        found: list[Played] = []

        def begun() -> bool:
            played = self._find(expected.prompt, expected.words)
            if played is not None:
                found.append(played)
            return bool(found) or call.over is not None

        self._run_until(limit, begun)
        if not found:
            heard = ", ".join(played.prompt or f"„{played.text}“" for played in call.heard_prompts[-4:])
            return f"{prompt} did not begin within {within_s:.1f} s (heard last: {heard or 'nothing'})"
        if expected.until == "end":
            played = found[0]
            self._run_until(call.now + PATIENCE_MS / 1000, lambda: played.ended is not None)
            call.clock.advance(0)  # what the end of the prompt sets going happens before the citizen acts
            if not played.completed:
                return f"{prompt} was cut at {played.ended:.1f} s"
        return ""

    def _expect_absent(self, prompt: str, for_s: float) -> str:
        self.call.clock.advance(for_s)
        return f"{prompt} was said" if self._find(prompt) is not None else ""

    def _expect_hangup(self, within_s: float) -> str:
        self._run_until(self.call.now + within_s, lambda: self.call.over is not None)
        if self.call.over is not HangupReason.ASSISTANT:
            return f"the line did not end the call within {within_s:.1f} s"
        return ""

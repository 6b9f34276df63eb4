"""Which line a scenario needs, and what of a scenario a line with real sound can keep.

What a scenario calls its world becomes settings of a line: an agent or none, recording, an office that is open or
closed, invented colleagues who answer its questions. The clock of a real line shows the real time, and nobody waits in
its queue; so a scenario that would go otherwise there, as text, is not played with sound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

import yaml

from ivr.dialog.plan import Plan, load_plan
from ivr.simulator.clips import Clips
from ivr.simulator.scenario import EarStep, Expect, MediaLost, RecordingLost, Scenario, Speak, Wait, World
from ivr.simulator.text import run_text

OFFICE: Final = "ivr.simulator.offices:fake_ports"
LONGEST_WAIT_S: Final = 30.0  # a scenario with longer waits and speeches is left to text
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class LineKind:
    """What has to be true of a line. ``colleagues``: somebody answers the mind's questions."""

    agent: bool = True
    recording: bool = True
    opened: bool = True
    colleagues: bool = False

    @classmethod
    def of(cls, world: World, plan: Plan) -> LineKind:
        """The line for a scenario's world."""
        opened = plan.hours is None or plan.hours.is_open(world.at)
        return cls(world.agent != "none", world.recording, opened, world.lookups != "none")

    def settings(self, agent: str, plan: Path, folder: Path, now: datetime) -> dict[str, dict[str, object]]:
        """Sections for ``write_config`` of :mod:`ivr.simulator.loopback`; a plan of other hours goes to ``folder``."""
        people: dict[str, object] = {"hours": "plan"}
        if self.agent:
            people["agent"] = agent
        if self.colleagues:
            people["colleagues"] = OFFICE
        folder.mkdir(parents=True, exist_ok=True)
        chosen = folder / ("open.yaml" if self.opened else "closed.yaml")
        chosen.write_text(self.plan(plan.read_text(encoding="utf-8"), now), encoding="utf-8")
        return {
            "people": people,
            "recording": {"enabled": self.recording},
            "line": {"plan": str(chosen)},
            "answers": {"enabled": False},  # the invented colleagues answer, or nobody
        }

    def plan(self, text: str, now: datetime) -> str:
        """The plan's text with other hours: day and night, or for one hour in two days. Public holidays stay closed."""
        days = dict.fromkeys(_WEEKDAYS, "00:00-23:59")
        if not self.opened:
            days = {_WEEKDAYS[(now + timedelta(days=2)).weekday()]: "12:00-13:00"}
        return _with_days(text, tuple(days.items()))


def playable(scenario: Scenario, plan: str, texts: Mapping[str, str], clips: Clips, now: datetime) -> str:
    """Why a scenario can't be played with sound at this moment; empty if it can.

    ``plan``: text of the dial plan; ``texts``: prompt id → text.
    """
    if any(isinstance(step, EarStep | RecordingLost | MediaLost) for step in scenario.steps):
        return "it has steps that only a simulation as text can do"
    if any(isinstance(step, Speak) and "sure" in step.model_fields_set for step in scenario.steps):
        return "how surely a clip is heard can't be told beforehand"
    begun = [step.expect.words for step in scenario.steps if isinstance(step, Expect) and step.expect.until == "start"]
    if any(begun):
        return "the beginning of a sentence that the line puts together can't be recognised by its sound"
    silent = [phrase for phrase in _phrases(scenario) if not clips.voices(phrase)]
    if silent:
        return "there is no clip of " + ", ".join(f"„{phrase}“" for phrase in silent)
    if waits_s(scenario) > LONGEST_WAIT_S:
        return f"it waits for more than {LONGEST_WAIT_S:.0f} s"
    there = _loaded(LineKind.of(scenario.facts, _loaded(plan)).plan(plan, now))
    run = run_text(scenario.model_copy(update={"facts": there_and_now(scenario.facts, now)}), there, texts)
    if run.failures:
        return f"on a line of now it goes otherwise ({run.failures[0]})"
    return "what is said slower can't be recognised by its sound" if any(one.pace < 1 for one in run.prompts) else ""


def there_and_now(world: World, now: datetime) -> World:
    """The world as a real line shows it: its own time, nobody in the queue, answers at once."""
    lookups = "none" if world.lookups == "none" else "work"
    return world.model_copy(update={"at": now, "queue_s": 0.0, "lookups": lookups})


def waits_s(scenario: Scenario) -> float:
    """Seconds that a scenario waits and speaks by itself."""
    waits = sum(step.wait_ms for step in scenario.steps if isinstance(step, Wait))
    return (waits + sum(step.for_ms or 0 for step in scenario.steps if isinstance(step, Speak))) / 1000


def a_third(scenarios: Sequence[tuple[Scenario, str]]) -> list[Scenario]:
    """Of every three neighbours the one with the most that is said, of those that can be played.

    ``scenarios``: in the order of their files, each with why it can't be played. Neighbours are about the same things,
    so every part of the conversation is there. What three of whom none can be played lack, others give, so that it is
    a third of all as far as enough can be played.
    """
    chosen: list[Scenario] = []
    spare: list[Scenario] = []
    for first in range(0, len(scenarios), 3):
        able = [scenario for scenario, why_not in scenarios[first : first + 3] if not why_not]
        best, *others = sorted(able, key=_talk, reverse=True) or (None,)
        chosen += [best] if best is not None else []
        spare += others
    lacking = -(-len(scenarios) // 3) - len(chosen)
    chosen += sorted(spare, key=_talk, reverse=True)[:lacking]
    order = [scenario for scenario, _ in scenarios]
    return sorted(chosen, key=order.index)


def _talk(scenario: Scenario) -> int:
    return len(_phrases(scenario))


@lru_cache(maxsize=4)
def _loaded(plan: str) -> Plan:
    return load_plan(plan, "plan")


@lru_cache(maxsize=4)
def _with_days(plan: str, days: tuple[tuple[str, str], ...]) -> str:
    data = yaml.safe_load(plan)
    hours = {**data.get("hours", {}), "days": dict(days)}
    return yaml.safe_dump({**data, "hours": hours}, allow_unicode=True, sort_keys=False)


def _phrases(scenario: Scenario) -> list[str]:
    return [step.clip or step.say for step in scenario.steps if isinstance(step, Speak)]

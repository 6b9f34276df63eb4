"""Load on a whole line behind Kamailio: conversations, media only, overload, for ``ivr bench load``.

Callers come one after another in as many slots as there shall be at once; each takes the next scenario of a mixture,
goes through it, and a second later the next one calls. Whoever is refused tries again as people do.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final

from ivr.config import Config
from ivr.paths import project_file
from ivr.simulator.clips import Clips
from ivr.simulator.load_canary import Canaries
from ivr.simulator.load_citizen import CallResult, LoadCitizen, Script, Tail, World
from ivr.simulator.load_figures import at_once, figures, shares
from ivr.simulator.load_line import stolen_s, uses
from ivr.simulator.load_phones import Pump
from ivr.simulator.loopback import LoopbackLine
from ivr.simulator.scenario import Scenario, load_scenario

CALLS: Final = project_file("tests", "calls")
# By voice and keys; prepared prompts, numbers read back from building blocks, a name read back that is spoken anew.
# Each in a voice in which a caller who is alone is understood every time: what goes wrong here, load has done.
CONVERSATIONS: Final = {
    "answer-by-voice": "am_michael",
    "message-name-is-asked": "hf_beta",
    "complaint-thanked": "am_michael",
    "spell-a-number": "am_michael",
    "other-topic": "am_michael",
    "message-number-by-voice": "am_michael",
    "repeat-a-number": "am_michael",
    "answers-by-keys": "",
}
MEDIA: Final = {"answers-by-keys": ""}
# Whoever leaves during the greeting was not recorded, and nobody owes them anything.
HANGS_UP: Final = Scenario.model_validate(
    {
        "name": "hangs-up",
        "description": "Somebody calls and changes their mind.",
        "facts": {"recording": False},
        "steps": [{"wait_ms": 1000}, {"hangup": {}}],
        "outcome": "abandoned",
    }
)
AGAIN_S: Final = 1.0  # between two callers of one slot
REFUSED_AGAIN_S: Final = (2.0, 4.0)
SETTLES_S: Final = 10.0  # until what a call needed was given back
STAGGER_S: Final = 0.7  # between the first calls of the slots


@dataclass(frozen=True, slots=True)
class Part:
    """What is measured: callers at once, on so many workers with so many each, for so long, saying what.

    ``calls``: after so many nobody calls any more. ``round_s``: the scenario is one long call, of which its beginning
    (:data:`_ROUND` steps, so many seconds) is done again and again for all that time.
    """

    name: str
    workers: int
    callers_per_worker: int
    callers: int
    seconds: float
    scenarios: Mapping[str, str]
    calls: int | None = None
    round_s: float | None = None


PARTS: Final = {
    part.name: part
    for part in (
        Part("conversations", 5, 2, 10, 240.0, CONVERSATIONS),
        Part("media", 10, 4, 40, 180.0, MEDIA),
        Part("overload", 5, 2, 15, 180.0, CONVERSATIONS),
        Part("ramp", 16, 4, 64, 60.0, CONVERSATIONS),
        Part("short", 5, 2, 10, 3600.0, {}, calls=1000),
        Part("long", 1, 2, 1, 3600.0, MEDIA, round_s=40.0),
    )
}
RAMP: Final = (10, 20, 30, 40, 50, 64)  # callers at once, as far as quality holds
V2V_P95_MS: Final = 1500.0
FRAME_P99_MS: Final = 25.0
_ROUND: Final = 7  # steps of a way by keys that ends where it began


def mixture(voices: Mapping[str, str]) -> list[Script]:
    """The scenarios by name, with their sound, each in its voice. Raises ScenarioError, ClipError."""
    clips = Clips()
    return [Script.of(load_scenario(CALLS / f"{name}.yaml"), clips, voice) for name, voice in voices.items()]


def scripts(part: Part) -> list[Script]:
    """What a part's callers say and press. Raises ScenarioError, ClipError."""
    chosen = mixture(part.scenarios) or [Script(HANGS_UP, {}, {})]
    if part.round_s is None:
        return chosen
    rounds = max(1, round(part.seconds / part.round_s))
    script = chosen[0]
    steps = script.scenario.steps[:_ROUND] * rounds + script.scenario.steps
    return [replace(script, scenario=script.scenario.model_copy(update={"steps": steps}))]


@dataclass
class Crowd:
    """So many callers at once. ``step`` is told of each call that is over; ``stopped`` lets nobody call any more."""

    config: Config
    scripts: Sequence[Script]
    callers: int
    seed: int = 1883
    calls: int | None = None
    step: Callable[[CallResult], None] = lambda result: None
    stopped: threading.Event = field(default_factory=threading.Event)
    results: list[CallResult] = field(default_factory=list)
    behind_s: float = 0.0

    def run(self, seconds: float) -> list[CallResult]:
        """Call for so long; whoever is talking then is let finish."""
        config = self.config
        pump, tail = Pump(), Tail(config.journal_path)
        world = World((config.proxy.bind, config.proxy.port), config.line.number, pump, tail, config.recordings_dir)
        pump.start()
        tail.start()
        turn = itertools.count()
        until = time.monotonic() + seconds
        slots = [
            threading.Thread(target=self._slot, args=(world, number, turn, until), name=f"slot-{number}", daemon=True)
            for number in range(self.callers)
        ]
        for slot in slots:
            slot.start()
            self.stopped.wait(STAGGER_S)
        for slot in slots:
            slot.join()
        pump.close()
        tail.close()
        self.behind_s = pump.behind_s
        return self.results

    def _slot(self, world: World, number: int, turn: itertools.count[int], until: float) -> None:
        rng = Random(self.seed * 1000 + number)  # noqa: S311 - pauses
        while time.monotonic() < until and not self.stopped.is_set():
            which = next(turn)
            if self.calls is not None and which >= self.calls:
                return
            script = self.scripts[which % len(self.scripts)]
            result = LoadCitizen(world, script, rng).run()
            self.results.append(result)
            self.step(result)
            self.stopped.wait(AGAIN_S if result.admitted else rng.uniform(*REFUSED_AGAIN_S))


def measure(part: Part, line: LoopbackLine, step: Callable[[CallResult], None]) -> dict[str, Any]:
    """All figures of one part on a line that runs; blocks. Raises ScenarioError."""
    crowd = Crowd(line.config, scripts(part), part.callers, step=step, calls=part.calls)
    before, stolen, began = uses(line.pid, line.parts()), stolen_s(), time.monotonic()
    canaries = Canaries()
    results = crowd.run(part.seconds if part.round_s is None else 1.0)
    lasted, after = time.monotonic() - began, uses(line.pid, line.parts())
    stills = canaries.close()
    time.sleep(SETTLES_S)
    moments = {"before": before, "after": uses(line.pid, line.parts())}
    cpu = [{name: use.cpu_s for name, use in of.items()} for of in (before, after)]
    fallen: dict[str, int] = {}
    with suppress(KeyError):
        fallen = {name: row["restarts"] for name, row in line.parts().items() if row["restarts"]}
    return {
        "part": part.name,
        "workers": part.workers,
        "callers_per_worker": part.callers_per_worker,
        "callers": part.callers,
        "lasted_s": round(lasted, 1),
        **figures(results, stills if canaries.known else None),
        "callers_at_once": at_once(results),
        "mean_callers": round(sum(result.seconds for result in results) / lasted, 1),
        "cores": shares(cpu[0], cpu[1], lasted),
        "threads": {when: sum(use.threads for use in of.values()) for when, of in moments.items()},
        "descriptors": {when: sum(use.descriptors for use in of.values()) for when, of in moments.items()},
        "memory_mb": round(sum(use.memory_kb for use in after.values()) / 1000),
        "fallen": fallen,
        "generator_behind_ms": round(1000 * crowd.behind_s, 1),
        "stood_still_s": round(sum(end - begin for begin, end in stills), 2) if canaries.known else None,
        "stood_still_most_ms": round(1000 * max((end - begin for begin, end in stills), default=0.0), 1),
        "stolen_s": round(stolen_s() - stolen, 2),
    }


def ramp(part: Part, line: LoopbackLine, step: Callable[[CallResult], None]) -> dict[str, Any]:
    """More and more callers on one line, until what they hear is no longer good enough; figures by their number."""
    found: dict[str, dict[str, Any]] = {}
    holds = 0
    for callers in (number for number in RAMP if number <= part.callers):
        found[str(callers)] = told = measure(replace(part, callers=callers), line, step)
        late = (told["v2v_ms"]["p95"] or 0.0) > V2V_P95_MS or (told["frame_ms"]["p99"] or 0.0) > FRAME_P99_MS
        if late or told["wrong"]:
            break
        holds = callers
    return {"part": part.name, "holds": holds, "callers": found}

"""Right callers by their numbers, for ``ivr bench identity``: in text, or with sound, and what became of them."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from ivr.config import Config
from ivr.identity.questions import Role
from ivr.processes.preflight import read_plan
from ivr.registry.desk import DeskRules, IdentityDesk
from ivr.registry.memory import PeopleInMemory
from ivr.registry.people import Person
from ivr.registry.tries import TryLog
from ivr.simulator.identity_calls import Heard, Outcome, RightCaller
from ivr.simulator.impostors import START
from ivr.simulator.unheard import Ears, Speakers, SpokenAnswers
from ivr.speech.prompts import PromptBook
from ivr.speech.recognizers import recognizer_for


def figures(prefix: str, outcomes: Sequence[Outcome]) -> dict[str, float | int | None]:
    """Shares of who got in and gave up, and the median of who got in."""
    endings = Counter(outcome.ending for outcome in outcomes)
    passed = [outcome.seconds for outcome in outcomes if outcome.ending == "passed"]
    return {
        f"{prefix}authenticated": round(endings["passed"] / len(outcomes), 4),
        f"{prefix}median_s": round(statistics.median(passed), 1) if passed else None,
        f"{prefix}given_up": round(endings["given_up"] / len(outcomes), 4),
    }


class Calling:
    """Right callers, each the same whenever it is called: person, voice and luck follow from its number."""

    def __init__(self, config: Config, people: Sequence[Person], seed: int) -> None:
        book = PromptBook(config.line.prompts_dir, config.line.language)
        self.config, self.seed = config, seed
        self._plan = read_plan(config.line.plan, None, frozenset(book.ids))
        self._texts = {name: book.text(name) for name in book.ids}
        self._registry = PeopleInMemory(people)
        self._callers = {
            "job_seeker": Random(seed).sample(list(people), len(people)),  # noqa: S311
            "e_service": [person for person in people if person.record.email],
        }

    def call(
        self, number: int, hearing: Heard, role: Role = "job_seeker", tick: Callable[[], None] = lambda: None
    ) -> Outcome:
        """One call before a desk of its own."""
        random = Random(f"{self.seed} {role} {number}")  # noqa: S311
        record = self._callers[role][number % len(self._callers[role])].record
        log = TryLog(":memory:", bytes(32))
        desk = IdentityDesk(self._registry, log, lambda: START, random, DeskRules(least_s=0.0))
        caller = RightCaller(self._plan, self._texts, desk, record, f"+3706{number:07d}", hearing, random, role)
        outcome = caller.run()
        log.close()
        tick()
        return outcome


def with_sound(
    calling: Calling, role: Role, count: int, voices: Path, keep: Path | None, tick: Callable[[], None]
) -> list[Outcome]:
    """Calls whose answers are spoken, sent through a telephone and heard; what ``keep`` has is not done again."""
    rows = keep.read_text(encoding="utf-8").splitlines() if keep is not None and keep.exists() else []
    kept = {(row["seed"], row["role"], row["call"]): row for row in map(json.loads, rows)}
    hearing: SpokenAnswers | None = None
    outcomes: list[Outcome] = []
    for number in range(count):
        row = kept.get((calling.seed, role, number))
        if row is not None:
            outcomes.append(Outcome(row["ending"], row["seconds"]))
            tick()
            continue
        hearing = hearing or SpokenAnswers(Speakers(voices), Ears(recognizer_for(calling.config)))
        outcome = calling.call(number, hearing, role, tick)
        outcomes.append(outcome)
        if keep is not None:
            row = {"seed": calling.seed, "role": role, "call": number, "ending": outcome.ending}
            with keep.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row | {"seconds": round(outcome.seconds, 2)}) + "\n")
    return outcomes

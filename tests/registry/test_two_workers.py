"""Two workers, one log: the last try that is permitted is permitted once, whoever looks at the same moment."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from ivr.dialog.ports import AuthStep, Verdict
from ivr.identity.limits import Limits
from ivr.identity.ports import Matters, Try
from ivr.identity.questions import Question
from ivr.privacy import Pii, Secret
from ivr.registry.desk import DeskRules, IdentityDesk
from ivr.registry.memory import PeopleInMemory
from ivr.registry.people import Person
from ivr.registry.tries import TryLog
from tests.identity.people import EVERYTHING, RIGHT

KEY = bytes(32)
NOW = datetime(2025, 3, 3, 9, tzinfo=UTC)
PARTS = {"name_given": "Jonas", "name_surname": "Petraitis", "address_street": "Laisvės", "address_house": "12"}


@dataclass
class Worker:
    """A worker's own connection to the log; ``meanwhile`` is begun once, right after its first look into it."""

    path: Path
    meanwhile: Callable[[], object] | None = None
    other: threading.Thread | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        worker = self

        class Watched(TryLog):
            def of(self, *, number: str = "", name: str = "", person: str = "") -> list[Try]:
                found = super().of(number=number, name=name, person=person)
                worker.between(found)
                return found

        self.log = Watched(self.path, KEY)
        people = PeopleInMemory([Person("p-1", Secret("33309240064"), EVERYTHING, Matters(registered=True))])
        rules = DeskRules(limits=replace(Limits(), pauses_s=()), least_s=0.0)
        self.desk = IdentityDesk(people, self.log, lambda: NOW, Random(5), rules)

    def between(self, _found: list[Try]) -> None:
        begun, self.meanwhile = self.meanwhile, None
        if begun is not None:
            self.other = threading.Thread(target=begun)
            self.other.start()
            # It ends here only if nothing keeps it from writing; else it waits for us.
            self.other.join(0.3)

    def first(self, number: str) -> AuthStep | None:
        return self.desk.begin("job_seeker", Pii(number))

    def answer(self, step: AuthStep) -> AuthStep | Verdict:
        """One round, rightly."""
        answers = {q.id: Secret(PARTS.get(q.id) or RIGHT[Question(q.id)]) for q in step.questions}
        return self.desk.check(step.attempt, answers)

    def finish(self, step: AuthStep | Verdict) -> bool:
        """All rounds, rightly."""
        while isinstance(step, AuthStep):
            step = self.answer(step)
        return step.passed


@pytest.mark.rule("X6")
def test_the_last_try_for_a_person_is_one_try_although_two_workers_look_at_once(tmp_path: Path) -> None:
    one, other = Worker(tmp_path / "tries.db"), Worker(tmp_path / "tries.db")
    person = one.log.hashed("person", "p-1")
    for minute in range(Limits().person_per_day - 1):
        one.log.begin(Try(NOW - timedelta(hours=5, minutes=minute), f"n-{minute}", person=person))
    mine, theirs = one.first("+37060000001"), other.first("+37060000002")
    assert mine is not None
    assert theirs is not None
    passed: list[bool] = []
    one.meanwhile = lambda: passed.append(other.finish(theirs))
    step = one.answer(mine)
    assert one.other is not None
    one.other.join(60)
    assert passed == [False], "the other worker's caller came too late"
    assert isinstance(step, AuthStep)
    assert one.finish(step), "the last try that was permitted"


@pytest.mark.rule("X6")
def test_the_last_try_of_a_number_is_one_try_although_two_workers_look_at_once(tmp_path: Path) -> None:
    one, other = Worker(tmp_path / "tries.db"), Worker(tmp_path / "tries.db")
    number = "+37060000001"
    for minute in range(Limits().number_per_day - 1):
        one.log.begin(Try(NOW - timedelta(hours=5, minutes=minute), one.log.hashed("number", number)))
    let: dict[str, bool] = {}
    one.meanwhile = lambda: let.update(other=other.first(number) is not None)
    let["one"] = one.first(number) is not None
    assert one.other is not None
    one.other.join(60)
    assert let == {"one": True, "other": False}


_TRIES = """
import sys
from datetime import datetime
from pathlib import Path
from ivr.identity.ports import Try
from ivr.registry.tries import TryLog

log = TryLog(Path(sys.argv[1]), bytes(32))
input()
let = 0
for _ in range(20):
    with log.one_step():
        if len(log.of(number="n")) < 10:
            log.begin(Try(datetime.fromisoformat("2025-03-03T09:00:00+00:00"), "n"))
            let += 1
print(let)
"""


@pytest.mark.rule("X6")
def test_processes_that_try_together_are_let_try_as_often_as_one(tmp_path: Path) -> None:
    path = tmp_path / "tries.db"
    TryLog(path, KEY).close()
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", _TRIES, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    assert sum(int(worker.communicate(timeout=120)[0]) for worker in workers) == 10
    log = TryLog(path, KEY)
    assert len(log.of(number="n")) == 10
    log.close()


def test_a_step_that_fails_leaves_nothing(tmp_path: Path) -> None:
    log = TryLog(tmp_path / "tries.db", KEY)

    def failing() -> None:
        with log.one_step():
            log.begin(Try(NOW, "n"))
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        failing()
    assert log.of(number="n") == []
    log.begin(Try(NOW, "n"))
    assert len(log.of(number="n")) == 1
    log.close()

"""The desk: rounds, limits, alarms, and that nothing but a verdict comes out of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from types import MappingProxyType

import pytest

from ivr.dialog.ports import AuthQuestion, AuthStep, Role, Verdict
from ivr.errors import RegistryAway, StoreError
from ivr.identity.choosing import Rules
from ivr.identity.matching import Record
from ivr.identity.ports import Matters, Try
from ivr.identity.questions import T3, Question
from ivr.keyfile import read_key
from ivr.privacy import Pii, Secret
from ivr.registry.desk import DeskRules, IdentityDesk
from ivr.registry.memory import PeopleInMemory
from ivr.registry.people import Person
from ivr.registry.tries import TryLog
from tests.identity.people import EVERYTHING, RIGHT, WRONG

CALLER = Pii("+37060000001")
MATTERS = Matters(registered=True, registration=Pii("1234567"), login=Pii("jonas"))
PARTS = {"name_given": "Jonas", "name_surname": "Petraitis", "address_street": "Laisvės", "address_house": "12",
         "email_box": "jonas.p", "email_domain": "gmail.com"}  # fmt: skip
WHOLE = (Question.NAME, Question.ADDRESS, Question.EMAIL)  # asked for in parts
WRONG_PARTS = {"name_given": "Ona", "name_surname": "Kazlienė", "address_street": "Vytauto", "address_house": "9",
               "email_box": "ona.k", "email_domain": "inbox.lt"}  # fmt: skip


@dataclass
class Office:
    """A desk with a clock of its own and its alarms."""

    desk: IdentityDesk
    people: PeopleInMemory
    log: TryLog
    at: list[datetime]
    alarms: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    paused: list[float] = field(default_factory=list)

    def later(self, **span: float) -> None:
        self.at[0] += timedelta(**span)

    def first(self, role: Role = "job_seeker", caller: Pii = CALLER) -> AuthStep:
        step = self.desk.begin(role, caller)
        assert step is not None
        return step

    def try_it(
        self,
        wrong: str = "",
        role: Role = "job_seeker",
        caller: Pii = CALLER,
        instead: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[list[str], Verdict | None]:
        """Answer every round rightly but for ``wrong``; ids of the questions, and the verdict (None: not let try)."""
        step: AuthStep | Verdict | None = self.desk.begin(role, caller)
        asked: list[str] = []
        while isinstance(step, AuthStep):
            asked += [question.id for question in step.questions]
            answers = {q.id: Secret(instead.get(q.id) or answer(q.id, right=q.id != wrong)) for q in step.questions}
            step = self.desk.check(step.attempt, answers)
        return asked, step


def answer(name: str, *, right: bool) -> str:
    if name in PARTS:
        return (PARTS if right else WRONG_PARTS)[name]
    return (RIGHT if right else WRONG)[Question(name)]


def office_of(*records: Record, log: TryLog | None = None, rules: DeskRules | None = None) -> Office:
    people = PeopleInMemory(
        Person(f"p-{at}", Secret("33309240064"), record, MATTERS) for at, record in enumerate(records, 1)
    )
    at = [datetime(2025, 3, 3, 9, tzinfo=UTC)]
    log = log or TryLog(":memory:", bytes(32))
    alarms: list[tuple[str, Mapping[str, object]]] = []
    paused: list[float] = []
    desk = IdentityDesk(
        people, log, lambda: at[0], Random(5), rules or DeskRules(),
        on_alarm=lambda kind, data: alarms.append((kind, data)), clock=lambda: 0.0, pause=paused.append,
    )  # fmt: skip
    return Office(desk, people, log, at, alarms, paused)


@pytest.fixture
def office() -> Office:
    return office_of(EVERYTHING)


@pytest.mark.rule("A13", "T4.1")
def test_digits_and_both_names_come_first_then_two_questions(office: Office) -> None:
    step = office.first()
    assert step.questions == (
        AuthQuestion("last_four", "digits:4"),
        AuthQuestion("name_given", "given"),
        AuthQuestion("name_surname", "surname"),
    )
    asked, verdict = office.try_it(caller=Pii("+37060000009"))
    assert questions(asked) == 4
    assert verdict is not None
    assert verdict.passed


@pytest.mark.rule("T5", "A14", "X6")
def test_every_wrong_part_fails_and_the_verdict_holds_nothing_more() -> None:
    for wrong in (*PARTS, *(q.value for q in T3 if q not in WHOLE), "last_four"):
        for seed in range(12):
            office = office_of(EVERYTHING, rules=DeskRules(rules=Rules(hearable=frozenset(T3))))
            vars(office.desk)["_random"] = Random(seed)
            asked, verdict = office.try_it(wrong)
            assert verdict == Verdict(wrong not in asked, verdict.subject if verdict and verdict.passed else "")


@pytest.mark.rule("T5")
def test_half_a_name_is_no_answer(office: Office) -> None:
    step = office.first()
    verdict = office.desk.check(step.attempt, {"last_four": Secret("4861"), "name_given": Secret("Jonas")})
    assert verdict == Verdict(False)
    assert office.desk.check(step.attempt, {"name_surname": Secret("Petraitis")}) == Verdict(False), "it is over"


@pytest.mark.rule("X6")
def test_nobody_can_go_on_with_a_try_that_does_not_exist(office: Office) -> None:
    assert office.desk.check("made-up", {"last_four": Secret("4861")}) == Verdict(False)


@pytest.mark.rule("A7.4", "T7", "A3.6")
def test_only_who_passed_is_told_and_only_what_belongs_to_their_role(office: Office) -> None:
    _, verdict = office.try_it()
    assert verdict is not None
    assert verdict.subject not in ("p-1", "")
    assert any("galioja" in sentence for sentence in office.desk.personal(verdict.subject, "status"))
    assert office.desk.personal(verdict.subject, "login") == ()
    assert office.desk.personal("p-1", "status") == (), "a registry's identifier is no right"
    assert office.desk.personal("", "status") == ()
    _, user = office.try_it(role="e_service")
    assert user is not None
    assert office.desk.personal(user.subject, "login") == ("Jūsų prisijungimo vardas yra jonas.",)
    assert office.desk.personal(user.subject, "status") == ()


@pytest.mark.rule("T6.1", "T7")
@pytest.mark.parametrize("wrong", ["last_four", "name_given", "name_surname", "email_box", "email_domain"])
def test_a_user_of_e_services_with_one_wrong_answer_gets_no_login(office: Office, wrong: str) -> None:
    asked, verdict = office.try_it(wrong, role="e_service")
    assert asked == ["last_four", "name_given", "name_surname", "email_box", "email_domain"]
    assert verdict == Verdict(False)


@pytest.mark.rule("X6")
def test_pauses_grow_for_a_number_and_other_numbers_are_not_hindered(office: Office) -> None:
    assert office.try_it("last_four")[1] == Verdict(False)
    assert office.try_it("last_four")[1] == Verdict(False), "the second try may come at once"
    assert office.try_it()[1] is None
    office.later(seconds=60)
    assert office.try_it("last_four")[1] == Verdict(False)
    office.later(seconds=299)
    assert office.try_it()[1] is None
    verdict = office.try_it(caller=Pii("+37060000002"))[1]
    assert verdict is not None
    assert verdict.passed
    office.later(days=1)
    assert office.try_it()[1] is not None


@pytest.mark.rule("X6")
def test_a_person_who_was_tried_for_too_often_is_unknown_from_whichever_number_and_nobody_hears_of_it() -> None:
    office = office_of(EVERYTHING)
    further = (q.value for q in T3 if q not in WHOLE)
    guesses = {name: answer(name, right=False) for name in (*further, "address_house")}
    for number in range(3):
        office.try_it(caller=Pii(f"+3706000001{number}"), instead=guesses)
        office.later(hours=1)
    asked, verdict = office.try_it(caller=Pii("+37060000099"))
    assert verdict == Verdict(False)
    assert len(asked) >= 5, "as many questions as ever"
    office.later(days=1)
    again = office.try_it(caller=Pii("+37060000099"))[1]
    assert again is not None
    assert again.passed


@pytest.mark.rule("X6", "T4.2")
def test_who_hides_the_number_is_asked_more_and_so_is_who_failed_before(office: Office) -> None:
    usual = office.try_it()[0]
    hidden = office.try_it(caller=Pii(""))[0]
    assert questions(hidden) == questions(usual) + 1
    office.try_it("last_four")
    assert questions(office.try_it()[0]) == 5


def questions(parts: list[str]) -> int:
    whole = {"name_surname": "name_given", "address_house": "address_street", "email_domain": "email_box"}
    return len({whole.get(part, part) for part in parts})


@pytest.mark.rule("X6")
def test_a_caller_s_number_proves_nothing() -> None:
    office = office_of(EVERYTHING)
    own = Pii(RIGHT[Question.PHONE])
    for wrong in ("last_four", "name_surname"):
        assert office.try_it(wrong, caller=own)[1] == Verdict(False)
    asked, _ = office_of(EVERYTHING).try_it(caller=own)
    assert questions(asked) == 4, "calling from the stored number spares no question"


@pytest.mark.rule("X6")
def test_patterns_raise_an_alarm_that_names_nobody(office: Office) -> None:
    for number in range(4):
        office.try_it(caller=Pii(f"+3706000002{number}"), instead={"last_four": f"000{number}"})
    assert [kind for kind, _ in office.alarms] == ["identity.digit_sweep"]
    for name in ("Ona", "Rasa", "Asta", "Daiva"):
        office.later(hours=1)
        office.try_it(caller=Pii("+37060000033"), instead={"name_given": name})
    assert "identity.many_persons" in [kind for kind, _ in office.alarms]
    for _, data in office.alarms:
        assert set(data) == {"count", "mark", "within"}
        assert not any(secret in str(data) for secret in ("Petraitis", "4861", "+370", "p-1"))


@pytest.mark.rule("X6")
def test_many_numbers_for_one_person_raise_an_alarm(office: Office) -> None:
    for number in range(4):
        office.try_it(caller=Pii(f"+3706000004{number}"))
    assert [kind for kind, _ in office.alarms] == ["identity.many_numbers"]


@pytest.mark.rule("X6")
def test_no_answer_comes_sooner_than_the_others(office: Office) -> None:
    office.try_it()
    office.try_it("last_four")
    assert office.paused == [0.5] * len(office.paused)
    assert len(office.paused) == 4


@pytest.mark.rule("A7.4", "X6")
def test_a_registry_that_goes_away_gives_nothing_and_the_try_counts(office: Office) -> None:
    step = office.first()
    office.people.away = RegistryAway("candidates", "does not answer")
    answers = {name: Secret(answer(name, right=True)) for name in ("last_four", "name_given", "name_surname")}
    with pytest.raises(RegistryAway):
        office.desk.check(step.attempt, answers)
    with pytest.raises(RegistryAway):
        office.desk.begin("job_seeker", CALLER)
    office.people.away = None
    assert office.desk.check(step.attempt, answers) == Verdict(False), "the try is over"
    assert len(office.log.of(number=office.log.hashed("number", CALLER))) == 1


@pytest.mark.rule("X5")
def test_after_a_verdict_the_desk_holds_no_answer_and_hung_tries_are_forgotten(office: Office) -> None:
    office.try_it()
    office.first()
    held = vars(office.desk)["_open"]
    assert len(held) == 1, "one whose caller hung up"
    vars(office.desk)["_clock"] = lambda: 601.0
    office.first()
    assert len(held) == 1


@pytest.mark.rule("X5")
def test_the_log_of_tries_holds_hashes_only(tmp_path: Path) -> None:
    log = TryLog(tmp_path / "identity.db", read_key(tmp_path / "identity.key"))
    office_of(EVERYTHING, log=log).try_it()
    log.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in ("4861", "Jonas", "Petraitis", "+37060000001", "60000001", "p-1"):
        assert secret.encode() not in kept
    assert (tmp_path / "identity.db").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "identity.key").stat().st_mode & 0o777 == 0o600


@pytest.fixture
def log(tmp_path: Path) -> Iterator[TryLog]:
    opened = TryLog(tmp_path / "tries.db", bytes(32))
    yield opened
    opened.close()


@pytest.mark.rule("X6")
def test_tries_are_found_by_each_mark_and_forgotten_after_a_month(log: TryLog) -> None:
    now = datetime(2025, 3, 3, tzinfo=UTC)
    row = log.begin(Try(now, "n-1"))
    log.claimed(row, "name", "digits", ["p-1", "p-2"])
    tried = Try(now, "n-1", "name", "digits", "p-1")
    assert log.of(number="n-1") == [tried]
    assert log.of(person="p-2") == [replace(tried, number="", person="p-2")]
    assert len(log.of(name="name")) == 2
    assert log.of() == []
    log.passed(row)
    assert log.of(number="n-1")[0].passed
    assert log.forget(now + timedelta(days=30)) == 0
    assert log.forget(now + timedelta(days=30, seconds=1)) == 2
    assert log.of(number="n-1") == []
    log.begin(Try(now + timedelta(days=31), "n-2"))
    assert log.of(number="n-1", name="name", person="p-1") == []


def test_hashes_tell_kinds_and_keys_apart(tmp_path: Path) -> None:
    one, other = (TryLog(":memory:", key) for key in (bytes(32), bytes(range(32))))
    assert one.hashed("name", "Jonas") == one.hashed("name", Secret("JONAS"))
    assert len({one.hashed("name", "a"), one.hashed("person", "a"), other.hashed("name", "a")}) == 3
    assert one.hashed("number", Pii("")) == ""
    assert read_key(tmp_path / "key") == read_key(tmp_path / "key")
    (tmp_path / "short").write_bytes(b"x")
    with pytest.raises(StoreError, match="32 bytes"):
        read_key(tmp_path / "short")
    with pytest.raises(StoreError):
        TryLog(tmp_path / "key" / "below", bytes(32))

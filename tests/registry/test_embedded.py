"""The registry of made-up people: what it holds, that it says so, and how the line comes to it."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from ivr.cli import main
from ivr.config import load
from ivr.dialog.ports import AuthStep, Ports, Verdict
from ivr.errors import ConfigError, StoreError
from ivr.identity.personal_code import is_personal_code
from ivr.identity.ports import NOBODY, Try
from ivr.identity.questions import T3, Question
from ivr.language.given_names import given_names
from ivr.language.surnames import surnames
from ivr.privacy import Pii, Secret
from ivr.processes.identity import registry_of, rules_of, try_log, with_registry
from ivr.registry.embedded import EmbeddedRegistry, seed
from ivr.registry.http import HttpRegistry
from ivr.registry.memory import PeopleInMemory
from ivr.registry.people import VISITS, fictitious
from ivr.store.schema import timestamp

TODAY = date(2025, 3, 3)
PEOPLE = tuple(fictitious(400, Random(1), TODAY))


def test_made_up_people_have_right_codes_and_public_names() -> None:
    assert all(is_personal_code(person.code.reveal()) for person in PEOPLE)
    assert all(person.record.last4.reveal() == person.code.reveal()[-4:] for person in PEOPLE)
    assert {person.record.given.reveal() for person in PEOPLE} <= set(given_names())
    assert {person.record.surname.reveal() for person in PEOPLE} <= set(surnames())
    assert len({person.id for person in PEOPLE}) == len(PEOPLE)
    assert all(len(p.record.registration.reveal()) in (0, 7) for p in PEOPLE)
    assert Counter(p.record.last_visit_about.reveal() for p in PEOPLE).keys() - {""} == VISITS.keys()
    assert all(visit <= TODAY for p in PEOPLE if (visit := p.record.last_visit))
    assert 0.2 < sum(not p.record.email for p in PEOPLE) / len(PEOPLE) < 0.4


def test_the_same_seed_makes_the_same_people() -> None:
    assert list(fictitious(5, Random(2), TODAY)) == list(fictitious(5, Random(2), TODAY))
    assert next(fictitious(1, Random(2), TODAY, digits=5)).record.registration.reveal()[4:5].isdigit()


@pytest.mark.rule("T4.3")
def test_people_in_a_file_and_in_memory_answer_alike(tmp_path: Path) -> None:
    assert seed(tmp_path / "registry.db", PEOPLE) == len(PEOPLE)
    stored, memory = EmbeddedRegistry(tmp_path / "registry.db"), PeopleInMemory(PEOPLE)
    stored.ready()
    assert stored.count() == len(PEOPLE)
    for person in (*PEOPLE[:40], PEOPLE[-1]):
        record = person.record
        name = Secret(f"{record.given.reveal()} {record.surname.reveal()}")
        assert stored.candidates(Secret(record.last4.reveal()), name) == [person.id]
        assert stored.candidates(Secret(record.last4.reveal()), Secret("Niekas Niekas")) == []
        assert stored.askable(person.id) == memory.askable(person.id)
        for question in T3:
            for value in ("3", record.phone.reveal(), record.registration.reveal(), record.last_visit_about.reveal()):
                expected = memory.judge(person.id, question, Secret(value))
                assert stored.judge(person.id, question, Secret(value)) == expected
        assert stored.matters(person.id) == person.matters
    assert stored.askable(NOBODY) == frozenset()
    assert not stored.judge(NOBODY, Question.LAST_FOUR, Secret("0000"))
    assert stored.matters(NOBODY) is None
    stored.close()
    assert (tmp_path / "registry.db").stat().st_mode & 0o777 == 0o600


def test_a_file_that_does_not_say_that_nobody_in_it_exists_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "people.db"
    with pytest.raises(StoreError, match="there is no registry"):
        EmbeddedRegistry(path)
    path.write_bytes(b"no database")
    with pytest.raises(StoreError, match="can't be used"):
        EmbeddedRegistry(path)
    path.unlink()
    db = sqlite3.connect(path)
    db.executescript("CREATE TABLE about (key TEXT, value TEXT); CREATE TABLE people (id TEXT);")
    db.close()
    with pytest.raises(StoreError, match="not marked as fictitious"):
        EmbeddedRegistry(path)
    with pytest.raises(StoreError, match="is there already"):
        seed(path, [])


def test_the_command_makes_people_and_shows_one(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    made = CliRunner().invoke(
        main, ["registry", "seed", str(path), "--people", "20", "--seed", "3", "--json", "--show"]
    )
    assert made.exit_code == 0, made.output
    result = json.loads(made.output)
    assert (result["people"], result["fictitious"]) == (20, True)
    assert "code" not in result["example"], "nobody is ever asked for the whole code"
    again = CliRunner().invoke(main, ["registry", "seed", str(path)])
    assert again.exit_code == 1
    assert "is there already" in again.output


@pytest.mark.rule("A14", "A7.4")
def test_a_worker_asks_the_configured_registry(tmp_path: Path) -> None:
    seed(tmp_path / "registry.db", PEOPLE)
    file = tmp_path / "ivr.toml"
    file.write_text('[line]\ndata_dir = "var"\n[registry]\nembedded = "registry.db"\n', encoding="utf-8")
    config = load(file, {})
    ports = with_registry(Ports(), config, lambda: datetime(2025, 3, 3, tzinfo=UTC), lambda kind, data: None)
    assert ports.registry is not None
    step: AuthStep | Verdict | None = ports.registry.begin("job_seeker", Pii("+37060000001"))
    assert isinstance(step, AuthStep)
    known = PEOPLE[0].record
    answers = {
        "last_four": Secret(known.last4.reveal()),
        "name_given": Secret(known.given.reveal()),
        "name_surname": Secret(known.surname.reveal()),
    }
    step = ports.registry.check(step.attempt, answers, unsure=False)
    assert isinstance(step, AuthStep)
    wrong = {question.id: Secret("x") for question in step.questions}
    assert ports.registry.check(step.attempt, wrong, unsure=False) == Verdict(False)
    assert with_registry(ports, config, lambda: datetime.now(UTC), lambda kind, data: None) is ports


def test_without_a_registry_nobody_is_asked_and_a_real_one_is_reached_over_tls_only(tmp_path: Path) -> None:
    assert registry_of(load(None, {})) is None
    https = load(None, {"IVR_REGISTRY_URL": "https://registry.example"})
    assert isinstance(registry_of(https), HttpRegistry)
    for environment in (
        {"IVR_REGISTRY_URL": "http://registry.example"},
        {"IVR_REGISTRY_URL": "https://r.example", "IVR_REGISTRY_EMBEDDED": "x.db"},
        {"IVR_REGISTRY_URL": "https://r.example", "IVR_REGISTRY_KEY_FILE": "x.pem"},
    ):
        with pytest.raises(ConfigError):
            load(None, environment)


def test_questions_and_limits_are_settings() -> None:
    rules = rules_of(load(None, {"IVR_REGISTRY_TRIES_PER_PERSON": "2", "IVR_REGISTRY_REGISTRATION_DIGITS": "9"}))
    assert rules.limits.person_per_day == 2
    assert rules.registration_digits == 9
    assert rules.rules.hearable == frozenset(T3) - {Question.EMAIL}


@pytest.mark.rule("A23", "X6")
def test_a_nodes_log_of_tries_is_read_by_command(tmp_path: Path) -> None:
    config = tmp_path / "ivr.toml"
    config.write_text(f'[line]\ndata_dir = "{tmp_path / "data"}"\n', encoding="utf-8")
    command = ["registry", "tries", "8 612 34567", "--config", str(config)]
    none = CliRunner().invoke(main, command)
    assert json.loads(none.output)["tries"] == []
    assert not (tmp_path / "data").exists()
    log, now = try_log(load(config, {})), datetime.now(UTC)
    for at in (now, now - timedelta(days=31)):
        log.begin(Try(at, log.hashed("number", "+37061234567")))
    log.close()
    told = CliRunner().invoke(main, command)
    (one,) = json.loads(told.output)["tries"]
    assert one == {"at": timestamp(now), "passed": False, "name_mark": None, "digits_mark": None, "person_mark": None}

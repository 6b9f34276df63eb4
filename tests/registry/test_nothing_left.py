"""What proves identity leaves no trace: every byte that a call leaves behind is searched for the answers (X5)."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
import structlog

from ivr.dialog.plan import Plan
from ivr.dialog.ports import CheckAuth, Ports
from ivr.dialog.skills.read_back import read_back
from ivr.events import Action, Consult, Listen, Record, Say
from ivr.identity.matching import Record as Person
from ivr.identity.ports import Matters
from ivr.keyfile import read_key
from ivr.office.feed import without_personal_data
from ivr.privacy import MASK, Pii, Secret
from ivr.registry.desk import DeskRules, IdentityDesk
from ivr.registry.memory import PeopleInMemory
from ivr.registry.people import Person as Made
from ivr.registry.tries import TryLog
from ivr.simulator.identity_calls import Answer, answers_of
from ivr.simulator.scenario import World
from ivr.simulator.text_call import TextCall
from ivr.store.database import open_database
from ivr.store.journal import Journal
from ivr.store.narrative import tell
from tests.identity.people import EVERYTHING

NOW = datetime(2025, 3, 3, 9, tzinfo=UTC)
OTHER = replace(
    EVERYTHING,
    last4=Pii("4861"), given=Pii("Jonas"), surname=Pii("Petraitis"), registration=Pii("7654321"),
    street=Pii("Vytauto"), house=Pii("77"), phone=Pii("+37069999999"), last_visit=NOW.date().replace(month=1),
    last_visit_about=Pii("plan"), employment_end=NOW.date().replace(year=2019), email=Pii("kita@inbox.lt"),
)  # fmt: skip


class Caller:
    """Answers each question by voice or by keys, and agrees to what is read back."""

    def __init__(self, plan: Plan, texts: dict[str, str], record: Person, log: TryLog, *, keys: bool) -> None:
        people = PeopleInMemory([Made("p-1", Secret("33309240064"), record, Matters(registered=True))])
        desk = IdentityDesk(people, log, lambda: NOW, Random(4), DeskRules(least_s=0.0))
        self.actions: list[Action] = []
        self.call = TextCall(
            plan,
            texts,
            World(lookups="work"),
            ports=Ports(registry=desk),
            on_action=lambda at, a: self.actions.append(a),
        )
        self.answers = {**answers_of(EVERYTHING_SAID)}
        self.keys = keys

    def run(self) -> None:
        self.call.answer()
        self._wait()
        self.call.press("2")
        self._wait()
        for _ in range(30):
            if self.call.machine.node != "personal":
                break
            self._reply()
            self._wait()
        self.call.hangup()

    def _reply(self) -> None:
        last = next(p.prompt for p in reversed(self.call.heard_prompts) if p.prompt)
        if last == "auth.right":
            self.call.say("taip")
            return
        answer: Answer = self.answers[last.removesuffix("_list").removesuffix("_keypad")]
        if self.keys and answer.keyed:
            for key in answer.keyed:
                self.call.press(key)
        else:
            self.call.say(answer.said)

    def _wait(self) -> None:
        while not (self.call.callers_turn or self.call.over or self.call.clock.next_at is None):
            self.call.clock.step()
        self.call.clock.advance(0)


EVERYTHING_SAID = replace(EVERYTHING, house=Pii("12"))


def secrets_of(answers: dict[str, Answer]) -> Iterator[str]:
    for answer in answers.values():
        yield from (answer.said, answer.back.rstrip("."), answer.keyed.rstrip("#"))
    yield from ("4861", "Petraitis", "petraitis", "1234567", "61234567", "Laisvės", "laisvės", "2024-05-03", "jonas.p")


@pytest.mark.rule("X5", "A23")
@pytest.mark.parametrize("keys", [False, True])
@pytest.mark.parametrize("right", [True, False])
def test_no_byte_that_a_call_leaves_behind_holds_an_answer(
    plan: Plan, texts: dict[str, str], tmp_path: Path, keys: bool, right: bool
) -> None:
    shown = io.StringIO()
    handler = logging.StreamHandler(shown)
    logging.getLogger().addHandler(handler)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(shown))
    try:
        with redirect_stdout(shown), redirect_stderr(shown):
            log = TryLog(tmp_path / "identity.db", read_key(tmp_path / "identity.key"))
            record = EVERYTHING_SAID if right else replace(EVERYTHING_SAID, phone=Pii("+37060000009"), last_visit=None)
            caller = Caller(plan, texts, record, log, keys=keys)
            caller.run()
            journal = Journal(open_database(tmp_path / "journal.db"))
            for entry in caller.call.entries:
                journal.append("call-1", entry.kind, dict(entry.data), NOW)
            events = journal.events("call-1")
            mqtt = [json.dumps(without_personal_data(event.data), ensure_ascii=False) for event in events]
            (tmp_path / "mqtt.jsonl").write_text("\n".join(mqtt), encoding="utf-8")
            (tmp_path / "story.txt").write_text(str(tell(events, reveal=True)), encoding="utf-8")
    finally:
        logging.getLogger().removeHandler(handler)
        structlog.reset_defaults()
    verdicts = [entry.data["verdict"] for entry in caller.call.entries if entry.kind == "auth.verdict"]
    assert verdicts, "the call went through all questions"
    (tmp_path / "log.txt").write_text(shown.getvalue(), encoding="utf-8")
    files = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert {"journal.db", "identity.db", "mqtt.jsonl", "story.txt", "log.txt"} <= {path.name for path in files}
    kept = b"\n".join(path.read_bytes() for path in files)
    found = [each for each in secrets_of(dict(caller.answers)) if len(each) > 3 and each.encode() in kept]
    assert not found
    assert MASK.encode() in kept


@pytest.mark.rule("X5")
def test_the_recording_is_silent_from_the_first_prompt_of_authentication_to_the_verdict(
    plan: Plan, texts: dict[str, str], tmp_path: Path
) -> None:
    caller = Caller(plan, texts, EVERYTHING_SAID, TryLog(":memory:", bytes(32)), keys=False)
    caller.run()
    silent, inside, outside = False, 0, 0
    for action in caller.actions:
        if isinstance(action, Record):
            silent = {"mute": True, "unmute": False}.get(action.op, silent)
        elif isinstance(action, Say) and any(p.id.startswith("auth.") for p in action.prompts):
            waiting = all(p.id.startswith("auth.waiting") for p in action.prompts)
            inside, outside = inside + silent, outside + (not silent and not waiting)
    assert inside >= 9
    assert outside <= 1, "only the verdict itself is said aloud"


@pytest.mark.rule("X6", "T8")
def test_two_different_people_shape_nothing_that_is_asked_listened_for_or_read_back(
    plan: Plan, texts: dict[str, str]
) -> None:
    """The same words to two records: prompts, grammars and read-backs are the same to the last sign."""
    shaped = []
    for record in (EVERYTHING_SAID, OTHER):
        caller = Caller(plan, texts, record, TryLog(":memory:", bytes(32)), keys=False)
        caller.run()
        judged = max(
            at for at, a in enumerate(caller.actions) if isinstance(a, Consult) and isinstance(a.question, CheckAuth)
        )
        shaped.append([a for a in caller.actions[:judged] if isinstance(a, Say | Listen)])
    assert len(shaped[0]) > 20
    assert shaped[0] == shaped[1]


def test_a_reading_back_is_made_of_what_was_heard_alone() -> None:
    assert read_back("digits:4", "4861") == "Keturi aštuoni šeši vienas."
    assert read_back("given", "Ona") == "Ona."

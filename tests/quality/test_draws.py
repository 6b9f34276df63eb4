"""The monthly draw as it is made: on the journal with its reasons, the same for whoever makes it again (A19)."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from ivr.cli import main
from ivr.errors import SamplingError
from ivr.events import JournalKind
from ivr.office.database import open_office
from ivr.office.roster import Roster
from ivr.people.staff import Employee, Role
from ivr.quality.draws import SHORTFALL
from ivr.quality.index import ZONE
from ivr.sampling.month import Month
from tests.quality.office import ASSISTANT, JONAS, ONA, Unit

pytestmark = pytest.mark.rule("A19")
NOVEMBER = Month(2026, 11, ZONE)
TOPICS = ("pensions", "line", "personal", "housing", "disability")


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    return Unit(tmp_path)


def busy_month(unit: Unit, calls: int = 60) -> None:
    chance = Random(7)
    for number in range(calls):
        unit.call(
            f"c{number:03}",
            datetime(2026, 11, 1 + number % 28, 8 + number % 9, tzinfo=UTC),
            agent=(None, ONA.id, JONAS.id)[number % 3],
            seconds=chance.uniform(40, 900),
            topic=TOPICS[number % 5],
        )


def test_everybody_has_eight_with_reason_and_seed_on_the_journal(unit: Unit) -> None:
    busy_month(unit)
    drawn, short = unit.desk().draws.make(NOVEMBER)
    monthly = Counter(one.employee for one in drawn if one.reason in ("weekly", "top_up", "duration", "topic", "day"))
    assert all(monthly[who] >= 8 for who in (ASSISTANT.id, ONA.id, JONAS.id))
    assert short == []
    events = unit.journal.of_kind(JournalKind.REVIEW_DRAWN)
    assert {(event.call_id, event.data["employee"]) for event in events} == {
        (one.recording, one.employee) for one in drawn
    }
    assert all(event.data["seed"] and event.data["reason"] and event.data["third"] for event in events)


def test_who_makes_it_again_gets_the_same_and_nothing_is_written_twice(unit: Unit) -> None:
    busy_month(unit)
    first, _ = unit.desk().draws.make(NOVEMBER)
    written = len(unit.journal.of_kind(JournalKind.REVIEW_DRAWN))
    (unit.folder / "index.db").unlink()
    again, _ = unit.desk().draws.make(NOVEMBER)
    assert again == first
    assert len(unit.journal.of_kind(JournalKind.REVIEW_DRAWN)) == written


def test_a_draw_is_made_at_its_time_and_later_ones_leave_it_alone(unit: Unit) -> None:
    unit.now = datetime(2026, 11, 9, 8, tzinfo=UTC)
    busy_month(unit)
    early, _ = unit.desk().draws.make(NOVEMBER)
    assert early
    assert {one.drawn_at for one in early} == {"2026-11-07T22:00:00.000Z"}
    unit.now = datetime(2026, 12, 1, 8, tzinfo=UTC)
    whole, _ = unit.desk().draws.make(NOVEMBER)
    assert [one for one in whole if one.drawn_at == early[0].drawn_at] == early
    assert len(whole) > len(early)


def test_what_comes_late_or_with_a_clock_set_back_changes_no_draw_that_was_made(unit: Unit) -> None:
    unit.now = datetime(2026, 11, 16, tzinfo=UTC)
    busy_month(unit)
    before, _ = unit.desk().draws.make(NOVEMBER)
    for number in range(20):  # a spill that is read back, and a clock that shows last week
        unit.call(f"a-late-{number}", datetime(2026, 11, 2, 9, number, tzinfo=UTC), agent=ONA.id, topic="housing")
    unit.now = datetime(2026, 11, 4, tzinfo=UTC)
    after, _ = unit.desk().draws.make(NOVEMBER)
    assert after == before
    unit.now = datetime(2026, 12, 1, tzinfo=UTC)
    closed, _ = unit.desk().draws.make(NOVEMBER)
    assert [one for one in closed if one.drawn_at <= before[-1].drawn_at] == before


def test_what_was_reviewed_is_not_drawn(unit: Unit) -> None:
    busy_month(unit)
    reviewed = [f"c{number:03}" for number in range(1, 60, 6)]
    for call in reviewed:
        data = {"employee": ONA.id, "by": 9}
        unit.journal.append(call, JournalKind.REVIEW_DONE, data, datetime(2026, 11, 1, tzinfo=UTC))
    unit.now = datetime(2026, 12, 1, tzinfo=UTC)
    drawn, _ = unit.desk().draws.make(NOVEMBER)
    assert not {one.recording for one in drawn if one.employee == ONA.id} & set(reviewed)


def test_who_has_too_few_is_reported_once_as_an_alarm(unit: Unit) -> None:
    for number in range(3):
        unit.call(agent=ONA.id, at=datetime(2026, 11, 4 + number, 9, tzinfo=UTC))
    desk = unit.desk()
    _, short = desk.draws.make(NOVEMBER)
    assert {row["employee"]: (row["found"], row["wanted"]) for row in short} == {0: (3, 8), 1: (3, 8), 2: (0, 8)}
    desk.draws.make(NOVEMBER)
    assert len(desk.alarms.of_kind(SHORTFALL)) == 3


def test_signs_of_trouble_are_drawn_beside_the_eight(unit: Unit) -> None:
    busy_month(unit, 90)
    unit.call("cut", datetime(2026, 11, 5, 9, tzinfo=UTC), outcome="dropped")
    unit.call("angry", datetime(2026, 11, 5, 10, tzinfo=UTC), more=(("task.created", 50.0, {"type": "complaint"}),))
    unit.call("failed", datetime(2026, 11, 5, 11, tzinfo=UTC), more=(("auth.verdict", 50.0, {"verdict": "failed"}),))
    drawn, _ = unit.desk().draws.make(NOVEMBER)
    found = {one.recording for one in drawn if one.reason in ("dropped", "complaint", "failed_authentication")}
    by_the_draw = {one.recording for one in drawn} & {"cut", "angry", "failed"}
    assert by_the_draw == {"cut", "angry", "failed"}
    assert found
    keys = [(one.recording, one.employee) for one in drawn]
    assert len(keys) == len(set(keys))


def test_thirds_are_last_months_and_frozen(unit: Unit) -> None:
    for number in range(40):
        unit.call(f"o{number}", datetime(2026, 10, 2 + number % 25, 9, tzinfo=UTC), seconds=100 + 10 * number)
    desk = unit.desk()
    desk.draws.make(NOVEMBER)
    opened = desk.register.opened("2026-11")
    assert opened
    assert 200 < opened.cuts.short_until_s < 250 < opened.cuts.middle_until_s < 400
    for number in range(40):
        unit.call(f"p{number}", datetime(2026, 10, 3, 9, number, tzinfo=UTC), seconds=2000)
    desk.draws.make(NOVEMBER)
    assert desk.register.opened("2026-11") == opened


def test_a_month_that_has_not_begun_is_refused(unit: Unit) -> None:
    unit.now = datetime(2026, 10, 5, tzinfo=UTC)
    with pytest.raises(SamplingError, match="not begun"):
        unit.desk().draws.make(NOVEMBER)


def test_seeds_and_draws_are_never_altered(unit: Unit) -> None:
    busy_month(unit, 9)
    desk = unit.desk()
    desk.draws.make(NOVEMBER)
    for change in ("UPDATE months SET seed = 'x'", "DELETE FROM draws"):
        with pytest.raises(Exception, match="stay as they are"):
            desk.register._db.execute(change)


def test_the_command_lists_the_draw(tmp_path: Path) -> None:
    path = tmp_path / "ivr.toml"
    path.write_text('[line]\ndata_dir = "data"\n', encoding="utf-8")
    (tmp_path / "data").mkdir()
    unit = Unit(tmp_path / "data")
    roster = Roster(open_office(tmp_path / "data" / "office.db"))
    assert roster.add(ONA) == ONA.id
    month = (datetime.now(ZONE).replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    for number in range(30):
        unit.call(
            at=datetime.fromisoformat(f"{month}-{1 + number % 27:02}T09:00+00:00"), agent=(None, ONA.id)[number % 2]
        )
    result = CliRunner().invoke(main, ["quality", "sample", "--config", str(path), "--month", month, "--json"])
    assert result.exit_code == 0, result.output
    draw = json.loads(result.output)
    assert Counter(row["employee"] for row in draw["drawn"])[ONA.id] >= 8
    assert set(draw["drawn"][0]) >= {"employee", "recording", "day", "third", "topic", "reason", "seed"}
    again = CliRunner().invoke(main, ["quality", "sample", "--config", str(path), "--month", month, "--json"])
    assert again.output == result.output
    table = CliRunner().invoke(main, ["quality", "sample", "--config", str(path), "--month", month])
    assert ONA.name in table.output


@pytest.mark.rule("X8")
def test_an_erased_draw_is_replaced_once_and_made_again_the_same(unit: Unit) -> None:
    for number in range(40):
        unit.call(f"c{number:02}", at=datetime(2026, 11, 1 + number % 28, 9, tzinfo=UTC))
    unit.now = datetime(2026, 11, 8, 8, tzinfo=UTC)
    first, _ = unit.desk().draws.make(NOVEMBER)
    gone, reviewed = first[0].recording, first[1].recording
    data = {"employee": 0, "by": 9, "marks": {}, "score": 100}
    unit.journal.append(reviewed, JournalKind.REVIEW_DONE, data, unit.now)
    for call in (gone, reviewed):
        unit.journal.append(call, JournalKind.RECORDING_ERASED, {"recording": call}, unit.now)
    unit.now = datetime(2026, 12, 1, 8, tzinfo=UTC)
    whole, _ = unit.desk().draws.make(NOVEMBER)
    of_assistant = [one for one in whole if one.employee == 0]
    assert [one.recording for one in whole[: len(first)]] == [one.recording for one in first]
    assert [one.reason for one in of_assistant].count("replacement") == 1
    assert len([one for one in of_assistant if one.recording != gone]) == 8
    assert unit.desk().lost("2026-11") == {(gone, 0)}
    assert unit.desk().draws.make(NOVEMBER)[0] == whole


def test_an_erasure_that_a_clock_set_back_dates_before_a_draw_changes_no_draw_that_was_made(unit: Unit) -> None:
    for number in range(40):
        unit.call(f"c{number:02}", at=datetime(2026, 11, 1 + number % 28, 9, tzinfo=UTC))
    unit.now = datetime(2026, 11, 8, 8, tzinfo=UTC)
    first, _ = unit.desk().draws.make(NOVEMBER)
    early = datetime(2026, 11, 2, 8, tzinfo=UTC)
    unit.journal.append(first[0].recording, JournalKind.RECORDING_ERASED, {"recording": first[0].recording}, early)
    assert unit.desk().draws.make(NOVEMBER)[0] == first


def test_a_settled_month_is_computed_again_only_when_something_is_due_or_somebody_is_new(unit: Unit) -> None:
    unit.call(agent=ONA.id)
    unit.now = datetime(2026, 11, 9, 8, tzinfo=UTC)
    desk = unit.desk()
    assert desk.draws.settle(NOVEMBER)
    unit.call("later", at=datetime(2026, 11, 9, 7, tzinfo=UTC))
    assert not desk.draws.settle(NOVEMBER)
    assert desk.index.one("later", 0)  # the index follows all the same
    unit.now = datetime(2026, 11, 15, 8, tzinfo=UTC)
    assert desk.draws.settle(NOVEMBER)
    assert "later" in {row["call"] for row in desk.index.drawn("2026-11")}
    assert not desk.draws.settle(NOVEMBER)
    unit.people |= {5: Employee(5, "Nauja Darbuotoja", "Skyrius", frozenset({Role.AGENT}), extension="605")}
    assert desk.draws.settle(NOVEMBER)

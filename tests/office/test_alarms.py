"""Alarms on a page: seen by whom they are for, looked into once, telling nobody's name (X6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from ivr.dialog.ports import AuthStep
from ivr.identity.patterns import Pattern
from ivr.office.alarms import SEEN, noted
from ivr.office.words import load_words
from ivr.people.staff import Employee, Role
from ivr.privacy import Pii, Secret
from ivr.registry.desk import DeskRules, IdentityDesk
from ivr.registry.memory import PeopleInMemory
from ivr.registry.tries import TryLog
from ivr.store.alarms import Alarm, Alarms
from ivr.store.database import open_database
from tests.office.test_accounts import GOOD
from tests.office.test_pages import SAME, Browser, browser

__all__ = ["browser"]

FALL = {"part": "ears", "pid": 7}


def alarms(browser: Browser) -> Alarms:
    return Alarms(open_database(browser.office.folder / "journal.db"))


async def reader(browser: Browser, role: Role = Role.HEAD) -> int:
    """Somebody of this role has signed in."""
    employee = browser.office.roster.add(Employee(0, "Vida Vadovė", "", frozenset({role})))
    browser.office.accounts.create(employee, "vida", GOOD)
    await browser.sign_in("vida")
    return employee


async def page(browser: Browser) -> str:
    return (await browser.client.get("/ispejimai")).text


async def saw(browser: Browser, number: int, note: str = "") -> int:
    data = {"form_key": await browser.form_key(), "note": note}
    return (await browser.client.post(f"/ispejimai/{number}", data=data, headers=SAME)).status_code


@pytest.mark.rule("X6", "A18")
@pytest.mark.parametrize("role", list(Role))
async def test_heads_quality_and_administrators_see_alarms_and_nobody_else(browser: Browser, role: Role) -> None:
    alarms(browser).append("part.fell", FALL, browser.office.now)
    await reader(browser, role)
    allowed = role in (Role.HEAD, Role.QUALITY, Role.ADMIN)
    assert (await browser.client.get("/ispejimai")).status_code == (200 if allowed else 403)
    assert ("/ispejimai" in (await browser.client.get("/")).text) == allowed
    assert await saw(browser, 1) == (303 if allowed else 403)


@pytest.mark.rule("X6")
async def test_somebody_who_guesses_is_on_the_page_without_anybody_s_name_or_number(browser: Browser) -> None:
    """From the desk's own pattern to the page: four names with other digits from one number within a day."""
    store = alarms(browser)
    desk = IdentityDesk(
        PeopleInMemory([]), TryLog(":memory:", bytes(32)), lambda: browser.office.now, Random(1),
        DeskRules(least_s=0.0), on_alarm=lambda kind, data: store.append(kind, data, browser.office.now),
    )  # fmt: skip
    for number, name in enumerate(("Ona", "Rasa", "Asta", "Daiva")):
        browser.office.now += timedelta(hours=1)
        step = desk.begin("job_seeker", Pii("+37060000033"))
        assert isinstance(step, AuthStep)
        answers = {"last_four": f"000{number}", "name_given": name, "name_surname": "Petraitytė"}
        desk.check(step.attempt, {key: Secret(value) for key, value in answers.items()})
    await reader(browser)
    shown = await page(browser)
    assert "Iš vieno numerio per parą prisistatė keli žmonės" in shown
    assert "count: 4" in shown
    assert not any(secret in shown for secret in ("+370", "60000033", "Petraitytė", "Daiva", "0003"))


async def test_who_looked_into_it_and_what_was_decided_stays_and_is_told_to_the_feed(browser: Browser) -> None:
    store = alarms(browser)
    store.append("part.fell", FALL, browser.office.now)
    vida = await reader(browser)
    browser.office.now += timedelta(minutes=5)
    assert await saw(browser, 1, "Paleista iš naujo, skambino Jonas") == 303
    shown = await page(browser)
    assert "Neperžiūrėtų įspėjimų nėra" in shown
    assert "Paleista iš naujo, skambino Jonas" in shown
    assert "Vida Vadovė" in shown
    assert await saw(browser, 1, "dar kartą") == 303
    seen = [alarm for alarm in store.follow(0) if alarm.kind == SEEN]
    assert [alarm.data for alarm in seen] == [{"alarm": 1, "by": vida, "pii_note": "Paleista iš naujo, skambino Jonas"}]
    assert await saw(browser, 99) == 404


async def test_a_note_is_shown_harmlessly_and_old_alarms_are_no_news(browser: Browser) -> None:
    store = alarms(browser)
    store.append("part.fell", FALL, browser.office.now - timedelta(days=31))
    store.append("journal.lost", {"reason": "<b>disk</b>"}, browser.office.now - timedelta(days=1))
    store.append("audit.head", {"entries": 3}, browser.office.now)
    await reader(browser)
    shown = await page(browser)
    assert "&lt;b&gt;disk" in shown
    assert "<b>disk" not in shown
    assert shown.count('action="/ispejimai/') == 1


def test_the_first_who_saw_it_counts_and_the_newest_alarm_is_first() -> None:
    at = datetime(2026, 11, 22, 9, tzinfo=UTC)
    rows = [
        Alarm(at, "part.fell", {}, 1), Alarm(at, "identity.digit_sweep", {"count": 4}, 2),
        Alarm(at, SEEN, {"alarm": 1, "by": 5}, 3), Alarm(at, SEEN, {"alarm": 1, "by": 6}, 4),
        Alarm(at, SEEN, {"alarm": 77, "by": 6}, 5),
    ]  # fmt: skip
    assert [(one.alarm.rowid, one.by) for one in noted(rows)] == [(2, None), (1, 5)]


@pytest.mark.parametrize("kind", [*Pattern, "part.fell", "journal.lost", "journal.recovered", "sampling.shortfall"])
def test_every_kind_has_words_in_both_languages(kind: str) -> None:
    words = load_words()
    word = noted([Alarm(datetime.now(UTC), kind, {}, 1)])[0].word
    assert words["lt"][word] != words["en"][word]

"""The calendar and the directory: own absences, everybody's for heads, substitutes, people found by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ivr.people.staff import Absence, Employee, Role
from tests.office.test_accounts import GOOD
from tests.office.test_pages import SAME, Browser, browser

__all__ = ["browser"]


def jonas(browser: Browser) -> int:
    return browser.office.roster.add(
        Employee(0, "Jonas Žukauskas", "Išmokos", frozenset({Role.AGENT}), extension="sip:602@x")
    )


async def post(browser: Browser, path: str, **fields: str) -> int:
    data = {"form_key": await browser.form_key()} | fields
    return (await browser.client.post(path, data=data, headers=SAME)).status_code


def absences(browser: Browser) -> list[Absence]:
    return [one.absence for one in browser.office.roster.planned(browser.office.now)]


@pytest.mark.rule("A12.3", "A10")
async def test_an_agent_puts_their_own_days_away_into_the_calendar_whoever_the_form_names(browser: Browser) -> None:
    other = jonas(browser)
    await browser.sign_in()
    fields = {"employee": str(other), "since": "2026-11-24", "until": "2026-11-25", "substitute": str(other)}
    assert await post(browser, "/kalendorius", **fields) == 303
    (absence,) = absences(browser)
    assert absence == Absence(
        browser.office.ona, datetime(2026, 11, 23, 22, tzinfo=UTC), datetime(2026, 11, 25, 22, tzinfo=UTC), other
    )
    page = (await browser.client.get("/kalendorius")).text
    assert "2026-11-24 – 2026-11-25" in page
    assert page.count('class="away') == 2


async def test_an_absence_is_cancelled_by_whose_it_is_and_by_heads_only(browser: Browser) -> None:
    roster, now = browser.office.roster, browser.office.now
    roster.add_absence(Absence(jonas(browser), now, now + timedelta(days=2)))
    roster.add_absence(Absence(browser.office.ona, now, None))
    head = roster.add(Employee(0, "Vida", "", frozenset({Role.HEAD})))
    browser.office.accounts.create(head, "vida", GOOD)
    first, second = (one.id for one in roster.planned(now))
    await browser.sign_in()
    assert await post(browser, f"/kalendorius/{first}/atsaukti") == 404
    assert await post(browser, f"/kalendorius/{second}/atsaukti") == 303
    assert len(absences(browser)) == 1
    browser.client.cookies.clear()
    await browser.sign_in("vida")
    assert await post(browser, f"/kalendorius/{first}/atsaukti") == 303
    assert absences(browser) == []


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"since": ""}, 422),
        ({"since": "rytoj"}, 422),
        ({"since": "2026-11-25", "until": "2026-11-24"}, 422),
        ({"since": "2026-11-25", "until": "9999-12-31"}, 422),
        ({"since": "2026-11-25", "substitute": "99"}, 422),
        ({"since": "2026-11-25", "substitute": "1"}, 422),
        ({"since": "2026-11-25", "substitute": "x' OR 1"}, 303),
    ],
)
async def test_days_that_mean_nothing_are_refused(browser: Browser, fields: dict[str, str], status: int) -> None:
    await browser.sign_in()
    assert await post(browser, "/kalendorius", **fields) == status
    assert len(absences(browser)) == (status == 303)


@pytest.mark.parametrize(
    ("query", "found"), [("zukau", True), ("IŠMOK jon", True), ("petrai", False), ("", True), ("%", False)]
)
async def test_colleagues_are_found_by_name_and_unit_without_diacritics(
    browser: Browser, query: str, found: bool
) -> None:
    jonas(browser)
    await browser.sign_in()
    page = (await browser.client.get("/kontaktai", params={"q": query}, headers={"HX-Request": "true"})).text
    assert ("Jonas Žukauskas" in page) is found
    assert ("602" in page) is found
    assert "<html" not in page

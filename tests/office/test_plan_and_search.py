"""The month's plan, what is found by search, the findings in summary, and the figures."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest

from ivr.events import JournalKind
from ivr.quality.draws import Draws
from ivr.quality.index import ZONE
from ivr.sampling.month import Month
from tests.office.quality_unit import Quality, marks

NOVEMBER = Month(2026, 11, ZONE)


@pytest.fixture
def quality(tmp_path: Path) -> Quality:
    return Quality(tmp_path)


def draws(quality: Quality) -> Draws:
    quality.unit.now = quality.now
    return quality.unit.desk().draws


def month_of_calls(quality: Quality, number: int = 24) -> None:
    for at in range(number):
        quality.call(
            f"c{at:02}",
            agent=("ona", "jonas")[at % 2],
            sealed=False,
            at=datetime(2026, 11, 1 + at % 28, 9, tzinfo=UTC),
            topic=("pensions", "line", "housing")[at % 3],
            seconds=60.0 + 40 * at,
        )


@pytest.mark.rule("A19")
async def test_the_plan_shows_everybodys_progress(quality: Quality) -> None:
    month_of_calls(quality)
    drawn, _ = draws(quality).make(NOVEMBER)
    first = next(one for one in drawn if one.employee == quality.people["ona"])
    async with quality.browser("kazys") as visit:
        before = (await visit.get("/kokybe?menuo=2026-11")).text
        assert "Ona Petraitienė" in before
        assert "Jonas Kazlauskas" in before
        assert "Virtualioji asistentė" in before
        ona = sum(one.employee == first.employee for one in drawn)
        assert f"Perklausyta: 0 iš {ona}" in before
        await visit.open(first.recording, first.employee)
        page = f"/irasai/{first.recording}/{first.employee}"
        assert (await visit.post(f"{page}/vertinimas", **marks(first.employee))).status_code == 303
        assert f"Perklausyta: 1 iš {ona}" in (await visit.get("/kokybe?menuo=2026-11")).text


@pytest.mark.rule("A19", "X8")
async def test_the_plan_says_what_was_erased_before_anybody_reviewed_it(quality: Quality) -> None:
    month_of_calls(quality)
    drawn, _ = draws(quality).make(NOVEMBER)
    first = next(one for one in drawn if one.employee == quality.people["ona"])
    quality.unit.journal.append(first.recording, JournalKind.RECORDING_ERASED, {"recording": "x"}, quality.now)
    ona = sum(one.employee == first.employee for one in drawn)
    async with quality.browser("kazys") as visit:
        page = (await visit.get(f"/kokybe?menuo=2026-11&darbuotojas={first.employee}")).text
    assert f"Perklausyta: 0 iš {ona - 1}" in page
    assert "Ištrintas neperklausytas" in page
    assert f"/irasai/{first.recording}/{first.employee}" not in page
    if ona == 8:
        assert "Trūksta pokalbių: 1" in page


@pytest.mark.rule("A19", "X10")
async def test_a_reviewer_goes_from_one_to_the_next_with_the_filters_kept(quality: Quality) -> None:
    month_of_calls(quality, 60)
    drawn, _ = draws(quality).make(NOVEMBER)
    jonas = quality.people["jonas"]
    own = [one for one in drawn if one.employee == jonas]
    query = f"?menuo=2026-11&darbuotojas={jonas}&liko=1"
    async with quality.browser("kazys") as visit:
        plan = (await visit.get(f"/kokybe{query}")).text
        assert f"Perklausyta: 0 iš {len(own)}" in plan
        assert "Ona Petraitienė</h2>" not in plan
        seen: list[str] = []
        href = unescape(re.findall(r'class="button" href="([^"]+)"', plan)[0])
        while href:
            path, _, kept = href.partition("?")
            assert f"?{kept}" == query
            asks = (await visit.get(href)).text
            assert f"1 iš {len(own) - len(seen)}" in asks
            assert ('value="klausau atrankos"' in asks) is bool(seen)  # said once, then confirmed by Enter
            opened = await visit.post(f"{path}/tikslas{query}", purpose="klausau atrankos")
            assert opened.headers["Location"] == href
            reviewed = await visit.post(f"{path}/vertinimas{query}", **marks(jonas))
            assert reviewed.headers["Location"] == href
            seen.append(path)
            shown = (await visit.get(href)).text
            assert f"Perklausyta {len(seen)} iš {len(own)}" in shown
            following = re.findall(r'id="place-after"[^>]+href="([^"]+)"', shown)
            href = unescape(following[0]) if following else ""
        assert sorted(seen) == sorted(f"/irasai/{one.recording}/{jonas}" for one in own)
        assert "Visi pasirinkti pokalbiai peržiūrėti" in shown
        assert "Nieko nerasta" in (await visit.get(f"/kokybe{query}")).text


@pytest.mark.parametrize(
    "query", ["", "?menuo=x", "?menuo=2026-11&darbuotojas=99", "?menuo=2026-11&darbuotojas=²", "?menuo=2026-10&liko=1"]
)
async def test_a_conversation_that_is_not_on_the_way_has_no_way(quality: Quality, query: str) -> None:
    quality.call("plain", sealed=False)
    async with quality.browser("kazys") as visit:
        answer = await visit.get(f"/irasai/plain/{quality.people['ona']}{query}")
    assert answer.status_code == 200
    assert "place-after" not in answer.text


async def test_what_only_looks_like_a_number_is_none(quality: Quality) -> None:
    async with quality.browser("kazys") as visit:
        assert (await visit.get("/irasai?darbuotojas=²&psl=²")).status_code == 200


@pytest.mark.rule("P64")
async def test_an_agent_sees_their_own_part_and_no_way_to_sound(quality: Quality) -> None:
    month_of_calls(quality)
    draws(quality).make(NOVEMBER)
    async with quality.browser("ona") as visit:
        page = (await visit.get("/kokybe?menuo=2026-11")).text
    assert "Ona Petraitienė" in page
    assert "Jonas Kazlauskas" not in page
    assert "/irasai/" not in page


async def test_a_month_that_is_none_is_this_one_and_the_future_has_no_page(quality: Quality) -> None:
    async with quality.browser("kazys") as visit:
        page = (await visit.get("/kokybe?menuo=x")).text
    assert "<strong>2026-12</strong>" in page
    assert "menuo=2026-11" in page
    assert "menuo=2027-01" not in page


SEARCHES = {
    "": {"old", "long", "hello", "cut"},
    "nuo=2026-11-05": {"long", "cut"},
    "iki=2026-11-05": {"old", "hello"},
    "nuo=2026-11-04&iki=2026-11-04": {"hello"},
    "tema=housing": {"long"},
    "baigtis=dropped": {"cut"},
    "ilgesni=10": {"long"},
    "trumpesni=1,5": {"old"},
    "zodziai=motinystes": {"hello"},
    "zodziai=motinyst+ismok": {"hello"},
    "zodziai=motinyst&nuo=2026-11-05": set(),
    "zodziai=pensija&tema=housing": {"long"},
    "zodziai=pensija&iki=2026-11-08": {"old", "hello", "long"},
    "zodziai=šeimos": set(),
    "zodziai=%22%29+OR": set(),
    "zodziai=???": set(),
    "nuo=vakar&ilgesni=daug": {"old", "long", "hello", "cut"},
    "darbuotojas=0&tema=housing": {"long"},
    "psl=7": set(),
}


async def test_conversations_are_found_by_each_of_their_sides(quality: Quality) -> None:
    day = {number: datetime(2026, 11, number, 9, tzinfo=UTC) for number in (3, 4, 8, 9)}
    said = "kaip gauti motinystės išmoką"
    quality.call("old", agent=None, sealed=False, at=day[3], seconds=80.0)
    quality.call("hello", agent=None, sealed=False, at=day[4], said=said, seconds=120.0)
    quality.call("long", agent=None, sealed=False, at=day[8], topic="housing", seconds=700.0)
    quality.call("cut", agent=None, sealed=False, at=day[9], outcome="dropped", said="alio", seconds=120.0)
    async with quality.browser("kazys") as visit:
        for query, found in SEARCHES.items():
            page = (await visit.get(f"/irasai?{query}")).text
            there = {name for name in ("old", "long", "hello", "cut") if f"/irasai/{name}/" in page}
            assert there == found, query


async def test_long_lists_have_pages(quality: Quality) -> None:
    for number in range(60):
        quality.call(f"c{number:02}", agent=None, sealed=False, at=datetime(2026, 11, 3, 9, number, tzinfo=UTC))
    async with quality.browser("kazys") as visit:
        first, second = [(await visit.get(f"/irasai?tema=pensions&psl={page}")).text for page in (0, 1)]
    assert first.count('<td><a href="/irasai/') == 50
    assert second.count('<td><a href="/irasai/') == 10
    assert "tema=pensions&amp;psl=1" in first
    assert "psl=0" in second
    assert "psl=2" not in second


@pytest.mark.rule("X9")
async def test_words_that_were_searched_for_are_on_the_log(quality: Quality) -> None:
    async with quality.browser("kazys") as visit:
        await visit.get("/irasai?zodziai=<script>alert(1)</script>")
        page = await visit.get("/irasai?zodziai=<script>alert(1)</script>&tema=<b>")
    assert "<script>alert" not in page.text
    assert [(one.act, one.subject) for one in quality.log()] == [("searched", "<script>alert(1)</script>")] * 2


@pytest.mark.rule("A21")
async def test_the_report_tells_findings_and_nobodys_name(quality: Quality) -> None:
    month_of_calls(quality)
    drawn, _ = draws(quality).make(NOVEMBER)
    of_ona = [one for one in drawn if one.employee == quality.people["ona"]]
    async with quality.browser("kazys") as visit:
        for number, one in enumerate(of_ona[:6]):
            await visit.open(one.recording, one.employee)
            fields = marks(one.employee) | {"m_hold": "bad", "practice": f"Ona Petraitienė paaiškino ramiai {number}"}
            fields["mistake"] = "klientui Jonui Jonaičiui +37061234567 pasakyta sena suma"
            assert (await visit.post(f"/irasai/{one.recording}/{one.employee}/vertinimas", **fields)).status_code == 303
    async with quality.browser("jonas") as visit:
        page = (await visit.get("/kokybe/ataskaita?menuo=2026-11")).text
        table = await visit.get("/kokybe/ataskaita.csv?menuo=2026-11")
    for secret in ("Ona", "Petraitienė", "Jonui", "Jonaičiui", "61234567", *(one.recording for one in of_ona)):
        assert secret not in page.split("<main", 1)[1]
        assert secret not in table.text
    assert "paaiškino ramiai" in page
    assert "pasakyta sena suma" in page
    assert 'role="img"' in page
    assert "Skyrius" in page
    rows = {row[0]: row for row in csv.reader(io.StringIO(table.content.decode("utf-8-sig")))}
    assert rows["A12.16"][2:] == ["0", "6", "0"]
    assert rows["A12.4"][2:] == ["6", "0", "100"]


@pytest.mark.rule("A21")
async def test_a_unit_with_few_reviews_is_not_shown_apart(quality: Quality) -> None:
    month_of_calls(quality)
    drawn, _ = draws(quality).make(NOVEMBER)
    one = next(one for one in drawn if one.employee == quality.people["jonas"])
    async with quality.browser("kazys") as visit:
        await visit.open(one.recording, one.employee)
        await visit.post(f"/irasai/{one.recording}/{one.employee}/vertinimas", **marks(one.employee))
        page = (await visit.get("/kokybe/ataskaita?menuo=2026-11")).text
    assert "Kitas skyrius" not in page


async def test_the_figures_count_what_happened(quality: Quality) -> None:
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    quality.call("contained", caller="+37060000001", at=at, agent=None, sealed=False)
    quality.call("repeated", caller="+37060000002", at=at, agent=None, sealed=False)
    quality.call("again", caller="+37060000002", at=at + timedelta(hours=20), agent=None, sealed=False)
    quality.call("hidden", caller="", at=at, agent=None, sealed=False)
    quality.call("bridged", caller="+37060000003", at=at, sealed=False, outcome="transferred")
    quality.call("cut", caller="+37060000004", at=at, outcome="dropped", agent=None, sealed=False)
    more = (
        ("answer.sought", 50.0, {"pii_text": "x", "decision": "refuse"}),
        ("auth.started", 60.0, {"role": "job_seeker"}),
        ("auth.verdict", 70.0, {"verdict": "passed"}),
    )
    quality.call("asked", caller="+37060000005", at=at, more=more, agent=None, sealed=False)
    async with quality.browser("vida") as visit:
        table = await visit.get("/statistika.csv?nuo=2026-11-20&iki=2026-11-21")
        page = (await visit.get("/statistika?nuo=2026-11-20&iki=2026-11-21")).text
        empty = await visit.get("/statistika?nuo=2020-01-01&iki=2020-01-02")
    rows = dict(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert rows["Skambučiai"] == "7"
    assert rows["Atsiliepta iki trečio signalo"] == "7"
    assert rows["Išspręsta be darbuotojo ir be pakartotinio skambučio per parą"] == "4"
    assert rows["Per parą skambinta dar kartą"] == "1"
    assert rows["Sujungta su darbuotoju"] == "1"
    assert rows["Laukta darbuotojo, s (pusė skambučių)"] == "5.0"
    assert rows["Nutrūko"] == "1"
    assert rows["Klausimai be atsakymo"] == "1"
    assert rows["Tapatybė patvirtinta"] == "1"
    assert rows["Nuo žodžio iki atsakymo, ms (pusė kartų)"] == "700.0"
    assert "Skambučiai pagal dieną" in page
    assert empty.status_code == 200


@pytest.mark.rule("X9")
async def test_a_table_never_starts_a_formula(quality: Quality) -> None:
    quality.call("c", sealed=False, topic="=cmd|' /C calc'!A0", at=datetime(2026, 11, 20, 9, tzinfo=UTC))
    async with quality.browser("vida") as visit:
        table = await visit.get("/statistika.csv?nuo=2026-11-20&iki=2026-11-21")
    assert not any(
        cell.startswith("=") for row in csv.reader(io.StringIO(table.content.decode("utf-8-sig"))) for cell in row
    )

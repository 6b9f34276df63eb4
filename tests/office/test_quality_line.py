"""What was told to the quality line (key 7) is met by its own readers alone, on every page of the quality office."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from ivr.events import JournalKind
from ivr.office.offers import Offers, OfferState
from ivr.office.rights import Act, may
from ivr.people.choice import Because
from ivr.people.context import context_of
from ivr.people.quality_line import told_to_quality_line, without_quality_line
from ivr.people.staff import Employee, Role
from ivr.quality.index import ZONE
from ivr.sampling.month import Month
from tests.office.quality_unit import PURPOSE, Quality, marks
from tests.office.test_accounts import GOOD
from tests.office.test_rights import BY_OWNER, ROLES

pytestmark = pytest.mark.rule("A18", "P64")

NOVEMBER = Month(2026, 11, ZONE)
TOLD: Final[tuple[tuple[str, float, dict[str, object]], ...]] = (
    ("message.begun", 30.0, {"type": "quality"}),
    ("turn.heard", 40.0, {"grammar": "open", "pii_text": "varlė prašė kyšio", "started_s": 31.0, "ended_s": 40.0}),
    ("task.created", 50.0, {"type": "quality", "pii_caller": "+37061234567", "started_s": 31.0, "ended_s": 40.0}),
)
WITHDRAWN: Final = TOLD[:2]
KEPT_FROM: Final = [role for role in Role if role is not Role.QUALITY_LINE]


@pytest.fixture
def quality(tmp_path: Path) -> Quality:
    """One call of the quality line, one that is not, and Rūta who reads the quality line for the quality unit."""
    made = Quality(tmp_path)
    ruta = Employee(0, "Rūta Reikalienė", "Kokybės vadybos skyrius", frozenset({Role.QUALITY, Role.QUALITY_LINE}))
    made.people["ruta"] = made.office.roster.add(ruta)
    made.office.accounts.create(made.people["ruta"], "ruta", GOOD)
    made.unit.people |= made.office.roster.everybody()
    made.call("told", more=TOLD)
    made.call("withdrawn", more=WITHDRAWN, sealed=False)
    made.call("plain", sealed=False)
    return made


@pytest.mark.parametrize("role", KEPT_FROM)
@pytest.mark.parametrize("act", [Act.OPEN, Act.REVIEW, Act.CORRECT, Act.EXPORT, Act.FIND, Act.PLAN])
def test_no_role_reaches_it_without_the_right_of_its_own(role: Role, act: Act) -> None:
    visitor = Employee(1, "Lankytoja", "Skyrius", frozenset({role}))
    for owner in (visitor, Employee(2, "Kita", "Skyrius", frozenset({Role.AGENT}))):
        assert not may(visitor, act, owner, guarded=True)
        both = Employee(1, "Lankytoja", "Skyrius", frozenset({role, Role.QUALITY_LINE}))
        assert may(both, act, owner, guarded=True) is may(both, act, owner)


@pytest.mark.rule("X9")
@pytest.mark.parametrize("name", ROLES)
async def test_every_page_refuses_it_to_every_role(quality: Quality, name: str) -> None:
    async with quality.browser(name) as visit:
        for call in ("told", "withdrawn"):
            for who in (quality.people["ona"], 0):
                for what, (act, do) in BY_OWNER.items():
                    status = (await do(visit, call, who)).status_code
                    assert status == (404 if may(quality.unit.people[quality.people[name]], act) else 403), what
                for rest in ("", "/bangos"):
                    assert (await visit.get(f"/irasai/{call}/{who}{rest}")).status_code in (403, 404)
        found = (await visit.get("/irasai?zodziai=varlė")).text + (await visit.get("/irasai")).text
        assert "/irasai/told/" not in found
        assert "/irasai/withdrawn/" not in found
    with_right = [one for one in quality.log() if one.act == "refused"]
    assert bool(with_right) is (name in ("vida", "kazys", "dalia"))  # who reaches for it stands on the log


async def test_a_link_that_was_made_before_opens_it_no_longer(quality: Quality) -> None:
    ona = quality.people["ona"]
    async with quality.browser("ruta") as visit:
        await visit.open("told", ona)
        page = (await visit.post(f"/irasai/told/{ona}/nuoroda", purpose=PURPOSE)).text
        link = "/isvezti/" + page.split('href="/isvezti/', 1)[1].partition('"')[0]
        assert (await visit.get(link)).status_code == 200
        quality.office.database.execute("UPDATE employees SET roles = '[\"quality\"]' WHERE name LIKE 'Rūta%'")
        quality.office.database.conn.commit()
        assert (await visit.get(link)).status_code == 404
        assert (await visit.get(f"/irasai/told/{ona}/garsas")).status_code == 404


async def test_its_own_readers_in_the_quality_unit_find_open_and_review_it(quality: Quality) -> None:
    ona = quality.people["ona"]
    async with quality.browser("ruta") as visit:
        assert f"/irasai/told/{ona}" in (await visit.get("/irasai")).text
        assert "Pokalbio įrašas" in (await visit.open("told", ona)).text
        assert (await visit.get(f"/irasai/told/{ona}/garsas")).status_code == 200
        assert (await visit.post(f"/irasai/told/{ona}/vertinimas", **marks(ona))).status_code == 303


async def test_no_draw_takes_it_and_a_plan_that_did_hides_it(quality: Quality) -> None:
    complaint = ("task.created", 50.0, {"type": "complaint", "pii_caller": "+37061234567"})
    quality.call("complaint", more=(complaint,), sealed=False, at=datetime(2026, 11, 4, 9, tzinfo=UTC))
    drawn, _ = quality.unit.desk().draws.make(NOVEMBER)
    assert {one.recording for one in drawn} == {"plain", "complaint"}
    data = {"employee": quality.people["ona"], "month": "2026-11", "reason": "complaint", "third": "short"}
    more = {"day": "2026-11-03", "topic": "pensions", "drawn_at": "2026-11-08T00:00:00.000Z", "seed": "s"}
    quality.unit.journal.append("told", JournalKind.REVIEW_DRAWN, data | more, quality.now)
    pages = {}
    for name in ("ona", "vida", "kazys", "ruta"):
        async with quality.browser(name) as visit:
            pages[name] = (await visit.get("/kokybe?menuo=2026-11")).text
            pages[f"{name} next"] = (await visit.get("/irasai/plain/0?menuo=2026-11")).text
    seen = {name for name, page in pages.items() if "/irasai/told/" in page}
    assert seen <= {"ruta", "ruta next"}
    assert "ruta" in seen


async def test_an_agent_never_reads_what_the_caller_told_the_quality_line_about_them(quality: Quality) -> None:
    offers = Offers(quality.office.database)
    offer = offers.add("told", quality.people["ona"], Because.FREE, {"pii_questions": []}, "", quality.now)
    assert offer
    for state in (OfferState.ACCEPTED, OfferState.BRIDGED, OfferState.ENDED):
        offers.set_state(offer, state, quality.now)
    async with quality.browser("ona") as visit:
        page = (await visit.get(f"/skambutis/{offer}")).text
    assert "kada man priklauso pensija" in page
    assert "varlė" not in page
    payload = context_of("told", quality.unit.journal.events("told")).payload("", {})
    assert "varlė" not in json.dumps(payload, ensure_ascii=False)


def test_a_message_that_was_given_up_hides_what_follows_until_a_person_is_called(quality: Quality) -> None:
    events = quality.unit.journal.events("withdrawn")
    assert told_to_quality_line(events)
    assert [one.kind for one in without_quality_line(events)][-1] == "call.ended"
    assert "message.begun" not in [one.kind for one in without_quality_line(events)]
    plain = quality.unit.journal.events("plain")
    assert without_quality_line(plain) == plain
    assert not told_to_quality_line(plain)

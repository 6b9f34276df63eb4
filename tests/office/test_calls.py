"""Calls on the desk: the card, who may touch it, note, identity, corrections; shown harmlessly whatever it holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import httpx
import pytest

from ivr.events import JournalKind
from ivr.office.app import application, stamp_of
from ivr.office.audit import Audit
from ivr.office.card import card_of
from ivr.office.offers import Offers, OfferState
from ivr.office.shelves import Shelves
from ivr.office.switchboard import Switchboard
from ivr.office.transcript import CITIZEN, KEY, LINE, transcript
from ivr.people.handover import CheckStep, PassOn
from ivr.people.staff import Employee, Role, State
from ivr.store.schema import JournalEvent
from tests.office.test_accounts import GOOD, Office
from tests.office.test_pages import SAME, Browser, browser
from tests.office.test_tasks import journal

__all__ = ["browser"]

CONTEXT: dict[str, Any] = {
    "pii_caller": "+37061234567",
    "offered_at": "2026-11-23T07:58:00+00:00",
    "topic": "pensions",
    "pii_questions": ["kada mokama pensija"],
    "answers": [{"id": "pensija-kada", "source": "sodra.lt", "whole": False}],
    "slots": {"pii_name": "Petras Petraitis", "for": "Ona Petraitienė"},
    "authentication": {"state": "passed", "at": "2026-11-23T07:59:00+00:00"},
    "signs": ["complaint"],
    "links": {"card": "/skambutis/c1", "Byla": "https://bylos.example/7"},
}
AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
SUMMARY = "Teiravosi: „kada mokama pensija“. Tapatybė patvirtinta 09:59."


class Desk:
    """A signed-in agent's desk, and the line's side of it."""

    def __init__(self, browser: Browser) -> None:
        self.browser, self.office = browser, browser.office
        self.offers = Offers(browser.office.database)

    def ring(self, call: str = "c1", employee: int = 0, **context: Any) -> int:
        employee = employee or self.office.ona
        made = self.offers.add(call, employee, "skill", CONTEXT | context, SUMMARY, self.office.now)
        assert made is not None
        self.office.roster.set_state(employee, State.RINGING, self.office.now)
        return made

    def talk(self, call: str = "c1", **context: Any) -> int:
        offer = self.ring(call, **context)
        self.move(offer, OfferState.ACCEPTED, State.ON_CALL)
        self.move(offer, OfferState.BRIDGED, State.ON_CALL)
        return offer

    def move(self, offer: int, to: OfferState, state: State) -> None:
        assert self.offers.set_state(offer, to, self.office.now)
        self.office.roster.set_state(self.office.ona, state, self.office.now)

    def state(self, offer: int) -> OfferState:
        found = self.offers.by_id(offer)
        assert found is not None
        return found.state

    async def see(self, path: str = "/") -> str:
        return (await self.browser.client.get(path)).text

    async def post(self, path: str, **fields: str) -> int:
        data = {"form_key": await self.browser.form_key()} | fields
        return (await self.browser.client.post(path, data=data, headers=SAME)).status_code

    def presence(self) -> State | None:
        found = self.browser.presence(self.office.ona)
        return found.state if found else None


@pytest.fixture
async def desk(browser: Browser) -> Desk:
    await browser.sign_in()
    return Desk(browser)


@pytest.mark.rule("A12.17.2")
async def test_the_card_says_who_why_and_what_was_said(desk: Desk) -> None:
    assert "Skambučio nėra" in await desk.see()
    desk.ring()
    page = await desk.see()
    shown = ("Skambina Jums", "Pensijos", "+37061234567", "09:58", "patvirtinta", "09:59", SUMMARY, "Petras Petraitis")
    told = (
        "„kada mokama pensija“",
        "pensija-kada",
        "iki galo neišklausė",
        "turi nusiskundimų",
        "https://bylos.example/7",
    )
    assert [text for text in (*shown, *told) if text not in page] == []


@pytest.mark.parametrize(("button", "state"), [("1", OfferState.ACCEPTED), ("0", OfferState.DECLINED)])
async def test_accepting_and_declining_reach_the_line_once(desk: Desk, button: str, state: OfferState) -> None:
    offer = desk.ring()
    assert await desk.post(f"/skambutis/{offer}/atsakyti", accept=button) == 303
    assert desk.state(offer) is state
    assert await desk.post(f"/skambutis/{offer}/atsakyti", accept="0" if button == "1" else "1") == 303
    assert desk.state(offer) is state


@pytest.mark.rule("P64")
async def test_a_colleagues_call_is_neither_seen_nor_touched(desk: Desk) -> None:
    jonas = desk.office.roster.add(Employee(0, "Jonas", "", frozenset({Role.AGENT}), extension="602"))
    offer = desk.ring("c9", jonas)
    assert "+37061234567" not in await desk.see()
    assert (await desk.browser.client.get(f"/skambutis/{offer}")).status_code == 404
    assert (await desk.browser.client.get("/skambutis/c9")).status_code == 404
    for act in ("atsakyti", "uzrasas", "tapatybe", "perduoti", "suklydau", "perskambinti"):
        assert await desk.post(f"/skambutis/{offer}/{act}", accept="1", step="start", reason="x") == 404
    assert desk.state(offer) is OfferState.RINGING


@pytest.mark.rule("X7", "P64")
async def test_opening_a_call_or_a_task_again_is_on_the_audit_log(tmp_path: Path) -> None:
    office = Office(tmp_path)
    audit = Audit(tmp_path / "audit.db", lambda: office.now)
    shelves = Shelves(MagicMock(), lambda: Audit(tmp_path / "audit.db", lambda: office.now), None, MagicMock())
    app = application(tmp_path, "1", office.site(secure=False), stamp_of(tmp_path / "office.db"), shelves)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        browser = Browser(client, office)
        await browser.sign_in()
        offer = Desk(browser).ring()
        number = journal(browser).append("c1", JournalKind.TASK_CREATED, {"type": "message"}, office.now)
        for path in (f"/skambutis/{offer}", f"/uzduotys/c1/{number}"):
            assert (await client.get(path)).status_code == 200
    assert [(one.name, one.act, one.subject) for one in audit.read()] == [
        ("Ona Petraitienė", "opened", f"c1/{number}"),
        ("Ona Petraitienė", "opened", f"c1/{office.ona}"),
    ]


@pytest.mark.rule("A18")
@pytest.mark.parametrize("role", [Role.HEAD, Role.ADMIN, Role.QUALITY, Role.QUALITY_LINE, Role.PROTECTION])
async def test_other_roles_have_no_calls(browser: Browser, role: Role) -> None:
    other = browser.office.roster.add(Employee(0, "Vida", "", frozenset({role})))
    browser.office.accounts.create(other, "vida", GOOD)
    await browser.sign_in("vida")
    assert (await browser.client.get("/skambuciai")).status_code == 403
    assert (await browser.client.get("/skambutis/1")).status_code == 403


async def test_a_forged_or_stale_answer_changes_nothing(desk: Desk) -> None:
    offer, client = desk.ring(), desk.browser.client
    path, key = f"/skambutis/{offer}/atsakyti", await desk.browser.form_key()
    assert (await client.post(path, data={"accept": "1"}, headers=SAME)).status_code == 403
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert (await client.post(path, data={"accept": "1", "form_key": key}, headers=foreign)).status_code == 403
    desk.office.now += timedelta(hours=13)
    assert (await client.post(path, data={"accept": "1", "form_key": key}, headers=SAME)).status_code == 303
    assert desk.state(offer) is OfferState.RINGING


async def test_whatever_a_caller_says_is_text(desk: Desk) -> None:
    wicked = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    journal(desk.browser).append("c1", "turn.heard", {"grammar": "menu", "text": wicked}, desk.office.now)
    offer = desk.talk(
        topic=wicked,
        pii_caller=wicked,
        pii_questions=[wicked],
        slots={"pii_name": wicked, "for": wicked},
        links={wicked: "javascript:alert(1)", "x": "//evil.example", "y": wicked},
    )
    desk.offers.write_up(offer, wicked, "")
    for path in ("/", f"/skambutis/{offer}", "/skambuciai"):
        page = await desk.see(path)
        assert "alert(1)" in page
        assert [bad for bad in ("<script>alert", "<img", "javascript:", "evil.example") if bad in page] == []


@pytest.mark.parametrize(
    "context", [{}, {"slots": 7, "answers": [1], "signs": ["x"], "links": []}, {"authentication": "x"}]
)
async def test_a_context_of_another_version_still_makes_a_card(desk: Desk, context: dict[str, Any]) -> None:
    made = desk.offers.add("c1", desk.office.ona, "new reason", context, "", desk.office.now)
    assert made is not None
    assert "Skambina Jums" in await desk.see()
    offer = desk.offers.by_id(made)
    assert offer is not None
    assert not card_of(offer).signs


@pytest.mark.rule("A12.13")
async def test_the_note_is_kept_while_it_is_written_and_goes_onto_the_journal_once(desk: Desk) -> None:
    offer = desk.talk()
    path = f"/skambutis/{offer}/uzrasas"
    assert await desk.post(path, step="draft", note="Paaiš", disposition="answered") == 204
    assert journal(desk.browser).of_kind(JournalKind.CALL_NOTED) == []
    assert "Paaiš" in await desk.see()
    desk.move(offer, OfferState.ENDED, State.WRAP_UP)
    assert "Pokalbis baigtas" in await desk.see()
    for _ in range(2):
        assert await desk.post(path, step="ready", note="Paaiškinta.", disposition="answered") == 303
    (noted,) = journal(desk.browser).of_kind(JournalKind.CALL_NOTED)
    assert (noted.call_id, noted.data["pii_note"], noted.data["disposition"]) == ("c1", "Paaiškinta.", "answered")
    assert desk.presence() is State.READY
    assert "Skambučio nėra" in await desk.see()
    assert "Paaiškinta." in await desk.see("/skambuciai")


async def test_whoever_still_writes_when_wrap_up_ends_keeps_the_card(desk: Desk) -> None:
    offer = desk.talk()
    desk.move(offer, OfferState.ENDED, State.READY)
    assert "Pokalbis baigtas" in await desk.see()
    desk.office.now += timedelta(minutes=11)
    assert "Pokalbis baigtas" not in await desk.see()


async def test_a_note_during_the_call_makes_nobody_ready(desk: Desk) -> None:
    offer = desk.talk()
    assert await desk.post(f"/skambutis/{offer}/uzrasas", step="ready", note="x", disposition="other") == 303
    assert desk.presence() is State.ON_CALL
    assert await desk.post(f"/skambutis/{offer}/uzrasas", step="keep", note="x", disposition="nonsense") == 422


@pytest.mark.rule("X5")
async def test_identity_is_asked_for_through_the_line_which_silences_the_recording(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, str]] = []
    offer, log = desk.talk(), journal(desk.browser)
    path = f"/skambutis/{offer}/tapatybe"
    log.append("c1", "call.offered", {"pii_caller": "+37061234567"}, desk.office.now)
    assert await desk.post(path, step="start") == 503, "the line's worker is not there"
    assert "Tikrinate tapatybę" not in await desk.see()

    def check(_self: Switchboard, offer: int, step: CheckStep) -> bool:
        told.append((offer, step))
        return True

    monkeypatch.setattr(Switchboard, "check", check)
    assert await desk.post(path, step="start") == 303
    log.append("c1", JournalKind.AUTH_STARTED, {"by": desk.office.ona}, desk.office.now)  # as the line does
    assert "Tikrinate tapatybę" in await desk.see()
    assert await desk.post(path, step="passed") == 303
    log.append("c1", JournalKind.AUTH_VERDICT, {"by": desk.office.ona, "verdict": "passed"}, desk.office.now)
    assert "Tikrinate tapatybę" not in await desk.see()
    assert await desk.post(path, step="maybe") == 404
    assert told == [(offer, "start"), (offer, "passed")]


@pytest.mark.rule("X5")
async def test_a_check_that_ended_undecided_may_still_be_decided(desk: Desk) -> None:
    desk.talk()
    log = journal(desk.browser)
    log.append("c1", "call.offered", {}, desk.office.now)
    log.append("c1", JournalKind.AUTH_STARTED, {"by": desk.office.ona}, desk.office.now)
    log.append("c1", JournalKind.AUTH_VERDICT, {"by": desk.office.ona, "verdict": "undecided"}, desk.office.now)
    page = await desk.see()
    assert "Tikrinimas baigtas" in page
    assert "identity-passed" in page


@pytest.mark.rule("A20")
async def test_i_made_a_mistake_is_a_task_to_call_back_and_correct(desk: Desk) -> None:
    offer = desk.talk()
    assert await desk.post(f"/skambutis/{offer}/suklydau", reason=" ") == 422
    assert await desk.post(f"/skambutis/{offer}/suklydau", reason="ne 25, o 28 diena") == 303
    (made,) = journal(desk.browser).of_kind(JournalKind.TASK_CREATED)
    assert (made.data["type"], made.data["pii_caller"], made.data["for"]) == (
        "correction",
        "+37061234567",
        "Ona Petraitienė",
    )
    assert "Ištaisyti atsakymą" in await desk.see()


@pytest.mark.rule("A12.10")
async def test_the_next_call_is_agreed_during_this_one(desk: Desk) -> None:
    path = f"/skambutis/{desk.talk()}/perskambinti"
    for wrong in ("", "2020-01-01T10:00"):
        assert await desk.post(path, reason="atsakymas", again=wrong) == 422
    assert await desk.post(path, reason="atsakymas", again="2026-11-26T10:00") == 303
    (made,) = journal(desk.browser).of_kind(JournalKind.TASK_CREATED)
    assert (made.data["type"], made.data["agreed_at"]) == ("callback", "2026-11-26T10:00+02:00")


@pytest.mark.rule("A12.25")
async def test_who_withheld_the_number_cant_be_promised_a_call(desk: Desk) -> None:
    offer = desk.talk(pii_caller="", slots={})
    assert await desk.post(f"/skambutis/{offer}/suklydau", reason="klaida") == 422
    assert journal(desk.browser).of_kind(JournalKind.TASK_CREATED) == []


@pytest.mark.rule("P64")
async def test_the_transcript_is_there_while_it_rings_and_hides_who_the_caller_is(desk: Desk) -> None:
    log, now = journal(desk.browser), desk.office.now
    log.append("c1", "turn.said", {"text": "Kuo galiu padėti?", "completed": True}, now)
    log.append("c1", "turn.heard", {"grammar": "open", "pii_text": "aš esu Jonas Petraitis dėl pensijos"}, now)
    log.append("c1", "turn.heard", {"grammar": "number", "pii_text": "šeši vienas du"}, now)
    desk.ring()
    page = await desk.see()
    assert "Kuo galiu padėti?" in page
    assert "dėl pensijos" in page
    assert "vyksta dabar" in page
    assert [bad for bad in ("Jonas", "Petraitis dėl", "šeši vienas") if bad in page] == []


def test_what_the_line_repeats_of_a_number_is_hidden_and_all_else_stays() -> None:
    said = "Ar jūsų numeris: aštuoni, šeši vienas du trys keturi penki? Pasakykite taip arba ne."
    events = [
        JournalEvent("c1", 1, AT, "turn.said", {"text": said, "completed": False}),
        JournalEvent("c1", 2, AT, "turn.heard", {"grammar": "yes_no", "text": "taip"}),
        JournalEvent("c1", 3, AT, "turn.heard", {"grammar": "yes_no", "text": ""}),
        JournalEvent("c1", 4, AT, "turn.key", {"pii_key": "7"}),
        JournalEvent("c1", 5, AT, "recording.state", {"state": "ok"}),
    ]
    lines = transcript(events)
    assert [(line.who, line.text) for line in lines] == [
        (LINE, "Ar jūsų numeris: aštuoni, •••? Pasakykite taip arba ne."),
        (CITIZEN, "taip"),
        (CITIZEN, ""),
        (KEY, "•••"),
    ]
    assert lines[0].cut


@pytest.mark.parametrize(
    ("fields", "to"),
    [
        ({"step": "back"}, {"to_assistant": True}),
        ({"step": "pass", "to": "anybody"}, {}),
        ({"step": "pass", "to": "topic:pensions"}, {"topic": "pensions"}),
        ({"step": "pass", "to": "colleague"}, {"wanted": "Rasa Rasaitė"}),
    ],
)
async def test_the_caller_is_left_to_somebody_else(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, fields: dict[str, str], to: dict[str, Any]
) -> None:
    rasa = desk.office.roster.add(Employee(0, "Rasa Rasaitė", "Pensijos", frozenset({Role.AGENT}), extension="177"))
    offer = desk.talk()
    page = await desk.see()
    assert f'value="colleague:{rasa}"' in page
    assert f'value="colleague:{desk.office.ona}"' not in page, "not to oneself"
    told: list[PassOn] = []

    def pass_on(_self: Switchboard, one: PassOn) -> bool:
        told.append(one)
        return True

    monkeypatch.setattr(Switchboard, "pass_on", pass_on)
    wanted = {key: f"colleague:{rasa}" if value == "colleague" else value for key, value in fields.items()}
    assert await desk.post(f"/skambutis/{offer}/perduoti", **wanted) == 303
    assert told == [PassOn("c1", offer, **to)]


@pytest.mark.parametrize("to", ["colleague:999", "topic:nothing", "everybody", ""])
async def test_a_caller_is_left_to_nobody_who_is_not_there(desk: Desk, to: str) -> None:
    assert await desk.post(f"/skambutis/{desk.talk()}/perduoti", step="pass", to=to) == 422


async def test_where_the_line_cant_be_told_the_desk_says_so(desk: Desk) -> None:
    assert await desk.post(f"/skambutis/{desk.talk()}/perduoti", step="back") == 503

"""The office's pages over HTTP: who gets in, what is refused, what is shown harmlessly."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from ivr.office.app import application, stamp_of
from ivr.office.database import open_office
from ivr.office.roster import Roster
from ivr.office.words import load_words
from ivr.people.staff import Absence, Employee, Presence, Role, State
from tests.office.test_accounts import GOOD, Office

SAME = {"Sec-Fetch-Site": "same-origin"}


class Browser:
    """An HTTP client that keeps cookies, as a browser does."""

    def __init__(self, client: httpx.AsyncClient, office: Office) -> None:
        self.client, self.office = client, office

    async def sign_in(self, name: str = "ona", password: str = GOOD.reveal()) -> httpx.Response:
        return await self.client.post("/prisijungti", data={"username": name, "password": password}, headers=SAME)

    async def form_key(self) -> str:
        found = re.search(r'name="form_key" value="([^"]+)"', (await self.client.get("/")).text)
        assert found
        return found[1]

    async def set_state(self, state: str, **more: str) -> httpx.Response:
        data = {"form_key": await self.form_key(), "state": state} | more
        return await self.client.post("/busena", data=data, headers=SAME)

    def presence(self, employee: int) -> Presence | None:
        return self.office.roster.staff().presence.get(employee)


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    office = Office(tmp_path)
    site = office.site(secure=False)
    app = application(tmp_path, "1", site, stamp_of(tmp_path / "office.db"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        yield Browser(client, office)


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("POST", "/busena"), ("POST", "/atsijungti")])
async def test_without_a_session_there_is_only_the_door(browser: Browser, method: str, path: str) -> None:
    answer = await browser.client.request(method, path)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/prisijungti"


async def test_a_stream_without_a_session_says_so_and_ends(browser: Browser) -> None:
    assert (await browser.client.get("/srautas")).text == "event: over\ndata: over\n\n"


async def test_signing_in_shows_the_desk_and_signing_out_closes_it(browser: Browser) -> None:
    assert (await browser.sign_in()).headers["Location"] == "/"
    assert "Ona Petraitienė" in (await browser.client.get("/")).text
    await browser.client.post("/atsijungti", data={"form_key": await browser.form_key()}, headers=SAME)
    assert (await browser.client.get("/")).status_code == 303


async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(browser: Browser) -> None:
    cookie = (await browser.sign_in()).headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


async def test_behind_tls_the_cookie_is_bound_to_this_host(tmp_path: Path) -> None:
    office = Office(tmp_path)
    site = office.site(secure=True)
    app = application(tmp_path, "1", site, stamp_of(tmp_path / "office.db"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://desk") as client:
        answer = await Browser(client, office).sign_in()
        assert answer.headers["Set-Cookie"].startswith("__Host-session=")
        assert "Secure" in answer.headers["Set-Cookie"]
        assert "max-age" in answer.headers["Strict-Transport-Security"]


async def test_a_refused_sign_in_keeps_the_name_and_says_no_more(browser: Browser) -> None:
    wrong = await browser.sign_in(password="ne tas slaptažodis")
    unknown = await browser.sign_in(name="jonas", password="ne tas slaptažodis")
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.text.replace("ona", "jonas") == unknown.text
    assert "Set-Cookie" not in wrong.headers


async def test_a_form_from_elsewhere_is_refused(browser: Browser) -> None:
    assert (
        await browser.client.post(
            "/prisijungti",
            data={"username": "ona", "password": GOOD.reveal()},
            headers={"Sec-Fetch-Site": "cross-site"},
        )
    ).status_code == 422
    await browser.sign_in()
    key = await browser.form_key()
    no_key = await browser.client.post("/busena", data={"state": "ready"}, headers=SAME)
    foreign = await browser.client.post(
        "/busena", data={"state": "ready", "form_key": key}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    huge = await browser.client.post("/busena", data={"form_key": key, "state": "x" * 100_000}, headers=SAME)
    assert [no_key.status_code, foreign.status_code, huge.status_code] == [403, 403, 403]
    assert browser.presence(browser.office.ona) is None


async def test_a_stale_session_goes_back_to_the_door_in_pages_and_in_parts(browser: Browser) -> None:
    await browser.sign_in()
    browser.office.now += timedelta(hours=13)
    assert (await browser.client.get("/")).status_code == 303
    part = await browser.client.post("/busena", headers={"HX-Request": "true"})
    assert part.headers["HX-Redirect"] == "/prisijungti"


async def test_an_agent_sets_their_state_with_a_reason(browser: Browser) -> None:
    await browser.sign_in()
    assert (await browser.set_state("pause", reason="pietūs")).status_code == 303
    presence = browser.presence(browser.office.ona)
    assert presence
    assert presence.state is State.PAUSE
    page = (await browser.client.get("/")).text
    assert "Pertrauka" in page
    assert "pietūs" in page


@pytest.mark.parametrize("state", ["on_call", "ringing", "asleep", ""])
async def test_states_that_the_line_sets_are_not_for_agents(browser: Browser, state: str) -> None:
    await browser.sign_in()
    assert (await browser.set_state(state)).status_code == 422
    assert browser.presence(browser.office.ona) is None


@pytest.mark.rule("A18")
async def test_who_is_no_agent_has_no_state_to_set(browser: Browser) -> None:
    head = browser.office.roster.add(Employee(0, "Vida Vadovė", "", frozenset({Role.HEAD})))
    browser.office.accounts.create(head, "vida", GOOD)
    await browser.sign_in("vida")
    assert (await browser.set_state("ready")).status_code == 403
    assert browser.presence(head) is None


async def test_a_script_in_a_name_is_text(browser: Browser) -> None:
    wicked = '<script>alert("1")</script>'
    browser.office.roster.add(Employee(0, wicked, wicked, frozenset({Role.AGENT})))
    await browser.sign_in()
    page = (await browser.client.get("/")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


async def test_absences_and_substitutes_are_shown(browser: Browser) -> None:
    roster, now = browser.office.roster, browser.office.now
    jonas = roster.add(Employee(0, "Jonas Kazlauskas", "", frozenset({Role.AGENT}), extension="602"))
    roster.add_absence(Absence(jonas, now, now + timedelta(days=4), browser.office.ona))
    await browser.sign_in()
    page = (await browser.client.get("/")).text
    assert "Nėra iki 2026-11-27" in page
    assert "pavaduoja Ona Petraitienė" in page
    assert "niekas" in page  # nobody waits for calls


async def test_english_is_chosen_by_a_link(browser: Browser) -> None:
    await browser.client.get("/kalba/en")
    assert "Sign in" in (await browser.client.get("/prisijungti")).text
    await browser.client.get("/kalba/xx")
    assert "Sign in" in (await browser.client.get("/prisijungti")).text


async def test_every_answer_forbids_foreign_scripts_and_frames(browser: Browser) -> None:
    for path in ("/prisijungti", "/nothing", "/static/style.css", "/healthz"):
        headers = (await browser.client.get(path)).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert (await browser.client.get("/prisijungti")).headers["Cache-Control"] == "no-store"


async def test_without_tls_on_a_public_address_there_are_no_pages(tmp_path: Path) -> None:
    app = application(tmp_path, "1", None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as client:
        assert (await client.get("/prisijungti")).status_code == 404
        assert (await client.get("/healthz")).status_code == 503


def test_every_word_of_the_templates_is_there() -> None:
    words = load_words()["lt"]
    folder = Path(__file__).parents[2] / "ivr" / "office" / "templates"
    used = {
        key for path in folder.glob("*.html") for key in re.findall(r"\bw\.(?!get\()(\w+)", path.read_text("utf-8"))
    }
    assert used <= set(words)


def test_an_absence_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    from ivr.errors import OfficeError

    roster = Roster(open_office(tmp_path / "office.db"))
    jonas = roster.add(Employee(0, "Jonas", "", frozenset()))
    at = datetime(2026, 11, 23, tzinfo=UTC)
    for wrong in (Absence(jonas, at, at), Absence(jonas, at, None, jonas), Absence(99, at)):
        with pytest.raises(OfficeError, match="absence"):
            roster.add_absence(wrong)

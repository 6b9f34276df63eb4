"""One's own account on its page: password, second factor, sessions; and the door that asks for a code."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.types import Message
from structlog.testing import capture_logs

from ivr.office.app import application, stamp_of
from ivr.people.staff import Role
from ivr.privacy import Secret
from tests.office.test_accounts import GOOD, Office
from tests.office.test_second_factor import code, with_factor

pytestmark = pytest.mark.rule("X9")
NEW = "žalias traukinys miške"


class Browser:
    """A browser at the office; forms carry the key of the page that was seen last."""

    def __init__(self, office: Office, required: Collection[Role]) -> None:
        site = office.site(secure=False, required=required)
        app = application(office.folder, "1", site, stamp_of(office.folder / "office.db"))
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")
        self.form_key = ""

    async def get(self, path: str) -> httpx.Response:
        return self._seen(await self.client.get(path))

    async def post(self, path: str, **fields: str) -> httpx.Response:
        data = {"form_key": self.form_key} | fields
        return self._seen(await self.client.post(path, data=data, headers={"Sec-Fetch-Site": "same-origin"}))

    async def sign_in(self, password: str = GOOD.reveal()) -> httpx.Response:
        answer = await self.post("/prisijungti", username="ona", password=password)
        if answer.status_code == 303:
            await self.get(answer.headers["Location"])
        return answer

    def _seen(self, answer: httpx.Response) -> httpx.Response:
        found = re.search(r'name="form_key" value="([^"]+)"', answer.text)
        self.form_key = html.unescape(found[1]) if found else self.form_key
        return answer


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(tmp_path)
    made.accounts.factors = made.factors(made.database)
    return made


async def test_one_changes_ones_own_password_and_every_other_session_ends(office: Office) -> None:
    here, elsewhere = Browser(office, ()), Browser(office, ())
    await here.sign_in()
    await elsewhere.sign_in()
    changed = await here.post("/paskyra/slaptazodis", old=GOOD.reveal(), new=NEW, again=NEW)
    assert changed.headers["Location"] == "/paskyra?gerai=password"
    assert "Slaptažodis pakeistas" in (await here.get("/paskyra?gerai=password")).text
    assert (await elsewhere.get("/paskyra")).headers["Location"] == "/prisijungti"
    assert office.accounts.sign_in("ona", GOOD) is None
    assert office.accounts.sign_in("ona", Secret(NEW))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"old": "ne tas slaptažodis", "new": NEW, "again": NEW}, "netinka"),
        ({"old": GOOD.reveal(), "new": NEW, "again": NEW + "."}, "nesutampa"),
        ({"old": GOOD.reveal(), "new": "mažas1", "again": "mažas1"}, "per trumpas"),
        ({"old": GOOD.reveal(), "new": "ona ona ona ona 1", "again": "ona ona ona ona 1"}, "lengvai atspėjamas"),
        ({"old": GOOD.reveal(), "new": GOOD.reveal(), "again": GOOD.reveal()}, "toks pat"),
    ],
)
async def test_a_change_that_is_wrong_changes_nothing(office: Office, fields: dict[str, str], said: str) -> None:
    browser = Browser(office, ())
    await browser.sign_in()
    answer = await browser.post("/paskyra/slaptazodis", **fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert all(value not in answer.text for value in fields.values())
    assert office.accounts.sign_in("ona", GOOD)


async def test_guessing_the_password_on_the_page_is_as_slow_as_at_the_door(office: Office) -> None:
    browser = Browser(office, ())
    await browser.sign_in()
    for _ in range(5):
        await browser.post("/paskyra/slaptazodis", old="spėju spėju spėju", new=NEW, again=NEW)
    refused = await browser.post("/paskyra/slaptazodis", old=GOOD.reveal(), new=NEW, again=NEW)
    assert refused.status_code == 422
    office.now += timedelta(seconds=31)
    assert (await browser.post("/paskyra/slaptazodis", old=GOOD.reveal(), new=NEW, again=NEW)).status_code == 303


async def test_a_code_is_set_up_asked_for_and_switched_off(office: Office) -> None:
    browser, elsewhere = Browser(office, ()), Browser(office, ())
    await browser.sign_in()
    await elsewhere.sign_in()
    assert (await browser.post("/paskyra/antras", password="ne tas slaptažodis")).status_code == 422
    assert (await browser.post("/paskyra/antras", password=GOOD.reveal())).status_code == 303
    page = (await browser.get("/paskyra")).text
    assert office.accounts.factors
    secret = office.accounts.factors.pending(office.ona)
    assert secret
    letters = re.findall(r"<code>([A-Z2-7 ]+)</code>", page)
    assert [one.replace(" ", "") for one in letters] == [secret.reveal()]
    assert "<svg" in page
    assert (await browser.post("/paskyra/antras/kodas", code="000 000")).status_code == 422
    assert (await browser.post("/paskyra/antras/kodas", code=code(office, secret))).status_code == 303
    assert secret.reveal()[:4] not in (await browser.get("/paskyra")).text
    assert (await elsewhere.get("/paskyra")).status_code == 303  # was opened without a code
    office.now += timedelta(minutes=2)

    door = Browser(office, ())
    asked = await door.sign_in()
    assert asked.headers["Location"] == "/prisijungti/kodas"
    assert "event: over" in (await door.get("/srautas")).text
    for path in ("/", "/paskyra", "/uzduotys"):
        assert (await door.get(path)).headers.get("Location") == "/prisijungti", path
    wrong_code = await door.post("/prisijungti/kodas", code="000000")
    assert wrong_code.status_code == 422
    assert 'autocomplete="one-time-code"' in wrong_code.text
    assert (await door.post("/prisijungti/kodas", code=code(office, secret))).headers["Location"] == "/"
    assert (await door.get("/paskyra")).status_code == 200
    again = Browser(office, ())
    await again.sign_in()
    assert (await again.post("/prisijungti/kodas", code=code(office, secret))).status_code == 422  # a replay

    office.now += timedelta(minutes=2)
    wrong = await door.post("/paskyra/antras/isjungti", password=GOOD.reveal(), code="000000")
    assert wrong.status_code == 422
    right = await door.post("/paskyra/antras/isjungti", password=GOOD.reveal(), code=code(office, secret))
    assert right.status_code == 303
    assert (await Browser(office, ()).sign_in()).headers["Location"] == "/"


async def test_a_role_that_must_have_a_code_meets_it_at_the_door_and_keeps_it(office: Office) -> None:
    browser = Browser(office, {Role.AGENT})
    assert (await browser.sign_in()).headers["Location"] == "/prisijungti/kodas"
    page = (await browser.get("/prisijungti/kodas")).text
    secret = Secret(re.findall(r"<code>([A-Z2-7 ]+)</code>", page)[0].replace(" ", ""))
    assert (await browser.get("/")).headers["Location"] == "/prisijungti"
    assert (await browser.post("/prisijungti/kodas", code=code(office, secret))).headers["Location"] == "/"
    office.now += timedelta(minutes=2)
    await browser.get("/paskyra")
    fields = {"password": GOOD.reveal(), "code": code(office, secret)}
    assert (await browser.post("/paskyra/antras/isjungti", **fields)).status_code == 422
    assert office.accounts.factors
    assert office.accounts.factors.has(office.ona)


async def test_a_code_from_elsewhere_or_without_a_password_before_it_is_refused(office: Office) -> None:
    secret = with_factor(office)
    browser = Browser(office, ())
    assert (await browser.post("/prisijungti/kodas", code=code(office, secret))).headers["Location"] == "/prisijungti"
    await browser.sign_in()
    browser.form_key = "guessed"
    assert (await browser.post("/prisijungti/kodas", code=code(office, secret))).status_code == 403


async def test_with_another_key_in_place_nobody_gets_in_and_the_page_says_who_must_act(office: Office) -> None:
    secret = with_factor(office)
    browser = Browser(office, ())
    await browser.sign_in()
    office.database.execute("UPDATE second_factors SET sealed = randomblob(length(sealed))")
    with capture_logs() as logs:
        answer = await browser.post("/prisijungti/kodas", code=code(office, secret))
    assert answer.status_code == 503
    assert "administratorius" in answer.text
    assert "ivr users factor" in str(logs)
    assert (await browser.get("/")).headers["Location"] == "/prisijungti"


async def test_somebody_sees_and_ends_their_other_sessions(office: Office) -> None:
    browser, elsewhere = Browser(office, ()), Browser(office, ())
    await browser.sign_in()
    office.now += timedelta(minutes=7)
    await elsewhere.sign_in()
    page = (await browser.get("/paskyra")).text
    assert page.count("kita naršyklė") == page.count("ši naršyklė") == 1
    assert (await browser.post("/paskyra/sesijos", password="ne tas slaptažodis")).status_code == 422
    assert (await elsewhere.get("/paskyra")).status_code == 200
    assert (await browser.post("/paskyra/sesijos", password=GOOD.reveal())).status_code == 303
    assert (await elsewhere.get("/paskyra")).status_code == 303
    assert (await browser.get("/paskyra")).status_code == 200


async def test_codes_and_changes_are_logged_without_secrets(office: Office) -> None:
    secret = with_factor(office)
    browser = Browser(office, ())
    with capture_logs() as logs:
        await browser.sign_in()
        await browser.post("/prisijungti/kodas", code="000000")
        await browser.post("/prisijungti/kodas", code=code(office, secret))
        await browser.get("/paskyra")
        await browser.post("/paskyra/slaptazodis", old=GOOD.reveal(), new=NEW, again=NEW)
    assert [line["event"] for line in logs] == ["second_factor_refused", "signed_in", "password_changed"]
    assert all(word not in str(logs) for word in (GOOD.reveal(), NEW, code(office, secret)))


async def test_who_hangs_up_in_the_middle_of_a_form_is_no_fault_of_the_page(office: Office, tmp_path: Path) -> None:
    app = application(tmp_path, "1", office.site(secure=False), stamp_of(tmp_path / "office.db"))
    parts: Iterator[Message] = iter(
        [{"type": "http.request", "body": b"username=o", "more_body": True}, {"type": "http.disconnect"}]
    )
    sent: list[Message] = []

    async def receive() -> Message:
        return next(parts)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-length", b"40"), (b"content-type", b"application/x-www-form-urlencoded")]
    scope = {"type": "http", "method": "POST", "path": "/prisijungti", "query_string": b"", "headers": headers}
    await app(scope, receive, send)
    assert sent == []

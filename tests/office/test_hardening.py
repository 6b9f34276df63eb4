"""What OWASP ASVS 5.0 asks of every page, and a list in the documents that names a test for each line (X9)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ivr.paths import project_file
from ivr.privacy import Secret
from tests.office.quality_unit import CALL, Quality, Visit
from tests.office.test_accounts import GOOD

pytestmark = pytest.mark.rule("X9")
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| .+ \| (.+) \|$")


@pytest.fixture
def quality(tmp_path: Path) -> Quality:
    return Quality(tmp_path)


def test_each_line_of_the_list_names_a_test_that_there_is() -> None:
    text = project_file("docs", "security.md").read_text(encoding="utf-8")
    rows = [match for line in text.splitlines() if (match := ROW.match(line))]
    assert len(rows) >= 40
    for row in rows:
        named = re.findall(r"`(test_\w+\.py)::(\w+)`", row[2])
        assert named, row[1]
        for file, test in named:
            texts = [path.read_text(encoding="utf-8") for path in project_file("tests").rglob(file)]
            assert any(f"def {test}(" in text for text in texts), f"{row[1]}: {file}::{test}"


async def test_nothing_personal_is_kept_by_a_browser(quality: Quality) -> None:
    page = f"/irasai/{quality.call()}/{quality.office.ona}"
    async with quality.browser("kazys") as visit:
        await visit.open(CALL, quality.office.ona)
        for path in (page, f"{page}/garsas", f"{page}/bangos", "/irasai", "/kokybe", "/kokybe/ataskaita.csv"):
            assert (await visit.get(path)).headers["Cache-Control"] == "no-store", path
        left = await visit.post("/atsijungti")
    assert left.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "Max-Age=0" in left.headers["Set-Cookie"]


async def test_a_page_with_its_own_style_lets_in_that_one_alone(quality: Quality) -> None:
    page = f"/irasai/{quality.call()}/{quality.office.ona}"
    async with quality.browser("kazys") as visit:
        policies = {(await visit.open(CALL, quality.office.ona)).headers["Content-Security-Policy"] for _ in range(2)}
        text = (await visit.get(page)).text
    assert len(policies) == 2  # the nonce is of one answer
    for policy in policies:
        assert "script-src 'self';" in policy
        assert "'unsafe" not in policy
        assert "object-src 'none'" in policy
    assert re.search(r"<(script(?! src)|style)|\son\w+=|\sstyle=", text) is None


async def test_nobody_is_told_where_one_came_from(quality: Quality) -> None:
    async with quality.browser("kazys") as visit:
        for path in ("/irasai", "/static/quality.css", "/nothing"):
            assert (await visit.get(path)).headers["Referrer-Policy"] == "no-referrer"


async def test_what_changes_something_is_never_a_get(quality: Quality) -> None:
    page = f"/irasai/{quality.call()}/{quality.office.ona}"
    async with quality.browser("dalia") as visit:
        for path in (
            f"{page}/tikslas",
            f"{page}/vertinimas",
            f"{page}/nuoroda",
            "/apsauga/asmuo",
            "/apsauga/sulaikymas",
        ):
            assert (await visit.get(path)).status_code == 405


async def test_the_door_masks_the_password_and_lets_helpers_fill_it_in(quality: Quality) -> None:
    async with quality.browser() as visit:
        page = (await visit.get("/prisijungti")).text
    (field,) = re.findall(r"<input[^>]*id=\"password\"[^>]*>", page)
    assert 'type="password"' in field
    assert 'autocomplete="current-password"' in field
    assert "onpaste" not in page


def test_long_passwords_of_any_letters_are_taken_as_they_are(quality: Quality) -> None:
    long = Secret("Žalias traukinys 7 miške, " * 3)
    assert len(long.reveal()) > 64
    quality.office.accounts.set_password("ona", long)
    assert quality.office.accounts.sign_in("ona", long)
    assert quality.office.accounts.sign_in("ona", Secret(long.reveal().lower())) is None
    assert quality.office.accounts.sign_in("ona", Secret(long.reveal()[:64])) is None


def test_each_sign_in_has_a_word_of_its_own_that_nobody_guesses(quality: Quality) -> None:
    tokens = {quality.office.accounts.sign_in("ona", GOOD) or "" for _ in range(20)}
    assert len(tokens) == 20
    assert all(len(token) >= 43 for token in tokens)  # 256 bits


async def test_file_names_come_from_us(quality: Quality) -> None:
    name = 'a"b\r\nc;..'
    quality.call(name, sealed=False)
    async with quality.browser("dalia") as visit:
        gathered = await visit.post(
            "/apsauga/asmuo", what="gather", number="+37061234567", call=name, purpose="prašymas Nr. 5, 2026"
        )
    assert gathered.headers["Content-Disposition"] == 'attachment; filename="asmens-duomenys.zip"'


@pytest.mark.parametrize("path", ["/irasai/..%2F..%2Foffice/0", "/irasai/x'--/0", "/irasai/call/99", "/irasai/call/-1"])
async def test_a_name_from_outside_reaches_no_file(quality: Quality, path: str) -> None:
    async with quality.browser("kazys") as visit:
        for rest in ("", "/garsas", "/bangos"):
            answer = await visit.get(path + rest)
            assert answer.status_code == 404
            assert "Traceback" not in answer.text


async def test_signing_in_and_failing_to_are_logged_without_secrets(quality: Quality) -> None:
    async with quality.browser() as visit:
        with capture_logs() as logs:
            for password in ("ne tas slaptažodis", GOOD.reveal()):
                await visit.client.post("/prisijungti", data={"username": "ona", "password": password})
    assert [line["event"] for line in logs] == ["sign_in_refused", "signed_in"]
    assert logs[1]["employee"] == quality.office.ona
    assert "slaptažodis" not in str(logs)
    assert GOOD.reveal() not in str(logs)


async def test_a_role_that_was_taken_away_opens_nothing_from_that_moment(quality: Quality) -> None:
    page = f"/irasai/{quality.call()}/{quality.office.ona}"
    async with quality.browser("kazys") as visit:
        await visit.open(CALL, quality.office.ona)
        quality.office.database.execute("UPDATE employees SET roles = '[\"agent\"]' WHERE name = 'Kazys Kokybė'")
        quality.office.database.conn.commit()
        for rest in ("", "/garsas", "/bangos"):
            assert (await visit.get(page + rest)).status_code == 403


async def test_a_log_that_can_not_be_written_stops_the_deed(quality: Quality) -> None:
    page = f"/irasai/{quality.call()}/{quality.office.ona}"
    async with quality.browser("kazys") as visit:
        await visit.open(CALL, quality.office.ona)
        (quality.folder / "audit.db").unlink()
        (quality.folder / "audit.db").mkdir()
        sound = await _status(visit, f"{page}/garsas")
    assert sound != 200


async def _status(visit: Visit, path: str) -> int:
    try:
        return (await visit.get(path)).status_code
    except Exception:  # the test's transport hands on what a server would answer with 500
        return 500

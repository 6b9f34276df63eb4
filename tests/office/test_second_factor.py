"""The second factor: RFC 6238's own figures, a code that opens once, half a session that opens nothing."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from ivr.cli import main
from ivr.errors import OfficeError
from ivr.office.accounts import HALFWAY, IDLE, Needs, forget_sessions
from ivr.office.database import open_office
from ivr.office.second_factor import STEP_S, SecondFactors, address_for
from ivr.people.staff import Role
from ivr.privacy import Secret
from tests.office.test_accounts import GOOD, Office

pytestmark = pytest.mark.rule("X9")
RFC_SECRET = b"12345678901234567890"
RFC_6238 = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]
"""Appendix B, SHA-1, eight digits; of six digits they are the last ones."""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(tmp_path)
    made.accounts.factors = made.factors(made.database)
    return made


def code(office: Office, secret: Secret, steps: int = 0) -> str:
    """What an application shows now, or some half minutes from now; made by other code than ours."""
    at = int((office.now + timedelta(seconds=STEP_S * steps)).timestamp())
    return TOTP(base64.b32decode(secret.reveal()), 6, SHA1(), STEP_S).generate(at).decode()


def with_factor(office: Office) -> Secret:
    """Ona's secret, proved a minute and a half ago."""
    assert office.accounts.factors
    secret = office.accounts.factors.begin(office.ona)
    assert office.accounts.prove(office.ona, code(office, secret))
    office.now += timedelta(seconds=3 * STEP_S)
    return secret


@pytest.mark.parametrize(("at", "eight"), RFC_6238)
def test_the_standards_own_codes_are_taken(office: Office, at: int, eight: str) -> None:
    office.now = datetime.fromtimestamp(at, UTC)
    sizes = iter((RFC_SECRET, b"n" * 12))
    factors = SecondFactors(office.database, lambda: office.now, b"k" * 32, random=lambda _size: next(sizes))
    factors.begin(office.ona)
    assert factors.check(office.ona, eight[2:])


def test_a_secret_counts_only_after_its_first_code(office: Office) -> None:
    factors = office.accounts.factors
    assert factors
    secret = factors.begin(office.ona)
    assert not factors.has(office.ona)
    assert office.accounts.session(office.accounts.sign_in("ona", GOOD) or "")
    assert factors.pending(office.ona) == secret
    assert factors.check(office.ona, code(office, secret))
    assert factors.has(office.ona)
    assert factors.pending(office.ona) is None
    with pytest.raises(OfficeError, match="already"):
        factors.begin(office.ona)


def test_a_code_opens_once_and_so_does_none_before_it(office: Office) -> None:
    secret = with_factor(office)
    codes = [code(office, secret, steps) for steps in (-1, 0, 1)]
    assert office.accounts.prove(office.ona, codes[1])
    assert not office.accounts.prove(office.ona, codes[1])
    assert not office.accounts.prove(office.ona, codes[0])
    assert office.accounts.prove(office.ona, codes[2])


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_telephones_clock_may_be_half_a_minute_off(office: Office, steps: int, taken: bool) -> None:
    secret = with_factor(office)
    assert office.accounts.prove(office.ona, code(office, secret, steps)) is taken


@pytest.mark.parametrize("given", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12345x"])
def test_what_is_no_code_is_refused(office: Office, given: str) -> None:
    with_factor(office)
    assert not office.accounts.prove(office.ona, given)


def test_the_right_password_alone_opens_half_a_session_that_opens_nothing(office: Office) -> None:
    secret = with_factor(office)
    token = office.accounts.sign_in("ona", GOOD) or ""
    assert office.accounts.session(token) is None
    half = office.accounts.halfway(token)
    assert half
    assert half.needs is Needs.CODE
    whole = office.accounts.finish(token, code(office, secret)) or ""
    assert office.accounts.session(whole)
    assert whole != token
    assert office.accounts.halfway(token) is None


def test_half_a_session_ends_after_ten_minutes(office: Office) -> None:
    secret = with_factor(office)
    token = office.accounts.sign_in("ona", GOOD) or ""
    office.now += HALFWAY
    assert office.accounts.finish(token, code(office, secret)) is None


def test_what_opens_nothing_any_more_is_not_kept(office: Office) -> None:
    secret = with_factor(office)
    whole = office.accounts.finish(office.accounts.sign_in("ona", GOOD) or "", code(office, secret)) or ""
    office.accounts.sign_in("ona", GOOD)
    office.now += HALFWAY - timedelta(seconds=1)
    assert forget_sessions(office.database, office.now) == 0
    office.now += timedelta(seconds=1)
    assert forget_sessions(office.database, office.now) == 1
    assert office.accounts.session(whole)
    office.now += IDLE - timedelta(seconds=1)
    assert forget_sessions(office.database, office.now) == 0
    office.now += timedelta(seconds=1)
    assert forget_sessions(office.database, office.now) == 1


def test_guessing_codes_is_as_slow_as_guessing_passwords_and_the_password_does_not_help(office: Office) -> None:
    secret = with_factor(office)
    for _ in range(5):
        token = office.accounts.sign_in("ona", GOOD) or ""
        assert office.accounts.finish(token, "000000" if code(office, secret) != "000000" else "111111") is None
    assert office.accounts.sign_in("ona", GOOD) is None
    assert office.accounts.finish(token, code(office, secret)) is None
    office.now += timedelta(seconds=31)
    token = office.accounts.sign_in("ona", GOOD) or ""
    assert office.accounts.finish(token, code(office, secret))


def test_a_role_that_must_have_one_sets_it_up_before_anything_else(office: Office) -> None:
    office.accounts.factors = office.factors(office.database, {Role.AGENT})
    token = office.accounts.sign_in("ona", GOOD) or ""
    half = office.accounts.halfway(token)
    assert half
    assert half.needs is Needs.FACTOR
    assert office.accounts.session(token) is None
    secret = office.accounts.factors.pending(office.ona)
    assert secret
    whole = office.accounts.finish(token, code(office, secret))
    assert whole
    assert office.accounts.session(whole)
    office.now += timedelta(minutes=2)
    again = office.accounts.halfway(office.accounts.sign_in("ona", GOOD) or "")
    assert again
    assert again.needs is Needs.CODE


def test_neither_secret_nor_code_is_in_the_file_and_another_key_opens_none(office: Office, tmp_path: Path) -> None:
    secret = with_factor(office)
    plain = base64.b32decode(secret.reveal())
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert plain not in everything
    assert secret.reveal().encode() not in everything
    other = SecondFactors(office.database, lambda: office.now, b"x" * 32)
    with pytest.raises(OfficeError, match="key"):
        other.check(office.ona, code(office, secret))


def test_a_secret_is_its_owners_alone(office: Office) -> None:
    """Who can write into the file can't give somebody else a secret that they know."""
    with_factor(office)
    office.database.execute("UPDATE second_factors SET employee = 0")
    with pytest.raises(OfficeError, match="key"):
        office.factors(office.database).check(0, "123456")


def test_the_administrator_helps_who_lost_the_telephone(tmp_path: Path) -> None:
    path = tmp_path / "ivr.toml"
    path.write_text('[line]\ndata_dir = "data"\n', encoding="utf-8")
    (tmp_path / "data").mkdir()
    office = Office(tmp_path / "data")
    office.accounts.factors = office.factors(office.database)
    with_factor(office)
    token = office.accounts.sign_in("ona", GOOD) or ""
    run = CliRunner().invoke(main, ["users", "factor", "--config", str(path), "ona", "--reset"])
    assert run.exit_code == 0, run.output
    assert "without a code" in run.output
    assert office.accounts.halfway(token) is None
    assert office.accounts.session(office.accounts.sign_in("ona", GOOD) or "")
    nobody = CliRunner().invoke(main, ["users", "factor", "--config", str(path), "nobody", "--reset"])
    assert nobody.exit_code != 0


def test_the_link_for_applications_says_what_it_is() -> None:
    assert address_for(Secret("ABCD"), "ona p@x") == (
        "otpauth://totp/1883:ona%20p%40x?secret=ABCD&issuer=1883&digits=6&period=30"
    )


def test_sessions_of_the_version_before_stay_whole(tmp_path: Path) -> None:
    office = Office(tmp_path)
    token = office.accounts.sign_in("ona", GOOD) or ""
    office.database.execute("UPDATE sessions SET needs = ''")
    assert open_office(tmp_path / "office.db").execute("SELECT needs FROM sessions").fetchone() == ("",)
    assert office.accounts.session(token)

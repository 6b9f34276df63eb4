"""Accounts: nobody learns which names exist, guessing is slow, sessions end."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from ivr.errors import OfficeError
from ivr.office.accounts import IDLE, LONGEST_SESSION, Accounts, check_password
from ivr.office.database import open_office
from ivr.office.roster import Roster
from ivr.office.second_factor import SecondFactors
from ivr.office.site import Site
from ivr.people.staff import Employee, Role
from ivr.privacy import Secret
from ivr.store.database import StoreDatabase

GOOD = Secret("mėlynas dviratis upėje")
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Office:
    """A database with Ona, and a clock to turn."""

    def __init__(self, folder: Path) -> None:
        self.now = datetime(2026, 11, 23, 8, tzinfo=UTC)
        self.folder = folder
        self.database: StoreDatabase = open_office(folder / "office.db")
        self.accounts = Accounts(self.database, lambda: self.now, hasher=CHEAP)
        self.roster = Roster(self.database)
        self.ona = self.roster.add(Employee(0, "Ona Petraitienė", "Skyrius", frozenset({Role.AGENT}), extension="601"))
        self.accounts.create(self.ona, "ona", GOOD)

    def factors(self, database: StoreDatabase, required: Collection[Role] = ()) -> SecondFactors:
        return SecondFactors(database, lambda: self.now, b"k" * 32, required)

    def site(self, *, secure: bool, required: Collection[Role] | None = None) -> Site:
        """The pages on this database, where every day is a working day; ``required``: who must have a second factor."""
        return Site(
            self.folder / "office.db",
            self.folder / "journal.db",
            lambda: self.now,
            lambda at: at + timedelta(days=1),
            {"pensions": "Pensijos"},
            secure=secure,
            factors=None if required is None else lambda database: self.factors(database, required),
        )


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_name_and_password_open_a_session_whatever_the_case_of_the_name(office: Office) -> None:
    token = office.accounts.sign_in("Ona", GOOD)
    assert token
    session = office.accounts.session(token)
    assert session
    assert session.employee == office.ona


@pytest.mark.parametrize(("name", "password"), [("ona", "kitas dviratis upėje"), ("jonas", GOOD.reveal()), ("", "")])
def test_wrong_name_and_wrong_password_look_alike(office: Office, name: str, password: str) -> None:
    assert office.accounts.sign_in(name, Secret(password)) is None


def test_a_name_that_does_not_exist_costs_a_verification_too(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []

    def verify(_self: PasswordHasher, kept: str, _password: str) -> bool:
        verified.append(kept)
        return False

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    office.accounts.sign_in("ona", GOOD)
    office.accounts.sign_in("nobody", GOOD)
    assert len(verified) == 2


def test_after_five_errors_even_the_right_password_waits(office: Office) -> None:
    for _ in range(5):
        office.accounts.sign_in("ona", Secret("spėju spėju spėju"))
    assert office.accounts.sign_in("ona", GOOD) is None
    office.now += timedelta(seconds=31)
    assert office.accounts.sign_in("ona", GOOD)


def test_each_further_error_rests_longer_but_never_over_a_quarter_of_an_hour(office: Office) -> None:
    for _ in range(40):
        office.accounts.sign_in("ona", Secret("spėju spėju spėju"))
        office.now += timedelta(minutes=15)
    assert office.accounts.sign_in("ona", GOOD)


def test_errors_while_it_rests_do_not_prolong_the_rest(office: Office) -> None:
    for _ in range(50):
        office.accounts.sign_in("ona", Secret("spėju spėju spėju"))
    office.now += timedelta(seconds=31)
    assert office.accounts.sign_in("ona", GOOD)


def test_an_idle_session_ends_and_a_listening_page_does_not_keep_it(office: Office) -> None:
    token = office.accounts.sign_in("ona", GOOD) or ""
    office.now += IDLE / 2
    assert office.accounts.session(token, active=False)
    office.now += IDLE / 2
    assert office.accounts.session(token) is None


def test_a_busy_session_ends_after_its_longest_time(office: Office) -> None:
    token = office.accounts.sign_in("ona", GOOD) or ""
    ends = office.now + LONGEST_SESSION
    while office.now + IDLE / 2 < ends:
        assert office.accounts.session(token)
        office.now += IDLE / 2
    office.now = ends
    assert office.accounts.session(token) is None


def test_signing_out_a_new_password_and_leaving_end_sessions(office: Office) -> None:
    token = office.accounts.sign_in("ona", GOOD) or ""
    office.accounts.sign_out(token)
    assert office.accounts.session(token) is None
    token = office.accounts.sign_in("ona", GOOD) or ""
    office.accounts.set_password("ona", Secret("žalias traukinys miške"))
    assert office.accounts.session(token) is None
    token = office.accounts.sign_in("ona", Secret("žalias traukinys miške")) or ""
    office.accounts.close("ona")
    assert office.accounts.session(token) is None
    assert office.accounts.sign_in("ona", Secret("žalias traukinys miške")) is None
    assert office.roster.employee(office.ona) is None


def test_neither_passwords_nor_tokens_are_in_the_file(office: Office, tmp_path: Path) -> None:
    token = office.accounts.sign_in("ona", GOOD) or ""
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"ona" in everything
    assert token.encode() not in everything
    assert GOOD.reveal().encode() not in everything


@pytest.mark.parametrize("password", ["trumpas", "x" * 300, "aaaaaaaaaaaaaaaa", "ona ona ona ona ona 1"])
def test_weak_passwords_are_refused_with_a_remedy(password: str) -> None:
    with pytest.raises(OfficeError, match="password"):
        check_password("ona", Secret(password))


def test_a_taken_name_or_extension_is_refused(office: Office) -> None:
    with pytest.raises(OfficeError, match="taken"):
        office.accounts.check_free("ONA")
    with pytest.raises(OfficeError, match="extension 601"):
        office.roster.add(Employee(0, "Jonas", "", frozenset(), extension="601"))

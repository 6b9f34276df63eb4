"""Accounts and sessions: who signs in, how often one may err, how long a session lives.

Passwords are kept as Argon2id hashes, sessions as SHA-256 of their tokens. A name
that does not exist costs as much time as one that does and gets the same answer
(ASVS 5.0, 6.3.8). After five wrong passwords or codes an account rests, twice as long
each time, so that guessing is slow and nobody can lock a colleague out for the day.

Where a second factor is set up or required, the right password opens half a session:
it leads to the code and to no page (``ivr.office.second_factor``).
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ivr.errors import OfficeError
from ivr.office.roster import Roster
from ivr.office.second_factor import SecondFactors
from ivr.privacy import Secret
from ivr.store.database import StoreDatabase, writing
from ivr.store.schema import moment, timestamp

MIN_PASSWORD: Final = 12
MAX_PASSWORD: Final = 256
_FREE_FAILURES: Final = 5
_FIRST_REST: Final = timedelta(seconds=30)
_LONGEST_REST: Final = timedelta(minutes=15)
IDLE: Final = timedelta(hours=2)
LONGEST_SESSION: Final = timedelta(hours=12)
HALFWAY: Final = timedelta(minutes=10)
"""So long somebody may look for their telephone between password and code."""


class Needs(StrEnum):
    """What a session lacks before it opens pages."""

    NOTHING = ""
    CODE = "code"
    FACTOR = "factor"  # a role requires a second factor, and there is none yet


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in; ``form_key`` must come back with every form."""

    employee: int
    form_key: str = field(repr=False)
    needs: Needs = Needs.NOTHING


@dataclass(frozen=True, slots=True)
class Opened:
    """One of somebody's sessions: since when, last used when, and whether it is the one that asks."""

    created: datetime
    seen: datetime
    this: bool


class Accounts:
    """Use it in the thread that opened the database. ``utcnow`` and ``token`` are injected for tests."""

    def __init__(
        self,
        database: StoreDatabase,
        utcnow: Callable[[], datetime],
        *,
        token: Callable[[], str] = lambda: secrets.token_urlsafe(32),
        hasher: PasswordHasher | None = None,
        factors: SecondFactors | None = None,
    ) -> None:
        """``factors`` None: passwords alone open pages."""
        self._db, self._utcnow, self._token, self.factors = database, utcnow, token, factors
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    def create(self, employee: int, username: str, password: Secret) -> None:
        """Give an employee a name and a password.

        Raises:
            OfficeError: the password is weak, the name is taken, or the employee is not there or has an account.
        """
        check_password(username, password)
        try:
            with writing(self._db):
                self._db.execute(
                    "INSERT INTO accounts (employee, username, password_hash) VALUES (?, ?, ?)",
                    [employee, username, self._hasher.hash(password.reveal())],
                )
        except sqlite3.IntegrityError as error:
            raise OfficeError(
                f"The account {username!r} can't be made",
                "The name may be taken, or the employee is not there or has an account already: ivr users list",
            ) from error

    def check_free(self, username: str) -> None:
        """Raises OfficeError when somebody has this name."""
        if self._db.execute("SELECT 1 FROM accounts WHERE username = ?", [username]).fetchone():
            raise OfficeError(f"The name {username!r} is taken", "Choose another; ivr users list names them all")

    def close(self, username: str) -> None:
        """The employee of this account works here no longer.

        Raises:
            OfficeError: there is no such account.
        """
        with writing(self._db):
            employee = self._owner(username)
            self._db.execute("UPDATE employees SET active = 0, extension = '' WHERE id = ?", [employee])
            self._db.execute("DELETE FROM states WHERE employee = ?", [employee])
            self._db.execute("DELETE FROM sessions WHERE employee = ?", [employee])

    def set_password(self, username: str, password: Secret) -> None:
        """A new password; every session of the account ends.

        Raises:
            OfficeError: there is no such account, or the password is weak.
        """
        check_password(username, password)
        with writing(self._db):
            employee = self._owner(username)
            self._db.execute(
                "UPDATE accounts SET password_hash = ?, failures = 0, locked_until = NULL WHERE employee = ?",
                [self._hasher.hash(password.reveal()), employee],
            )
            self._db.execute("DELETE FROM sessions WHERE employee = ?", [employee])

    def names(self) -> list[tuple[int, str]]:
        """Employee and user name of every account."""
        return [tuple(row) for row in self._db.execute("SELECT employee, username FROM accounts ORDER BY username")]

    def sign_in(self, username: str, password: Secret) -> str | None:
        """A new session's token, or None; why not is nobody's business. It may need a code: see :meth:`halfway`."""
        at = self._utcnow()
        row = self._db.execute(
            "SELECT a.employee, a.password_hash, a.failures, a.locked_until FROM accounts a "
            "JOIN employees e ON e.id = a.employee AND e.active WHERE a.username = ?",
            [username],
        ).fetchone()
        employee, kept, failures, locked_until = row or (None, self._nobody, 0, None)
        right = self._right(kept, password) and employee is not None
        resting = locked_until is not None and at < moment(locked_until)
        if employee is None or resting:
            return None
        if not right:
            self._remember_failure(employee, failures + 1, at)
            return None
        needs = self._needs(employee)
        with writing(self._db):
            if needs is Needs.NOTHING:  # a code may still be guessed: its failures count on
                self._forgive(employee)
            if self._hasher.check_needs_rehash(kept):
                self._db.execute(
                    "UPDATE accounts SET password_hash = ? WHERE employee = ?",
                    [self._hasher.hash(password.reveal()), employee],
                )
        if needs is Needs.FACTOR and self.factors is not None:
            self.factors.begin(employee)
        return self._open(employee, needs)

    def finish(self, token: str, code: str) -> str | None:
        """The token of a whole session for half of one and a code; None: the code is wrong, or it rests, or is over."""
        half = self.halfway(token)
        if half is None or not self.prove(half.employee, code):
            return None
        self.sign_out(token)
        return self._open(half.employee, Needs.NOTHING)

    def prove(self, employee: int, code: str) -> bool:
        """Whether a code is right; a wrong one counts like a wrong password."""
        failures, resting = self._failures(employee)
        if resting or self.factors is None:
            return False
        if not self.factors.check(employee, code):
            self._remember_failure(employee, failures + 1, self._utcnow())
            return False
        with writing(self._db):
            self._forgive(employee)
        return True

    def prove_password(self, employee: int, password: Secret) -> bool:
        """Whether somebody who is signed in knows their password; a wrong one counts as at the door."""
        failures, resting = self._failures(employee)
        (kept,) = self._db.execute("SELECT password_hash FROM accounts WHERE employee = ?", [employee]).fetchone()
        right = self._right(kept, password)
        if resting or not right:
            if not resting:
                self._remember_failure(employee, failures + 1, self._utcnow())
            return False
        return True

    def change_password(self, employee: int, old: Secret, new: Secret) -> str | None:
        """The owner's own change: every session ends, and the new one's token comes back; None: ``old`` is wrong.

        Raises:
            OfficeError: the new password is weak.
        """
        username = self.username(employee)
        check_password(username, new)
        if not self.prove_password(employee, old):
            return None
        self.set_password(username, new)
        return self._open(employee, Needs.NOTHING)

    def end_others(self, employee: int, token: str) -> int:
        """End every session but this one; returns how many ended."""
        with writing(self._db):
            row = self._db.execute(
                "DELETE FROM sessions WHERE employee = ? AND token_hash <> ?", [employee, _hash(token)]
            )
        return int(row.rowcount)

    def sessions(self, employee: int, token: str) -> list[Opened]:
        """Sessions that are open, the latest first."""
        at = self._utcnow()
        rows = self._db.execute(
            "SELECT created, seen, token_hash FROM sessions WHERE employee = ? AND needs = '' ORDER BY created DESC",
            [employee],
        )
        found = [Opened(moment(created), moment(seen), digest == _hash(token)) for created, seen, digest in rows]
        return [one for one in found if at - one.created < LONGEST_SESSION and at - one.seen < IDLE]

    def username(self, employee: int) -> str:
        """Raises OfficeError when they have no account."""
        row = self._db.execute("SELECT username FROM accounts WHERE employee = ?", [employee]).fetchone()
        if row is None:
            raise OfficeError(f"Employee {employee} has no account", "ivr users list names them")
        return str(row[0])

    def reset_factor(self, username: str) -> bool:
        """The administrator's help for a lost telephone: no code is asked for, sessions end. False: there was none.

        Raises:
            OfficeError: there is no such account.
        """
        with writing(self._db):
            employee = self._owner(username)
            gone = self._db.execute("DELETE FROM second_factors WHERE employee = ?", [employee]).rowcount
            self._db.execute("DELETE FROM sessions WHERE employee = ?", [employee])
        return bool(gone)

    def halfway(self, token: str) -> Session | None:
        """Who gave the right password and lacks something else; None: nobody, or ten minutes are over."""
        row = self._db.execute(
            "SELECT s.employee, s.form_key, s.created, s.needs FROM sessions s "
            "JOIN employees e ON e.id = s.employee AND e.active WHERE s.token_hash = ? AND s.needs <> ''",
            [_hash(token)],
        ).fetchone()
        if row is None or self._utcnow() - moment(row[2]) >= HALFWAY:
            return None
        return Session(row[0], row[1], Needs(row[3]))

    def session(self, token: str, *, active: bool = True) -> Session | None:
        """Whose token it is; None when unknown, idle for two hours, twelve hours old, or its employee has left.

        ``active``: somebody did something; a page that only listens does not keep a session alive.
        """
        at = self._utcnow()
        row = self._db.execute(
            "SELECT s.employee, s.form_key, s.created, s.seen FROM sessions s "
            "JOIN employees e ON e.id = s.employee AND e.active WHERE s.token_hash = ? AND s.needs = ''",
            [_hash(token)],
        ).fetchone()
        if row is None:
            return None
        employee, form_key, created, seen = row
        if at - moment(created) >= LONGEST_SESSION or at - moment(seen) >= IDLE:
            self.sign_out(token)
            return None
        if active:
            with writing(self._db):
                self._db.execute("UPDATE sessions SET seen = ? WHERE token_hash = ?", [timestamp(at), _hash(token)])
        return Session(employee, form_key)

    def sign_out(self, token: str) -> None:
        with writing(self._db):
            self._db.execute("DELETE FROM sessions WHERE token_hash = ?", [_hash(token)])

    def _open(self, employee: int, needs: Needs) -> str:
        token, at = self._token(), timestamp(self._utcnow())
        with writing(self._db):
            self._db.execute(
                "INSERT INTO sessions (token_hash, employee, form_key, created, seen, needs) VALUES (?, ?, ?, ?, ?, ?)",
                [_hash(token), employee, self._token(), at, at, needs.value],
            )
        return token

    def _needs(self, employee: int) -> Needs:
        if self.factors is None:
            return Needs.NOTHING
        if self.factors.has(employee):
            return Needs.CODE
        someone = Roster(self._db).employee(employee)
        return Needs.FACTOR if someone is not None and self.factors.required_of(someone) else Needs.NOTHING

    def _failures(self, employee: int) -> tuple[int, bool]:
        """How many in a row, and whether the account rests now."""
        failures, until = self._db.execute(
            "SELECT failures, locked_until FROM accounts WHERE employee = ?", [employee]
        ).fetchone()
        return failures, until is not None and self._utcnow() < moment(until)

    def _forgive(self, employee: int) -> None:
        self._db.execute("UPDATE accounts SET failures = 0, locked_until = NULL WHERE employee = ?", [employee])

    def _owner(self, username: str) -> int:
        row = self._db.execute("SELECT employee FROM accounts WHERE username = ?", [username]).fetchone()
        if row is None:
            raise OfficeError(f"There is no account {username!r}", "ivr users list names them")
        return int(row[0])

    def _right(self, kept: str, password: Secret) -> bool:
        if len(password.reveal()) > MAX_PASSWORD:
            return False
        try:
            return self._hasher.verify(kept, password.reveal())
        except (VerificationError, InvalidHashError):
            return False

    def _remember_failure(self, employee: int, failures: int, at: datetime) -> None:
        rest = None
        if failures >= _FREE_FAILURES:
            rest = timestamp(at + min(_LONGEST_REST, _FIRST_REST * 2 ** min(10, failures - _FREE_FAILURES)))
        with writing(self._db):
            self._db.execute(
                "UPDATE accounts SET failures = ?, locked_until = ? WHERE employee = ?", [failures, rest, employee]
            )


def forget_sessions(database: StoreDatabase, at: datetime) -> int:
    """Remove what opens nothing any more: sessions that are over, and those whose code never came; returns how many."""
    with writing(database):
        row = database.execute(
            "DELETE FROM sessions WHERE created <= ? OR seen <= ? OR (needs <> '' AND created <= ?)",
            [timestamp(at - LONGEST_SESSION), timestamp(at - IDLE), timestamp(at - HALFWAY)],
        )
    return int(row.rowcount)


def check_password(username: str, password: Secret) -> None:
    """Long enough, and not made of the user's own name (ASVS 5.0, 6.2.1 and 6.2.11).

    Raises:
        OfficeError: it is not.
    """
    text = password.reveal()
    if not MIN_PASSWORD <= len(text) <= MAX_PASSWORD:
        raise OfficeError(
            f"The password must have {MIN_PASSWORD} to {MAX_PASSWORD} characters", "A sentence is easy to remember"
        )
    if username.lower() in text.lower() or len(set(text)) < 5:
        raise OfficeError("The password is easy to guess", "Use words that have nothing to do with the user's name")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

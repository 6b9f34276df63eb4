"""The second factor: codes of an authenticator application that change each half minute (RFC 6238, TOTP).

A secret of 160 bits is shown once, when somebody sets it up, and counts only after a first code has proved that the
application has it. It is kept under a key that lies in another file, so a copy of the office's database alone makes no
codes. A code opens once: its half minute is remembered, and neither it nor an earlier one is taken again. Codes of the
half minutes before and after are taken too, because telephones' clocks differ.
"""

from __future__ import annotations

import base64
import hmac
import os
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

from ivr.errors import OfficeError
from ivr.people.staff import Employee, Role
from ivr.privacy import Secret
from ivr.store.database import StoreDatabase, writing
from ivr.store.schema import timestamp

ISSUER: Final = "1883"
DIGITS: Final = 6
STEP_S: Final = 30
_SECRET_BYTES: Final = 20
_NONCE_BYTES: Final = 12
_DRIFT: Final = 1  # half minutes


class SecondFactors:
    """Use it in the thread that opened the database. ``key``: 32 bytes; ``required``: roles that must have one."""

    def __init__(
        self,
        database: StoreDatabase,
        utcnow: Callable[[], datetime],
        key: bytes,
        required: Collection[Role] = (),
        *,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._db, self._utcnow, self._cipher, self._random = database, utcnow, AESGCM(key), random
        self._required = frozenset(required)

    def required_of(self, employee: Employee) -> bool:
        """Whether one of their roles must have a second factor by configuration."""
        return bool(employee.roles & self._required)

    def has(self, employee: int) -> bool:
        """Whether a code is asked for when they sign in."""
        row = self._db.execute(
            "SELECT 1 FROM second_factors WHERE employee = ? AND confirmed = 1", [employee]
        ).fetchone()
        return row is not None

    def begin(self, employee: int) -> Secret:
        """A new secret, as base32 for an application; it counts after :meth:`check` has taken a first code of it.

        Raises:
            OfficeError: they have a second factor already.
        """
        secret, nonce = self._random(_SECRET_BYTES), self._random(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, secret, _bound(employee))
        with writing(self._db):
            if self.has(employee):
                raise OfficeError("There is a second factor already", "Switch it off first: it needs a code")
            self._db.execute(
                "INSERT OR REPLACE INTO second_factors (employee, sealed, confirmed, last_step, since) "
                "VALUES (?, ?, 0, -1, ?)",
                [employee, sealed, timestamp(self._utcnow())],
            )
        return Secret(base64.b32encode(secret).decode("ascii"))

    def pending(self, employee: int) -> Secret | None:
        """The secret that was begun and has not been proved; None: there is none, or it counts already."""
        row = self._db.execute(
            "SELECT sealed FROM second_factors WHERE employee = ? AND confirmed = 0", [employee]
        ).fetchone()
        return Secret(base64.b32encode(self._opened(employee, row[0])).decode("ascii")) if row else None

    def check(self, employee: int, code: str) -> bool:
        """Whether ``code`` is theirs and was never taken before; the first one makes a new secret count.

        Raises:
            OfficeError: the secret can't be opened, because the key is another one.
        """
        code = "".join(code.split())
        if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
            return False
        row = self._db.execute("SELECT sealed FROM second_factors WHERE employee = ?", [employee]).fetchone()
        if row is None:
            return False
        codes = HOTP(self._opened(employee, row[0]), DIGITS, SHA1())  # noqa: S303  (what every application speaks)
        now = self._step()
        fitting = [
            step
            for step in range(max(0, now - _DRIFT), now + _DRIFT + 1)
            if hmac.compare_digest(codes.generate(step), code.encode())
        ]
        return any(self._take(employee, row[0], step) for step in fitting)

    def remove(self, employee: int) -> bool:
        """No code is asked for any more; False: none was."""
        with writing(self._db):
            return bool(self._db.execute("DELETE FROM second_factors WHERE employee = ?", [employee]).rowcount)

    def _take(self, employee: int, sealed: bytes, step: int) -> bool:
        with writing(self._db):
            taken = self._db.execute(
                "UPDATE second_factors SET last_step = ?, confirmed = 1 "
                "WHERE employee = ? AND sealed = ? AND last_step < ?",
                [step, employee, sealed, step],
            )
        return bool(taken.rowcount)

    def _step(self) -> int:
        return int(self._utcnow().timestamp()) // STEP_S

    def _opened(self, employee: int, sealed: bytes) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(employee))
        except InvalidTag as error:
            raise OfficeError(
                "The second factor can't be read: its key is another one",
                "Put second-factor.key back from the backup, or run ivr users factor NAME --reset",
            ) from error


def address_for(secret: Secret, username: str) -> str:
    """What an authenticator application reads from a picture or a link (otpauth)."""
    fields = {"secret": secret.reveal(), "issuer": ISSUER, "digits": DIGITS, "period": STEP_S}
    return f"otpauth://totp/{ISSUER}:{quote(username, safe='')}?{urlencode(fields)}"


def with_factor(database: StoreDatabase) -> set[int]:
    """Employees who sign in with a code."""
    rows = database.execute("SELECT employee FROM second_factors WHERE confirmed = 1")
    return {int(row[0]) for row in rows}


def _bound(employee: int) -> bytes:
    """Binds a secret to its owner's row."""
    return f"1883 second factor {employee}".encode()

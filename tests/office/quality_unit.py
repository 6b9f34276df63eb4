"""The office with its quality unit: people of every role, calls on the journal, sealed sound, and a browser."""

from __future__ import annotations

import math
import struct
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from starlette.applications import Starlette

from ivr.office.app import application, stamp_of
from ivr.office.audit import Audit, Entry
from ivr.office.database import open_office
from ivr.office.identity_tries import TryBook
from ivr.office.roster import Roster
from ivr.office.shelves import Shelves
from ivr.paths import project_file
from ivr.people.staff import Employee, Role
from ivr.privacy import Secret
from ivr.quality.desk import Places, open_desk
from ivr.quality.scorecard import Scorecard, load_scorecard
from ivr.vault.catalogue import Catalogue
from ivr.vault.keys import MasterKeys
from ivr.vault.shelf import Folder
from ivr.vault.vault import Vault
from tests.office.test_accounts import GOOD, Office
from tests.quality.office import Unit

SAME = {"Sec-Fetch-Site": "same-origin"}
PURPOSE = "mėnesio atrankos vertinimas"
CALL = "20261103-090000-aaaaaa"
PEOPLE = {
    "jonas": Employee(0, "Jonas Kazlauskas", "Kitas skyrius", frozenset({Role.AGENT}), extension="602"),
    "vida": Employee(0, "Vida Vadovė", "Skyrius", frozenset({Role.HEAD})),
    "kazys": Employee(0, "Kazys Kokybė", "Kokybės vadybos skyrius", frozenset({Role.QUALITY})),
    "dalia": Employee(0, "Dalia Duomenė", "", frozenset({Role.PROTECTION})),
    "adomas": Employee(0, "Adomas Administratorius", "", frozenset({Role.ADMIN})),
}


class Quality:
    """Ona (agent of „Skyrius“) comes from :class:`Office`; ``people`` are the ids of the others by user name."""

    def __init__(self, folder: Path, tries: TryBook | None = None) -> None:
        self.office = Office(folder)
        self.tries = tries
        self.office.now = datetime(2026, 12, 1, 8, tzinfo=UTC)
        self.people = {"ona": self.office.ona}
        for name, employee in PEOPLE.items():
            self.people[name] = self.office.roster.add(employee)
            self.office.accounts.create(self.people[name], name, GOOD)
        self.folder = folder
        self.unit = Unit(folder, tuple(Roster(open_office(folder / "office.db")).everybody().values()))
        self.app = self._app()

    @property
    def now(self) -> datetime:
        return self.office.now

    def later(self, **by: float) -> None:
        self.office.now += timedelta(**by)

    def call(self, name: str = CALL, *, agent: str | None = "ona", sealed: bool = True, **more: object) -> str:
        """A finished call that ``agent`` took over, with three seconds of sealed sound."""
        self.unit.call(name, agent=self.people[agent] if agent else None, **more)  # type: ignore[arg-type]
        if sealed:
            self.seal(name)
        return name

    def seal(self, name: str, seconds: float = 3.0) -> None:
        path = self.folder / f"{name}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(8000)
            frames = (
                struct.pack("<hh", int(9000 * math.sin(at / 9)), int(3000 * math.sin(at / 5)))
                for at in range(int(seconds * 8000))
            )
            file.writeframes(b"".join(frames))
        self.vault().take_in(path, name, "ok")

    def vault(self) -> Vault:
        catalogue = Catalogue(self.folder / "vault.db")
        return Vault(
            catalogue, Folder(self.folder / "sealed"), MasterKeys((Secret("11" * 32),), "keys"), lambda: self.now
        )

    def log(self) -> list[Entry]:
        """The audit log, the oldest first."""
        return Audit(self.folder / "audit.db", lambda: self.now).read()[::-1]

    @asynccontextmanager
    async def browser(self, name: str | None = None) -> AsyncIterator[Visit]:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            visit = Visit(client)
            if name is not None:
                token = self.office.accounts.sign_in(name, GOOD) or ""
                session = self.office.accounts.session(token)
                client.cookies.set("session", token)
                visit.form_key = session.form_key if session else ""
            yield visit

    def _app(self) -> Starlette:
        site = self.office.site(secure=False)
        places = Places(self.folder / "journal.db", self.folder / "quality.db", self.folder / "index.db")
        people = self.folder / "office.db"

        def everybody() -> dict[int, Employee]:
            return Roster(open_office(people)).everybody()

        shelves = Shelves(
            lambda: open_desk(places, everybody, lambda: self.now),
            lambda: Audit(self.folder / "audit.db", lambda: self.now),
            self.vault,
            card(),
            self.folder / "recordings",
            tries=self.tries,
        )
        return application(self.folder, "1", site, stamp_of(people), shelves)


class Visit:
    """One browser."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client, self.form_key = client, ""

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=headers)

    async def post(self, path: str, **fields: str | list[str]) -> httpx.Response:
        """With the form key of this session; a list is a field that is there several times."""
        return await self.client.post(path, data={"form_key": self.form_key, **fields}, headers=SAME)

    async def open(self, call: str, employee: int, purpose: str = PURPOSE) -> httpx.Response:
        await self.post(f"/irasai/{call}/{employee}/tikslas", purpose=purpose)
        return await self.get(f"/irasai/{call}/{employee}")


def card() -> Scorecard:
    path = project_file("dialplans", "scorecard.yaml")
    return load_scorecard(path.read_text(encoding="utf-8"), str(path))


def marks(employee: int, mark: str = "good") -> dict[str, str]:
    """Every criterion of the card marked alike."""
    return {f"m_{name}": mark for name in card().of(employee)}

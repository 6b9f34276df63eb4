"""What every page shares: templates, words, the database's threads, and who is signed in.

The event loop never touches SQLite or Argon2: pages use one thread with one
connection, signing in another, so that somebody who guesses passwords slows down
other guesses only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ivr.office.accounts import Accounts, Session
from ivr.office.database import open_office
from ivr.office.keeper import Keeper
from ivr.office.roster import Roster
from ivr.office.second_factor import SecondFactors
from ivr.office.switchboard import Switchboard
from ivr.office.words import LANGUAGES, load_words
from ivr.people.staff import Employee, Role
from ivr.store.alarms import Alarms
from ivr.store.database import StoreDatabase, open_database
from ivr.store.journal import Journal

T = TypeVar("T")
COOKIE: Final = "session"
LANGUAGE_COOKIE: Final = "language"
_ZONE: Final = ZoneInfo("Europe/Vilnius")
_MOMENT: Final = timedelta(seconds=1)  # who is back at midnight was away the day before


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks for a page."""

    employee: Employee
    session: Session

    def may(self, *roles: Role) -> bool:
        return bool(self.employee.roles & set(roles))


class Site:
    """The office's pages. ``secure``: they are reached through TLS, so cookies travel through nothing else.

    ``next_working_day`` gives the end of the working day after a moment (``ivr.dialog.hours``). ``switchboard``: the
    one that workers ask; without it the pages have one of their own, which nobody rings through. ``factors``: second
    factors on a connection; without it passwords alone open pages.
    """

    def __init__(
        self,
        database: Path,
        journal: Path,
        utcnow: Callable[[], datetime],
        next_working_day: Callable[[datetime], datetime],
        topics: Mapping[str, str],
        *,
        secure: bool,
        switchboard: Switchboard | None = None,
        factors: Callable[[StoreDatabase], SecondFactors] | None = None,
    ) -> None:
        self.switchboard = switchboard or Switchboard(database, journal, utcnow, topics)
        self.utcnow, self.next_working_day, self.topics, self.secure = utcnow, next_working_day, topics, secure
        self.pages = Keeper(lambda: open_office(database), "office-pages")
        self._doors = Keeper(lambda: open_office(database), "office-doors")
        self._journal = Keeper(lambda: open_database(journal), "office-journal")
        self._accounts: dict[int, Accounts] = {}
        self._factors = factors
        self._words = load_words()
        self._templates = _templates()

    @property
    def cookie(self) -> str:
        """A ``__Host-`` name makes the browser refuse the cookie from anywhere but this very server."""
        return f"__Host-{COOKIE}" if self.secure else COOKIE

    def accounts(self, database: StoreDatabase) -> Accounts:
        """The accounts on this thread's connection; the hasher's start costs too much for every request."""
        found = self._accounts.get(id(database))
        if found is None:
            factors = self._factors(database) if self._factors else None
            found = self._accounts[id(database)] = Accounts(database, self.utcnow, factors=factors)
        return found

    async def at_the_door(self, work: Callable[[Accounts], T]) -> T:
        return await self._doors.do(lambda database: work(self.accounts(database)))

    async def journal(self, work: Callable[[Journal], T]) -> T:
        """``work`` with the calls' journal."""
        return await self._journal.do(lambda database: work(Journal(database)))

    async def alarms(self, work: Callable[[Alarms], T]) -> T:
        """``work`` with the line's alarms."""
        return await self._journal.do(lambda database: work(Alarms(database)))

    async def visitor(self, request: Request, *, active: bool = True) -> Visitor | None:
        """Who is signed in here; None: nobody."""
        token = request.cookies.get(self.cookie, "")
        if not token:
            return None

        def find(database: StoreDatabase) -> Visitor | None:
            session = self.accounts(database).session(token, active=active)
            employee = Roster(database).employee(session.employee) if session else None
            return Visitor(employee, session) if session and employee else None

        return await self.pages.do(find)

    def language(self, request: Request) -> str:
        wanted = request.cookies.get(LANGUAGE_COOKIE, LANGUAGES[0])
        return wanted if wanted in LANGUAGES else LANGUAGES[0]

    def fragment(self, request: Request, template: str, visitor: Visitor | None, **values: Any) -> str:
        """A template with the words of the visitor's language as ``w``."""
        language = self.language(request)
        return self._templates.get_template(template).render(
            w=self._words[language],
            language=language,
            visitor=visitor,
            path=request.url.path,
            now=self.utcnow(),
            topics=self.topics,
            **values,
        )

    def page(
        self, request: Request, template: str, visitor: Visitor | None = None, status: int = 200, **values: Any
    ) -> Response:
        return HTMLResponse(self.fragment(request, template, visitor, **values), status)

    def word(self, request: Request, key: str) -> str:
        return self._words[self.language(request)][key]


@lru_cache(maxsize=1)
def _templates() -> Environment:
    """The compiled templates, the same for every site of a process."""
    templates = Environment(
        loader=PackageLoader("ivr.office"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["clock"] = lambda at: at.astimezone(_ZONE).strftime("%H:%M")
    templates.filters["moment"] = lambda at: at.astimezone(_ZONE).strftime("%m-%d %H:%M")
    templates.filters["last_day"] = lambda until: (until - _MOMENT).astimezone(_ZONE).strftime("%Y-%m-%d")
    templates.filters["extension"] = lambda one: one.removeprefix("sip:").partition("@")[0]
    templates.filters["day"] = lambda at: at.astimezone(_ZONE).strftime("%Y-%m-%d")
    return templates


def static_folder() -> Path:
    """Where style and scripts lie."""
    return Path(str(resources.files("ivr.office") / "static"))

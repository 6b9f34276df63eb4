"""The agents of a bench: employees of a real office, their open desks, and their telephones."""

from __future__ import annotations

import contextlib
import http.client
import re
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final
from urllib.parse import urlencode

from ivr.office.accounts import Accounts
from ivr.office.database import open_office
from ivr.office.offers import Offer
from ivr.office.roster import Roster
from ivr.office.site import COOKIE
from ivr.people.staff import Employee, Role, State
from ivr.privacy import Secret
from ivr.simulator.baresip_agent import BARESIP, BaresipAgent, own_address
from ivr.simulator.key_agent import KeyAgent
from ivr.simulator.loopback import is_free
from ivr.simulator.sipp_agents import Habit, SippAgent

POOL: Final = (
    Habit.KEY, Habit.BUSY, Habit.DECLINED, Habit.NO_KEY, Habit.HANGS_UP, Habit.NO_ANSWER, Habit.UNREACHABLE, Habit.KEY,
)  # fmt: skip
"""Telephones of sipp; bare ones that press the key are as many as workers, and there is one baresip."""
PORTS: Final = 100
"""So many from the first one on, and as many a thousand above, are one bench's telephones."""
_SIPP_MEDIA, _BARESIP_MEDIA, _BARESIP = 1000, 1040, 60
_ANSWERING: Final = re.compile(rb"/skambutis/(\d+)/atsakyti")
_FORM_KEY: Final = re.compile(r'name="form_key" value="([^"]+)"')
_PASSWORD: Final = Secret("kas lauktuves turi")
_ASKED_S: Final = 60.0


def free_block() -> int:
    """The first of :data:`PORTS` ports that nobody uses."""
    random = Random()  # noqa: S311  (ports, not secrets)
    while True:
        first = random.randrange(33_000, 58_000, PORTS)
        if all(is_free(port) for one in (first, first + _SIPP_MEDIA) for port in range(one, one + PORTS)):
            return first


class Screen(threading.Thread):
    """An agent's open desk: when each offer was first on it, by offer, in seconds since the epoch."""

    def __init__(self, port: int, token: str) -> None:
        super().__init__(name="screen", daemon=True)
        self.seen: dict[int, float] = {}
        self._port, self._token = port, token
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ASKED_S)
        self._headers = {"Cookie": f"{COOKIE}={token}"}

    def run(self) -> None:
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            self._connection.request("GET", "/srautas", headers=self._headers)
            answer = self._connection.getresponse()
            while line := answer.readline():
                at = time.time()
                for offer in _ANSWERING.findall(line):
                    self.seen.setdefault(int(offer), at)

    def close(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            self._connection.sock.close()

    def reloaded(self) -> Screen:
        """The same agent's desk, opened anew; this one is closed."""
        self.close()
        screen = Screen(self._port, self._token)
        screen.start()
        return screen

    def accept(self, offer: int) -> bool:
        """Press the desk's button, as its form does. False: the desk refused, or is away."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_ASKED_S)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", "/", headers=self._headers)
            key = _FORM_KEY.search(connection.getresponse().read().decode())
            if key is None:
                return False
            fields = urlencode({"form_key": key[1], "accept": "1"})
            headers = self._headers | {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", f"/skambutis/{offer}/atsakyti", fields, headers)
            return connection.getresponse().status == http.client.SEE_OTHER
        return False


@dataclass
class Agents:
    """The office's people and their telephones: of sipp by ``habits``, and one that presses the key for each worker.

    ``baresip``: another one accepts with a real telephone, where it is installed and runs.
    """

    office: Path
    office_port: int
    folder: Path
    first_port: int
    workers: int
    habits: Sequence[Habit] = POOL
    baresip: bool = True
    keyed: list[KeyAgent] = field(default_factory=list)
    sipp: list[SippAgent] = field(default_factory=list)
    real: dict[int, BaresipAgent] = field(default_factory=dict)
    screens: dict[int, Screen] = field(default_factory=dict)

    @contextlib.contextmanager
    def at_work(self) -> Iterator[Agents]:
        """Everybody signed in and ready, their telephones on; sent home in the end."""
        with contextlib.ExitStack() as stack:
            port = self.first_port
            for habit in self.habits:
                agent = SippAgent(habit, port, port + _SIPP_MEDIA + 2 * len(self.sipp), self.folder)
                self.sipp.append(stack.enter_context(agent))
                self._hire(f"Sipp {habit} {port}", port)
                port += 1
            for _ in range(self.workers):
                keyed = KeyAgent(port)
                keyed.start()
                stack.callback(keyed.stop)
                self.keyed.append(keyed)
                self._hire(f"Klavišas {port}", port)
                port += 1
            if self.baresip and BARESIP is not None and (address := own_address()):
                first = self.first_port
                phone = BaresipAgent(self.folder / "baresip", address, first + _BARESIP, first + _BARESIP_MEDIA)
                stack.callback(phone.close)
                self.real[self._hire("Baresip", first + _BARESIP, address)] = phone
            for screen in self.screens.values():
                screen.start()
            stack.callback(self._close_screens)
            time.sleep(1.0)
            yield self

    def _close_screens(self) -> None:
        for screen in self.screens.values():
            screen.close()

    def _hire(self, name: str, port: int, host: str = "127.0.0.1") -> int:
        database = open_office(self.office)
        at = datetime.now(UTC)
        employee = Employee(0, name, "Matavimas", frozenset({Role.AGENT}), extension=f"sip:agent@{host}:{port}")
        number = Roster(database).add(employee)
        Roster(database).set_state(number, State.READY, at)
        accounts = Accounts(database, lambda: datetime.now(UTC))
        accounts.create(number, f"agentas-{port}", _PASSWORD)
        token = accounts.sign_in(f"agentas-{port}", _PASSWORD)
        database.close()
        self.screens[number] = Screen(self.office_port, token or "")
        return number

    def taken(self) -> list[int]:
        """Employees who don't wait for a call, whatever they do."""
        database = open_office(self.office)
        try:
            presence = Roster(database).staff().presence
            return [number for number in self.screens if presence[number].state is not State.READY]
        finally:
            database.close()

    def seen(self) -> dict[int, float]:
        """When each offer was first on its agent's screen."""
        found: dict[int, float] = {}
        for screen in self.screens.values():
            found |= dict(screen.seen)
        return found

    def rang(self, call: str, offers: Sequence[Offer]) -> list[float]:
        """When telephones rang for a call with these offers, in order; those that are away never do."""
        times = [
            logged.at for one in self.sipp for logged in one.logged() if (logged.event, logged.call) == ("rang", call)
        ]
        times += [taken.rang_at for one in self.keyed for taken in one.taken if taken.call == call]
        for offer in offers:  # baresip does not tell the headers of a call
            phone, began, ended = self.real.get(offer.employee), offer.offered_at, offer.changed_at
            if phone is not None:
                times += [at for at in phone.rang() if began.timestamp() <= at <= ended.timestamp()]
        return sorted(times)

    def failed(self, call: str) -> list[float]:
        """When telephones refused a call or hung up on it."""
        return [
            logged.at for one in self.sipp for logged in one.logged() if (logged.event, logged.call) == ("failed", call)
        ]

    def accept_to_bridge_ms(self, call: str) -> float | None:
        """From the key to the caller's first sound in the agent's ear."""
        for one in self.keyed:
            for taken in one.taken:
                if taken.call == call and taken.pressed_at is not None and taken.heard_at is not None:
                    return (taken.heard_at - taken.pressed_at) * 1000.0
        return None

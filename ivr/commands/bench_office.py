"""``ivr bench office``: the quality unit's pages over a great many recordings, and eight players at once."""

from __future__ import annotations

import asyncio
import json
import re
import struct
import tempfile
import time
import wave
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final
from urllib.parse import urlencode

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from starlette.types import ASGIApp, Message

from ivr.commands.options import plain_errors
from ivr.errors import OfficeError
from ivr.events import JournalKind
from ivr.office.accounts import Accounts
from ivr.office.app import application, stamp_of
from ivr.office.audit import Audit
from ivr.office.database import open_office
from ivr.office.roster import Roster
from ivr.office.shelves import Shelves
from ivr.office.site import Site
from ivr.people.staff import Employee, Role
from ivr.privacy import Secret
from ivr.quality.desk import Desk, Places, open_desk
from ivr.quality.index import ZONE, put_call
from ivr.quality.reading import CallFigures, Part
from ivr.quality.scorecard import Criterion, Scorecard
from ivr.ranks import at_shares
from ivr.sampling.month import Month
from ivr.simulator.players import listen, served
from ivr.store.database import open_database, writing
from ivr.store.journal import Journal, insert
from ivr.store.schema import JournalEvent
from ivr.vault.catalogue import Catalogue
from ivr.vault.keys import MasterKeys
from ivr.vault.shelf import Folder
from ivr.vault.vault import Vault

NOW: Final = datetime(2026, 12, 1, 8, tzinfo=UTC)
NOVEMBER: Final = Month(2026, 11, ZONE)
PLAYERS: Final = 8
_WORDS: Final = tuple(
    re.findall(
        r"\w+",
        "pensija išmoka vaiko pinigai motinystės bedarbis registracija dokumentai prašymas terminas atostogos šalpa "
        "kompensacija būstas šildymas nedarbas įdarbinimas darbdavys sutartis atleidimas invalidumas slauga globa "
        "mokesčiai stažas amžius našlė našlaitis parama mokinys maitinimas kortelė šeima institucija adresas skyrius",
    )
)
_TOPICS: Final = tuple(f"topic-{number}" for number in range(20))
_OUTCOMES: Final = ("answered", "answered", "answered", "transferred", "message", "callback", "dropped")
_PEOPLE: Final = {
    0: Employee(0, "Virtualioji asistentė", "", frozenset()),
    **{who: Employee(who, f"Darbuotoja {who}", "Skyrius", frozenset({Role.AGENT})) for who in range(1, 30)},
}
_READER: Final = Employee(99, "Kokybė", "", frozenset({Role.QUALITY}))
_CARD: Final = Scorecard(version=1, criteria={"greeting": Criterion(rule="A12.4", text="Pasisveikino")})


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """p50 and p95."""
    return {f"p{share}": at or 0.0 for share, at in zip((50, 95), at_shares(values, 0.50, 0.95), strict=True)}


@click.command()
@click.option("--recordings", type=click.IntRange(100), default=100_000, show_default=True, help="How many calls.")
@click.option("--tries", type=click.IntRange(8), default=200, show_default=True, help="How many searches and pages.")
@click.option("--played", type=click.IntRange(5), default=300, show_default=True, help="Seconds of a player's sound.")
@click.option("--listen", "listen_s", type=click.FloatRange(2), default=20.0, show_default=True, help="Seconds heard.")
@click.option("--browsers", type=click.IntRange(0, PLAYERS), default=1, show_default=True, help="Chromium among them.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable result.")
@plain_errors
def office(recordings: int, tries: int, played: int, listen_s: float, browsers: int, as_json: bool) -> None:
    """Pages of search and of the month's plan over many recordings; eight players of sealed sound at once.

    Players read over HTTP at the speed of listening; where Chromium and Playwright are there, one of them really plays.
    """
    chance = Random(1883)  # noqa: S311  (invented calls, not secrets)
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as folder:
        path = Path(folder)
        places = Places(path / "journal.db", path / "quality.db", path / "index.db")
        desk = open_desk(places, lambda: _PEOPLE, lambda: NOW)
        with Progress(console=Console(stderr=True), transient=True, disable=as_json) as bar:
            _fill(desk, recordings, chance, bar)
            _draw(desk, path)
            shelves = _shelves(path, places)
            site, cookie, reader = _site(path)
            app = application(path, "bench", site, stamp_of(path / "office.db"), shelves)
            searches = [f"/irasai?{urlencode(_wanted(chance))}" for _ in range(tries)]
            search_ms = asyncio.run(_pages(app, cookie, searches))
            plan_ms = asyncio.run(_pages(app, cookie, ["/kokybe?menuo=2026-11"] * max(8, tries // 4)))
            piece_ms, mb_s = asyncio.run(_play(path, shelves, played))
            pages = _granted(places, reader, count=PLAYERS)
            with served(app) as address:
                heard = listen(address, cookie, pages, played, min(listen_s, played / 2), browsers)
    result = {
        "recordings": recordings,
        "search_ms": percentiles(search_ms),
        "plan_ms": percentiles(plan_ms),
        "players": {"number": PLAYERS, **heard.public()},
        "player_piece_ms": percentiles(piece_ms),
        "players_mb_s": round(mb_s, 1),
    }
    if as_json:
        click.echo(json.dumps(result))
        return
    table = Table(title=f"{recordings} recordings")
    for column in ("milliseconds", "p50", "p95"):
        table.add_column(column, justify="left" if column == "milliseconds" else "right")
    for name, values in (("search", search_ms), ("plan page", plan_ms), (f"256 KiB for each of {PLAYERS}", piece_ms)):
        table.add_row(name, *(f"{value:.1f}" for value in percentiles(values).values()))
    starts = {"play to sound": heard.readers, "play to sound in Chromium": heard.browsers}
    for name, listeners in starts.items():
        if listeners:
            times = percentiles([one.start_ms for one in listeners]).values()
            table.add_row(f"{name}, {len(listeners)} listeners", *(f"{value:.1f}" for value in times))
    Console().print(table)
    stalls = sum(one.stalls for one in (*heard.readers, *heard.browsers))
    click.echo(
        f"{stalls} stalls in {sum(one.played_s for one in (*heard.readers, *heard.browsers)):.0f} s of listening"
    )


def _granted(places: Places, reader: int, count: int) -> list[str]:
    """Pages of the players' recordings, in the index and with a purpose stated."""
    desk = open_desk(places, lambda: _PEOPLE, lambda: NOW)
    with writing(desk.index.db):
        for number in range(count):
            figures = replace(_figures(NOW - timedelta(hours=1), Random(number)), state="ok")  # noqa: S311
            put_call(desk.index.db, None, f"play-{number}", 1, figures, "", "")
    for number in range(count):
        desk.register.grant(reader, f"play-{number}", 0, "matavimas")
    return [f"/irasai/play-{number}/0" for number in range(count)]


def _fill(desk: Desk, number: int, chance: Random, bar: Progress) -> None:
    """A year of invented calls straight into the index; those of November on the journal too, for the draw."""
    task = bar.add_task("calls", total=number)
    index = desk.index
    for start in range(0, number, 5000):
        with writing(index.db):
            for at in range(start, min(number, start + 5000)):
                offered = NOW - timedelta(minutes=525_600 * (number - at) / number)
                figures = _figures(offered, chance)
                words = " ".join(chance.choices(_WORDS, k=60))
                put_call(index.db, None, f"call-{at:07}", at + 1, figures, f"{at % 70_000:024x}", words)
        bar.update(task, completed=min(number, start + 5000))


def _figures(offered: datetime, chance: Random) -> CallFigures:
    ended = offered + timedelta(seconds=chance.lognormvariate(5, 0.7))
    parts = [Part(0, offered, ended)]
    if chance.random() < 0.4:
        parts.append(Part(chance.randrange(1, 30), offered + (ended - offered) / 3, ended))
    return CallFigures(
        offered,
        ended,
        250.0,
        chance.choice(_OUTCOMES),
        chance.choice(_TOPICS),
        "",
        "ok",
        offered,
        len(parts) - 1,
        len(parts) - 1,
        4.0,
        "",
        0,
        (700,),
        frozenset(),
        tuple(parts),
    )


def _draw(desk: Desk, folder: Path) -> None:
    """The month's draw, on a journal that has an event for each call of the index; a third of it is reviewed."""
    count = int(desk.index.db.execute("SELECT max(row) FROM calls").fetchone()[0])
    database = open_database(folder / "journal.db")
    with writing(database):
        for number in range(count):
            insert(database, JournalEvent(f"call-{number:07}", 1, NOW, "bench.call"))
    database.close()
    desk.index.db.execute("UPDATE meta SET cursor = ?", [count])
    drawn, _ = desk.draws.make(NOVEMBER)
    journal = Journal(open_database(folder / "journal.db"))
    for one in drawn[::3]:
        data = {"employee": one.employee, "by": 99, "marks": {"greeting": "good"}, "score": 100}
        journal.append(one.recording, JournalKind.REVIEW_DONE, data, NOW)
    desk.index.catch_up(journal)


def _site(folder: Path) -> tuple[Site, str, int]:
    """The office's pages, and the cookie and number of somebody of the quality unit who is signed in."""
    database = open_office(folder / "office.db")
    roster, accounts = Roster(database), Accounts(database, lambda: NOW)
    for who, employee in _PEOPLE.items():
        if who:
            roster.add(employee)
    password = Secret("mėlynas dviratis upėje")
    reader = roster.add(_READER)
    accounts.create(reader, "reader", password)
    topics = {topic: topic for topic in _TOPICS}
    site = Site(
        folder / "office.db",
        folder / "journal.db",
        lambda: NOW,
        lambda at: at + timedelta(days=1),
        topics,
        secure=False,
    )
    return site, f"{site.cookie}={accounts.sign_in('reader', password)}", reader


def _shelves(folder: Path, places: Places) -> Shelves:
    def vault() -> Vault:
        keys = MasterKeys((Secret("11" * 32),), "bench")
        return Vault(Catalogue(folder / "vault.db"), Folder(folder / "sealed"), keys, lambda: NOW)

    return Shelves(
        lambda: open_desk(places, lambda: _PEOPLE, lambda: NOW),
        lambda: Audit(folder / "audit.db", lambda: NOW),
        vault,
        _CARD,
    )


async def _pages(app: ASGIApp, cookie: str, paths: Sequence[str]) -> list[float]:
    """Milliseconds of each page, asked one after another, after one that nobody counts.

    Raises:
        OfficeError: a page is refused.
    """
    times = []
    for path in (paths[0], *paths):
        began = time.perf_counter()
        status = await _page(app, cookie, path)
        times.append(1000 * (time.perf_counter() - began))
        if status != 200:
            raise OfficeError(f"{path} answers {status}", "This is a fault of the bench")
    return times[1:]


async def _page(app: ASGIApp, cookie: str, path: str) -> int:
    """The application's answer without a network between; its status."""
    plain, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": plain,
        "raw_path": plain.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1"), (b"cookie", cookie.encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    status = 0

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)

    await app(scope, receive, send)
    return status


def _wanted(chance: Random) -> dict[str, str]:
    """A search as people make them, as the form's fields: words mostly, with a filter or two."""
    day = (NOW - timedelta(days=chance.randrange(360))).date()
    fields = {
        "nuo": day.isoformat() if chance.random() < 0.3 else "",
        "iki": (day + timedelta(days=14)).isoformat() if chance.random() < 0.3 else "",
        "darbuotojas": str(chance.randrange(30)) if chance.random() < 0.4 else "",
        "tema": chance.choice(_TOPICS) if chance.random() < 0.3 else "",
        "baigtis": chance.choice(_OUTCOMES) if chance.random() < 0.2 else "",
        "trumpesni": "5" if chance.random() < 0.2 else "",
        "zodziai": " ".join(chance.sample(_WORDS, chance.choice((1, 1, 2)))) if chance.random() < 0.7 else "",
    }
    return {key: value for key, value in fields.items() if value}


async def _play(folder: Path, shelves: Shelves, played: int) -> tuple[list[float], float]:
    """Eight players read one sealed recording each to its end; milliseconds of each piece, and megabytes a second."""
    for number in range(PLAYERS):
        await asyncio.to_thread(_record, folder, number, played)
    pieces: list[float] = []

    async def listen(name: str) -> int:
        read = 0
        began = time.perf_counter()
        async for piece in shelves.sound(name, 0, await shelves.sound_size(name) or 0):
            pieces.append(1000 * (time.perf_counter() - began))
            read += len(piece)
            began = time.perf_counter()
        return read

    began = time.perf_counter()
    total = sum(await asyncio.gather(*(listen(f"play-{number}") for number in range(PLAYERS))))
    return pieces, total / 1e6 / (time.perf_counter() - began)


def _record(folder: Path, number: int, played: int) -> None:
    """Noise, which FLAC makes little smaller, into the vault."""
    wav = folder / f"play-{number}.wav"
    noise = Random(number)  # noqa: S311  (sound, not secrets)
    second = struct.pack("<16000h", *(noise.randrange(-3000, 3000) for _ in range(16_000)))
    with wave.open(str(wav), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        for _ in range(played):
            file.writeframes(second)
    keys = MasterKeys((Secret("11" * 32),), "bench")
    vault = Vault(Catalogue(folder / "vault.db"), Folder(folder / "sealed"), keys, lambda: NOW)
    vault.take_in(wav, wav.stem, "ok")

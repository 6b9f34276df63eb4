"""People who listen to recordings at the same time: readers at a player's speed, and real browsers that really play.

A reader does what a browser's player does: the page, its waveform, then the sound in ranges, some seconds ahead of what
would be heard by now; and once a jump forward. It stalls where a second of sound is not there when its turn comes.
"""

from __future__ import annotations

import http.client
import importlib.util
import shutil
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from ivr.errors import OfficeError
from ivr.ranks import at_shares

PIECE: Final = 64 * 1024
FIRST_S: Final = 2.0  # a player begins when it has so much sound
AHEAD_S: Final = 10.0
_JUMP_TO: Final = 0.6  # of the length
_WAIT_S: Final = 60.0
_READY_S: Final = 300.0  # a browser takes its time to begin on a loaded machine


@dataclass(slots=True)
class Heard:
    """One listener: milliseconds from play to sound and from a jump to sound; how often and how long sound was missing.

    ``played_s``: seconds that were heard.
    """

    start_ms: float = 0.0
    jump_ms: float = 0.0
    stalls: int = 0
    stalled_s: float = 0.0
    played_s: float = 0.0
    fault: str = ""


@dataclass(slots=True)
class Listeners:
    """What all of them found; ``browsers`` is empty where there is no Chromium or no Playwright."""

    readers: list[Heard] = field(default_factory=list)
    browsers: list[Heard] = field(default_factory=list)

    def public(self) -> dict[str, object]:
        """JSON-able."""
        return {"readers": _summed(self.readers), "browsers": _summed(self.browsers)}


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The application on a loopback port of its own, in a thread; ``host:port``."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + _WAIT_S
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise OfficeError("The pages can't be served", "This is a fault of the bench")
            time.sleep(0.01)
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            thread.join(_WAIT_S)


def listen(
    address: str, cookie: str, pages: Sequence[str], length_s: float, listen_s: float, browsers: int
) -> Listeners:
    """Everybody presses play at once: a reader for each page but the last ``browsers``, which browsers play.

    ``pages``: paths of conversations whose purpose was stated; their sound is ``length_s`` long, ``listen_s`` is heard.

    Raises:
        OfficeError: a page or its sound is refused.
    """
    found = Listeners()
    playing = min(browsers, len(pages)) if chromium() else 0
    of_readers = pages[: len(pages) - playing]
    found.readers = [Heard() for _ in of_readers]
    begin = threading.Barrier(len(of_readers) + bool(playing))
    threads = [
        threading.Thread(target=_read, args=(address, cookie, page, length_s, listen_s, heard, begin), daemon=True)
        for page, heard in zip(of_readers, found.readers, strict=True)
    ]
    for thread in threads:
        thread.start()
    if playing:
        found.browsers = _play(address, cookie, pages[len(pages) - playing :], listen_s, begin)
    for thread in threads:
        thread.join()
    faults = [one.fault for one in (*found.readers, *found.browsers) if one.fault]
    if faults:
        raise OfficeError(f"A player had no sound: {faults[0]}", "This is a fault of the bench or of the pages")
    return found


def chromium() -> str | None:
    """The browser's program, where Playwright (a tool of the tests) can drive it."""
    return shutil.which("chromium") if importlib.util.find_spec("playwright") else None


def _read(
    address: str,
    cookie: str,
    page: str,
    length_s: float,
    listen_s: float,
    heard: Heard,
    begin: threading.Barrier,
) -> None:
    try:
        begin.wait(_READY_S)
        reader = _Reader(address, cookie, page)
        reader.get(page)
        waves = threading.Thread(target=_waveform, args=(address, cookie, page), daemon=True)
        waves.start()
        heard.start_ms = reader.begin(0.0, length_s)
        reader.follow(listen_s / 2, heard)
        heard.jump_ms = reader.begin(_JUMP_TO * length_s, length_s)
        reader.follow(listen_s / 2, heard)
        waves.join()
    except (OSError, http.client.HTTPException, OfficeError, threading.BrokenBarrierError) as error:
        heard.fault = f"{page}: {error or type(error).__name__}"


def _waveform(address: str, cookie: str, page: str) -> None:
    _Reader(address, cookie, page).get(f"{page}/bangos")


class _Reader:
    """A player's requests over one connection; ``size`` of the sound is known after the first range."""

    def __init__(self, address: str, cookie: str, page: str) -> None:
        self._connection = http.client.HTTPConnection(address, timeout=_WAIT_S)
        self._cookie, self._page = cookie, page
        self._at = self._from_byte = 0
        self._rate = 0.0
        self._size = PIECE

    def get(self, path: str, part: tuple[int, int] | None = None) -> bytes:
        """The answer's body; ``part``: first byte and the one behind the last."""
        headers = {"Cookie": self._cookie} | ({"Range": f"bytes={part[0]}-{part[1] - 1}"} if part else {})
        self._connection.request("GET", path, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != (206 if part else 200):
            raise OfficeError(f"{path} answers {answer.status}", "This is a fault of the bench")
        if part:
            self._size = int(answer.headers["Content-Range"].rpartition("/")[2])
        return body

    def begin(self, at_s: float, length_s: float) -> float:
        """Play from a place; milliseconds until two seconds of sound are there."""
        asked = time.perf_counter()
        if not self._rate:
            self._piece()  # the header, and how long the file is
            self._rate = self._size / length_s
        self._at = max(self._at, int(at_s * self._rate)) if at_s else self._at
        self._from_byte = int(at_s * self._rate)
        while self._at < min(self._size, self._from_byte + FIRST_S * self._rate):
            self._piece()
        return 1000 * (time.perf_counter() - asked)

    def follow(self, listen_s: float, heard: Heard) -> None:
        """Read on as fast as sound is heard, and count where it is not there in time."""
        began, shift = time.perf_counter(), 0.0
        while (played := time.perf_counter() - began - shift) < listen_s:
            ready_s = (self._at - self._from_byte) / self._rate
            if self._at >= self._size or ready_s >= played + AHEAD_S:
                time.sleep(0.05)
                continue
            self._piece()
            behind = time.perf_counter() - began - shift - ready_s
            if behind > 0:  # what was there was over before this piece came
                heard.stalls += 1
                heard.stalled_s += behind
                shift += behind
        heard.played_s += listen_s

    def _piece(self) -> None:
        self._at += len(self.get(f"{self._page}/garsas", (self._at, min(self._size, self._at + PIECE))))


def _play(address: str, cookie: str, pages: Sequence[str], listen_s: float, begin: threading.Barrier) -> list[Heard]:
    """Chromium plays these pages side by side, each in a profile of its own; keys start it, as people do."""
    from playwright.sync_api import sync_playwright

    name, _, value = cookie.partition("=")
    heard = [Heard() for _ in pages]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        opened = [browser.new_context().new_page() for _ in pages]
        for page, path in zip(opened, pages, strict=True):
            page.context.add_cookies([{"name": name, "value": value, "url": f"http://{address}"}])
            page.goto(f"http://{address}{path}")
            page.evaluate(_WATCH)
        begin.wait(_READY_S)
        for page in opened:
            page.keyboard.press("Alt+KeyK")
        deadline = time.monotonic() + listen_s + _WAIT_S
        for page, one in zip(opened, heard, strict=True):
            while (at := page.evaluate("document.getElementById('player').currentTime")) < listen_s:
                if time.monotonic() > deadline:
                    one.fault = f"{page.url}: only {at:.1f} s were played"
                    break
                time.sleep(0.1)
            told = page.evaluate("window.heard")
            one.start_ms, one.stalls, one.played_s = told["start"] or 0.0, told["stalls"], at
            page.evaluate(_JUMP)
            while page.evaluate("window.heard.jump") is None and time.monotonic() < deadline:
                time.sleep(0.02)
            one.jump_ms = page.evaluate("window.heard.jump") or 1000 * _WAIT_S
        browser.close()
    return heard


_WATCH: Final = """() => {
  const player = document.getElementById('player');
  const heard = window.heard = { start: null, jump: null, stalls: 0, jumped: null, asked: null };
  const heardYet = () => {
    if (player.currentTime > 0) heard.start = performance.now() - heard.asked;
    else requestAnimationFrame(heardYet);
  };
  player.addEventListener('play', () => { heard.asked = performance.now(); heardYet(); }, { once: true });
  player.addEventListener('waiting', () => { if (heard.start !== null && heard.jumped === null) heard.stalls += 1; });
}"""
_JUMP: Final = f"""() => {{
  const player = document.getElementById('player');
  window.heard.jumped = performance.now();
  player.addEventListener('seeked', () => {{ window.heard.jump = performance.now() - window.heard.jumped; }},
    {{ once: true }});
  player.currentTime = {_JUMP_TO} * player.duration;
}}"""


def _summed(heard: Sequence[Heard]) -> dict[str, object]:
    start, jump = ([getattr(one, key) for one in heard] for key in ("start_ms", "jump_ms"))
    return {
        "number": len(heard),
        "start_ms": dict(zip(("p50", "p95"), at_shares(start, 0.50, 0.95), strict=True)),
        "jump_ms": dict(zip(("p50", "p95"), at_shares(jump, 0.50, 0.95), strict=True)),
        "stalls": sum(one.stalls for one in heard),
        "stalled_s": round(sum(one.stalled_s for one in heard), 3),
        "played_s": round(sum(one.played_s for one in heard), 1),
    }

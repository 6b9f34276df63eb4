"""Workers ask the book over its socket, and nothing that is sent there closes it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from ivr.answers.wire import AnswersClient, serve_answers
from ivr.dialog.ports import SpokenAnswer, Understood
from ivr.errors import AnswersUnavailable

ANSWER = SpokenAnswer("a", "t", ("Taip.", "Gerai."), "Aprašas", "2019-01-14", "žodį", ("Daugiau.",), version="1")
FOUND = Understood("faq", 0.9, "answer", (ANSWER,), (("faq", 0.9), ("oos", 0.1)))


class Book:
    def __init__(self) -> None:
        self.asked: list[tuple[str, str, tuple[str, ...]]] = []

    def answer(self, text: str, after: str = "", among: Sequence[str] = ()) -> Understood | None:
        self.asked.append((text, after, tuple(among)))
        if text == "fails":
            raise ValueError(text)
        return FOUND


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[Path, Book]]:
    path, book, ready = tmp_path / "answers.sock", Book(), asyncio.Event()
    serving = asyncio.create_task(serve_answers(path, book, ready.set))
    await ready.wait()
    yield path, book
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_what_the_book_found_comes_whole(served: tuple[Path, Book]) -> None:
    path, book = served
    found = await asyncio.to_thread(AnswersClient(path).answer, "ąžuolas", "x", ("x", "y"))
    assert found == FOUND
    assert book.asked == [("ąžuolas", "x", ("x", "y"))]
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("sent", [b"fails", b"\xff\xfe\n", b"{}\n", b'{"text": 1}\n', b"[]\n", b"[" * 60_000 + b"\n"])
async def test_whatever_came_before_the_next_question_is_answered(served: tuple[Path, Book], sent: bytes) -> None:
    path, _ = served
    client = AnswersClient(path)
    if sent == b"fails":
        with pytest.raises(AnswersUnavailable):
            await asyncio.to_thread(client.answer, "fails")
    else:
        await asyncio.to_thread(_send, path, sent)
    assert await asyncio.to_thread(client.answer, "žodis") == FOUND


def _send(path: Path, content: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(content)
        assert connection.recv(100) == b"null\n"


def test_without_the_process_the_mind_is_told_that_nobody_answers(tmp_path: Path) -> None:
    with pytest.raises(AnswersUnavailable, match="does not answer"):
        AnswersClient(tmp_path / "nobody.sock").answer("kas ten")

"""The answers: the packs and their ranking in a process of their own, which every worker asks (ivr.answers.wire)."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import structlog

from ivr.answers.wire import AnswersClient, serve_answers
from ivr.config import Config
from ivr.dialog.ports import Ports
from ivr.errors import KnowledgeError, PartFailed
from ivr.processes import heap
from ivr.processes.status import report, until_stopped

_log = structlog.get_logger(__name__)
_MAPPED_FROM: Final = 1 << 19


def with_answers(ports: Ports, config: Config) -> Ports:
    """The ports of a worker with answers and their delivery, where nobody else gives them.

    Raises ConfigError when a password's file can't be read.
    """
    # Imported here: the answers' own process sends nothing and must not carry the code for mail.
    from ivr.answers.post import post_of

    answers, messenger = ports.answers, ports.messenger
    if answers is None and config.answers.enabled:
        answers = AnswersClient(config.answers_socket)
    if messenger is None and (post := post_of(config)).channels:
        messenger = post
    return replace(ports, answers=answers, messenger=messenger)


async def serve_packs(config: Config, ready: Callable[[float], None]) -> None:
    """Read the packs, train their ranking and answer until cancelled.

    ``ready`` is told how long reading and training took, in seconds.

    Raises:
        KnowledgeError: a pack is refused, or there is none; nothing was served then.
        PartFailed: the socket can't be made.
    """
    # Imported here: workers use this file too and must not carry the packs' code.
    from ivr.answers.book import book_of
    from ivr.store.shelf import read_shelf

    began = time.perf_counter()
    gc.disable()  # what is made here stays: looking for garbage meanwhile takes a sixth of the time
    try:
        shelf = await asyncio.to_thread(read_shelf, config.answers.dialplans)
        if not shelf.placed:
            remedy = "Set [answers] dialplans, or enabled = false"
            raise KnowledgeError(config.answers.dialplans, 0, "has no packs", remedy)
        book = await asyncio.to_thread(book_of, shelf)
    finally:
        gc.enable()
    took = time.perf_counter() - began
    _log.info("answers.ready", entries=len(shelf.placed), index_s=round(took, 2))
    del shelf
    gc.collect()
    gc.freeze()  # the book lives as long as the process: later collections need not walk it
    try:
        await serve_answers(config.answers_socket, book, lambda: ready(took))
    except OSError as error:
        raise PartFailed(
            "answers", f"{config.answers_socket} can't be used ({error})", "See the data folder"
        ) from error


async def run_answers(config: Config) -> None:
    """Serve until SIGTERM or until the supervisor is gone."""
    heap.give_back(_MAPPED_FROM)  # what training needed
    socket = str(config.answers_socket)
    await until_stopped(serve_packs(config, lambda took: report("ready", socket=socket, index_s=round(took, 3))))

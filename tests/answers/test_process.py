"""The answers' own process: packs in, answers out over the socket; a broken pack stops the start with its line."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.answers.post import Post
from ivr.answers.wire import AnswersClient
from ivr.commands.bench import bench
from ivr.config import Config, load
from ivr.dialog.ports import AskAnswer, Ports, SendAnswer, SpokenAnswer, Understood
from ivr.errors import AnswersUnavailable, KnowledgeError
from ivr.privacy import Pii
from ivr.processes.answers import serve_packs, with_answers
from ivr.processes.parts import parts_of
from ivr.simulator.invented_answers import FakeAnswers, FakePost


def config(data: Path, dialplans: Path, **more: str) -> Config:
    places = {"IVR_LINE_DATA_DIR": str(data), "IVR_ANSWERS_DIALPLANS": str(dialplans)}
    return load(None, places | {f"IVR_{key}": value for key, value in more.items()})


async def test_workers_are_answered_from_the_packs(tmp_path: Path, small_shelf: Path) -> None:
    settings = config(tmp_path, small_shelf)
    ready = asyncio.Event()
    took: list[float] = []

    def is_ready(seconds: float) -> None:
        took.append(seconds)
        ready.set()

    serving = asyncio.create_task(serve_packs(settings, is_ready))
    await ready.wait()
    ports = with_answers(Ports(), settings)
    found = await asyncio.to_thread(ports.ask, AskAnswer("kokio dydžio pensija"))
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    assert isinstance(found, Understood)
    assert found.candidates[0].id == "ministerija/dydis"
    assert took[0] > 0
    with pytest.raises(AnswersUnavailable):  # the process is gone, and the mind goes on without it
        ports.ask(AskAnswer("kokio dydžio pensija"))


async def test_a_broken_pack_stops_the_start_and_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "institutions.yaml").write_text(
        "institutions: {uzimtumo_tarnyba: {name: U, named: [u]}}\n", encoding="utf-8"
    )
    (tmp_path / "topics.yaml").write_text("topics: {pensions: {title: P}}\n", encoding="utf-8")
    pack = tmp_path / "knowledge" / "ministerija"
    pack.mkdir(parents=True)
    (pack / "broken.yaml").write_text("pack: ministerija\ntopic: pensions\nentries:\n  - id: A B\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"broken\.yaml:4"):
        await serve_packs(config(tmp_path, tmp_path), lambda _: None)


async def test_a_line_without_packs_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "institutions.yaml").write_text(
        "institutions: {uzimtumo_tarnyba: {name: U, named: [u]}}\n", encoding="utf-8"
    )
    (tmp_path / "topics.yaml").write_text("topics: {pensions: {title: P}}\n", encoding="utf-8")
    (tmp_path / "knowledge").mkdir()
    for name in ("kinds.yaml", "concepts.yaml"):
        (tmp_path / "knowledge" / name).write_text("human: [noriu žmogaus]\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match="enabled = false"):
        await serve_packs(config(tmp_path, tmp_path), lambda _: None)


def test_parts_and_ports_are_those_of_the_configuration(tmp_path: Path, small_shelf: Path) -> None:
    on, off = config(tmp_path, small_shelf), config(tmp_path, small_shelf, ANSWERS_ENABLED="false")
    assert "answers" in {part.name for part in parts_of(on)}
    assert "answers" not in {part.name for part in parts_of(off)}
    assert isinstance(with_answers(Ports(), on).answers, AnswersClient)
    assert with_answers(Ports(), off).answers is None
    assert with_answers(Ports(), on).messenger is None
    sending = config(tmp_path, small_shelf, SENDING_SMS_URL="https://sms.pavyzdys.lt/")
    assert isinstance(with_answers(Ports(), sending).messenger, Post)


def test_who_was_named_by_the_office_is_not_replaced(tmp_path: Path, small_shelf: Path) -> None:
    office = Ports(answers=FakeAnswers(), messenger=FakePost())
    ports = with_answers(office, config(tmp_path, small_shelf))
    assert (ports.answers, ports.messenger) == (office.answers, office.messenger)
    answer = SpokenAnswer("a", "t", ("Taip.",), "Aprašas", "")
    assert ports.ask(SendAnswer("sms", Pii("+37061234567"), answer)) is True


def test_the_bench_starts_the_process_and_measures_it(small_shelf: Path) -> None:
    run = CliRunner().invoke(bench, ["knowledge", "--dialplans", str(small_shelf), "--json"])
    assert run.exit_code == 0, run.output
    figures = json.loads(run.output)
    assert figures["query_ms"]["p50"] <= figures["query_ms"]["p95"]
    assert figures["index_s"] > 0
    assert figures["rss_mb"] > 10
    assert figures["questions"] > 3

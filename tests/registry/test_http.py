"""The registry over HTTP, against a real server on loopback: the contract, mutual TLS, and bad days."""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ivr.errors import ConfigError, RegistryAway
from ivr.identity.ports import NOBODY, Matters
from ivr.identity.questions import T3, Question
from ivr.privacy import Pii, Secret
from ivr.registry import reference
from ivr.registry.fuse import Fuse
from ivr.registry.http import HttpRegistry, Reach
from ivr.registry.memory import PeopleInMemory
from ivr.registry.people import Person
from tests.identity.people import EVERYTHING, RIGHT, WRONG

CONTRACT = Path(__file__).parents[2] / "docs" / "registry.openapi.yaml"
MATTERS = Matters(
    registered=True,
    registration=Pii("1234567"),
    next_visit=datetime(2025, 3, 12, 7, 30, tzinfo=UTC),
    specialist="Ona Petraitienė",
    last_decision=date(2025, 2, 3),
    login=Pii("jonas"),
)
LAST4, NAME = Secret("4861"), Secret("Jonas Petraitis")


@dataclass
class Served:
    """A server in a thread of its own."""

    url: str
    server: uvicorn.Server
    thread: threading.Thread

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)


Serve = Callable[..., Served]


@pytest.fixture
def serve() -> Iterator[Serve]:
    running: list[Served] = []

    def start(app: Starlette, **options: Any) -> Served:
        listening = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="critical", lifespan="off", **options)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 10
        while not server.started and time.monotonic() < deadline:
            thread.join(0.01)
        scheme = "https" if options else "http"
        running.append(Served(f"{scheme}://127.0.0.1:{listening.getsockname()[1]}", server, thread))
        return running[-1]

    yield start
    for each in running:
        each.stop()


@pytest.fixture
def people() -> PeopleInMemory:
    return PeopleInMemory([Person("p-1", Secret("33309240064"), EVERYTHING, MATTERS)])


def reached(url: str, **changes: Any) -> HttpRegistry:
    return HttpRegistry(replace(Reach(url, timeout_s=1.0), **changes), pause=lambda seconds: None)


@pytest.mark.rule("T4.3")
def test_every_operation_says_over_the_wire_what_the_registry_says(serve: Serve, people: PeopleInMemory) -> None:
    registry = reached(serve(reference.application(people)).url + "/")
    registry.ready()
    assert registry.candidates(LAST4, NAME) == ("p-1",)
    assert registry.candidates(Secret("4862"), NAME) == ()
    assert registry.askable("p-1") == set(T3)
    assert registry.askable(NOBODY) == set()
    for question in Question:
        assert registry.judge("p-1", question, Secret(RIGHT[question]))
        assert not registry.judge("p-1", question, Secret(WRONG[question]))
        assert not registry.judge(NOBODY, question, Secret(RIGHT[question]))
    assert registry.matters("p-1") == MATTERS
    assert registry.matters("p-2") is None


def test_the_contract_in_the_documents_is_the_one_that_is_served(people: PeopleInMemory) -> None:
    contract = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    served = {route.path for route in reference.application(people).routes if isinstance(route, Route)}
    assert set(contract["paths"]) == served
    questions = contract["components"]["schemas"]["Question"]["enum"]
    assert questions == [question.value for question in Question]
    answered = contract["components"]["schemas"]["Matters"]["properties"]
    assert set(answered) == {"registered", "registration", "next_visit", "specialist", "last_decision", "login"}


def test_a_server_refuses_what_is_no_request_of_the_contract(serve: Serve, people: PeopleInMemory) -> None:
    served = serve(reference.application(people))
    registry = reached(served.url)
    for operation, body in (("judge", {"person": "p-1"}), ("judge", {"person": "p-1", "question": "x", "value": "y"})):
        with pytest.raises(RegistryAway, match="status 400"):
            registry._ask(operation, body)


@pytest.mark.rule("A7.4")
def test_a_registry_that_is_away_is_an_error_that_holds_no_value(serve: Serve, people: PeopleInMemory) -> None:
    served = serve(reference.application(people))
    registry = reached(served.url)
    people.away = RegistryAway("judge", "does not answer")
    with pytest.raises(RegistryAway, match="status 503") as failed:
        registry.judge("p-1", Question.PHONE, Secret("+37061234567"))
    people.away = None
    assert "612" not in str(failed.value)
    registry.ready()
    served.stop()
    with pytest.raises(RegistryAway, match="can't be reached"):
        registry.ready()


def flaky(statuses: list[int], bodies: list[bytes], seen: list[str]) -> Starlette:
    """Answers with the next status and body each time; the last ones for ever."""

    async def answer(request: Request) -> Response:
        seen.append(request.url.path)
        status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
        return PlainTextResponse(bodies[0], status_code=status)

    return Starlette(routes=[Route("/v1/{operation}", answer, methods=["POST"])])


@pytest.mark.parametrize(
    ("statuses", "works", "asked"),
    [([200], True, 1), ([503, 502, 200], True, 3), ([504, 504, 504, 200], False, 3), ([500, 200], False, 1)],
)
def test_another_try_is_made_only_where_it_may_help(serve: Serve, statuses: list[int], works: bool, asked: int) -> None:
    seen: list[str] = []
    registry = reached(serve(flaky(statuses, [b"{}"], seen)).url)
    if works:
        registry.ready()
    else:
        with pytest.raises(RegistryAway):
            registry.ready()
    assert len(seen) == asked


@pytest.mark.parametrize(
    "body", [b"", b"no", b"[]", b'{"agrees": "yes"}', b'{"people": "p"}', b'{"matters": {"x": 1}}', b"{" * 70_000]
)
def test_an_answer_that_is_none_gives_nothing(serve: Serve, body: bytes) -> None:
    registry = reached(serve(flaky([200], [body], [])).url)
    with pytest.raises(RegistryAway):
        registry.judge("p-1", Question.PHONE, Secret("x"))
    with pytest.raises(RegistryAway):
        registry.candidates(LAST4, NAME)
    with pytest.raises(RegistryAway):
        registry.askable("p-1")
    if b"matters" in body:
        with pytest.raises(RegistryAway):
            registry.matters("p-1")


def test_a_registry_that_never_answers_is_not_waited_for(serve: Serve) -> None:
    silent = socket.create_server(("127.0.0.1", 0))
    registry = reached(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.05)
    with pytest.raises(RegistryAway, match="TimeoutError"):
        registry.ready()
    silent.close()


def test_after_failures_in_a_row_nothing_is_asked_for_a_while_then_once(serve: Serve) -> None:
    now, seen = [0.0], list[str]()
    fuse = Fuse(failures=2, open_s=10.0, clock=lambda: now[0])
    statuses = [500]
    registry = HttpRegistry(Reach(serve(flaky(statuses, [b"{}"], seen)).url), fuse, pause=lambda seconds: None)
    for _ in range(5):
        with pytest.raises(RegistryAway):
            registry.ready()
    assert len(seen) == 2, "the fuse is open"
    now[0] = 10.0
    with pytest.raises(RegistryAway):
        registry.ready()
    with pytest.raises(RegistryAway):
        registry.ready()
    assert len(seen) == 3, "one try found it still failing"
    now[0], statuses[0] = 20.0, 200
    registry.ready()
    registry.ready()
    assert len(seen) == 5


def test_only_one_of_many_tries_an_open_fuse() -> None:
    now = [0.0]
    fuse = Fuse(failures=1, open_s=5.0, clock=lambda: now[0])
    assert fuse.closed()
    fuse.failed()
    assert not fuse.closed()
    now[0] = 5.0
    assert [fuse.closed() for _ in range(3)] == [True, False, False]
    fuse.worked()
    assert fuse.closed()


@dataclass
class Certificates:
    ca: Path
    server: Path
    client: Path
    stranger: Path

    def key(self, certificate: Path) -> Path:
        return certificate.with_suffix(".key")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A small authority, made by openssl: it signs the server and the line; a stranger signs itself."""
    folder = tmp_path_factory.mktemp("tls")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    def self_signed(name: str) -> None:
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")  # fmt: skip

    self_signed("ca")
    self_signed("stranger")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n", encoding="utf-8")
    for name in ("server", "client"):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
                "-keyout", f"{name}.key", "-out", f"{name}.csr")  # fmt: skip
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days",
                "2", "-extfile", "names", "-out", f"{name}.pem")  # fmt: skip
    return Certificates(*(folder / f"{name}.pem" for name in ("ca", "server", "client", "stranger")))


def test_line_and_registry_know_each_other_by_their_certificates(
    serve: Serve, people: PeopleInMemory, certificates: Certificates
) -> None:
    served = serve(
        reference.application(people),
        ssl_certfile=certificates.server, ssl_keyfile=certificates.key(certificates.server),
        ssl_ca_certs=str(certificates.ca), ssl_cert_reqs=ssl.CERT_REQUIRED,
    )  # fmt: skip
    client, ca, stranger = certificates.client, certificates.ca, certificates.stranger
    registry = reached(served.url, ca=ca, certificate=client, key=certificates.key(client))
    assert registry.candidates(LAST4, NAME) == ("p-1",)
    for wrong in (
        {"ca": ca},
        {"ca": ca, "certificate": stranger, "key": certificates.key(stranger)},
        {"ca": stranger, "certificate": client, "key": certificates.key(client)},
    ):
        with pytest.raises(RegistryAway, match="can't be reached"):
            reached(served.url, **wrong).ready()


def test_certificates_that_cannot_be_read_are_refused_at_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="PEM"):
        reached("https://127.0.0.1:1", ca=tmp_path / "none.pem")


def test_nothing_of_a_person_is_part_of_an_address(serve: Serve) -> None:
    seen: list[str] = []
    registry = reached(serve(flaky([200], [b'{"people": [], "agrees": true, "questions": []}'], seen)).url)
    registry.candidates(LAST4, NAME)
    registry.judge("p-1", Question.PHONE, Secret("+37061234567"))
    assert all(re.fullmatch(r"/v1/[a-z]+", path) for path in seen)

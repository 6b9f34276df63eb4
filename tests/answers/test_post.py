"""Answers reach a real mail server and a real gateway; what fails is said without naming the receiver."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from structlog.testing import capture_logs

from ivr.answers.post import Post, post_of
from ivr.answers.sms import Gateway
from ivr.answers.smtp import MailServer
from ivr.config import load
from ivr.dialog.ports import SpokenAnswer
from ivr.errors import ConfigError, DeliveryError
from ivr.privacy import Pii, Secret

ANSWER = SpokenAnswer(
    "ministerija/dydis", "pensions", ("Dydis priklauso nuo algos.",), "Aprašas, 3 punktas", "2019-01-14",
    "pensijos dydį", ("Dydį galima pasiskaičiuoti.",), documents="Reikia paso.", institution="Sodra",
)  # fmt: skip
TO = Pii("jonas@pavyzdys.lt")
NUMBER = Pii("+37061234567")


class Inbox:
    """A mail server that keeps what it takes. ``refused``: its answer to every receiver."""

    def __init__(self, refused: str = "") -> None:
        self.mails: list[Any] = []
        self._refused = refused

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if self._refused:
            return self._refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 OK"


def accepts(_server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> AuthResult:
    right = isinstance(login, LoginPassword) and (login.login, login.password) == (b"linija", b"slapta")
    return AuthResult(success=right)


@pytest.fixture
def mail() -> Iterator[tuple[MailServer, Inbox]]:
    inbox = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port, authenticator=accepts, auth_require_tls=False)
    controller.start()
    yield MailServer("127.0.0.1", port, "linija@pavyzdys.lt", "none", "linija", Secret("slapta")), inbox
    controller.stop()


class GatewayServer(http.server.ThreadingHTTPServer):
    """Keeps requests; ``status`` is its answer."""

    status = 202

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[tuple[str | None, dict[str, str]]] = []


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, GatewayServer)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.headers["Authorization"], json.loads(body)))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def gateway() -> Iterator[GatewayServer]:
    server = GatewayServer()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def url(server: GatewayServer) -> str:
    return f"http://127.0.0.1:{server.server_port}/messages"


def test_a_mail_brings_the_whole_answer_with_source_and_date(mail: tuple[MailServer, Inbox]) -> None:
    server, inbox = mail
    assert Post(mail=server).send("email", TO, ANSWER)
    [(receivers, letter)] = inbox.mails
    assert receivers == ["jonas@pavyzdys.lt"]
    assert letter["Subject"] == "Atsakymas apie pensijos dydį"
    text = letter.get_content()
    for part in ("Dydis priklauso nuo algos.", "Dydį galima pasiskaičiuoti.", "Reikia paso.", "Sodra", "2019-01-14"):
        assert part in text


def test_an_sms_brings_the_short_answer_and_the_gateway_knows_who_sends(gateway: GatewayServer) -> None:
    assert Post(sms=Gateway(url(gateway), Secret("raktas"))).send("sms", NUMBER, ANSWER)
    [(authorised, message)] = gateway.taken
    assert authorised == "Bearer raktas"
    assert message["to"] == "+37061234567"
    assert message["text"].startswith("Apie pensijos dydį. Dydis priklauso nuo algos. Informacija: 2019-01-14.")


@pytest.mark.rule("A3.1")
def test_neither_log_nor_error_names_the_receiver(gateway: GatewayServer, mail: tuple[MailServer, Inbox]) -> None:
    server, inbox = mail
    gateway.status = 500
    post = Post(Gateway(url(gateway)), server)
    with capture_logs() as logs:
        assert not post.send("sms", NUMBER, ANSWER)
        assert post.send("email", TO, ANSWER)
        inbox._refused = "550 no such user jonas@pavyzdys.lt"
        assert not post.send("email", TO, ANSWER)
    assert len(logs) == 3
    assert not any(secret in str(logs) for secret in ("612345", "jonas"))


@pytest.mark.parametrize("status", [301, 400, 503])
def test_only_a_gateway_that_took_the_message_counts(gateway: GatewayServer, status: int) -> None:
    gateway.status = status
    with pytest.raises(DeliveryError, match=str(status)):
        Gateway(url(gateway)).send(NUMBER, "žinutė")


def test_a_wrong_password_and_a_server_that_is_away_are_refusals(mail: tuple[MailServer, Inbox]) -> None:
    server, inbox = mail
    wrong = MailServer(server.host, server.port, server.sender, "none", "linija", Secret("kita"))
    with pytest.raises(DeliveryError, match="did not take"):
        wrong.send(TO, "s", "t")
    with pytest.raises(DeliveryError, match="did not take"):
        MailServer("127.0.0.1", 1, server.sender, "none", timeout_s=1).send(TO, "s", "t")
    with pytest.raises(DeliveryError, match="did not take"):  # it offers no TLS, and without it nothing is sent
        MailServer(server.host, server.port, server.sender, "starttls").send(TO, "s", "t")
    assert not inbox.mails


@pytest.mark.parametrize("address", ["", "jonas", "a@b", "a@b.lt\nBcc: c@d.lt", "a@b.lt, c@d.lt"])
def test_what_is_no_address_is_not_tried(address: str) -> None:
    with pytest.raises(DeliveryError, match="address is none"):
        MailServer("127.0.0.1", 1, "linija@pavyzdys.lt").send(Pii(address), "s", "t")


@pytest.mark.parametrize("number", ["", "112", "861234567", "+370", "+37061234567;+37061234568"])
def test_what_is_no_number_is_not_tried(number: str) -> None:
    with pytest.raises(DeliveryError, match="number is none"):
        Gateway("http://127.0.0.1:1/").send(Pii(number), "žinutė")


def test_ways_are_those_of_the_configuration(tmp_path: Path) -> None:
    assert post_of(load(None, {})).channels == ()
    token = tmp_path / "token"
    token.write_text("raktas\n", encoding="utf-8")
    both = {
        "IVR_SENDING_SMS_URL": "https://sms.pavyzdys.lt/send",
        "IVR_SENDING_SMS_TOKEN_FILE": str(token),
        "IVR_SENDING_SMTP_HOST": "mail.pavyzdys.lt",
        "IVR_SENDING_MAIL_FROM": "linija@pavyzdys.lt",
    }
    post = post_of(load(None, both))
    assert post.channels == ("sms", "email")
    assert post.sms is not None
    assert post.sms.token == Secret("raktas")


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"IVR_SENDING_SMS_URL": "http://sms.pavyzdys.lt/send"}, "sending.sms_url"),
        ({"IVR_SENDING_SMTP_HOST": "mail.pavyzdys.lt"}, "sending.mail_from"),
        (
            {
                "IVR_SENDING_SMTP_HOST": "mail.pavyzdys.lt",
                "IVR_SENDING_MAIL_FROM": "a@b.lt",
                "IVR_SENDING_SMTP_TLS": "none",
            },
            "sending.smtp_tls",
        ),
    ],
)
def test_ways_that_would_tell_others_who_asked_are_refused(settings: dict[str, str], key: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(None, settings)
    assert refused.value.key == key

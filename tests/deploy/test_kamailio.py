"""Kamailio with the configuration that we write: a real one, between callers and workers on loopback."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ivr.cli import main
from ivr.config import Config, load
from ivr.deploy.kamailio import CONFIG_NAME, destinations, render
from ivr.errors import ConfigError
from ivr.processes.refused import fetch
from tests.deploy.sip_peers import LIMIT_S, Caller, Worker, text, workers

KAMAILIO = shutil.which("kamailio", path="/usr/sbin:/usr/bin:/usr/local/sbin")
KAMCMD = shutil.which("kamcmd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
TLS = any(Path("/usr/lib").glob("*/kamailio/modules/tls.so"))
real = pytest.mark.skipif(
    not (KAMAILIO and KAMCMD and TLS), reason="kamailio is not installed (Debian: kamailio, kamailio-tls-modules)"
)
RETRY_AFTER = "7"


def node(folder: Path, name: str, host: str, port: int, more: str = "") -> Config:
    file = folder / f"{name}.toml"
    file.write_text(
        f'[line]\nnode = "{name}"\n[sip]\nbind = "{host}"\nport = {port}\ntrunks = ["127.0.0.1"]\n'
        f"[workers]\ncallers_per_worker = 1\n{more}",
        encoding="utf-8",
    )
    return load(file, {})


def proxy(folder: Path, port: int, more: str = "") -> Config:
    file = folder / "proxy.toml"
    file.write_text(
        f'[proxy]\nbind = "127.0.0.1"\nport = {port}\ntrunks = ["127.0.0.1", "127.0.2.0/24"]\n'
        f"retry_after_s = {RETRY_AFTER}\nstranger_requests = 5\n{more}",
        encoding="utf-8",
    )
    return load(file, {})


def free_port() -> int:
    """A port that is free for UDP and TCP."""
    while True:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
        ):
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
            except OSError:
                continue
            return int(udp.getsockname()[1])


@dataclass
class Kamailio:
    """One that runs, and what it says of its workers."""

    address: tuple[str, int]
    run_dir: Path

    def listed(self) -> dict[int, tuple[str, int]]:
        """State and number of calls by the worker's port."""
        listed = subprocess.run(
            [str(KAMCMD), "-s", f"unix:{self.run_dir}/kamailio_ctl", "dispatcher.list"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        found = re.findall(r"URI: sip:127\.0\.[01]\.\d+:(\d+).*?FLAGS: (\w+).*?DLGLOAD: (\d+)", listed, re.DOTALL)
        return {int(port): (state, int(load)) for port, state, load in found}


@dataclass
class Proxy(Kamailio):
    """A running Kamailio before two workers with room for one caller each."""

    workers: list[Worker]
    tls_port: int
    certificate: Path
    refused_port: int

    def caller(self, host: str = "127.0.0.1") -> Caller:
        return Caller(self.address, host)

    def shown(self) -> dict[int, tuple[str, int]]:
        """State and number of calls of each worker, as Kamailio itself says."""
        by_port = self.listed()
        return {number: by_port[worker.port] for number, worker in enumerate(self.workers)}

    def loads(self) -> list[int]:
        return [load for _, load in self.shown().values()]

    def wait(self, met: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + LIMIT_S
        while not met():
            assert time.monotonic() < deadline, f"{what}: {self.shown()}"
            time.sleep(0.05)

    def calm(self) -> None:
        """All workers answer, none has a call."""
        for worker in self.workers:
            worker.answer = 200
            worker.invites.clear()
            worker.byes.clear()
        self.wait(lambda: self.shown() == {0: ("AP", 0), 1: ("AP", 0)}, "not calm")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("kamailio")
    key, certificate = self_signed(folder)
    with workers(2) as made:
        nodes = [node(folder, f"line-{n}", worker.host, worker.port) for n, worker in enumerate(made)]
        process, port, tls_port = started(folder, nodes, key, certificate)
        try:
            refused_port = int(
                re.findall(r"^refused_port = (\d+)$", (folder / "proxy.toml").read_text(), re.MULTILINE)[0]
            )
            yield Proxy(("127.0.0.1", port), folder, made, tls_port, certificate, refused_port)
        finally:
            process.terminate()
            process.wait(LIMIT_S)


def started(
    folder: Path, nodes: list[Config], key: Path, certificate: Path
) -> tuple[subprocess.Popen[bytes], int, int]:
    """A Kamailio that listens, and its ports; others are taken when somebody was quicker."""
    for _ in range(5):
        port, tls_port = free_port(), free_port()
        more = f'tls_port = {tls_port}\ntls_certificate = "{certificate}"\ntls_key_file = "{key}"\n'
        more += f"refused_port = {free_port()}\n"
        written(render(proxy(folder, port, more), nodes, folder, run_dir=folder, probe_s=1), folder)
        with (folder / "kamailio.log").open("wb") as log:
            process = subprocess.Popen(
                [str(KAMAILIO), "-f", str(folder / CONFIG_NAME), "-DD", "-E", "-Y", str(folder)],
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + LIMIT_S
        while process.poll() is None and time.monotonic() < deadline:
            if (folder / "kamailio_ctl").exists():
                return process, port, tls_port
            time.sleep(0.05)
        process.kill()
        process.wait(LIMIT_S)
    raise AssertionError((folder / "kamailio.log").read_text())


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Key and certificate for 127.0.0.1."""
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "proxy")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_file, certificate_file = folder / "tls.key", folder / "tls.pem"
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return key_file, certificate_file


def written(texts: dict[str, str], folder: Path) -> None:
    for name, content in texts.items():
        (folder / name).write_text(content, encoding="utf-8")


@pytest.fixture
def line(running: Proxy) -> Proxy:
    running.calm()
    return running


@real
def test_a_call_reaches_a_worker_and_its_end_frees_the_slot(line: Proxy) -> None:
    caller = line.caller()
    assert caller.dial().status == 200
    assert sorted(line.loads()) == [0, 1]
    assert caller.hang_up().status == 200
    assert sum(len(worker.byes) for worker in line.workers) == 1
    assert line.loads() == [0, 0]


@real
def test_two_calls_go_to_two_workers_and_the_third_is_told_when_to_come_back(line: Proxy) -> None:
    callers = [line.caller() for _ in range(3)]
    assert [caller.dial().status for caller in callers[:2]] == [200, 200]
    assert line.loads() == [1, 1]
    refused = callers[2].dial()
    assert refused.status == 503
    assert refused.one("Retry-After") == RETRY_AFTER
    assert [len(worker.invites) for worker in line.workers] == [1, 1], "no worker was troubled"
    callers[0].hang_up()
    assert line.caller().dial().status == 200, "the freed slot is used again"
    line.wait(lambda: line.loads() == [1, 1], "the new call is counted")
    for worker in line.workers:
        worker.hang_up(worker.invites[-1])
    line.wait(lambda: line.loads() == [0, 0], "the workers' own BYE frees too")


@real
@pytest.mark.parametrize("status", [486, 500, 503])
def test_a_worker_that_refuses_is_passed_over_and_keeps_no_slot(status: int, line: Proxy) -> None:
    for refusing in (0, 1):
        line.workers[refusing].answer, line.workers[1 - refusing].answer = status, 200
        caller = line.caller()
        assert caller.dial().status == 200
        assert line.loads()[refusing] == 0
        assert line.loads()[1 - refusing] == 1
        caller.hang_up()
    assert sum(len(worker.invites) for worker in line.workers) > 2, "the refusing one was asked too"
    assert line.loads() == [0, 0]


@real
def test_when_every_worker_refuses_the_caller_is_told_when_to_come_back(line: Proxy) -> None:
    line.workers[0].answer, line.workers[1].answer = 486, 503
    refused = line.caller().dial()
    assert refused.status == 503
    assert refused.one("Retry-After") == RETRY_AFTER
    assert all(worker.invites for worker in line.workers), "both were asked"
    assert line.loads() == [0, 0]


@real
def test_who_was_refused_can_be_fetched_once_by_the_office_and_by_nobody_from_outside(line: Proxy) -> None:
    while fetch(line.refused_port) is not None:
        pass
    line.workers[0].answer, line.workers[1].answer = 486, 503
    caller = line.caller()
    assert caller.dial().status == 503
    invite = fetch(line.refused_port)
    assert invite is not None
    assert invite.startswith("INVITE sip:1883@")
    assert f"Call-ID: {caller.call}" in invite
    assert fetch(line.refused_port) is None
    line.calm()
    held = [line.caller(), line.caller()]
    assert [one.dial().status for one in held] == [200, 200]
    full = line.caller()
    assert full.dial().status == 503
    assert fetch(line.address[1]) is None, "not at the port that the trunk reaches"
    assert full.call in str(fetch(line.refused_port))
    for one in held:
        one.hang_up()


@real
def test_another_refusal_is_the_callers_and_frees_the_slot(line: Proxy) -> None:
    line.workers[0].answer = line.workers[1].answer = 403
    assert line.caller().dial().status == 403
    assert sum(len(worker.invites) for worker in line.workers) == 1, "not asked twice"
    assert line.loads() == [0, 0]


@real
def test_a_caller_who_gives_up_while_it_rings_frees_the_slot(line: Proxy) -> None:
    line.workers[0].answer = line.workers[1].answer = 180
    caller = line.caller()
    assert caller.ring().status == 180
    assert sum(line.loads()) == 1
    assert caller.cancel().status == 487
    line.wait(lambda: line.loads() == [0, 0], "CANCEL frees")


@real
def test_a_silent_worker_is_passed_over_left_alone_and_comes_back_by_itself(line: Proxy) -> None:
    line.workers[0].answer = line.workers[1].answer = 200
    line.workers[0].answer = 0
    callers = [line.caller(), line.caller()]
    assert callers[0].dial().status == 200
    line.wait(lambda: line.shown()[0][0] in ("IP", "DP"), "the silent one is put aside")
    assert callers[1].dial().status == 503, "and the other one has no more room"
    callers[0].hang_up()
    line.workers[0].answer = 200
    line.wait(lambda: line.shown() == {0: ("AP", 0), 1: ("AP", 0)}, "back by itself")


@real
def test_strangers_are_refused_and_a_flood_of_theirs_gets_nothing(line: Proxy) -> None:
    stranger = line.caller("127.0.3.1")
    assert stranger.dial().status == 403
    for _ in range(60):
        stranger.send("OPTIONS", branch=f"z9hG4bK{time.monotonic_ns()}")
    answered = 0
    while stranger.answer(0.5) is not None:
        answered += 1
    assert answered < 60
    assert not any(worker.invites for worker in line.workers)
    assert line.caller("127.0.2.9").dial().status == 200, "a network of the trunk is let in meanwhile"
    for worker in line.workers:
        for call in worker.invites:
            worker.hang_up(call)


@real
@pytest.mark.parametrize(
    "data",
    [
        b"INVITE sip:1883 SIP/2.0\r\n\r\n",
        text("INVITE sip:1883@127.0.0.1 SIP/2.0", "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx", "CSeq: x INVITE"),
        text("INVITE sip:1883@127.0.0.1 SIP/7.0", "Via: SIP/7.0/UDP 127.0.0.1", "CSeq: 1 INVITE", "Call-ID: 1"),
        b"\0" * 900,
    ],
    ids=["no headers", "broken headers", "another version", "noise"],
)
def test_what_is_malformed_reaches_no_worker(data: bytes, line: Proxy) -> None:
    caller = line.caller()
    caller.socket.sendto(data, line.address)
    good = line.caller()
    assert good.dial().status == 200
    assert sum(len(worker.invites) for worker in line.workers) == 1
    good.hang_up()


@real
def test_the_trunk_can_ask_whether_calls_can_come_over_udp_and_tls(line: Proxy) -> None:
    caller = line.caller()
    caller.send("OPTIONS")
    answer = caller.answer()
    assert answer is not None
    assert answer.status == 200
    context = ssl.create_default_context(cafile=str(line.certificate))
    with (
        socket.create_connection(("127.0.0.1", line.tls_port), LIMIT_S) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        version = secure.version()
        secure.sendall(
            text(
                "OPTIONS sip:127.0.0.1 SIP/2.0",
                "Via: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bKtls",
                "From: <sip:trunk@127.0.0.1>;tag=1",
                "To: <sip:127.0.0.1>",
                "Call-ID: tls",
                "CSeq: 1 OPTIONS",
                "Max-Forwards: 70",
            )
        )
        assert secure.recv(4096).startswith(b"SIP/2.0 200")
    assert version in ("TLSv1.2", "TLSv1.3")


@real
@pytest.mark.parametrize(
    "more",
    [
        "",
        'public_address = "198.51.100.7"\n',
        'tls_port = 5061\ntls_certificate = "a"\ntls_key_file = "b"\ntls_ca_file = "c"\n',
    ],
    ids=["plain", "behind an address of another name", "TLS with the trunk's own certificate"],
)
def test_kamailio_accepts_what_is_written(more: str, tmp_path: Path) -> None:
    nodes = [node(tmp_path, f"line-{n}", f"192.0.2.{n}", 5060, "count = 5\n") for n in (1, 2)]
    written(render(proxy(tmp_path, 5060, more), nodes, tmp_path), tmp_path)
    checked = subprocess.run(
        [str(KAMAILIO), "-c", "-f", str(tmp_path / CONFIG_NAME)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    assert "ERROR" not in checked.stderr


def test_every_worker_of_every_machine_is_listed_with_its_room(tmp_path: Path) -> None:
    nodes = [node(tmp_path, f"line-{n}", f"192.0.2.{n}", 5060, "count = 2\n") for n in (1, 2)]
    assert [one.line() for one in destinations(nodes)] == [
        "1 sip:192.0.2.1:5060;transport=udp 0 0 duid=line-1-0;maxload=1",
        "1 sip:192.0.2.1:5061;transport=udp 0 0 duid=line-1-1;maxload=1",
        "1 sip:192.0.2.2:5060;transport=udp 0 0 duid=line-2-0;maxload=1",
        "1 sip:192.0.2.2:5061;transport=udp 0 0 duid=line-2-1;maxload=1",
    ]


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ("[proxy]\ntrunks = ['192.0.2.1']\n", "proxy.bind"),
        ("[proxy]\nbind = '192.0.2.5'\n", "proxy.trunks"),
        ("[proxy]\nbind = '0.0.0.0'\ntrunks = ['192.0.2.1']\n", "proxy.bind"),
        ("[proxy]\nbind = '192.0.2.5'\ntrunks = ['192.0.2.1']\ntls_port = 5061\n", "proxy.tls_certificate"),
        ("[sip]\nbind = '192.0.2.5'\n[proxy]\nbind = '192.0.2.5'\ntrunks = ['192.0.2.1']\n", "sip.port"),
        ("[sip]\nbind = '0.0.0.0'\n[proxy]\nbind = '192.0.2.5'\ntrunks = ['192.0.2.1']\n", "sip.public_address"),
        ("[sip]\nbind = '192.0.2.9'\n[proxy]\nbind = '192.0.2.5'\ntrunks = ['192.0.2.1']\n", "sip.trunks"),
        (
            "[sip]\nbind = '192.0.2.9'\nregistrar = 'sip:a'\nusername = 'a'\n"
            "[proxy]\nbind = '192.0.2.5'\ntrunks = ['192.0.2.1']\n",
            "sip.registrar",
        ),
    ],
)
def test_what_would_not_work_is_refused_by_its_key(settings: str, key: str, tmp_path: Path) -> None:
    (tmp_path / "ivr.toml").write_text(settings, encoding="utf-8")
    config = load(tmp_path / "ivr.toml", {})
    with pytest.raises(ConfigError) as refused:
        render(config, [config], tmp_path)
    assert refused.value.key == key


def test_two_machines_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    nodes = [node(tmp_path, "line-1", "192.0.2.1", 5060), node(tmp_path / "other", "line-1", "192.0.2.2", 5060)]
    with pytest.raises(ConfigError, match="is the name of"):
        render(proxy(tmp_path, 5060), nodes, tmp_path)


def test_the_command_writes_both_files(tmp_path: Path) -> None:
    proxy(tmp_path, 5060)
    node(tmp_path, "line-1", "192.0.2.1", 5060)
    arguments = ["deploy", "kamailio", str(tmp_path / "out"), str(tmp_path / "line-1.toml")]
    done = CliRunner().invoke(main, [*arguments, "--config", str(tmp_path / "proxy.toml")])
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["dispatcher.list", "kamailio.cfg"]
    assert str(tmp_path / "out" / "dispatcher.list") in (tmp_path / "out" / "kamailio.cfg").read_text()

"""Units and containers: what they name exists, their steps run, and the tools that read them are content."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from ivr.cli import COMMANDS, main
from ivr.commands.backup import backup
from ivr.config import Config, load
from ivr.delivery.nodes import Nodes
from ivr.paths import ROOT, project_file
from ivr.privacy import Secret
from ivr.processes.parts import parts_of
from tests.deploy.test_kamailio import free_port

SBIN = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
SYSTEMD = shutil.which("systemd-analyze")
MOSQUITTO = shutil.which("mosquitto", path=SBIN)
KAMAILIO = shutil.which("kamailio", path=SBIN)
MOST_EXPOSED = 25  # of 100, in systemd's own reckoning; an ordinary service has 96


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ivr.toml").write_text('[line]\ndata_dir = "data"\n[workers]\ndrain_s = 45.2\n', encoding="utf-8")
    done = run("deploy", "systemd", str(tmp_path / "units"), "--config", str(tmp_path / "ivr.toml"), "--user", "root")
    assert done.exit_code == 0, done.output
    return tmp_path / "units"


def run(*arguments: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, list(arguments), env=env)


def test_the_units_start_this_program_with_this_configuration(folder: Path) -> None:
    unit = (folder / "ivr.service").read_text()
    (command,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    program, *words = command.split(" ")
    assert os.access(program, os.X_OK)
    assert words == ["serve", "--config", str(folder.parent / "ivr.toml")]
    assert f"ReadWritePaths={folder.parent / 'data'}" in unit
    assert "KillMode=mixed" in unit, "the supervisor ends the parts in their order"
    (stop,) = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert int(stop) >= 45.2 + 15


def test_the_nightly_backup_is_a_command_that_exists(folder: Path) -> None:
    unit = (folder / "ivr-backup.service").read_text()
    (command,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    _, name, *words = command.split(" ")
    assert COMMANDS[name] == "ivr.commands.backup"
    assert backup.make_context(name, words).params["keep"] == 14


@pytest.mark.skipif(SYSTEMD is None, reason="systemd-analyze is not installed (Debian: systemd)")
def test_systemd_takes_the_units_and_finds_little_exposed(folder: Path) -> None:
    files = sorted(str(path) for path in folder.iterdir())
    verified = subprocess.run([str(SYSTEMD), "verify", *files], capture_output=True, text=True, check=False)
    ours = [line for line in verified.stderr.splitlines() if "ivr" in line]
    assert verified.returncode == 0, verified.stderr
    assert ours == []
    for name in ("ivr.service", "ivr-backup.service"):
        arguments = ["security", "--offline=yes", "--no-pager", f"--threshold={MOST_EXPOSED}", str(folder / name)]
        found = subprocess.run([str(SYSTEMD), *arguments], capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout[-300:]


def test_a_path_that_systemd_would_read_otherwise_is_refused(tmp_path: Path) -> None:
    odd = tmp_path / "a folder"
    odd.mkdir()
    (odd / "ivr.toml").write_text("")
    done = run("deploy", "systemd", str(tmp_path / "units"), "--config", str(odd / "ivr.toml"))
    assert done.exit_code == 1
    assert "can't stand in a unit" in done.output


def test_old_backups_make_room_and_nothing_else_does(tmp_path: Path) -> None:
    assert run("init", str(tmp_path / "ivr.toml"), "--yes").exit_code == 0
    from ivr.store.database import open_database

    config = load(tmp_path / "ivr.toml", {})
    open_database(config.journal_path).close()
    backups = tmp_path / "backups"
    backups.mkdir()
    others = ["line-1-notes.tar", "line-2-20200101T023000Z.tar"]
    old = [f"line-1-2020010{day}T023000Z.tar" for day in (1, 2, 3)]
    for name in [*others, *old]:
        (backups / name).write_text("")
    done = run("backup", str(backups), "--keep", "2", "--config", str(tmp_path / "ivr.toml"))
    assert done.exit_code == 0, done.output
    left = sorted(path.name for path in backups.iterdir())
    assert set(others) <= set(left)
    assert old[2] in left
    assert not {old[0], old[1]} & set(left)
    assert len(left) == 4


# ------------------------------------------------------------------ containers


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    text = project_file("compose.yaml").read_text(encoding="utf-8")
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
    parsed = yaml.safe_load(text)
    assert isinstance(parsed, dict)
    return parsed


def settings(compose: dict[str, Any], service: str) -> dict[str, str]:
    return {name: str(value) for name, value in compose["services"][service]["environment"].items()}


def node(compose: dict[str, Any], service: str) -> Config:
    command = compose["services"][service]["command"]
    assert command[:3] == ["ivr", "serve", "--config"]
    return load(ROOT / "deploy" / "compose" / Path(command[3]).name, settings(compose, service))


def spans(config: Config) -> list[range]:
    """Ports that a node takes on its machine."""
    workers = [part for part in parts_of(config) if part.kind == "worker"]
    first, rtp = config.sip.port, config.sip.rtp_port
    office = range(config.office.port, config.office.port + 1)
    return [range(first, first + len(workers)), range(rtp, rtp + len(workers) * config.sip.rtp_ports), office]


def test_the_containers_share_one_machine_without_a_port_twice(compose: dict[str, Any]) -> None:
    nodes = [node(compose, name) for name in ("line-1", "line-2")]
    proxy = load(ROOT / "deploy" / "compose" / "proxy.toml", {})
    nodes.append(node(compose, "office"))
    taken = [span for config in nodes for span in spans(config)]
    taken += [range(proxy.proxy.port, proxy.proxy.port + 1), range(1883, 1884), range(5090, 5091)]
    for one, other in combinations(taken, 2):
        assert not set(one) & set(other), (one, other)
    assert len({config.line.node for config in nodes}) == 3
    assert [config.proxy.refused_port for config in nodes] == [proxy.proxy.refused_port, 0, 0], (
        "one fetches whom it refused"
    )
    assert {config.mqtt.host for config in nodes} == {"127.0.0.1"}


def test_the_containers_may_do_little(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (ROOT / source).exists(), volume


def test_the_proxys_configuration_is_written_by_its_own_step(compose: dict[str, Any], tmp_path: Path) -> None:
    command = [
        str(tmp_path / "proxy")
        if word == "/var/lib/ivr/proxy"
        else word.replace("/etc/ivr", str(ROOT / "deploy" / "compose"))
        for word in compose["services"]["proxy-setup"]["command"]
    ]
    done = run(*command[1:], env=settings(compose, "proxy-setup"))
    assert done.exit_code == 0, done.output
    assert "4 workers of 2 machines, 8 callers at once" in done.output
    listed = (tmp_path / "proxy" / "dispatcher.list").read_text()
    assert re.findall(r"127\.0\.0\.1:(\d+)", listed) == ["5071", "5072", "5081", "5082"]
    if KAMAILIO is not None:
        checked = subprocess.run(
            [KAMAILIO, "-c", "-f", str(tmp_path / "proxy" / "kamailio.cfg")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stderr


def volumes(compose: dict[str, Any], service: str) -> dict[str, str]:
    """Volumes of a service by their place inside; those of the project's own files left out."""
    parts = [volume.split(":") for volume in compose["services"][service]["volumes"]]
    return {part[1]: part[0] for part in parts if part[0] in compose["volumes"]}


def outside(compose: dict[str, Any], service: str, path: str, folder: Path) -> Path:
    """Where a path inside a service lies in ``folder``, which has a folder for each volume."""
    place = max((place for place in volumes(compose, service) if path.startswith(f"{place}/")), key=len)
    made = folder / volumes(compose, service)[place]
    made.mkdir(exist_ok=True)
    return made / path.removeprefix(f"{place}/")


def test_the_nodes_tokens_are_made_once_by_their_own_steps(compose: dict[str, Any], tmp_path: Path) -> None:
    office, kept = node(compose, "office"), str(node(compose, "office").office.nodes_file)
    for _ in range(2):  # a second start changes nothing
        for step, line in (("admit-1", "line-1"), ("admit-2", "line-2")):
            _, nodes, admit, name, token_file, *rest = compose["services"][step]["command"]
            made = outside(compose, step, token_file, tmp_path)
            keys = outside(compose, step, settings(compose, step)["IVR_OFFICE_NODES_FILE"], tmp_path)
            words = [word.replace("/etc/ivr", str(ROOT / "deploy" / "compose")) for word in rest]
            done = run(nodes, admit, name, str(made), *words, env={"IVR_OFFICE_NODES_FILE": str(keys)})
            assert done.exit_code == 0, done.output
            upstream = node(compose, line).upstream
            assert upstream.office_url == f"http://127.0.0.1:{office.office.port}"
            shown = outside(compose, line, str(upstream.token_file), tmp_path).read_text(encoding="ascii").strip()
            assert Nodes(outside(compose, "office", kept, tmp_path)).admits(line, Secret(shown))


def test_each_container_sees_its_own_secrets_and_nobody_elses(compose: dict[str, Any]) -> None:
    seen = {name: set(volumes(compose, name).values()) for name in compose["services"]}
    serving = ("line-1", "line-2", "office", "proxy", "broker")
    for one, other in combinations(serving, 2):
        assert not seen[one] & seen[other], (one, other)
    for step, line in (("admit-1", "line-1"), ("admit-2", "line-2")):
        (token,) = seen[step] & seen[line]
        assert seen[step] - {token} == seen["office"] & seen[step], "besides the token only whom the office admits"
    for service in serving[:3]:
        for volume in compose["services"][service]["volumes"]:
            assert volume.endswith(":ro") or volume.split(":")[0] == service, volume


@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed (Debian: mosquitto)")
def test_the_broker_takes_its_configuration(tmp_path: Path) -> None:
    text = project_file("deploy", "compose", "mosquitto.conf").read_text(encoding="utf-8")
    port = free_port()
    text = text.replace("listener 1883 127.0.0.1", f"listener {port} 127.0.0.1")
    text = text.replace("/mosquitto/data/", f"{tmp_path}/") + "user root\n"  # of nobody else are the test's folders
    (tmp_path / "mosquitto.conf").write_text(text)
    broker = subprocess.Popen([str(MOSQUITTO), "-c", str(tmp_path / "mosquitto.conf")], stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 30
        while not answers(port):
            assert broker.poll() is None, broker.stderr.read() if broker.stderr else ""
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        broker.terminate()
        broker.wait(30)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_docker_itself_reads_the_file() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker compose is not installed")
    found = subprocess.run(
        [docker, "compose", "-f", str(ROOT / "compose.yaml"), "config", "--quiet"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr


def test_the_image_is_ready_to_be_watched_and_runs_as_nobody_special() -> None:
    text = project_file("Dockerfile").read_text(encoding="utf-8")
    stages = text.split("\nFROM ")
    last = stages[-1]
    assert len(stages) == 3, "one stage builds, one runs"
    assert "\nUSER ivr\n" in last
    assert "HEALTHCHECK" in last
    assert "/healthz" in last
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    for names in copied:
        for name in names.split():
            assert (ROOT / name).exists(), name
    ignored = project_file(".dockerignore").read_text(encoding="utf-8").split()
    assert {f"!{name.split('/')[0]}" for names in copied for name in names.split()} <= set(ignored)

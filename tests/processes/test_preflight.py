"""A wrong configuration stops at start with one sentence that names file, key and remedy."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from ivr.paths import project_file
from ivr.processes.lock import data_folder
from ivr.processes.preflight import make_data_dir
from ivr.simulator.loopback import Ports, free_ports, write_config


@pytest.fixture
def ports() -> Ports:
    return free_ports(Random())


def refused(path: Path) -> str:
    """What ``ivr serve`` says on standard error before it gives up."""
    done = subprocess.run(
        [sys.executable, "-m", "ivr", "serve", "--check", "--config", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"IVR_LOG_LEVEL": "error"},
    )
    assert done.returncode != 0, done.stderr
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_unknown_key(tmp_path: Path, ports: Ports) -> None:
    path = tmp_path / "ivr.toml"
    path.write_text('[sip]\nbnd = "127.0.0.1"\n', encoding="utf-8")
    said = refused(path)
    assert str(path) in said
    assert "sip.bnd" in said
    assert "bind" in said  # the remedy lists what it may be


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_sip_port_taken(tmp_path: Path, ports: Ports, kind: socket.SocketKind) -> None:
    _, path = write_config(tmp_path, ports)
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", ports.sip))
        if kind is socket.SOCK_STREAM:
            other.listen()
        said = refused(path)
    assert str(path) in said
    assert "sip.port" in said
    assert str(ports.sip) in said
    assert "Set another [sip] address or port" in said


def test_office_port_taken(tmp_path: Path, ports: Ports) -> None:
    _, path = write_config(tmp_path, ports)
    with socket.create_server(("127.0.0.1", ports.office)):
        said = refused(path)
    assert "office.port" in said
    assert "[office]" in said


def test_model_missing(tmp_path: Path, ports: Ports) -> None:
    missing = tmp_path / "no-such-model"
    _, path = write_config(tmp_path, ports, settings={"speech": {"model": str(missing)}})
    assert str(missing) in refused(path)


def test_prompt_unreadable(tmp_path: Path, ports: Ports) -> None:
    folder = tmp_path / "prompts"
    (folder / "lt").mkdir(parents=True)
    (folder / "lt" / "line.yaml").write_text("greeting: [not, a, text]\n", encoding="utf-8")
    _, path = write_config(tmp_path, ports, settings={"line": {"prompts_dir": str(folder)}})
    said = refused(path)
    assert "line.yaml" in said
    assert "greeting" in said


def test_plan_missing(tmp_path: Path, ports: Ports) -> None:
    _, path = write_config(tmp_path, ports, settings={"line": {"plan": str(tmp_path / "none.yaml")}})
    said = refused(path)
    assert "none.yaml" in said
    assert "[line] plan" in said


def test_plan_with_a_word_the_recogniser_does_not_know(tmp_path: Path, ports: Ports) -> None:
    plan = project_file("dialplans", "1883.yaml").read_text(encoding="utf-8")
    broken = tmp_path / "1883.yaml"
    assert "bendra informacija" in plan
    broken.write_text(plan.replace("bendra informacija", "bendra xqzvtėlika"), encoding="utf-8")
    _, path = write_config(tmp_path, ports, settings={"line": {"plan": str(broken)}})
    said = refused(path)
    assert "xqzvtėlika" in said
    assert "1883.yaml:" in said  # with the line


def test_data_folder_not_writable(tmp_path: Path, ports: Ports) -> None:
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    _, path = write_config(tmp_path, ports, settings={"line": {"data_dir": str(file / "data")}})
    said = refused(path)
    assert "line.data_dir" in said


def test_data_folder_with_a_path_too_long_for_a_socket(tmp_path: Path, ports: Ports) -> None:
    _, path = write_config(tmp_path, ports, settings={"line": {"data_dir": str(tmp_path / ("d" * 110))}})
    said = refused(path)
    assert "line.data_dir" in said
    assert "shorter path" in said


def test_registrar_password_file_missing(tmp_path: Path, ports: Ports) -> None:
    settings = {"sip": {"registrar": "sip:127.0.0.1", "username": "u", "password_file": str(tmp_path / "none")}}
    _, path = write_config(tmp_path, ports, settings=settings)
    assert "sip.password_file" in refused(path)


def test_a_second_line_in_the_same_folder(tmp_path: Path, ports: Ports) -> None:
    """It would end the live calls of the first one on the journal and take its speech socket away."""
    config, path = write_config(tmp_path, ports)
    make_data_dir(config)
    with data_folder(config):
        said = refused(path)
    assert str(path) in said
    assert "line.data_dir" in said
    assert "Stop that one first" in said
    with data_folder(config):  # and it is free again when the first one is gone
        pass


def test_a_folder_that_exists_keeps_its_mode_and_what_is_private_is_private(tmp_path: Path, ports: Ports) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    config, _ = write_config(tmp_path, ports, settings={"line": {"data_dir": str(shared)}})
    make_data_dir(config)
    assert shared.stat().st_mode & 0o777 == 0o755
    assert config.recordings_dir.stat().st_mode & 0o077 == 0
    made, _ = write_config(tmp_path, ports, settings={"line": {"data_dir": str(tmp_path / "new")}})
    make_data_dir(made)
    assert made.line.data_dir.stat().st_mode & 0o077 == 0

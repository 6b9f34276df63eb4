"""``ivr recordings``: the files, and whether they and the journal say the same."""

from __future__ import annotations

import json
import os
import sys
import wave
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ivr.commands.options import config_option, loaded, plain_errors
from ivr.config import Config
from ivr.errors import VaultError
from ivr.events import JournalKind
from ivr.processes.keeping import House, erase_expired, expired, may_erase, open_house, take_in_finished, tell_erased
from ivr.recording.wav import PART_SUFFIX, in_use
from ivr.store.database import open_database
from ivr.store.journal import Journal
from ivr.vault.keys import write_new_key

TOLERANCE_S = 0.04
TOLERANCE_RATIO = 0.001

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@dataclass(frozen=True, slots=True)
class Journalled:
    """What the journal says of one recording; ``length_s`` is from its start to its end."""

    call: str
    file: str
    length_s: float | None
    state: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement between folder and journal."""

    file: str
    problem: str
    remedy: str


@click.group()
def recordings() -> None:
    """Recordings of calls."""


@recordings.command("list")
@config_option
@_json
@plain_errors
def list_recordings(config_path: Path | None, as_json: bool) -> None:
    """Every recording in the folder, with what the journal says of it."""
    config = loaded(config_path)
    known = {entry.file: entry for entry in journalled(_journal(config))}
    rows = []
    for path in sorted(config.recordings_dir.glob("*.wav"), reverse=True):
        entry = known.get(path.name)
        rows.append(
            {
                "file": str(path),
                "call": entry.call if entry else None,
                "duration_s": duration(path),
                "state": entry.state if entry else None,
            }
        )
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    if not rows:
        click.echo("No recordings yet.")
        return
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("call", "length", "state", "file"):
        table.add_column(name, overflow="fold", justify="right" if name == "length" else "left")
    for row in rows:
        length = f"{row['duration_s']:.2f} s" if row["duration_s"] is not None else "unreadable"
        call = str(row["call"]) if row["call"] else Text("not in the journal", style="yellow")
        table.add_row(call, length, str(row["state"] or "–"), str(row["file"]))
    Console().print(table)


@recordings.command()
@config_option
@_json
@plain_errors
def verify(config_path: Path | None, as_json: bool) -> None:
    """Compare folder and journal; status 1 when they disagree."""
    config = loaded(config_path)
    journal = _journal(config)
    kept: frozenset[str] = frozenset()
    faults: list[Finding] = []
    if config.recording.key_file is not None:
        house = _house(config)
        names = [one.name for one in house.catalogue.all()] + [one.name for one in house.catalogue.certificates()]
        kept = frozenset(f"{name}.wav" for name in names)
        faults = [Finding(one.name, one.problem, one.remedy) for one in house.vault.verify()]
    findings = [*compare(config.recordings_dir, journalled(journal), kept), *faults]
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    elif not findings:
        click.echo("Folder and journal agree.")
    else:
        for finding in findings:
            click.echo(f"{finding.file}: {finding.problem}. {finding.remedy}")
    sys.exit(1 if findings else 0)


@recordings.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@plain_errors
def key(file: Path) -> None:
    """Make a master key, or put a new one on top of FILE's old ones."""
    click.echo(f"{file}: key {write_new_key(file)}. Keep a copy apart from the recordings' backups: it opens them all.")


@recordings.command()
@config_option
@plain_errors
def seal(config_path: Path | None) -> None:
    """Take what is finished into the vault now; the line does so by itself."""
    config = loaded(config_path)
    taken = take_in_finished(_house(config))
    click.echo(f"{len(taken)} sealed.")


@recordings.command()
@config_option
@plain_errors
def rotate(config_path: Path | None) -> None:
    """Wrap every recording's key with the newest master key; older ones may be removed afterwards."""
    config = loaded(config_path)
    click.echo(f"{_house(config).vault.rotate()} keys wrapped anew.")


@recordings.command()
@config_option
@click.argument("name")
@click.option("--reason", default="", help="Why it must stay.")
@click.option("--release", is_flag=True, help="Let it go again.")
@plain_errors
def hold(config_path: Path | None, name: str, reason: str, release: bool) -> None:
    """Keep a recording whatever the rules say, as for a court."""
    if bool(reason) == release:
        raise click.UsageError("Give --reason, or --release")
    config = loaded(config_path)
    _house(config).vault.hold(name, reason)
    click.echo(f"{name} is {'held' if reason else 'released'}.")


@recordings.command()
@config_option
@click.argument("name")
@click.option("--by", required=True, help="Who decided it.")
@click.option("--reason", required=True, help="Why, for the certificate.")
@click.option("--undelivered", is_flag=True, help="On a line node: also if the office hasn't got it.")
@click.confirmation_option(prompt="The recording can never be opened again. Erase it?")
@plain_errors
def erase(config_path: Path | None, name: str, by: str, reason: str, undelivered: bool) -> None:
    """Destroy a recording's key and its sound; prints the certificate."""
    config = loaded(config_path)
    house = _house(config)
    if not undelivered and not may_erase(house, name):
        remedy = "Wait for it, or add --undelivered: then nobody has it. A person's request is erased at the office"
        raise VaultError(name, "is not at the office yet", remedy)
    certificate = house.vault.erase(name, by, reason)
    tell_erased(house, datetime.now(UTC))
    click.echo(json.dumps(certificate.public(), ensure_ascii=False, indent=1))


@recordings.command()
@config_option
@plain_errors
def certificates(config_path: Path | None) -> None:
    """What was erased, when, by whom and why, as JSON lines."""
    config = loaded(config_path)
    for one in _house(config).catalogue.certificates():
        click.echo(json.dumps(one.public(), ensure_ascii=False))


@recordings.command()
@config_option
@click.option("--dry-run", is_flag=True, help="Only name what would go.")
@plain_errors
def expire(config_path: Path | None, dry_run: bool) -> None:
    """Erase what is older than recording.keep allows; the line does so every night."""
    config = loaded(config_path)
    house, at = _house(config), datetime.now(UTC)
    if dry_run:
        for one in expired(house, config.recording.keep_days, at):
            click.echo(f"{one.name}: {one.rule}, since {one.since:%Y-%m-%d}")
        return
    click.echo(f"{len(erase_expired(house, config.recording.keep_days, at))} erased.")


@recordings.command("open")
@config_option
@click.argument("name")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@plain_errors
def open_(config_path: Path | None, name: str, target: Path) -> None:
    """Write a sealed recording to TARGET as FLAC, readable by you only."""
    config = loaded(config_path)
    house = _house(config)
    pieces = house.vault.read(name)
    first = next(pieces)  # before the file is made: a recording that can't be opened leaves none
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(first)
        for piece in pieces:
            file.write(piece)
    click.echo(f"{target}: {target.stat().st_size} bytes")


def compare(folder: Path, entries: list[Journalled], kept: frozenset[str] = frozenset()) -> list[Finding]:
    """Every disagreement: a file without an entry and the reverse, wrong lengths, parts that nobody writes.

    ``kept``: files that went into the vault, which is verified by itself, or were erased by a certificate.
    """
    findings: list[Finding] = []
    for entry in entries:
        path = folder / entry.file
        part = path.with_name(path.name + PART_SUFFIX)
        if not path.exists():
            if not part.exists() and entry.length_s is not None and entry.file not in kept:
                findings.append(Finding(entry.file, "the journal knows it, the file is missing", "Look in the backup"))
            continue
        length = duration(path)
        if length is None:
            findings.append(Finding(entry.file, "is no WAV file that can be read", "Look in the backup"))
        elif entry.length_s is None:
            problem = "the journal says that it began and not that it ended"
            findings.append(Finding(entry.file, problem, "ivr serve completes the journal at its next start"))
        elif abs(length - entry.length_s) > max(TOLERANCE_S, TOLERANCE_RATIO * entry.length_s):
            problem = f"is {length:.3f} s long, the journal says {entry.length_s:.3f} s"
            findings.append(Finding(entry.file, problem, "Don't rely on its times"))
    known = {entry.file for entry in entries}
    findings.extend(
        Finding(path.name, "the journal does not know it", "Find out where it comes from")
        for path in sorted(folder.glob("*.wav"))
        if path.name not in known
    )
    for part in sorted(folder.glob(f"*.wav{PART_SUFFIX}")):
        if not in_use(part):
            remedy = "ivr serve finishes it at its next start"
            findings.append(Finding(part.name, "was left by a process that died", remedy))
    return findings


def journalled(journal: Journal) -> list[Journalled]:
    """Recordings that the journal names, oldest first."""
    ended = {event.call_id: event for event in journal.of_kind(JournalKind.RECORDING_ENDED)}
    states = {event.call_id: event for event in journal.of_kind(JournalKind.RECORDING_STATE)}
    entries = []
    for began in journal.of_kind(JournalKind.RECORDING_STARTED):
        end = ended.get(began.call_id)
        state = states.get(began.call_id)
        name = str((end.data.get("file") if end else "") or began.data.get("file") or "")
        erased = end is not None and not end.data.get("file")
        name = name.removesuffix(PART_SUFFIX)  # finishing failed; recovery gives it its name
        if name and not erased:
            length = (end.at - began.at).total_seconds() if end else None
            entries.append(Journalled(began.call_id, name, length, str(state.data["state"]) if state else None))
    return entries


def duration(path: Path) -> float | None:
    """Seconds of sound in a WAV file; None when it can't be read."""
    try:
        with wave.open(str(path)) as file:
            return float(round(file.getnframes() / file.getframerate(), 3))
    except (OSError, EOFError, wave.Error, ZeroDivisionError):
        return None


def _house(config: Config) -> House:
    return open_house(config, _journal(config), lambda: datetime.now(UTC))


def _journal(config: Config) -> Journal:
    return Journal(open_database(config.journal_path, create=False))

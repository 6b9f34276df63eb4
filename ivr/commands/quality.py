"""``ivr quality``: the monthly draw of recordings, and whether the audit log is whole."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from ivr.commands.options import config_option, loaded, plain_errors
from ivr.office.audit import HEAD, Audit, check_heads
from ivr.processes.quality import desk_of
from ivr.quality.index import ZONE
from ivr.sampling.month import Month
from ivr.store.alarms import Alarms
from ivr.store.database import open_database


@click.group()
def quality() -> None:
    """Recordings that are reviewed, and the log of who opened them."""


_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@quality.command()
@config_option
@click.option("--month", required=True, help="Year and month, as 2026-11.")
@_json
@plain_errors
def sample(config_path: Path | None, month: str, as_json: bool) -> None:
    """The month's draw so far. Draws that are due and were not made yet are made and written on the journal."""
    config = loaded(config_path)
    desk = desk_of(config, lambda: datetime.now(UTC))
    drawn, short = desk.draws.make(Month.parse(month, ZONE))
    lost = desk.lost(month)
    if as_json:
        rows = [one.public() | {"erased": (one.recording, one.employee) in lost} for one in drawn]
        click.echo(json.dumps({"month": month, "drawn": rows, "shortfalls": short}, ensure_ascii=False, indent=1))
        return
    people = desk.people()
    table = Table("employee", "recording", "day", "third", "topic", "reason", box=None, header_style="dim")
    for one in drawn:
        name = people[one.employee].name if one.employee in people else str(one.employee)
        table.add_row(name, one.recording, one.day, one.third, one.topic, one.reason)
    Console().print(table)
    click.echo(f"{len(drawn)} drawn in {month}" + (f", seed {drawn[0].seed}" if drawn else ""))
    if lost:
        click.echo(f"{len(lost)} of them erased before a review; the next draw of the month replaces them.")
    for row in short:
        name = people[row["employee"]].name if row["employee"] in people else str(row["employee"])
        click.echo(f"{name}: {row['found']} of {row['wanted']}, {row['inaudible']} without sound")


@quality.command()
@config_option
@_json
@plain_errors
def audit(config_path: Path | None, as_json: bool) -> None:
    """Verify the chain of the audit log, and that nothing was cut off its end; status 1 when something was changed."""
    config = loaded(config_path)
    log = Audit(config.audit_path, lambda: datetime.now(UTC))
    faults = [*log.verify(), *check_heads(log, Alarms(open_database(config.journal_path)).of_kind(HEAD))]
    entries, head = log.head()
    if as_json:
        found = {"entries": entries, "head": head, "faults": faults}
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        click.echo(f"{entries} entries, head {head}")
        for fault in faults:
            click.echo(fault)
    sys.exit(1 if faults else 0)

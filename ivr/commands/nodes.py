"""``ivr nodes``: which line nodes deliver to this office, and how far they have."""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from ivr.commands.options import config_option, loaded, plain_errors
from ivr.config import Config
from ivr.delivery.nodes import Nodes, admit, dismiss
from ivr.errors import ConfigError
from ivr.store.arrivals import Arrivals
from ivr.store.database import open_database
from ivr.store.schema import timestamp


@click.group()
def nodes() -> None:
    """Line nodes that deliver journal and recordings to this office."""


@nodes.command("admit")
@click.argument("name")
@click.argument("token_file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--keep", is_flag=True, help="Do nothing when TOKEN_FILE is there and NAME may deliver.")
@config_option
@plain_errors
def admit_node(name: str, token_file: Path, keep: bool, config_path: Path | None) -> None:
    """Let node NAME deliver here. TOKEN_FILE is written for it: bring it to the node, as its [upstream] token_file.

    The node's former token, if it had one, is worth nothing then. The office need not be started again.
    """
    path = _file(loaded(config_path))
    if keep and token_file.exists() and Nodes(path).key(name) is not None:
        click.echo(f"{name} may deliver already")
        return
    try:
        descriptor = os.open(token_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        problem = f"can't be written ({error.strerror})"
        raise ConfigError(token_file, "", problem, "Name a new file: nothing is overwritten") from error
    with os.fdopen(descriptor, "w") as file:
        try:
            file.write(f"{admit(path, name).reveal()}\n")
        except Exception:
            token_file.unlink()
            raise
    click.echo(f"{name} may deliver; its token lies in {token_file}. Move it there, and keep no copy here.")


@nodes.command("dismiss")
@click.argument("name")
@config_option
@plain_errors
def dismiss_node(name: str, config_path: Path | None) -> None:
    """Take nothing more from node NAME; what it delivered stays."""
    dismiss(_file(loaded(config_path)), name)
    click.echo(f"{name} delivers nothing any more")


@nodes.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@config_option
@plain_errors
def list_nodes(as_json: bool, config_path: Path | None) -> None:
    """Every node: whether it may deliver, when it last did, how much came, and what it has still to erase."""
    config = loaded(config_path)
    admitted = Nodes(_file(config)).read()
    arrivals = Arrivals(open_database(config.journal_path, create=False))
    heard, to_erase = {one.node: one for one in arrivals.heard()}, Counter(one.node for one in arrivals.unconfirmed())
    rows = []
    for name in sorted({*admitted, *heard}):
        one = heard.get(name)
        rows.append(
            {
                "node": name,
                "admitted": name in admitted,
                "last": timestamp(one.at) if one else None,
                "row": one.standing.event if one else 0,
                "events": one.events if one else 0,
                "recordings": one.recordings if one else 0,
                "to_erase": to_erase[name],
            }
        )
    if as_json:
        for row in rows:
            click.echo(json.dumps(row))
        return
    now = datetime.now(UTC)
    table = Table()
    for column in ("node", "may deliver", "last delivery", "events", "recordings", "to erase"):
        table.add_column(column)
    for row in rows:
        one = heard.get(str(row["node"]))
        ago = f"{(now - one.at).total_seconds():.0f} s ago" if one else "never"
        may = "yes" if row["admitted"] else "no"
        table.add_row(str(row["node"]), may, ago, *(str(row[key]) for key in ("events", "recordings", "to_erase")))
    Console().print(table)


def _file(config: Config) -> Path:
    if config.office.nodes_file is None:
        remedy = 'Set it, as in nodes_file = "nodes.keys"; ivr nodes admit makes the file'
        raise ConfigError(config.source, "office.nodes_file", "is not set", remedy)
    return config.office.nodes_file

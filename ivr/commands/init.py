"""``ivr init``: from nothing to a line that can be checked and started."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import click

from ivr.commands.options import DEFAULT_FILE, plain_errors
from ivr.deploy.first_start import ASKED, REGISTRY_REQUEST, Administrator, first_password, first_start, refuse_existing
from ivr.deploy.settings import converted, setting
from ivr.errors import ConfigError
from ivr.privacy import Secret


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), default=DEFAULT_FILE)
@click.option("--yes", is_flag=True, help="Ask nothing: defaults, and what --set says.")
@click.option("--set", "given", multiple=True, metavar="SECTION.KEY=VALUE", help="A setting; may be repeated.")
@click.option("--admin", default="", help="User name of the first administrator.  [default: admin]")
@click.option("--name", default="", help="Their name.  [default: Administratorius]")
@click.option(
    "--password-file",
    type=click.File(),
    help="File with their password on its first line (- reads standard input); with --yes and without it, one is made.",
)
@click.option("--plain-recordings", is_flag=True, help="Don't encrypt recordings (the disk is encrypted).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@plain_errors
def init(
    file: Path,
    yes: bool,
    given: tuple[str, ...],
    admin: str,
    name: str,
    password_file: TextIO | None,
    plain_recordings: bool,
    as_json: bool,
) -> None:
    """Write a commented configuration (default: ivr.toml), keys and the first administrator.

    Nothing that is there is overwritten.
    """
    refuse_existing(file)
    chosen = dict(_parsed(one) for one in given)
    if not yes:
        for asked in ASKED:
            if asked not in chosen:
                _ask(asked, chosen)
    username = admin or ("admin" if yes else click.prompt("User name of the first administrator", "admin"))
    name = name or ("Administratorius" if yes else click.prompt("Their name and surname", "Administratorius"))
    kept_in: Path | None = None
    if password_file is not None:
        password = Secret(password_file.readline().rstrip("\r\n"))
    elif yes:
        password, kept_in = first_password(file.resolve().parent)
    else:
        password = Secret(click.prompt("Their password", hide_input=True, confirmation_prompt=True))
    try:
        made = first_start(
            file, chosen, Administrator(username, name, password), lambda: datetime.now(UTC), seal=not plain_recordings
        )
    except Exception:
        if kept_in is not None:
            kept_in.unlink()
        raise
    if kept_in is not None and not made.administrator:
        kept_in.unlink()
        kept_in = None
    if as_json:
        facts: dict[str, object] = {
            "written": [str(path) for path in made.written],
            "kept": [str(path) for path in made.kept],
            "administrator": made.administrator,
            "password_file": str(kept_in) if kept_in else None,
        }
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    for path in made.written:
        click.echo(f"made: {path}")
    for path in made.kept:
        click.echo(f"was there and stays: {path}")
    if made.administrator:
        click.echo(f"{made.administrator} may sign in" + (f"; the password lies in {kept_in}" if kept_in else ""))
    else:
        click.echo("there are accounts already: no administrator was made")
    if any(path.name == REGISTRY_REQUEST for path in made.written):
        click.echo(f"let the registry's owner sign {REGISTRY_REQUEST}, then set registry.cert_file and key_file")
    click.echo(f"next: ivr serve --check --config {file}")


def _parsed(text: str) -> tuple[str, Any]:
    name, found, value = text.partition("=")
    if not found:
        raise ConfigError("ivr init", "--set", f"{text!r} has no =", "Write --set section.key=value")
    return name, converted(name, value)


def _ask(name: str, chosen: dict[str, Any]) -> None:
    """One setting, until the answer is one; the default is not written down."""
    _, _, field = setting(name)
    default = ",".join(field.default) if isinstance(field.default, tuple) else str(field.default)
    default = default.lower() if isinstance(field.default, bool) else default
    while True:
        answer = click.prompt(f"{name}: {field.description}", default=default, show_default=bool(default))
        try:
            value = converted(name, answer.strip())
        except ConfigError as error:
            click.echo(f"{error.problem}. {error.remedy}")
            continue
        if value != field.default:
            chosen[name] = value
        return

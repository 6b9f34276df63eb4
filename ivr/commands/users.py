"""``ivr users``: employees and their accounts for the office's pages."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click
from rich.console import Console
from rich.table import Table

from ivr.commands.options import config_option, loaded, plain_errors
from ivr.config import Config
from ivr.office.accounts import Accounts, check_password
from ivr.office.database import open_office
from ivr.office.roster import Roster
from ivr.office.second_factor import with_factor
from ivr.people.staff import ANY_TOPIC, Employee, Role
from ivr.privacy import Secret
from ivr.store.database import StoreDatabase


@click.group()
def users() -> None:
    """Employees: who answers calls, who may open which pages."""


_password = click.option(
    "--password-file",
    type=click.File(),
    help="File with the password on its first line (- reads standard input); asked for when left out.",
)


_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@users.command("add")
@config_option
@click.argument("username")
@click.option("--name", required=True, help="First name and surname.")
@click.option("--unit", default="", help="Unit of the office.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice([role.value for role in Role]),  # an enumeration would be asked for by its names
    default=[Role.AGENT.value],
    show_default=True,
    help="May be given several times.",
)
@click.option("--language", "languages", multiple=True, default=["lt"], show_default=True, help="Languages of calls.")
@click.option(
    "--skill", "skills", multiple=True, default=[ANY_TOPIC], show_default=True, help="Topics of dialplans/topics.yaml."
)
@click.option("--extension", default="", help="SIP number or address of their phone; without one they take no calls.")
@_password
@plain_errors
def add(
    config_path: Path | None,
    username: str,
    name: str,
    unit: str,
    roles: tuple[str, ...],
    languages: tuple[str, ...],
    skills: tuple[str, ...],
    extension: str,
    password_file: TextIO | None,
) -> None:
    """A new employee with an account."""
    database = _open(loaded(config_path))
    accounts = _accounts(database)
    accounts.check_free(username)
    password = _asked(password_file)
    check_password(username, password)
    employee = Roster(database).add(
        Employee(0, name, unit, frozenset(map(Role, roles)), frozenset(languages), frozenset(skills), extension)
    )
    accounts.create(employee, username, password)
    click.echo(f"Employee {employee}, {name}, may sign in as {username}.")


@users.command("list")
@config_option
@_json
@plain_errors
def show(config_path: Path | None, as_json: bool) -> None:
    """Everybody who works here."""
    database = _open(loaded(config_path))
    names = dict(_accounts(database).names())
    factors = with_factor(database)
    employees = Roster(database).staff().employees
    if as_json:
        rows = [
            {
                "id": one.id,
                "name": one.name,
                "username": names.get(one.id),
                "unit": one.unit,
                "roles": sorted(one.roles),
                "languages": sorted(one.languages),
                "skills": sorted(one.skills),
                "extension": one.extension,
                "second_factor": one.id in factors,
            }
            for one in employees
        ]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("id", "name", "user name", "unit", "roles", "languages", "skills", "extension", "code")
    for one in employees:
        lists = (", ".join(sorted(values)) for values in (one.roles, one.languages, one.skills))
        table.add_row(
            str(one.id), one.name, names.get(one.id, "–"), one.unit, *lists, one.extension, _yes(one.id in factors)
        )
    Console().print(table)


@users.command("password")
@config_option
@click.argument("username")
@_password
@plain_errors
def password(config_path: Path | None, username: str, password_file: TextIO | None) -> None:
    """A new password; whoever is signed in with the old one is signed out."""
    _accounts(_open(loaded(config_path))).set_password(username, _asked(password_file))
    click.echo(f"{username} has a new password.")


@users.command("factor")
@config_option
@click.argument("username")
@click.option("--reset", is_flag=True, required=True, help="Forget it, for a telephone that was lost.")
@plain_errors
def factor(config_path: Path | None, username: str, reset: bool) -> None:
    """Somebody's second factor is forgotten: check first that it is really they who ask."""
    if reset and _accounts(_open(loaded(config_path))).reset_factor(username):
        click.echo(f"{username} signs in without a code until a new one is set up, and is signed out everywhere.")
    else:
        click.echo(f"{username} had no second factor and is signed out everywhere.")


@users.command("close")
@config_option
@click.argument("username")
@plain_errors
def close(config_path: Path | None, username: str) -> None:
    """Somebody has left: their account is closed at once, what they did stays on the journal."""
    _accounts(_open(loaded(config_path))).close(username)
    click.echo(f"{username} can no longer sign in and takes no calls.")


def _yes(value: bool) -> str:
    return "yes" if value else "–"


def _open(config: Config) -> StoreDatabase:
    return open_office(config.office_path)


def _accounts(database: StoreDatabase) -> Accounts:
    return Accounts(database, lambda: datetime.now(UTC))


def _asked(file: TextIO | None) -> Secret:
    if file is not None:
        return Secret(file.readline().rstrip("\r\n"))
    return Secret(click.prompt("Password", hide_input=True, confirmation_prompt=True))

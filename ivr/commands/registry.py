"""``ivr registry``: people who don't exist, a server of the contract before them, and tries that a number made."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random, SystemRandom

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ivr.commands.options import config_option, loaded, plain_errors
from ivr.errors import ConfigError
from ivr.office.identity_tries import told
from ivr.processes.identity import tries_from
from ivr.quality.identifiers import spellings
from ivr.registry.embedded import EmbeddedRegistry, seed
from ivr.registry.people import fictitious


@click.group()
def registry() -> None:
    """The registry of people that callers are compared with."""


@registry.command("seed")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--people", type=click.IntRange(1, 100_000), default=1000, show_default=True, help="How many.")
@click.option("--seed", "number", type=int, help="The same number makes the same people; without it they are new.")
@click.option("--show", is_flag=True, help="Print the first one with all answers, to try a call with.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@config_option
@plain_errors
def seed_people(
    file: Path | None, people: int, number: int | None, show: bool, as_json: bool, config_path: Path | None
) -> None:
    """Write a registry of fictitious people (default: registry.db in the data folder).

    Names come from public lists and personal codes have right check digits; nobody of them exists, and the file says
    so. Name it in the configuration as [registry] embedded.
    """
    config = loaded(config_path)
    path = file or config.registry.embedded or config.line.data_dir / "registry.db"
    random = Random(number) if number is not None else SystemRandom()  # noqa: S311  (people, not secrets)
    made = fictitious(people, random, datetime.now(UTC).date(), digits=config.registry.registration_digits)
    listed = list(made)
    with Progress(console=Console(stderr=True), transient=True, disable=as_json) as bar:
        count = seed(path, bar.track(listed, description="people"))
    first = listed[0].record
    answers = {
        "last_four": first.last4.reveal(),
        "name": f"{first.given.reveal()} {first.surname.reveal()}",
        "registration": first.registration.reveal(),
        "address": f"{first.street.reveal()} {first.house.reveal()}".strip(),
        "phone": first.phone.reveal(),
        "last_visit": first.last_visit.isoformat() if first.last_visit else "",
        "last_visit_about": first.last_visit_about.reveal(),
        "employment_end": first.employment_end.isoformat() if first.employment_end else "",
        "email": first.email.reveal(),
    }
    if as_json:
        example = {"example": answers} if show else {}
        click.echo(json.dumps({"file": str(path), "people": count, "fictitious": True, **example}, ensure_ascii=False))
        return
    click.echo(f"{path}: {count} fictitious people. Set [registry] embedded to this file.")
    if show:
        table = Table(title="One of them, who does not exist")
        for column in ("question", "answer"):
            table.add_column(column)
        for question, said in answers.items():
            table.add_row(question, said or "–")
        Console().print(table)


@registry.command("tries")
@click.argument("number")
@config_option
@plain_errors
def tries_of_number(number: str, config_path: Path | None) -> None:
    """Tries to prove who calls, from NUMBER, at this machine, as JSON: for the answer to a person's own request.

    The office gathers its own with the rest of a person's data; a line node's log is asked for by this command there.
    """
    now = datetime.now(UTC)
    click.echo(told(tries_from(loaded(config_path), spellings(number), now)).decode())


@registry.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8443, show_default=True)
@click.option("--cert", type=click.Path(exists=True, dir_okay=False), help="Server's certificate (PEM).")
@click.option("--key", type=click.Path(exists=True, dir_okay=False), help="Its key (PEM).")
@click.option("--ca", type=click.Path(exists=True, dir_okay=False), help="Who must have signed the line's certificate.")
@config_option
@plain_errors
def serve(host: str, port: int, cert: str | None, key: str | None, ca: str | None, config_path: Path | None) -> None:
    """Serve the embedded registry by the contract docs/registry.openapi.yaml, to try the line's HTTP side."""
    import ssl

    import uvicorn

    from ivr.registry.reference import application

    config = loaded(config_path)
    if config.registry.embedded is None:
        raise ConfigError(config.source, "registry.embedded", "is not set", "Make one: ivr registry seed")
    people = EmbeddedRegistry(config.registry.embedded)
    click.echo(f"{people.count()} fictitious people on {host}:{port}, {'TLS' if cert else 'without TLS'}")
    uvicorn.run(
        application(people), host=host, port=port, log_level="warning", access_log=False, ssl_certfile=cert,
        ssl_keyfile=key, ssl_ca_certs=ca, ssl_cert_reqs=ssl.CERT_REQUIRED if ca else ssl.CERT_NONE,
    )  # fmt: skip

"""``ivr deploy``: files for the programs around the line, made from its configuration."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ivr.commands.options import chosen, config_option, loaded, plain_errors
from ivr.config import load
from ivr.deploy.kamailio import CONFIG_NAME, destinations, render
from ivr.deploy.units import UNITS, units
from ivr.errors import ConfigError


@click.group()
def deploy() -> None:
    """Configuration of what stands around the line."""


@deploy.command()
@config_option
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.argument("nodes", nargs=-1, type=click.Path(dir_okay=False, exists=True, path_type=Path))
@plain_errors
def kamailio(config_path: Path | None, folder: Path, nodes: tuple[Path, ...]) -> None:
    """Write kamailio.cfg and dispatcher.list into FOLDER.

    NODES are the configurations of the line machines; without any, this one's own workers stand behind the proxy.
    """
    config = loaded(config_path)
    lines = [load(path) for path in nodes] or [config]
    texts = render(config, lines, folder.resolve())
    _write(config.source, folder, texts)
    workers = destinations(lines)
    callers = sum(worker.callers for worker in workers)
    click.echo(f"{folder}: {len(workers)} workers of {len(lines)} machines, {callers} callers at once")
    click.echo(f"check it: kamailio -c -f {folder / CONFIG_NAME}")


@deploy.command()
@config_option
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--user", default="ivr", show_default=True, help="Whose the line is.")
@click.option(
    "--backups",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("/var/backups/ivr"),
    show_default=True,
    help="Folder for a backup a night; it must be the user's.",
)
@click.option("--keep", type=click.IntRange(min=1), default=14, show_default=True, help="How many of them stay.")
@plain_errors
def systemd(config_path: Path | None, folder: Path, user: str, backups: Path, keep: int) -> None:
    """Write ivr.service, ivr-backup.service and ivr-backup.timer into FOLDER (/etc/systemd/system)."""
    path = chosen(config_path)
    if path is None:
        raise ConfigError("ivr deploy systemd", "--config", "is not given", "Name the configuration that shall run")
    config = loaded(path)
    program = Path(sys.executable).with_name("ivr")
    _write(config.source, folder, units(config, path.resolve(), program, user=user, backups=backups, keep=keep))
    click.echo(f"{folder}: {', '.join(UNITS)}")
    click.echo(f"check them: systemd-analyze verify {' '.join(str(folder / name) for name in UNITS)}")


def _write(source: str, folder: Path, texts: dict[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        problem = f"{folder} can't be written ({error.strerror})"
        raise ConfigError(source, "", problem, "Give a folder that is yours") from error

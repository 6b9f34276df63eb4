"""``ivr``: the line's commands. Each group lives in its own file of ``ivr.commands``."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from ivr import __version__

# Loaded only when asked for: `ivr calls` shall not wait for a recogniser's library.
COMMANDS = {
    "asr": "ivr.commands.asr",
    "backup": "ivr.commands.backup",
    "bench": "ivr.commands.bench",
    "call": "ivr.commands.call",
    "calls": "ivr.commands.calls",
    "chat": "ivr.commands.chat",
    "demo": "ivr.commands.demo",
    "deploy": "ivr.commands.deploy",
    "doctor": "ivr.commands.doctor",
    "init": "ivr.commands.init",
    "knowledge": "ivr.commands.knowledge",
    "nodes": "ivr.commands.nodes",
    "part": "ivr.commands.part",
    "plan": "ivr.commands.plan",
    "prompts": "ivr.commands.prompts",
    "quality": "ivr.commands.quality",
    "recordings": "ivr.commands.recordings",
    "registry": "ivr.commands.registry",
    "restore": "ivr.commands.backup",
    "serve": "ivr.commands.serve",
    "users": "ivr.commands.users",
    "voice": "ivr.commands.voice",
}


class _Lazy(click.Group):
    def list_commands(self, _context: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: Any = getattr(importlib.import_module(COMMANDS[name]), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[name]} has no command {name}")
        return command


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ivr")
def main() -> None:
    """The 1883 line: a telephone voice assistant in Lithuanian."""
    if not (3, 11) <= sys.version_info < (3, 13):
        raise click.ClickException("this needs Python 3.11 or 3.12, because pjsua2 exists for no other here")

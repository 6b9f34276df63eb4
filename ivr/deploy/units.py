"""systemd's units from our configuration: the line, and a backup every night."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

from ivr.config import Config
from ivr.deploy.texts import rendered
from ivr.errors import ConfigError

UNITS: Final = ("ivr.service", "ivr-backup.service", "ivr-backup.timer")
_FAREWELL_S: Final = 15


def units(config: Config, config_path: Path, program: Path, *, user: str, backups: Path, keep: int) -> dict[str, str]:
    """Texts by file name. ``program``: the ``ivr`` command; ``backups``: folder of backups, ``keep`` of them stay.

    Raises:
        ConfigError: a path holds a space or a sign that systemd would read as its own.
    """
    for path in (config_path, program, backups, config.line.data_dir):
        if any(sign.isspace() or sign in "%\"'\\" for sign in str(path)):
            raise ConfigError(config.source, "", f"{path} can't stand in a unit", "Use paths of letters and digits")
    values = {
        "number": config.line.number,
        "node": config.line.node,
        "user": user,
        "program": program,
        "config": config_path,
        "stop_s": math.ceil(config.workers.drain_s) + _FAREWELL_S,
        "data_dir": config.line.data_dir,
        "backups": backups,
        "keep": keep,
        "low_port": 0 < min(config.sip.port, config.office.port) < 1024,
        # The program or the data may lie under /home: then it may be read, and only the data written.
        "protect_home": "read-only"
        if any(_at_home(p) for p in (program, config_path, config.line.data_dir))
        else "yes",
    }
    return {name: rendered(name, values) for name in UNITS}


def _at_home(path: Path) -> bool:
    return path.parts[:2] in (("/", "home"), ("/", "root"))

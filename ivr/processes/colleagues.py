"""Who can be asked during a call: what ``[people] colleagues`` names, loaded in every worker."""

from __future__ import annotations

import importlib

from ivr.config import Config
from ivr.dialog.ports import Ports
from ivr.errors import ConfigError

_REMEDY = "Name a function without arguments that returns ivr.dialog.ports.Ports, as in my_office.desk:ports"


def colleagues(config: Config) -> Ports:
    """The ports behind the mind's questions; without the setting nobody is there.

    Raises:
        ConfigError: there is no such function, or it gives something else.
    """
    wanted = config.people.colleagues
    if not wanted:
        return Ports()
    module, _, function = wanted.partition(":")
    try:
        made = getattr(importlib.import_module(module), function)()
    except (ImportError, AttributeError, TypeError) as error:
        raise ConfigError(config.source, "people.colleagues", f"{wanted} can't be used ({error})", _REMEDY) from error
    if not isinstance(made, Ports):
        raise ConfigError(config.source, "people.colleagues", f"{wanted} gives no Ports", _REMEDY)
    return made

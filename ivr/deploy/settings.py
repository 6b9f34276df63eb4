"""What every setting may be, from ``ivr/sections.py``: for the documents and for a file that explains itself."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from inspect import getdoc
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from ivr.config import Config
from ivr.errors import ConfigError

_WIDTH: Final = 100


def sections() -> Iterator[tuple[str, type[BaseModel]]]:
    """The configuration's sections, in the order of ``Config``."""
    for name, field in Config.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield name, field.annotation


def toml(value: Any) -> str:
    """A value as it stands in a TOML file."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | Path):
        return json.dumps(str(value), ensure_ascii=False)
    if isinstance(value, tuple):
        return "[" + ", ".join(toml(part) for part in value) + "]"
    return str(value)


def allowed(schema: dict[str, Any]) -> str:
    """What a key may be, from its JSON schema: choices, ranges, patterns; in words."""
    options = [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]
    option = options[0]
    if "enum" in option or "const" in option:
        return " or ".join(f'`"{choice}"`' for choice in option.get("enum", [option.get("const")]))
    if option.get("type") == "array":
        return f"list of {allowed(option['items'])}"
    words = {"boolean": "`true` or `false`", "integer": "whole number", "number": "number", "string": "text"}
    text = "path" if option.get("format") == "path" else words[option["type"]]
    low, over = option.get("minimum"), option.get("exclusiveMinimum")
    if low is not None:
        text += f" from {low:g}"
    if over is not None:
        text += f" over {over:g}"
    if "maximum" in option:
        text += f" to {option['maximum']:g}"
    if "pattern" in option:
        text += f" like `{option['pattern']}`"
    return text


def about(model: type[BaseModel]) -> str:
    """The section's own words, on one line."""
    return " ".join((getdoc(model) or "").replace("``", "`").split())


def setting(name: str) -> tuple[type[BaseModel], str, FieldInfo]:
    """Section, key and field of ``section.key``. Raises ConfigError when there is none."""
    section, _, key = name.partition(".")
    model = dict(sections()).get(section)
    if model is None or key not in model.model_fields:
        raise ConfigError("ivr init", name, "is no setting of this line", "docs/configuration.md names them all")
    return model, key, model.model_fields[key]


def converted(name: str, text: str) -> Any:
    """The typed value of a setting that somebody wrote; lists with commas between the parts. Raises ConfigError."""
    model, key, field = setting(name)
    value: Any = text
    if str(field.annotation).startswith("tuple"):
        value = tuple(part.strip() for part in text.split(",") if part.strip())
    try:
        return getattr(model.model_validate({key: value}), key)
    except ValidationError as error:
        problem = error.errors()[0]["msg"].removeprefix("Value error, ")
        remedy = f"It may be {allowed(model.model_json_schema()['properties'][key])}"
        raise ConfigError("ivr init", name, f"can't be {text!r} ({problem})", remedy) from error


def commented(chosen: Mapping[str, Any]) -> str:
    """A whole configuration file: each key with its meaning, the chosen ones set, the others as comments.

    Taking the ``#`` before a key away changes nothing: it stands there with its default.
    """
    parts = [
        "# Configuration of the line. Keys behind a # have the value that stands there; docs/configuration.md has\n"
        "# them all in one table. Relative paths are relative to this file. Passwords never stand here.\n"
        "# Check after a change: ivr serve --check --config THIS_FILE\n"
    ]
    for section, model in sections():
        properties = model.model_json_schema()["properties"]
        parts += [f"\n# {line}\n" for line in textwrap.wrap(about(model), _WIDTH)[:1]]
        parts += [f"# {line}\n" for line in textwrap.wrap(about(model), _WIDTH)[1:]]
        parts.append(f"[{section}]\n")
        for key, field in model.model_fields.items():
            meaning = f"{field.description} ({allowed(properties[key]).replace('`', '')})"
            parts += [f"# {line}\n" for line in textwrap.wrap(meaning, _WIDTH)]
            name = f"{section}.{key}"
            if name in chosen:
                parts.append(f"{key} = {toml(chosen[name])}\n")
            elif field.default is None:
                parts.append(f'#{key} = ""  # not set\n')
            else:
                parts.append(f"#{key} = {toml(field.default)}\n")
    return "".join(parts)

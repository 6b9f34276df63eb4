"""Writes docs/configuration.md from ivr/sections.py; ``--check`` only says whether it is up to date.

Errors: exit code 1 with one sentence when ``--check`` finds a difference.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic.fields import FieldInfo

from ivr.deploy.settings import about, allowed, sections, toml
from ivr.paths import ROOT

TARGET = ROOT / "docs" / "configuration.md"

INTRODUCTION = """\
# Configuration

Made from `ivr/sections.py` by `scripts/config_docs.py`: don't edit.

One TOML file, given as `--config ivr.toml`, holds what differs from the defaults; without a file the line runs on
loopback. Relative paths are relative to the file; the defaults under `line.plan`, `line.prompts_dir` and
`speech.model` are the project's own folders. A key is overridden by the environment variable
`IVR_<SECTION>_<KEY>` (lists with commas between the parts). Passwords never stand in the file: name a file with
`password_file`, or set `IVR_SIP_PASSWORD` or `IVR_MQTT_PASSWORD`. An unknown or impossible setting stops the start
with one sentence that names file, key and remedy; `ivr doctor --config ivr.toml` says the same without starting.

A line behind a trunk whose address is known:

```toml
[sip]
bind = "192.0.2.10"
trunks = ["192.0.2.1"]
[people]
agent = "sip:600@192.0.2.1"
```
"""


def shown_default(field: FieldInfo) -> str:
    """A default as it would stand in the TOML file; the project's own files relative to its folder."""
    value = field.default
    if value is None:
        return "not set"
    if isinstance(value, Path) and value.is_relative_to(ROOT):
        value = value.relative_to(ROOT)
    return f"`{toml(value)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def render() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    for name, model in sections():
        properties = model.model_json_schema()["properties"]
        rows = [
            f"| `{name}.{key}` | {_cell(allowed(properties[key]))} | {shown_default(field)} | {field.description} |"
            for key, field in model.model_fields.items()
        ]
        table = ["| key | may be | default | meaning |", "| --- | --- | --- | --- |", *rows]
        parts.append(f"## [{name}]\n\n{about(model)}\n\n" + "\n".join(table) + "\n")
    return "\n".join(parts)


def main(arguments: list[str]) -> int:
    page = render()
    if arguments == ["--check"]:
        if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == page:
            return 0
        print("docs/configuration.md is not what ivr/sections.py says. Run python scripts/config_docs.py")
        return 1
    TARGET.write_text(page, encoding="utf-8")
    print(f"wrote {TARGET.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

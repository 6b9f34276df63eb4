"""Turns pip's resolution reports of two Pythons into one lock with hashes; run by ``lock.sh``.

A report is the JSON of ``pip install --dry-run --report``. The lock names each
package once, with the SHA-256 of the file that either Python takes. Where the
files came from is left out on purpose: the lock is good with any index.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

HEADER = """\
# Made by scripts/lock.sh from pyproject.toml: don't edit.
# CPython {pythons} on Linux x86-64.
"""


@dataclass
class Pin:
    """One version of one package, the files' hashes, and the Pythons (``3.11``) that take it."""

    name: str
    version: str
    hashes: set[str] = field(default_factory=set)
    pythons: set[str] = field(default_factory=set)


def read_report(report: Mapping[str, object], pins: dict[tuple[str, str], Pin]) -> str:
    """Add a report's packages to ``pins``; returns the Python (``3.11``) it was made by."""
    environment, installs = report["environment"], report["install"]
    if not isinstance(environment, dict) or not isinstance(installs, list):
        raise SystemExit("lock.py: this is not a report of pip install --dry-run --report")
    python = str(environment["python_version"])
    for item in installs:
        name = re.sub(r"[-_.]+", "-", item["metadata"]["name"]).lower()
        version = item["metadata"]["version"]
        pin = pins.setdefault((name, version), Pin(name, version))
        pin.hashes.add(item["download_info"]["archive_info"]["hashes"]["sha256"])
        pin.pythons.add(python)
    return python


def render(pins: Mapping[tuple[str, str], Pin], pythons: Sequence[str], leave_out: set[str]) -> str:
    """The lock's text, sorted by name; packages in ``leave_out`` are locked elsewhere."""
    blocks = [HEADER.format(pythons=" and ".join(pythons))]
    for pin in sorted(pins.values(), key=lambda pin: (pin.name, pin.version)):
        if pin.name in leave_out:
            continue
        line = f"{pin.name}=={pin.version}"
        if pin.pythons != set(pythons):
            line += " ; " + " or ".join(f'python_version == "{python}"' for python in sorted(pin.pythons))
        blocks.append(" \\\n".join([line, *(f"    --hash=sha256:{digest}" for digest in sorted(pin.hashes))]) + "\n")
    return "".join(blocks)


def names(lock: Path) -> set[str]:
    """Names of the packages that a lock holds."""
    return {
        line.split("==")[0] for line in lock.read_text(encoding="utf-8").splitlines() if re.match(r"[a-z0-9]", line)
    }


def main(arguments: Sequence[str]) -> None:
    """``lock.py OUT [--without LOCK]… REPORT REPORT``"""
    rest, leave_out = list(arguments), set[str]()
    while "--without" in rest:
        at = rest.index("--without")
        leave_out |= names(Path(rest[at + 1]))
        del rest[at : at + 2]
    target, reports = Path(rest[0]), rest[1:]
    pins: dict[tuple[str, str], Pin] = {}
    pythons = [read_report(json.loads(Path(report).read_text(encoding="utf-8")), pins) for report in reports]
    target.write_text(render(pins, pythons, leave_out), encoding="utf-8")
    print(f"{target}: {len({pin.name for pin in pins.values()} - leave_out)} packages")


if __name__ == "__main__":
    main(sys.argv[1:])

"""Makes ``docs/images/demo.svg``: one run of ``ivr demo --once``, as a terminal shows it.

Usage: ``python scripts/demo_picture.py [OUT.svg]``. The picture is of a real
run; it fails when the demo fails.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 100
ANSI = re.compile(r"\x1b\[[0-9;]*m")
FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def main(out: Path) -> None:
    """Run the demo and draw its first part: the live conversation, not the timeline that repeats it."""
    done = subprocess.run(
        [sys.executable, "-m", "ivr", "demo", "--once"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"},
    )
    if done.returncode != 0:
        raise SystemExit(f"the demo failed:\n{done.stdout}\n{done.stderr}")
    lines = done.stdout.splitlines()
    timeline = next(i for i, line in enumerate(lines) if ANSI.sub("", line).startswith("╭─ call"))
    verdict = [line for line in lines[timeline:] if "✓" in line or "recording  " in line]
    text = "\n".join([*lines[:timeline], *verdict]).replace(f"{ROOT}/", "")
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(text))
    out.parent.mkdir(parents=True, exist_ok=True)
    # Fonts of the reader's machine: the picture asks no other host for any.
    picture = FONTS.sub("", console.export_svg(title="bash scripts/demo.sh"))
    out.write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images" / "demo.svg")

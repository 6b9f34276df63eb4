"""Scripts of others are the very files that their authors published."""

from __future__ import annotations

import hashlib
import tomllib

import pytest

from ivr.office.site import static_folder
from ivr.paths import project_file

VENDORED = tomllib.loads((static_folder() / "vendored.toml").read_text(encoding="utf-8"))


@pytest.mark.rule("X9")
@pytest.mark.parametrize("name", VENDORED)
def test_a_file_of_others_is_unchanged_and_noticed(name: str) -> None:
    assert hashlib.sha256((static_folder() / name).read_bytes()).hexdigest() == VENDORED[name]["sha256"]
    notices = project_file("THIRD-PARTY-NOTICES.md").read_text(encoding="utf-8")
    package, version = VENDORED[name]["package"].split(",")[0].split(" ")[1:]
    assert f"**{package.removesuffix('.js').removesuffix('.org')}" in notices
    assert version in notices


def test_every_script_is_ours_or_is_named() -> None:
    minified = {path.name for path in static_folder().glob("*.min.js")}
    assert minified == set(VENDORED)

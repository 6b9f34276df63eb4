"""Documents, configuration, commands, packaging and code say the same."""

from __future__ import annotations

import fnmatch
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from starlette.routing import Route

from ivr import __version__
from ivr.cli import main
from ivr.config import Config, load
from ivr.deploy.settings import sections
from ivr.office.app import application
from ivr.paths import ROOT
from scripts.config_docs import render

PAGES = sorted([ROOT / "README.md", ROOT / "THIRD-PARTY-NOTICES.md", *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def tracked() -> list[Path]:
    """The repository's files that exist; skips where there is no repository (an unpacked archive)."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    return [path for name in done.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def commands_in(text: str) -> Iterator[str]:
    """Every ``ivr …`` command line of a page: in code blocks and in backticks."""
    for language, block in FENCE.findall(text):
        if language in ("sh", "bash", "console", ""):
            for line in block.splitlines():
                if match := re.match(r"(?:\$ )?(?:\.venv/bin/)?(ivr .*)", line):
                    yield match[1].split(" #")[0].strip()
    for code in re.findall(r"`([^`\n]+)`", FENCE.sub("", text)):
        if code.startswith("ivr "):
            yield code


def resolve(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that the words name, and what is left: its arguments. Raises KeyError when there is none."""
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        if found is None:
            raise KeyError(words[0])
        command, words = found, words[1:]
    return command, words


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_command_in_the_documents_exists_with_its_options(path: Path) -> None:
    for line in commands_in(path.read_text(encoding="utf-8")):
        command, rest = resolve(shlex.split(line)[1:])
        assert not isinstance(command, click.Group) or not rest, f"{line}: {rest}"
        known = {name for parameter in command.params for name in parameter.opts} | {"--help", "--version"}
        assert {word.split("=")[0] for word in rest if word.startswith("--")} <= known, line


def test_the_readme_names_the_commands_that_people_start_with() -> None:
    lines = set(commands_in(page("README.md")))
    for command in ("ivr serve", "ivr demo", "ivr doctor", "ivr plan check"):
        assert any(line.startswith(command) for line in lines), command


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_and_script_in_the_documents_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    for target in filter(None, targets):
        assert (path.parent / target).exists(), target
    for script in re.findall(r"\b(?:bash|python) ((?:\.ci|scripts)/[\w./-]+)", text):
        assert (ROOT / script).is_file(), script


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_path_of_the_project_in_backticks_exists(path: Path) -> None:
    rooms = {name.name for name in ROOT.iterdir()} | {"ivr", "scripts", "docs", "tests", "requirements"}
    for code in re.findall(r"`([^`\n]+)`", FENCE.sub("", path.read_text(encoding="utf-8"))):
        first = code.split("/")[0]
        if "/" in code and first in rooms and first not in (".venv", "var") and re.fullmatch(r"[\w./-]+", code):
            assert (ROOT / code).exists(), code


def test_the_readmes_configuration_is_accepted_and_five_lines_long(tmp_path: Path) -> None:
    blocks = [block for language, block in FENCE.findall(page("README.md")) if language == "toml"]
    assert blocks
    for block in blocks:
        (tmp_path / "ivr.toml").write_text(block, encoding="utf-8")
        config = load(tmp_path / "ivr.toml", {})
        assert config.people.agent
    assert len(blocks[0].splitlines()) == 5


def test_the_configurations_page_is_what_the_code_says() -> None:
    assert page("docs/configuration.md") == render(), "run python scripts/config_docs.py"


def test_every_key_has_a_meaning_and_its_line() -> None:
    documented = re.findall(r"^\| `(\w+\.\w+)` \|", page("docs/configuration.md"), re.MULTILINE)
    keys = [f"{section}.{key}" for section, model in sections() for key in model.model_fields]
    assert documented == keys
    assert all(field.description for _, model in sections() for field in model.model_fields.values())
    assert {section for section, _ in sections()} == set(Config.model_fields) - {"source"}


@pytest.mark.parametrize("name", ["README.md", "docs/development.md"])
def test_every_key_that_a_document_names_exists(name: str) -> None:
    keys = {f"{section}.{key}" for section, model in sections() for key in model.model_fields}
    names = "|".join(section for section, _ in sections())
    for key in re.findall(rf"`((?:{names})\.[a-z_]+)`", page(name)):
        assert key in keys, key


def test_the_version_is_the_same_everywhere() -> None:
    assert PYPROJECT["project"]["version"] == __version__


def test_no_file_tells_where_it_was_built_or_what_it_was_installed_from() -> None:
    # Put together here, so that this file is not its own first finding.
    telltale = re.compile(
        "|".join(
            [
                r"(?<![\w.~-])/(?:" + "|".join(["home", "root", "work", "Users", "farm"]) + r")/\w",
                "pypi" + r"\.org/",
                "python" + r"hosted\.org",
                r"https?://\S*/" + r"simple\b",
                "extra-" + "index-url",
                "find-" + "links",
            ]
        )
    )
    found = []
    for path in tracked():
        content = path.read_bytes()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode("utf-8").splitlines(), 1):
            if telltale.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []


def test_the_repository_stays_small() -> None:
    binary = [path for path in tracked() if b"\0" in path.read_bytes()[:8192]]
    assert sum(path.stat().st_size for path in binary) < 60_000_000


def locked(name: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)==", page(f"requirements/{name}.txt"), re.MULTILINE))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_table_begins_with_its_header(path: Path) -> None:
    tables = re.findall(r"(?:^\|.*\|\n)+", path.read_text(encoding="utf-8"), re.MULTILINE)
    ruled = [re.search(r"^[^\n]+\n\|(?: ?:?-+:? ?\|)+\n", table) for table in tables]
    assert [table.splitlines()[0] for table, rule in zip(tables, ruled, strict=True) if rule is None] == []


def test_every_package_that_the_line_runs_on_has_its_licence_row() -> None:
    notices = page("THIRD-PARTY-NOTICES.md").split("## Python packages that the line runs on")[1]
    rows = dict(re.findall(r"^\| ([a-z][a-z0-9-]*) \| ([^|]+) \|$", notices, re.MULTILINE))
    rows.pop("package")
    assert set(rows) == locked("runtime") | locked("build")


@pytest.mark.parametrize(
    ("section", "file", "first"),
    [
        ("asr_models/vosk-model-small-lt-0.7", "asr_models/vosk-model-small-lt-0.7/LICENSE-LIEPA", ""),
        ("scripts/train_asr/words", "scripts/train_asr/words/LICENCE-hunspell-lt", "Files: "),
    ],
)
def test_notices_of_others_are_quoted_in_full(section: str, file: str, first: str) -> None:
    notices = page("THIRD-PARTY-NOTICES.md")
    part = re.split(r"^##+ ", notices[notices.index(f"`{section}`") :], maxsplit=1, flags=re.MULTILINE)[0]
    quoted = re.findall(r"^> ?(.*)$", part, re.MULTILINE)
    licence = page(file)
    wanted = licence[licence.index(first) :].splitlines()
    assert [line.rstrip() for line in quoted if line] == [line.rstrip() for line in wanted if line]


def test_the_licence_is_the_gpl_in_full() -> None:
    text = page("LICENSE")
    assert text.lstrip().startswith("GNU GENERAL PUBLIC LICENSE")
    assert "Version 3, 29 June 2007" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert PYPROJECT["project"]["license"] == {"text": "GPL-3.0-or-later"}


def dockerfile() -> list[list[str]]:
    """Instructions of the Dockerfile as words, continuation lines joined."""
    text = page("Dockerfile").replace("\\\n", " ")
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


def test_the_container_copies_what_exists_and_what_docker_is_given() -> None:
    given = [line[1:] for line in page(".dockerignore").splitlines() if line.startswith("!")]
    sources = [
        source
        for words in dockerfile()
        if words[0] == "COPY" and not words[1].startswith("--from")
        for source in words[1:-1]
    ]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert any(source == name or fnmatch.fnmatch(source, f"{name}/*") for name in given), source


def test_the_container_starts_the_line_as_an_ordinary_user_with_the_locks_packages() -> None:
    lines = [" ".join(words) for words in dockerfile()]
    final = lines[max(index for index, line in enumerate(lines) if line.startswith("FROM ")) :]
    assert "USER ivr" in final
    command = next(line for line in final if line.startswith("CMD "))
    words = re.findall(r'"([^"]+)"', command)
    assert words[0] == "ivr"
    assert resolve(words[1:])[0].name == "serve"
    installs = [line for line in lines if "pip install" in line and "-r " in line]
    assert installs
    assert all(line.count("--require-hashes") == line.count("pip install") for line in installs)


def test_the_containers_ports_and_health_page_are_the_lines() -> None:
    lines = [" ".join(words) for words in dockerfile()]
    config = load(None, {})
    ports = next(line for line in lines if line.startswith("EXPOSE ")).split()[1:]
    last = config.sip.rtp_port + config.sip.rtp_ports - 1
    assert set(ports) == {
        f"{config.sip.port}/udp",
        f"{config.sip.port}/tcp",
        f"{config.sip.rtp_port}-{last}/udp",
        f"{config.office.port}/tcp",
    }
    routes = [route.path for route in application(Path("var"), __version__, None).routes if isinstance(route, Route)]
    health = next(line for line in lines if line.startswith("HEALTHCHECK "))
    assert any(path in health for path in routes)

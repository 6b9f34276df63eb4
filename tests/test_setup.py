"""The two commands: what they install, when they do nothing, what they say when they can't, and their exit codes.

Python, pip, apt and the checks are stand-ins that write down how they were called;
the scripts are the real ones, in a copy of the project whose path has a space.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from ivr.paths import ROOT
from scripts.lock import Pin, read_report, render

STUB_PYTHON = """#!/bin/sh
echo "python $*" >> "$CALLS"
case "$*" in
    -V) echo Python 3.11.9 ;;
    *"-m pip install"*) echo "${PIP_SAYS:-Installing collected packages}"; exit "${PIP_STATUS:-0}" ;;
    *"-m pytest"*) env | grep ^IVR_ >> "$CALLS"; echo "${PYTEST_SAYS:-3 passed}"; exit "${PYTEST_STATUS:-0}" ;;
    *conformance.py*) exit "${CONFORMANCE_STATUS:-0}" ;;
esac
"""
LOCKS = ("build.txt", "runtime.txt", "dev.txt")


@dataclass
class Place:
    """A copy of the project with stand-ins on the PATH; ``calls`` is what they wrote down."""

    root: Path
    bin: Path
    log: Path

    def tool(self, name: str, body: str = "", *, venv: bool = False) -> None:
        path = (self.root / ".venv" / "bin" if venv else self.bin) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body or f'#!/bin/sh\necho "{name} $*" >> "$CALLS"\n', encoding="utf-8")
        path.chmod(0o755)

    def run(self, command: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """A bash command line, from a folder that is not the project's."""
        environment = {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "HOME": str(self.bin.parent),
            "CALLS": str(self.log),
            "PROJECT_AT": str(self.root),
        }
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.bin.parent,
            env=environment | dict(environ or {}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def sourced(self, command: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return self.run(f'set -euo pipefail; source "$PROJECT_AT/scripts/setup.sh"; {command}', environ)

    def script(self, name: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        words = " ".join(f"'{word}'" for word in arguments)
        return self.run(f'bash "$PROJECT_AT/scripts/{name}" {words}', environ)

    @property
    def calls(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []

    def installs(self) -> list[str]:
        return [call for call in self.calls if "-m pip install" in call]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    root = tmp_path / "the line"
    shutil.copytree(ROOT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__", "bench"))
    shutil.copytree(ROOT / "requirements", root / "requirements")
    shutil.copy(ROOT / "pyproject.toml", root)
    (tmp_path / "bin").mkdir()
    place = Place(root, tmp_path / "bin", tmp_path / "calls.log")
    # Nothing real is ever installed by these tests.
    for name in ("apt-get", "sudo"):
        place.tool(name, "#!/bin/sh\nexit 1\n")
    return place


@pytest.fixture
def ready(place: Place) -> Place:
    """With an environment that is there but was never filled."""
    place.tool("python", STUB_PYTHON, venv=True)
    for name in ("ruff", "mypy", "lint-imports"):
        place.tool(name, venv=True)
    for name in ("sipp", "baresip", "espeak-ng", "sox", "mosquitto"):
        place.tool(name)
    return place


def test_everything_is_installed_from_the_locks_with_hashes_and_nothing_beside_them(ready: Place) -> None:
    done = ready.sourced("set_up")
    assert done.returncode == 0, done.stderr
    build, runtime, project = ready.installs()
    assert "--require-hashes --no-deps" in build
    assert str(ready.root / "requirements" / "build.txt") in build
    assert "--require-hashes --no-deps" in runtime
    assert "--no-build-isolation" in runtime
    assert "runtime.txt" in runtime
    assert "dev.txt" not in runtime
    assert f"--no-deps --no-build-isolation --editable {ready.root}" in project


def test_a_second_start_installs_nothing_and_is_silent(ready: Place) -> None:
    ready.sourced("set_up")
    before = len(ready.installs())
    done = ready.sourced("set_up")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(ready.installs()) == before


def test_the_tests_set_up_serves_the_demo_but_not_the_other_way_round(ready: Place) -> None:
    ready.sourced("set_up")
    ready.sourced("set_up dev")
    assert any("dev.txt" in call for call in ready.installs())
    before = len(ready.installs())
    ready.sourced("set_up")
    assert len(ready.installs()) == before


@pytest.mark.parametrize("changed", ["requirements/runtime.txt", "requirements/build.txt", "pyproject.toml"])
def test_a_changed_lock_is_installed(ready: Place, changed: str) -> None:
    ready.sourced("set_up")
    before = len(ready.installs())
    with (ready.root / changed).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    ready.sourced("set_up")
    assert len(ready.installs()) > before


def make_python(place: Place) -> dict[str, str]:
    """A Python that makes environments of stand-ins; returns the setting that chooses it."""
    place.tool("stub", STUB_PYTHON)
    place.tool(
        "mypython",
        "#!/bin/sh\n"
        'echo "mypython $*" >> "$CALLS"\n'
        f'case "$*" in "-m venv"*) rm -rf "$4"; mkdir -p "$4/bin"; cp "{place.bin}/stub" "$4/bin/python" ;; esac\n',
    )
    return {"PYTHON": "mypython"}


def test_a_download_that_failed_is_repeated_in_the_same_environment(ready: Place) -> None:
    python = make_python(ready)
    failed = ready.sourced("set_up", python | {"PIP_STATUS": "1", "PIP_SAYS": "ERROR: no network"})
    assert failed.returncode == 1
    assert "ERROR: no network" in failed.stderr
    assert "Start again to repeat" in failed.stderr
    before = len(ready.installs())
    assert ready.sourced("set_up", python).returncode == 0
    assert len(ready.installs()) > before
    assert not [call for call in ready.calls if call.startswith("mypython -m venv")]


def test_an_installation_that_was_interrupted_halfway_begins_anew(ready: Place) -> None:
    python = make_python(ready)
    assert ready.sourced("set_up", python | {"PIP_STATUS": "137"}).returncode == 1
    assert ready.sourced("set_up", python).returncode == 0
    assert f"mypython -m venv --clear {ready.root / '.venv'}" in ready.calls
    before = len(ready.calls)
    assert ready.sourced("set_up", python).returncode == 0
    assert not [call for call in ready.calls[before:] if "pip install" in call or "venv" in call]


def test_a_broken_environment_is_made_anew(ready: Place) -> None:
    ready.tool("python", "#!/bin/sh\nexit 127\n", venv=True)
    done = ready.sourced("set_up", make_python(ready))
    assert done.returncode == 0, done.stderr
    assert f"mypython -m venv --clear {ready.root / '.venv'}" in ready.calls
    assert ready.installs()


def test_without_a_fitting_python_one_sentence_says_what_to_do(place: Place) -> None:
    place.tool("python3.10", "#!/bin/sh\nexit 1\n")
    done = place.sourced("set_up", {"PYTHON": "python3.10"})
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "needs Python 3.11 or 3.12" in done.stderr
    assert "apt-get install" in done.stderr
    assert not (place.root / ".venv").exists()


def test_another_kind_of_machine_is_refused_in_one_sentence(place: Place) -> None:
    place.tool("uname", "#!/bin/sh\necho Linux aarch64\n")
    done = place.sourced("set_up")
    assert done.returncode == 1
    assert "Linux aarch64" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_debian_without_venv_gets_it_or_names_it(place: Place) -> None:
    place.tool(
        "mypython",
        '#!/bin/sh\ncase "$*" in *ensurepip*) exit 1 ;; *print*) echo python3.11-venv ;; esac\n',
    )
    done = place.sourced("set_up", {"PYTHON": "mypython"})
    assert done.returncode == 1
    assert "apt-get install python3.11-venv" in done.stderr
    place.tool("id", "#!/bin/sh\necho 0\n")
    place.tool("apt-get")
    place.sourced("set_up", {"PYTHON": "mypython"})
    assert "apt-get install -y -q --no-install-recommends python3.11-venv" in place.calls


WANTED = "debian_packages no-such-tool-a=package-a no-such-tool-b=package-b bash=bash"


def test_missing_debian_packages_are_named_in_one_line_when_the_user_may_not_install_them(place: Place) -> None:
    place.tool("id", "#!/bin/sh\necho 1000\n")
    place.tool("apt-get")
    done = place.sourced(WANTED)
    assert done.returncode == 0
    assert len(done.stderr.splitlines()) == 1
    assert "apt-get install package-a package-b" in done.stderr
    assert place.calls == []


def test_missing_debian_packages_are_installed_by_root(place: Place) -> None:
    place.tool("id", "#!/bin/sh\necho 0\n")
    place.tool("apt-get")
    done = place.sourced(WANTED)
    assert done.returncode == 0
    assert place.calls == ["apt-get install -y -q --no-install-recommends package-a package-b"]


def test_missing_debian_packages_are_installed_with_sudo_where_it_asks_nothing(place: Place) -> None:
    place.tool("id", "#!/bin/sh\necho 1000\n")
    place.tool("sudo", '#!/bin/sh\necho "sudo $*" >> "$CALLS"\n')
    assert place.sourced(WANTED).returncode == 0
    assert "apt-get install" in place.calls[-1]
    assert place.calls[-1].startswith("sudo -n ")


def test_the_list_of_debian_packages_is_fetched_only_when_the_one_at_hand_does_not_do(place: Place) -> None:
    place.tool("id", "#!/bin/sh\necho 0\n")
    place.tool(
        "apt-get",
        '#!/bin/sh\necho "apt-get $1" >> "$CALLS"\n[ "$1" = update ] || grep -q update "$CALLS"\n',
    )
    assert place.sourced(WANTED).returncode == 0
    assert place.calls == ["apt-get install", "apt-get update", "apt-get install"]


def test_nothing_is_asked_of_debian_when_all_tools_are_here(place: Place) -> None:
    place.tool("id", "#!/bin/sh\necho 0\n")
    place.tool("apt-get")
    place.sourced("debian_packages bash=bash sh=dash")
    assert place.calls == []


def test_the_demo_gets_its_arguments_whole(ready: Place) -> None:
    ready.tool("ivr", '#!/bin/sh\nprintf "<%s>" "$@"\n', venv=True)
    done = ready.script("demo.sh", "--once", "--json", "two words")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "<demo><--once><--json><two words>"
    assert not any("dev.txt" in call for call in ready.calls)


def test_the_demos_exit_code_is_the_scripts(ready: Place) -> None:
    ready.tool("ivr", "#!/bin/sh\nexit 7\n", venv=True)
    assert ready.script("demo.sh").returncode == 7


def test_all_checks_run_and_pytest_has_the_last_word(ready: Place) -> None:
    done = ready.script("test.sh")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "3 passed"
    ran = "\n".join(ready.calls)
    for check in (
        "ruff check .",
        "ruff format --check .",
        "mypy ",
        "lint-imports ",
        "python scripts/conformance.py --check",
        "python scripts/config_docs.py --check",
        "python -m pytest",
    ):
        assert check in ran, check


def test_arguments_go_to_pytest_whole(ready: Place) -> None:
    ready.script("test.sh", "tests/test_config.py", "-k", "two words")
    assert "python -m pytest tests/test_config.py -k two words" in ready.calls


def test_a_failed_check_fails_the_run_after_the_tests_were_shown(ready: Place) -> None:
    ready.tool("mypy", "#!/bin/sh\necho ivr/x.py:1: error: wrong\nexit 1\n", venv=True)
    done = ready.script("test.sh", CONFORMANCE_STATUS="1")
    assert done.returncode == 1
    assert "ivr/x.py:1: error: wrong" in done.stdout
    assert "3 passed" in done.stdout
    assert done.stdout.splitlines()[-1] == "FAILED before the tests: mypy,docs/conformance.md"


@pytest.mark.parametrize("status", [1, 2, 5])
def test_pytests_exit_code_is_the_scripts(ready: Place, status: int) -> None:
    done = ready.script("test.sh", PYTEST_STATUS=str(status), PYTEST_SAYS="1 failed")
    assert done.returncode == status
    assert done.stdout.splitlines()[-1] == "1 failed"


def test_fast_runs_pytest_only(ready: Place) -> None:
    ready.sourced("set_up dev")
    ready.log.unlink()
    assert ready.script("test.sh", IVR_TEST_FAST="1").returncode == 0
    assert [call for call in ready.calls if "pip" not in call and "-V" not in call] == ["python -m pytest"]


def test_an_operators_settings_do_not_reach_the_tests(ready: Place) -> None:
    ready.script("test.sh", IVR_SIP_PORT="5070", IVR_TEST_FAST="1")
    assert not [call for call in ready.calls if call.startswith("IVR_")]


def test_submissions_run_the_same_script() -> None:
    assert "scripts/test.sh" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted([*(ROOT / "scripts").glob("*.sh"), ROOT / ".ci" / "run"]), ids=lambda p: p.name)
def test_every_shell_script_can_be_read_by_bash(path: Path) -> None:
    done = subprocess.run(["bash", "-n", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_one_version_and_a_hash(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    entries = re.split(r"^(?=[a-z0-9])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE), flags=re.MULTILINE)[1:]
    assert entries
    for entry in entries:
        assert re.fullmatch(r"[a-z0-9-]+==\S+( ; [^\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+\n", entry), entry


def test_the_locks_hold_what_the_project_asks_for_and_no_gpu_libraries() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def wanted(lines: list[str]) -> set[str]:
        return {re.split(r"[^A-Za-z0-9._-]", line)[0].lower().replace("_", "-") for line in lines}

    def locked(*names: str) -> set[str]:
        text = "".join((ROOT / "requirements" / name).read_text(encoding="utf-8") for name in names)
        return set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))

    assert wanted(project["dependencies"]) <= locked("build.txt", "runtime.txt")
    assert wanted(project["optional-dependencies"]["dev"]) <= locked("dev.txt")
    assert not locked("dev.txt") & locked("build.txt", "runtime.txt")
    assert not [name for name in locked(*LOCKS) if re.match(r"torch|nvidia|triton|cuda", name)]


def report(python: str, *packages: tuple[str, str, str]) -> dict[str, object]:
    install = [
        {
            "metadata": {"name": name, "version": version},
            "download_info": {"url": "file:///somewhere", "archive_info": {"hashes": {"sha256": digest}}},
        }
        for name, version, digest in packages
    ]
    return {"environment": {"python_version": python}, "install": install}


def test_two_pythons_share_one_lock() -> None:
    pins: dict[tuple[str, str], Pin] = {}
    reports = (
        report("3.11", ("Py.Yaml", "6.0", "b1"), ("pure", "1.0", "aa"), ("old", "2.0", "cc")),
        report("3.12", ("py_yaml", "6.0", "b2"), ("pure", "1.0", "aa"), ("build", "9", "dd")),
    )
    # As pip writes it and as a file brings it.
    pythons = [read_report(json.loads(json.dumps(each)), pins) for each in reports]
    text = render(pins, pythons, {"build"})
    assert text.split("x86-64.\n")[1] == (
        'old==2.0 ; python_version == "3.11" \\\n    --hash=sha256:cc\n'
        "pure==1.0 \\\n    --hash=sha256:aa\n"
        "py-yaml==6.0 \\\n    --hash=sha256:b1 \\\n    --hash=sha256:b2\n"
    )
    assert "somewhere" not in text

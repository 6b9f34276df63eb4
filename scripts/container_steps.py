"""Runs what ``compose.yaml`` and its Dockerfiles say where no Docker daemon answers: ``scripts/container.sh`` calls it.

Every image is an overlay over this machine's own files, as if those were the base image; each RUN and COPY happens in
it. Every service is then started in such a root with its own user, environment and volumes, read-only and without
capabilities where the file says so, and its health check is asked. At the end a caller dials the proxy.

Must run as root in mount and process namespaces of its own: nothing outside is changed, and the services are alone on
a network of their own.
Base images and their versions are not proved by this, networks of Docker neither.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[1]
HEALTHY_S = 600.0
_VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")
_NEW_NETWORK = 0x40000000  # CLONE_NEWNET
_MOUNTS = ("proc", "dev", "sys")


def run(*command: str) -> None:
    subprocess.run(command, check=True)


def overlay(lower: Path, place: Path) -> Path:
    """A file system that shows ``lower`` and keeps what changes."""
    upper, scratch, root = (place / part for part in ("upper", "scratch", "root"))
    for folder in (upper, scratch, root):
        folder.mkdir(parents=True)
    run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir={lower},upperdir={upper},workdir={scratch}", str(root))
    return root


@dataclass
class Image:
    """An overlay root and what the Dockerfile says of it."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = "root"
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def layer(self, place: Path) -> Image:
        """Another image over this one."""
        root = overlay(self.root, place)
        for name in _MOUNTS:
            run("mount", "--rbind", f"/{name}", str(root / name))
        return replace(self, root=root, environment=dict(self.environment))

    @classmethod
    def base(cls, place: Path) -> Image:
        """This machine as a base image."""
        path = "/opt/container/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        image = cls(Path("/"), {"PATH": path}).layer(place)
        root = image.root
        (root / "tmp").chmod(0o1777)
        (root / "opt/container/bin").mkdir(parents=True)
        (root / "opt/container/bin/python").symlink_to(Path(sys.executable).resolve())
        for above in Path(sys.executable).resolve().parents:
            inside = root / str(above).lstrip("/")
            inside.chmod(inside.stat().st_mode | 0o011)  # the interpreter may lie in a home
        return image

    def start(
        self,
        command: list[str],
        environment: dict[str, str],
        *,
        user: str = "root",
        bare: bool = False,
        quiet: bool = False,
    ) -> subprocess.Popen[bytes]:
        """``bare``: no capabilities and none to be had."""
        who, group = self.ids(user)
        rights = ["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"] if bare else []
        settings = {**self.environment, **environment}
        return subprocess.Popen(
            [
                "chroot",
                str(self.root),
                *("setpriv", f"--reuid={who}", f"--regid={group}", "--clear-groups", *rights, "--"),
                *("env", "-i", *(f"{key}={value}" for key, value in settings.items())),
                *("sh", "-c", f"cd {shlex.quote(self.folder)} && exec {shlex.join(command)}"),
            ],
            stdout=subprocess.DEVNULL if quiet else None,
            stderr=subprocess.DEVNULL if quiet else None,
        )

    def ids(self, user: str) -> tuple[int, int]:
        """User and group of a name, a number or ``user:group``, as the image knows them."""
        who, _, group = user.partition(":")
        for line in (self.root / "etc/passwd").read_text(encoding="utf-8").splitlines():
            name, _, number, own_group, *_ = line.split(":")
            if who in (name, number):
                return int(number), int(group or own_group)
        return int(who), int(group or who)


def build(layers: Path, dockerfile: Path, context: Path) -> Image:
    """The last stage of a Dockerfile."""
    stages: dict[str, Image] = {}
    image: Image | None = None
    for kind, value in steps(dockerfile.read_text(encoding="utf-8")):
        if kind == "FROM":
            image = Image.base(layers / str(len(stages)))
            stages[value.partition(" AS ")[2] or value] = image
        else:
            assert image is not None, "a Dockerfile begins with FROM"
            print(f"  {kind} {value[:100]}", flush=True)
            follow(image, kind, value, stages, context)
    assert image is not None
    return image


def steps(dockerfile: str) -> list[tuple[str, str]]:
    """Instructions and what follows them, comments left out and broken lines joined."""
    lines = [line for line in dockerfile.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(kind, value) for kind, _, value in (line.partition(" ") for line in joined.splitlines())]


def follow(image: Image, kind: str, value: str, stages: dict[str, Image], context: Path) -> None:
    match kind:
        case "ENV":
            for pair in shlex.split(value):
                key, _, text = pair.partition("=")
                image.environment[key] = text.replace("$PATH", image.environment["PATH"])
        case "WORKDIR":
            image.folder = value
            (image.root / value.lstrip("/")).mkdir(parents=True, exist_ok=True)
        case "USER":
            image.user = value
        case "RUN":
            done = image.start(["sh", "-ec", value], settings_of_this_machine(), user=image.user)
            if done.wait() != 0:
                raise SystemExit(f"{kind} {value} ended with {done.returncode}")
        case "COPY":
            copy(image, value.split(), stages, context)
        case "CMD":
            image.command = json.loads(value)
        case "HEALTHCHECK":
            image.health = json.loads(value[value.index("CMD") + 3 :])
        case "VOLUME" | "EXPOSE":
            pass  # said for those who run it
        case _:
            raise SystemExit(f"{kind} is not known here: teach {Path(__file__).name}")


def copy(image: Image, words: list[str], stages: dict[str, Image], context: Path) -> None:
    start = context
    if words[0].startswith("--from="):
        start = stages[words.pop(0).removeprefix("--from=")].root
    *sources, target = words
    inside = image.root / (target if target.startswith("/") else f"{image.folder}/{target}").lstrip("/")
    for source in sources:
        origin = start / source.lstrip("/")
        into = inside / origin.name if target.endswith("/") and origin.is_file() else inside
        if into.name == ".":
            into = inside / origin.name
        into.parent.mkdir(parents=True, exist_ok=True)
        if origin.is_dir():
            shutil.copytree(origin, into, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(origin, into)


def settings_of_this_machine() -> dict[str, str]:
    """Where this machine takes packages from, which its own files may not say."""
    return {key: value for key, value in os.environ.items() if key.lower().startswith(("pip_", "http", "no_proxy"))}


def substituted(value: Any) -> Any:
    """``${NAME:-default}`` of a compose file."""
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: os.environ.get(found[1], found[2]), value)
    if isinstance(value, list):
        return [substituted(one) for one in value]
    return {key: substituted(one) for key, one in value.items()} if isinstance(value, dict) else value


class Composition:
    """The services of a compose file."""

    def __init__(self, layers: Path) -> None:
        self._layers = layers
        self._services = substituted(yaml.safe_load((PROJECT / "compose.yaml").read_text(encoding="utf-8")))["services"]
        self._built: dict[Path, Image] = {}
        self._running: dict[str, tuple[Image, subprocess.Popen[bytes]]] = {}

    def up(self) -> None:
        """Build all images, then start all services, those first that others depend on."""
        images = {name: self._image(name, service) for name, service in self._services.items()}
        alone_on_the_network()
        left = dict(self._services)
        while left:
            ready = [name for name, one in left.items() if not set(one.get("depends_on", ())) & set(left)]
            assert ready, "services depend on each other in a circle"
            for name in ready:
                self._start(name, images[name], left.pop(name))

    def _start(self, name: str, image: Image, service: dict[str, Any]) -> None:
        print(f"service {name}", flush=True)
        for volume in service.get("volumes", ()):
            self._mount(image, volume, service)
        for place in service.get("tmpfs", ()):
            path, _, options = place.partition(":")
            (image.root / path.lstrip("/")).mkdir(parents=True, exist_ok=True)
            run("mount", "-t", "tmpfs", "tmpfs", str(image.root / path.lstrip("/")), "-o", options or "mode=1777")
        if service.get("read_only"):
            run("mount", "-o", "remount,ro", str(image.root))
        environment = {key: str(value) for key, value in service.get("environment", {}).items()}
        process = image.start(
            service.get("command", image.command),
            environment,
            user=service.get("user", image.user),
            bare=service.get("cap_drop") == ["ALL"],
        )
        if service.get("restart") == "no":
            if process.wait() != 0:
                raise SystemExit(f"{name} ended with {process.returncode}")
            return
        self._running[name] = (image, process)
        check = service.get("healthcheck", {}).get("test", ["CMD", *image.health])[1:]
        until = time.monotonic() + HEALTHY_S
        while check and image.start(check, environment, user=service.get("user", image.user), quiet=True).wait() != 0:
            if process.poll() is not None:
                raise SystemExit(f"{name} ended with {process.returncode}")
            if time.monotonic() > until:
                raise SystemExit(f"{name} is not healthy after {HEALTHY_S:.0f} s")
            time.sleep(1.0)
        print(f"  {'healthy' if check else 'started'}", flush=True)

    def _image(self, name: str, service: dict[str, Any]) -> Image:
        match service.get("build"):
            case None:
                return Image.base(self._layers / name)
            case str(context):
                dockerfile = PROJECT / context / "Dockerfile"
            case how:
                dockerfile = PROJECT / how["context"] / how["dockerfile"]
        if dockerfile not in self._built:
            place = self._layers / f"image-{len(self._built)}"
            self._built[dockerfile] = build(place, dockerfile, dockerfile.parent)
        return self._built[dockerfile].layer(self._layers / name)

    def _mount(self, image: Image, volume: str, service: dict[str, Any]) -> None:
        source, target, *options = volume.split(":")
        inside = image.root / target.lstrip("/")
        outside = PROJECT / source if source.startswith(".") else self._layers / "volumes" / source
        if not source.startswith(".") and not outside.exists():
            outside.mkdir(parents=True)
            os.chown(outside, *self._owner(image, inside, service))
        if outside.is_dir():
            inside.mkdir(parents=True, exist_ok=True)
        else:
            inside.parent.mkdir(parents=True, exist_ok=True)
            inside.touch()
        run("mount", "--bind", str(outside), str(inside))
        if "ro" in options:
            run("mount", "-o", "remount,bind,ro", str(inside))

    @staticmethod
    def _owner(image: Image, inside: Path, service: dict[str, Any]) -> tuple[int, int]:
        """Whose a new volume is: its mount point's owner's. Images that are not built here are taken to have theirs."""
        if "build" not in service:
            return image.ids(service.get("user", image.user))
        return (inside.stat().st_uid, inside.stat().st_gid) if inside.exists() else (0, 0)

    def call(self) -> None:
        """Dial the proxy from one of the line's own images."""
        image, _ = self._running["line-1"]
        command = ["ivr", "call", "sip:1883@127.0.0.1", "--keys", "0", "--timeout", "60", "--json"]
        done = subprocess.run(["chroot", str(image.root), "/opt/ivr/.venv/bin/ivr", *command[1:]], check=False)
        if done.returncode != 0:
            raise SystemExit("nobody answered the call")

    def down(self) -> None:
        for _, process in self._running.values():
            process.terminate()
        for name, (_, process) in self._running.items():
            if process.wait(60) not in (0, -15):
                raise SystemExit(f"{name} ended with {process.returncode} when it was told to")


def alone_on_the_network() -> None:
    """From now on loopback is all there is, and nobody else is on it. Raises OSError."""
    if ctypes.CDLL(None, use_errno=True).unshare(_NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), "no network namespace of one's own")
    run("ip", "link", "set", "lo", "up")


def main() -> None:
    layers = Path(sys.argv[1])
    layers.mkdir(parents=True)
    run("mount", "--make-rprivate", "/")
    composition = Composition(layers)
    composition.up()
    composition.call()
    composition.down()
    print("ok")


if __name__ == "__main__":
    main()

"""Another real telephone: baresip, which answers by itself and takes commands; it ignores loopback's interface."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
import wave
from pathlib import Path
from typing import Any, Final

from ivr.errors import PartFailed
from ivr.events import FRAME_SAMPLES, SAMPLE_RATE
from ivr.simulator.key_agent import AGENT_HZ, LISTENS_S, tone

BARESIP: Final = shutil.which("baresip")
_SOUND_S: Final = 120
_STARTS_S: Final = 30.0
_CONFIG: Final = """\
poll_method epoll
sip_listen {address}:{sip}
audio_player aubridge,sink
audio_source aufile,{sound}
audio_alert aubridge,alert
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_ports {rtp}-{rtp_last}
rtp_timeout 3
ctrl_tcp_listen 127.0.0.1:{control}
module_path {modules}
module g711.so
module aubridge.so
module aufile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
"""


def own_address() -> str:
    """An IPv4 address of this machine other than loopback; empty when there is none."""
    found = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False).stdout.split()
    return next((word for word in found if "." in word and not word.startswith("127.")), "")


class Baresip:
    """A running baresip in ``folder`` that sends a tone of 600 Hz; ``events`` are all that it told, in order.

    ``port`` (and the next one, for commands) and ``rtp_port`` (and 29 more) must be free.
    Raises PartFailed when baresip is not installed or does not come up.
    """

    def __init__(self, folder: Path, address: str, port: int, rtp_port: int) -> None:
        modules = next(Path("/usr/lib").glob("**/baresip/modules"), None)
        if BARESIP is None or modules is None:
            raise PartFailed("baresip", "it is not installed", "Install it: apt install baresip-core")
        self.uri = f"sip:agent@{address}:{port}"
        self.events: list[tuple[float, dict[str, Any]]] = []
        folder.mkdir(parents=True, exist_ok=True)
        sound, self._log = folder / "agent.wav", folder / "log"
        _write_tone(sound)
        settings = {"sip": port, "rtp": rtp_port, "rtp_last": rtp_port + 29, "control": port + 1}
        config = _CONFIG.format(address=address, modules=modules, sound=sound, **settings)
        (folder / "config").write_text(config, encoding="utf-8")
        account = f"<{self.uri}>;regint=0;answermode=auto;audio_codecs=pcma,pcmu\n"
        (folder / "accounts").write_text(account, encoding="utf-8")
        self._process = subprocess.Popen(
            [BARESIP, "-f", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=self._log.open("wb"),
            stderr=subprocess.STDOUT,
        )
        self._control = self._connected(port + 1)
        self._listener = threading.Thread(target=self._listen, name="baresip", daemon=True)
        self._listener.start()

    def command(self, name: str, parameters: str = "") -> None:
        """A command of baresip's menu."""
        text = json.dumps({"command": name, "params": parameters, "token": "t"}).encode()
        self._control.sendall(b"%d:%s," % (len(text), text))  # a netstring

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self._process.kill()
        self._process.wait()
        self._listener.join(10.0)

    def heard(self, kind: str, parameters: dict[str, Any]) -> None:
        """An event of baresip's, in the listening thread."""

    def _connected(self, port: int) -> socket.socket:
        until = time.monotonic() + _STARTS_S
        while True:
            with contextlib.suppress(OSError):
                control = socket.create_connection(("127.0.0.1", port), 1.0)
                control.settimeout(None)
                return control
            if self._process.poll() is not None or time.monotonic() > until:
                self._process.kill()
                self._process.wait()
                words = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
                raise PartFailed("baresip", (words or ["did not come up"])[-1], f"All it said is in {self._log}")
            time.sleep(0.05)

    def _listen(self) -> None:
        left = b""
        with contextlib.suppress(OSError, ValueError):
            while data := self._control.recv(65536):
                left += data
                while (colon := left.find(b":")) > 0 and len(left) > (end := colon + 1 + int(left[:colon])):
                    message, left = json.loads(left[colon + 1 : end]), left[end + 1 :]
                    if message.get("event"):
                        self.events.append((time.time(), message))
                        self.heard(str(message.get("type")), message)


class BaresipAgent(Baresip):
    """Answers every call and presses 1 after the whisper has begun."""

    def heard(self, kind: str, parameters: dict[str, Any]) -> None:
        if kind == "CALL_ESTABLISHED":
            threading.Timer(LISTENS_S, self._press).start()

    def _press(self) -> None:
        with contextlib.suppress(OSError):
            self.command("sndcode", "1")

    def rang(self) -> list[float]:
        """When it was called, in seconds since the epoch: the first thing that it told of each call."""
        first: dict[str, float] = {}
        for at, event in tuple(self.events):
            if "id" in event:
                first.setdefault(str(event["id"]), at)
        return list(first.values())


def _write_tone(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes(tone(AGENT_HZ) * (_SOUND_S * SAMPLE_RATE // FRAME_SAMPLES))

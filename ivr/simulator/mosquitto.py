"""Mosquitto on loopback, as brokers are: it keeps sessions, is stopped, killed, and started again."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Final

from ivr.errors import PartFailed

MOSQUITTO: Final = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")
_STARTS_S: Final = 30.0


class Mosquitto:
    """A broker for anybody on ``port``; sessions and messages for those who are away lie in ``folder``.

    ``with`` starts and stops it. Raises PartFailed when it is not installed or does not come up.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self._settings = folder / "mosquitto.conf"
        folder.mkdir(parents=True, exist_ok=True)
        self._settings.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {folder}/\n"
            f"autosave_on_changes true\nautosave_interval 1\nuser {Path.home().owner()}\n",
            encoding="utf-8",
        )
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Mosquitto:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Serve; returns when clients can come."""
        if MOSQUITTO is None:
            raise PartFailed("broker", "mosquitto is not installed", "Install it: apt install mosquitto")
        self._process = subprocess.Popen([MOSQUITTO, "-c", str(self._settings)], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + _STARTS_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.kill()
                    raise PartFailed("broker", f"mosquitto does not come up ({error})", "Free its port") from error
                time.sleep(0.02)

    def stop(self) -> None:
        """As an administrator does: it writes down what it has."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def kill(self) -> None:
        """As a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

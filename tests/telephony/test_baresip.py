"""Another real phone: baresip as agent and as caller, on this machine's own address (it ignores ``lo``)."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.telephony.echoline import tone
from tests.telephony.lineprocess import LineProcess, free_ports

BARESIP = shutil.which("baresip")

CONFIG = """\
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
    for word in subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False).stdout.split():
        if "." in word and not word.startswith("127."):
            return word
    return ""


ADDRESS = own_address()

pytestmark = [
    pytest.mark.sip,
    pytest.mark.skipif(BARESIP is None, reason="baresip is not installed (Debian: baresip-core)"),
    pytest.mark.skipif(not ADDRESS, reason="this machine has no address besides loopback, which baresip ignores"),
]


class Baresip:
    """A running baresip that answers by itself and takes commands."""

    def __init__(self, folder: Path) -> None:
        modules = next(Path("/usr/lib").glob("**/baresip/modules"))
        port, rtp_port = free_ports()
        control_port = port + 1
        sound = folder / "agent.wav"
        with wave.open(str(sound), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(tone(600.0, 10.0))
        settings = CONFIG.format(
            address=ADDRESS,
            sip=port,
            rtp=rtp_port,
            rtp_last=rtp_port + 29,
            control=control_port,
            modules=modules,
            sound=sound,
        )
        (folder / "config").write_text(settings)
        account = f"<sip:agent@{ADDRESS}:{port}>;regint=0;answermode=auto;audio_codecs=pcma,pcmu\n"
        (folder / "accounts").write_text(account)
        self.uri = f"sip:agent@{ADDRESS}:{port}"
        self._process = subprocess.Popen(
            [str(BARESIP), "-f", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=(folder / "log").open("wb"),
            stderr=subprocess.STDOUT,
        )
        self._control = self._connect(control_port, folder / "log")

    def command(self, name: str, parameters: str = "") -> None:
        """A command of baresip's menu, as JSON in a netstring."""
        text = json.dumps({"command": name, "params": parameters, "token": "t"}).encode()
        self._control.sendall(b"%d:%s," % (len(text), text))

    def close(self) -> None:
        self._control.close()
        self._process.terminate()
        self._process.wait(10)

    def _connect(self, port: int, log: Path) -> socket.socket:
        until = time.monotonic() + 5.0
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), 1.0)
            except OSError:
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.05)


@pytest.fixture
def baresip(tmp_path: Path) -> Iterator[Baresip]:
    phone = Baresip(tmp_path)
    yield phone
    phone.close()


def test_baresip_is_called_held_and_calls_back(baresip: Baresip) -> None:
    with LineProcess(bind=ADDRESS, trunks=[ADDRESS]) as line:
        line.send("dial", uri=baresip.uri)
        leg = line.wait("Dialled")["leg"]
        assert line.wait("LegAnswered", leg=leg)["codec"] == "PCMA"
        line.send("play", leg=leg, utterance="whisper", seconds=0.4)
        line.wait("LegPlaybackDone", leg=leg, completed=True)
        assert line.wait("Level", leg=leg)["level"] > 1000
        baresip.command("hold")
        line.wait("LegHeld", leg=leg)
        baresip.command("resume")
        line.wait("LegResumed", leg=leg)
        line.send("hangup", leg=leg)
        line.wait("LegEnded", leg=leg, reason="assistant")
        baresip.command("dial", f"sip:1883@{ADDRESS}:{line.port}")
        caller = line.wait("LegAnswered")["leg"]
        line.wait("Level", leg=caller)
        baresip.command("hangup")
        line.wait("LegEnded", leg=caller, reason="caller")

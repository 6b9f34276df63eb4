"""Other Wyoming programs as our ear or voice: a recogniser or synthesiser elsewhere.

These adapters run inside the speech process. Turns are found here, by our own
voice activity, because such programs neither end a turn nor report voice; each
turn travels on a connection of its own (several of them hang up after one
transcript). The calls block: they run in the speech process's worker threads.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO, Final
from urllib.parse import urlparse

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, read_event, write_event
from wyoming.tts import Synthesize, SynthesizeVoice

from ivr.errors import AudioError, SpeechError, SpeechUnavailable
from ivr.events import Grammar
from ivr.speech import protocol, sound
from ivr.speech.halt import Halt
from ivr.speech.ports import Hypothesis

CONNECT_S: Final = 2.0
ANSWER_S: Final = 10.0
# The protocol has no field for confidence; this says "probably", so that what matters is confirmed.
UNSTATED_CONFIDENCE: Final = 0.7
_NOT_WORD: Final = re.compile(r"[^\w\s'-]+|_")


class _Peer:
    """One blocking connection."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        address = urlparse(uri)
        try:
            if address.scheme == "unix":
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                self._socket.settimeout(CONNECT_S)
                self._socket.connect(address.path)
            else:
                self._socket = socket.create_connection((address.hostname, address.port), CONNECT_S)
        except OSError as error:
            raise SpeechUnavailable(f"{uri} does not answer ({error.strerror or error})") from error
        self._socket.settimeout(ANSWER_S)
        self._file: BinaryIO = self._socket.makefile("rwb")  # type: ignore[assignment]

    def write(self, event: Event) -> None:
        try:
            write_event(event, self._file)
        except OSError as error:
            raise SpeechUnavailable(f"{self._uri} closed the connection") from error

    def read(self) -> Event:
        try:
            event = read_event(self._file)
        except (OSError, KeyError) as error:
            raise SpeechUnavailable(f"{self._uri} gave no answer in {ANSWER_S:.0f} s") from error
        if event is None:
            raise SpeechUnavailable(f"{self._uri} closed the connection without an answer")
        if Error.is_type(event.type):
            raise SpeechError(self._uri, Error.from_event(event).text, "See that program's log")
        return event

    def hang_up(self) -> None:
        """Wake whoever reads or writes; from any thread."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(OSError):  # what was not sent is for nobody
            self._file.close()
        self._socket.close()


class WyomingDecoders:
    """A distant recogniser. Implements ``DecoderFactory``; wrap it in ``TurnRecognizer``."""

    def __init__(self, uri: str) -> None:
        _check_uri(uri)
        self.name, self.version = uri, "wyoming"
        self._uri = uri

    def decoder(self, grammar: Grammar) -> WyomingDecoder:
        """Raises SpeechUnavailable when nobody listens at the address."""
        _Peer(self._uri).close()
        return WyomingDecoder(self._uri, grammar)


class WyomingDecoder:
    """Sends one turn at a time and waits for its transcript."""

    refuses: Final = False

    def __init__(self, uri: str, grammar: Grammar) -> None:
        self._uri = uri
        self._grammar = grammar
        self._peer: _Peer | None = None

    def accept(self, pcm: bytes) -> None:
        """Raises SpeechUnavailable."""
        if self._peer is None:
            self._peer = _Peer(self._uri)
            terms = list(self._grammar.phrases) or None
            self._peer.write(Transcribe(language="lt", transcript_terms=terms).event())
            self._peer.write(protocol.audio_start())
        self._peer.write(protocol.audio_chunk(pcm))

    def text_so_far(self) -> None:
        """Such programs answer when the sound is over, not before."""

    def result(self) -> Hypothesis:
        """Raises SpeechUnavailable when no transcript comes in time."""
        peer, self._peer = self._peer, None
        if peer is None:
            return Hypothesis("", 0.0)
        try:
            peer.write(AudioStop().event())
            while not Transcript.is_type((event := peer.read()).type):
                pass  # partial results and the like
            heard = Transcript.from_event(event)
        finally:
            peer.close()
        text = " ".join(_NOT_WORD.sub(" ", heard.text.lower()).split())
        confidence = (heard.context or {}).get("confidence", UNSTATED_CONFIDENCE)
        return Hypothesis(text, float(confidence) if text else 0.0)

    def close(self) -> None:
        """Hang up."""
        if self._peer is not None:
            self._peer.close()
            self._peer = None


class WyomingVoice:
    """A distant synthesiser. Implements ``Synthesizer``."""

    def __init__(self, uri: str) -> None:
        _check_uri(uri)
        self.name, self.version = uri, "wyoming"
        self._uri = uri

    def synthesize(self, text: str, language: str, halt: Halt | None = None) -> Iterator[bytes]:
        """The whole text as one chunk, brought to the line's rate and level; a halt hangs up."""
        halt = halt or Halt()
        peer = _Peer(self._uri)
        try:
            with halt.stopping(peer.hang_up):
                raw, rate = self._heard(peer, text, language)
        except SpeechError:
            if halt.pulled:
                return
            raise
        finally:
            peer.close()
        pcm = sound.for_the_line(sound.to_samples(raw), rate) if rate else b""
        if pcm:
            yield pcm

    def _heard(self, peer: _Peer, text: str, language: str) -> tuple[bytes, int]:
        raw, rate = bytearray(), 0
        peer.write(Synthesize(text=text, voice=SynthesizeVoice(language=language)).event())
        while not AudioStop.is_type((event := peer.read()).type):
            if AudioStart.is_type(event.type):
                start = AudioStart.from_event(event)
                if start.width != 2 or start.channels != 1:
                    raise AudioError(f"{self._uri} sends {start.channels} channels of {8 * start.width} bits")
                rate = start.rate
            elif AudioChunk.is_type(event.type):
                raw += AudioChunk.from_event(event).audio
        return bytes(raw), rate


def _check_uri(uri: str) -> None:
    address = urlparse(uri)
    if address.scheme == "unix" and address.path:
        return
    if address.scheme == "tcp" and address.hostname and address.port:
        return
    raise SpeechError(uri, "is not the address of a Wyoming program", "Write tcp://host:port or unix:///path")

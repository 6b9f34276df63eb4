"""The mouth of a call: asks the speech process for the sound of a sentence."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Final

from wyoming.audio import AudioChunk, AudioStop
from wyoming.client import AsyncClient
from wyoming.error import Error
from wyoming.tts import Synthesize, SynthesizeVoice

from ivr.errors import SpeechError, SpeechUnavailable

_CONNECT_S: Final = 2.0


class Mouth:
    """Stateless: every sentence has a connection of its own, so leaving it cancels it.

    ``patience_s``: longest wait for the next piece of sound.
    """

    def __init__(self, uri: str, *, patience_s: float = 10.0) -> None:
        self._uri = uri
        self._patience_s = patience_s

    async def say(self, text: str, language: str) -> AsyncGenerator[bytes, None]:
        """8 kHz PCM, sentence by sentence as it is made; nothing for a text without words.

        Leaving the loop early and closing the iterator (``aclose``) stops the synthesis.

        Raises:
            SpeechUnavailable: the speech process is away, or fell in the middle.
            SpeechError: no voice can speak this.
        """
        # The client's own time-outs use wait_for, which in Python 3.11 loses a cancellation that comes together with
        # an event; the sentence would go on after the caller cut it.
        client = AsyncClient.from_uri(self._uri)
        try:
            async with asyncio.timeout(_CONNECT_S):
                await client.connect()
                await client.write_event(Synthesize(text=text, voice=SynthesizeVoice(language=language)).event())
            while True:
                async with asyncio.timeout(self._patience_s):
                    event = await client.read_event()
                if event is None:
                    raise SpeechUnavailable("the connection was closed in the middle of a sentence")
                if AudioChunk.is_type(event.type):
                    yield AudioChunk.from_event(event).audio
                elif AudioStop.is_type(event.type):
                    return
                elif Error.is_type(event.type):
                    raise SpeechError("voice", Error.from_event(event).text, "See the speech process's log")
        except (OSError, TimeoutError) as error:
            raise SpeechUnavailable(f"no sound came ({str(error) or type(error).__name__})") from error
        finally:
            with contextlib.suppress(OSError):
                await client.disconnect()

"""A program for the tests: answers one SIP call and speaks one sentence that no cache holds.

The session's own speaker and mouth, a real leg, and the voice whose
socket is given: ``livesentence.py SOCKET SENTENCE``. Prints the SIP port, then
one JSON object when the sentence is over. Leaves by ``os._exit``, as PJSIP wants.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time

from ivr import events as ev
from ivr.session.speaker import Said, Speaker
from ivr.simulator.fakes import FakeSounds
from ivr.speech.mouth import Mouth
from ivr.telephony.line import SipLine
from ivr.telephony.settings import LineSettings


async def main(socket: str, sentence: str) -> None:
    loop = asyncio.get_running_loop()
    over: asyncio.Future[Said] = loop.create_future()
    speakers: list[Speaker] = []

    def on_event(event: ev.LegEvent) -> None:
        match event:
            case ev.LegAnswered(leg=leg):
                mouth = Mouth(f"unix://{socket}")
                speaker = Speaker(line.leg(leg), FakeSounds(), mouth, "lt", time.monotonic, over.set_result)
                speakers.append(speaker)
                speaker.say(ev.Say("live", (ev.Prompt(text=sentence),)))
            case ev.LegPlaybackDone():
                speakers[0].on_playback(event)

    line = SipLine(LineSettings(port=0, rtp_port=27000), on_event, loop=loop)
    print(line.start().port, flush=True)
    said = await asyncio.wait_for(over, 30.0)
    print(json.dumps({"completed": said.completed, "seconds": said.ended - said.started}), flush=True)
    await line.drain(20.0)  # the caller hangs up
    line.stop()
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

"""A server of the contract in ``docs/registry.openapi.yaml`` before any registry: for trials of the line's HTTP side.

It shows whoever connects the real registry what the line expects, and the tests run the line against it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ivr.errors import IvrError
from ivr.identity.ports import Matters, PeopleRegistry
from ivr.identity.questions import Question
from ivr.privacy import Secret

_MOST_BYTES = 64 * 1024


def application(registry: PeopleRegistry) -> Starlette:
    """The ASGI application."""

    def ready(_body: dict[str, str]) -> dict[str, Any]:
        registry.ready()
        return {"ready": True}

    def candidates(body: dict[str, str]) -> dict[str, Any]:
        return {"people": list(registry.candidates(Secret(body["last4"]), Secret(body["name"])))}

    def askable(body: dict[str, str]) -> dict[str, Any]:
        return {"questions": sorted(question.value for question in registry.askable(body["person"]))}

    def judge(body: dict[str, str]) -> dict[str, Any]:
        return {"agrees": registry.judge(body["person"], Question(body["question"]), Secret(body["value"]))}

    def matters(body: dict[str, str]) -> dict[str, Any]:
        found = registry.matters(body["person"])
        return {"matters": None if found is None else _plain(found)}

    operations = (ready, candidates, askable, judge, matters)
    return Starlette(routes=[Route(f"/v1/{each.__name__}", _route(each), methods=["POST"]) for each in operations])


def _route(operation: Callable[[dict[str, str]], dict[str, Any]]) -> Callable[[Request], Awaitable[JSONResponse]]:
    async def answer(request: Request) -> JSONResponse:
        data = await request.body()
        if len(data) > _MOST_BYTES:
            return JSONResponse({"problem": "too long"}, status_code=413)
        try:
            body = await request.json()
            if not isinstance(body, dict) or not all(isinstance(value, str) for value in body.values()):
                raise ValueError("not an object of strings")
            return JSONResponse(await run_in_threadpool(operation, body))
        except (ValueError, KeyError):
            return JSONResponse({"problem": "not a request of this contract"}, status_code=400)
        except IvrError:
            return JSONResponse({"problem": "the registry is away"}, status_code=503)

    return answer


def _plain(matters: Matters) -> dict[str, Any]:
    return {
        "registered": matters.registered,
        "registration": matters.registration.reveal(),
        "next_visit": matters.next_visit.isoformat() if matters.next_visit else None,
        "specialist": matters.specialist,
        "last_decision": matters.last_decision.isoformat() if matters.last_decision else None,
        "login": matters.login.reveal(),
    }

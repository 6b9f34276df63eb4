"""The plan's JSON Schema, for editors that complete and check while one types; ``dialplans/plan.schema.json``."""

from __future__ import annotations

import json

from ivr.dialog.nodes import Plan

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_text() -> str:
    """The schema as the file holds it. What goes beyond types (ways, words, prompts) ``ivr plan check`` tells."""
    schema = {"$schema": DIALECT, "$id": "plan.schema.json", **Plan.model_json_schema(by_alias=True)}
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n"

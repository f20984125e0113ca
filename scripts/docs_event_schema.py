"""docs/canonical-event-1.0.json: the JSON Schema of a canonical event, from the types that write it."""

import json

from rollout_cli.whatsapp.schema import event_schema


def event_schema_page() -> str:
    """The schema as it is published."""
    return json.dumps(event_schema(), indent=2) + "\n"

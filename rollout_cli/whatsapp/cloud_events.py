"""A canonical event as a CloudEvent 1.0, in its JSON format: for brokers and functions that know those."""

import re
from typing import Any

from rollout_cli.whatsapp.events import CanonicalEvent, Source
from rollout_cli.whatsapp.schema import SCHEMA_ID

_RESERVED = re.compile(rb"[^A-Za-z0-9._~-]")
_NO_CHARACTERS = "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_FORBIDDEN = re.compile(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_NO_CHARACTERS}]")
"""What no attribute may hold (CloudEvents 1.0, section 3.1)."""


def cloud_event(event: CanonicalEvent) -> dict[str, Any]:
    """The event as the JSON object of a CloudEvent; what an attribute does not know is left out, never null.

    Characters that no attribute may hold are percent-encoded in attributes; the data has them as they are.
    """
    data = event.to_dict()
    attributes = {
        "specversion": "1.0",
        "id": event.event_id,
        "source": _source(event.source),
        "type": event.event_type,
        "subject": event.routing.thread_key,
        "time": data["occurred_at"],
        "datacontenttype": "application/json",
        "dataschema": SCHEMA_ID,
        "idempotencykey": event.trace.idempotency_key,
        "correlationid": event.trace.correlation_id,
    }
    return {**{name: _allowed(text) for name, text in attributes.items() if text}, "data": data}


def _source(source: Source) -> str:
    """A reference without a host: nobody's address, but one for each instance."""
    instance = f"/{_percent_encoded(source.instance)}" if source.instance else ""
    return f"/whatsapp/{source.provider}{instance}"


def _allowed(text: str) -> str:
    return _FORBIDDEN.sub(lambda match: _percent_encoded(match[0]), text)


def _percent_encoded(text: str) -> str:
    written = text.encode("utf-8", "surrogatepass")
    return _RESERVED.sub(lambda match: b"%%%02X" % match[0][0], written).decode("ascii")

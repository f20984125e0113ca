"""A legacy parser to compare with: what many a webhook handler was before, with the faults that those have.

It reads the first message of a body alone, knows no status but `delivered`, and takes the text of a message to be all
that there is: what is said by a picture, a voice or a place is an empty text.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.dual_run.facts import UNTOLD

NAME = "reference"
Handler = Callable[[bytes, str, str | None], Any]
"""A legacy handler: the body, the provider's name and the instance in, whatever it answers out."""

_decode = msgspec.json.Decoder().decode
_NOTHING = {"ok": True, "message": None}
"""The answer to a body in which it finds nothing that it knows."""


def handle(body: bytes, provider: str, instance: str | None = None) -> dict[str, Any]:  # noqa: ARG001 - as handlers are called
    """Handle a body as the old module did.

    Raises:
        ValueError: it is no JSON object.
    """
    told = _decode(body)
    if not isinstance(told, dict):
        raise ValueError("the body is no object")  # noqa: TRY004 - as that of a body that is no JSON
    message, status = _READERS[provider](told)
    if message:
        return {"ok": True, "message": {"id": message[0], "text": message[1]}}
    if status:
        return {"ok": True, "status": {"id": status, "status": "delivered"}}
    return dict(_NOTHING)


def facts(response: Any, delivery: Delivery) -> Sequence[Mapping[str, Any]]:  # noqa: ARG001 - as extractors are called
    """What its answer says, in the form of the comparison; `UNTOLD` for an answer of another shape."""
    told = _mapping(response)
    message, status = _mapping(told.get("message")), _mapping(told.get("status"))
    if {"id", "text"} <= message.keys():
        return [{"kind": "message", "id": message["id"], "message.text": message["text"]}]
    if {"id", "status"} <= status.keys():
        return [{"kind": "status", "id": status["id"], "status.state": status["status"]}]
    return [] if told == _NOTHING else UNTOLD


_Read = tuple[tuple[str, str] | None, str | None]


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _first(value: Any) -> dict[str, Any]:
    return _mapping(value[0]) if isinstance(value, list) and value else _mapping(value)


def _cloud_api(body: dict[str, Any]) -> _Read:
    value = _mapping(_first(_first(body.get("entry")).get("changes")).get("value"))
    message = _first(value.get("messages") or value.get("message_echoes"))
    if message:
        return (str(message.get("id")), _mapping(message.get("text")).get("body") or ""), None
    return None, _first(value.get("statuses")).get("id")


def _evolution(body: dict[str, Any]) -> _Read:
    data = _first(body.get("data"))
    if body.get("event") in ("messages.upsert", "send.message"):
        return (str(_mapping(data.get("key")).get("id")), _mapping(data.get("message")).get("conversation") or ""), None
    return None, data.get("keyId") if body.get("event") == "messages.update" else None


def _baileys(body: dict[str, Any]) -> _Read:
    data = body.get("data")
    message = _first(_mapping(data).get("messages"))
    if message:
        text = _mapping(message.get("message")).get("conversation") or ""
        return (str(_mapping(message.get("key")).get("id")), text), None
    return None, _mapping(_first(data).get("key")).get("id") if body.get("event") == "messages.update" else None


def _simulated(body: dict[str, Any]) -> _Read:
    event = _first(body["events"]) if "events" in body else body
    kind = str(event.get("kind"))
    if kind.startswith("message.status."):
        return None, event.get("about")
    text = _mapping(event.get("message")).get("text") or ""
    return ((str(event.get("id")), text), None) if kind.startswith("message.") else (None, None)


_READERS: Mapping[str, Callable[[dict[str, Any]], _Read]] = {
    "cloud_api": _cloud_api, "evolution": _evolution, "baileys": _baileys, "simulated": _simulated,
}  # fmt: skip

"""What happens to the business account, its phones, templates and flows: none of it has an id of its own."""

from collections.abc import Callable
from typing import Any

from msgspec import Raw

from rollout_cli.whatsapp.cloud_api.directory import Directory
from rollout_cli.whatsapp.decoding import decode
from rollout_cli.whatsapp.delivery import Origin
from rollout_cli.whatsapp.events import CanonicalEvent
from rollout_cli.whatsapp.keys import fingerprint
from rollout_cli.whatsapp.moments import moment
from rollout_cli.whatsapp.originals import Piece
from rollout_cli.whatsapp.wire import mapping, scalar, text

FIELDS = frozenset({
    "account_update", "account_alerts", "account_review_update", "account_settings_update",
    "business_capability_update", "business_status_update", "message_template_status_update",
    "message_template_quality_update", "message_template_components_update", "template_category_update",
    "phone_number_name_update", "phone_number_quality_update", "security", "flows", "partner_solutions",
    "payment_configuration_update", "tracking_events",
})  # fmt: skip
"""The fields that tell of the account."""
PREFIXES = (
    "account_", "business_", "message_template_", "partner_", "payment_", "phone_number_", "template_",
)  # fmt: skip
"""How the names of such fields begin: there are new ones every few months."""

_KINDS = ("event", "decision", "type")


def account_reader(account: str | None, time: Any) -> Callable[[Origin, Raw], list[CanonicalEvent]]:
    """The reader of one such value.

    Args:
        account: the business account.
        time: of the entry that it came in.
    """

    def read(origin: Origin, raw: Piece) -> list[CanonicalEvent]:
        value = mapping(decode(raw))
        field = origin.field or ""
        event = next((found for name in _KINDS if (found := text(value.get(name)))), "")
        told = time if time is not None else value.get("timestamp")
        key = origin.key("account", account or "", field, event, scalar(told) or "", fingerprint(raw))
        when = moment(told, origin.received_at)
        return [origin.event("whatsapp.account.updated", key, when, raw, details={"field": field, "value": value})]

    return read


def read_automatic_event(origin: Origin, _directory: Directory, raw: Piece) -> list[CanonicalEvent]:
    """Something that Meta's own classifier saw in a chat, such as a lead."""
    event = mapping(decode(raw))
    name = text(event.get("event_name"))
    if name is None:
        return [origin.unknown(raw)]
    message_id, told = scalar(event.get("id")), event.get("timestamp")
    key = origin.key("automatic", message_id or "", name, scalar(told) or "")
    details = {"field": origin.field, "value": event}
    when = moment(told, origin.received_at)
    return [origin.event("whatsapp.account.updated", key, when, raw, about=message_id, details=details)]


def read_error(origin: Origin, _directory: Directory, raw: Piece) -> list[CanonicalEvent]:
    """An error of the account or of Meta's own: it belongs to no message."""
    error = decode(raw)
    code = scalar(mapping(error).get("code")) or ""
    key = origin.key("account", origin.account_id or "", "errors", code, origin.told_at or "", fingerprint(raw))
    details = {"field": origin.field, "errors": [error]}
    return [origin.event("whatsapp.account.updated", key, origin.now, raw, details=details)]

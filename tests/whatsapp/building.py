"""Canonical events of every form, built from the types: what no provider sends as well."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import strategies as st

from rollout_cli.whatsapp import CanonicalEvent
from rollout_cli.whatsapp.credentials import is_secret_name, redacted
from rollout_cli.whatsapp.keys import event_id
from rollout_cli.whatsapp.vocabulary import EVENT_TYPES, MESSAGE_TYPES, PROVIDERS


def is_harmless(name: str) -> bool:
    """Whether a field of this name is left as it is."""
    return not is_secret_name(name) and redacted({name: "a@b"}) == {name: "a@b"}


_FIRST, _LAST = datetime.min, datetime.max  # noqa: DTZ901 - the time zone is drawn beside them
_texts = st.none() | st.text()
_lists = st.lists(st.text(), max_size=2)
_flags = st.none() | st.booleans()
_numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
_wholes = st.none() | st.integers(-(2**63), 2**63 - 1)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text().filter(is_harmless), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


def _either(*words: str) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(words)


def _struct(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields)


_media = _struct(
    **dict.fromkeys(("id", "url", "mime_type", "sha256", "filename", "caption", "media_key", "direct_path"), _texts),
    **dict.fromkeys(("size", "seconds", "width", "height"), _wholes),
    **dict.fromkeys(("animated", "view_once"), _flags),
)
_location = _struct(latitude=_numbers, longitude=_numbers, name=_texts, address=_texts, url=_texts, sequence=_wholes)
_contact = _struct(name=_texts, phones=_lists, wa_ids=_lists, vcard=_texts)
_interactive = _struct(type=_texts, id=_texts, title=_texts, description=_texts, data=json_values)
_reaction = _struct(message_id=_texts, emoji=_texts, removed=st.booleans())
_line = _struct(product_id=_texts, quantity=_numbers, price=_numbers, currency=_texts)
_order = _struct(id=_texts, catalog_id=_texts, title=_texts, items=st.lists(_line, max_size=2))
_poll = _struct(name=_texts, options=_lists, selectable=_wholes, message_id=_texts, votes=_lists)
_message = _struct(
    message_id=_texts, direction=_either("inbound", "outbound"), type=_either(*MESSAGE_TYPES), text=_texts,
    media=st.none() | _media, location=st.none() | _location, contacts=st.lists(_contact, max_size=2),
    interactive=st.none() | _interactive, reaction=st.none() | _reaction, order=st.none() | _order,
    poll=st.none() | _poll, original_message_id=_texts, referral=json_values, system=json_values, errors=json_values,
)  # fmt: skip
_status = _struct(
    state=st.sampled_from(["pending", "sent", "delivered", "read", "played", "failed", "deleted"]), message_id=_texts,
    recipient_id=_texts, participant_id=_texts, errors=json_values, pricing=json_values, conversation=json_values,
    callback_data=_texts,
)  # fmt: skip
_forms = _struct(
    event_type=st.sampled_from(EVENT_TYPES),
    event_version=st.just("1.0"),
    occurred_at=st.datetimes(_FIRST, _LAST, timezones=st.just(UTC)),
    source=_struct(provider=st.sampled_from(PROVIDERS), instance=_texts, account_id=_texts, provider_message_id=_texts,
                   webhook_event=_texts),
    routing=_struct(shopper_id=_texts, skm_id=_texts, conversation_id=_texts, thread_key=_texts),
    actor=_struct(role=_either("customer", "business", "participant", "system"), wa_id=_texts, phone=_texts, lid=_texts,
                  bsuid=_texts, display_name=_texts),
    context=_struct(chat_type=_either("private", "group", "broadcast", "newsletter"), chat_id=_texts, group_id=_texts,
                    reply_to=_texts, forwarded=_flags, mentions=_lists, chat_aliases=_lists),
    message=st.none() | _message,
    status=st.none() | _status,
    details=st.none() | st.dictionaries(st.text().filter(is_harmless), json_values, max_size=2),
    trace=_struct(idempotency_key=st.text(), correlation_id=_texts),
    security=_struct(signature_valid=_flags, risk_flags=_lists),
    raw=json_values,
)  # fmt: skip


def _named(form: dict[str, Any]) -> dict[str, Any]:
    """The form with its id, as it reads in JSON."""
    key = form["trace"]["idempotency_key"]
    named: dict[str, Any] = msgspec.json.decode(msgspec.json.encode({"event_id": event_id(key), **form}))
    return named


forms = _forms.map(_named)
"""The JSON form of an event, any fields of which may have any value of their types."""
any_event = forms.map(lambda form: CanonicalEvent.from_json(msgspec.json.encode(form)))
"""The events of such forms."""

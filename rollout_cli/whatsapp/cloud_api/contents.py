"""What a message says, by its type."""

from collections.abc import Callable, Mapping
from typing import Any

from rollout_cli.whatsapp.content import Content, Fields, filled_in
from rollout_cli.whatsapp.credentials import redacted
from rollout_cli.whatsapp.events import Contact, Interactive, Location, Media, Order, OrderItem
from rollout_cli.whatsapp.vocabulary import MessageType
from rollout_cli.whatsapp.wire import decimal, known_truth, mapping, objects, scalar, text, truth


def read_text(message: Mapping[str, Any]) -> Fields:
    """A plain text."""
    fields: Fields = {"text": text(mapping(message.get("text")).get("body"))}
    product = mapping(mapping(message.get("context")).get("referred_product"))
    if product:
        line = OrderItem(product_id=scalar(product.get("product_retailer_id")))
        fields["order"] = Order(catalog_id=scalar(product.get("catalog_id")), items=(line,))
    return fields


def media_reader(name: str) -> Callable[[Mapping[str, Any]], Fields]:
    """The reader of a file that stands in the field `name`."""

    def read_media(message: Mapping[str, Any]) -> Fields:
        file = mapping(message.get(name))
        caption = text(file.get("caption"))
        media = Media(
            id=scalar(file.get("id")),
            url=text(file.get("url")),
            mime_type=text(file.get("mime_type")),
            sha256=text(file.get("sha256")),
            filename=text(file.get("filename")),
            caption=caption,
            animated=known_truth(file.get("animated")),
        )
        return {"text": caption, "media": media}

    return read_media


_read_audio_file = media_reader("audio")


def read_audio(message: Mapping[str, Any]) -> Fields:
    """A voice note, or any other sound."""
    is_voice = truth(mapping(message.get("audio")).get("voice"))
    return {"type": "voice" if is_voice else "audio", **_read_audio_file(message)}


def read_location(message: Mapping[str, Any]) -> Fields:
    """A place."""
    place = mapping(message.get("location"))
    location = Location(
        latitude=decimal(place.get("latitude")),
        longitude=decimal(place.get("longitude")),
        name=text(place.get("name")),
        address=text(place.get("address")),
        url=text(place.get("url")),
    )
    return {"text": location.name, "location": location}


def read_contacts(message: Mapping[str, Any]) -> Fields:
    """Cards of people, several in one message."""
    cards = tuple(map(_card, objects(message.get("contacts"))))
    return {"text": next((each.name for each in cards if each.name), None), "contacts": cards}


def _card(card: Mapping[str, Any]) -> Contact:
    phones = objects(card.get("phones"))
    name = mapping(card.get("name"))
    parts = filter(None, (text(name.get(each)) for each in ("first_name", "middle_name", "last_name")))
    return Contact(
        name=text(name.get("formatted_name")) or " ".join(parts) or None,
        phones=tuple(filter(None, (text(each.get("phone")) for each in phones))),
        wa_ids=tuple(filter(None, (scalar(each.get("wa_id")) for each in phones))),
    )


def read_button(message: Mapping[str, Any]) -> Fields:
    """The quick reply of a template."""
    button = mapping(message.get("button"))
    title = text(button.get("text"))
    return {"text": title, "interactive": Interactive("button", text(button.get("payload")), title)}


ANSWERS: Mapping[str, MessageType] = {
    "button_reply": "button_reply",
    "list_reply": "list_reply",
    "nfm_reply": "flow_reply",
}
"""The inner types of an interactive message that have a canonical type of their own; the others are `interactive`."""


def read_interactive(message: Mapping[str, Any]) -> Fields:
    """What was chosen, filled in, or offered."""
    interactive = mapping(message.get("interactive"))
    kind = text(interactive.get("type"))
    inner = mapping(interactive.get(kind)) if kind else {}
    title = text(inner.get("title")) or text(inner.get("body")) or text(mapping(interactive.get("body")).get("text"))
    made = Interactive(
        kind,
        scalar(inner.get("id")),
        title,
        text(inner.get("description")),
        filled_in(inner.get("response_json")) if kind == "nfm_reply" else _rest(interactive, inner),
    )
    return {"type": ANSWERS.get(kind or "", "interactive"), "text": title, "interactive": made}


def _rest(interactive: Mapping[str, Any], inner: Mapping[str, Any]) -> Any:
    rest = {name: each for name, each in (inner or interactive).items() if name not in _NAMED}
    return redacted(rest) or None


_NAMED = frozenset({"id", "title", "description", "type"})


def read_template(message: Mapping[str, Any]) -> Fields:
    """A template that was sent: its name and what was filled in, not its words."""
    template = mapping(message.get("template"))
    return {"interactive": Interactive("template", data=redacted(template) or None)}


def read_order(message: Mapping[str, Any]) -> Fields:
    """An order from the catalogue."""
    order = mapping(message.get("order"))
    lines = tuple(
        OrderItem(
            scalar(each.get("product_retailer_id")),
            decimal(each.get("quantity")),
            decimal(each.get("item_price")),
            text(each.get("currency")),
        )
        for each in objects(order.get("product_items"))
    )
    return {"text": text(order.get("text")), "order": Order(catalog_id=scalar(order.get("catalog_id")), items=lines)}


def read_system(message: Mapping[str, Any]) -> Fields:
    """A line that nobody wrote: a number or an identity has changed."""
    system = mapping(message.get("system"))
    identity = message.get("identity")
    return {
        "text": text(system.get("body")),
        "system": redacted({**system, "identity": identity} if identity is not None else (system or None)),
    }


def read_welcome(_message: Mapping[str, Any]) -> Fields:
    """Somebody opened the chat for the first time, and said nothing yet."""
    return {"system": {"type": "request_welcome"}}


def read_unsupported(message: Mapping[str, Any]) -> Fields:
    """The user did send something; what it was is told at most by name."""
    return {"system": redacted(message.get("unsupported"))}


UNSUPPORTED = Content("unsupported", read_unsupported)
"""Also of a type that nobody knows, where the provider says that it cannot show it (`unknown`, `ephemeral`)."""

CONTENTS: Mapping[str, Content] = {
    "text": Content("text", read_text),
    "image": Content("image", media_reader("image")),
    "video": Content("video", media_reader("video")),
    "audio": Content(None, read_audio),
    "voice": Content("voice", media_reader("voice")),
    "document": Content("document", media_reader("document")),
    "sticker": Content("sticker", media_reader("sticker")),
    "location": Content("location", read_location),
    "contacts": Content("contacts", read_contacts),
    "button": Content("button_reply", read_button),
    "interactive": Content(None, read_interactive),
    "template": Content("template", read_template),
    "order": Content("order", read_order),
    "system": Content("system", read_system),
    "request_welcome": Content("system", read_welcome),
    "unsupported": UNSUPPORTED,
    "errors": UNSUPPORTED,
}
"""Who reads the content of which type. Reactions, edits and revokes are no content: they are about another message."""


def type_of(message: Mapping[str, Any]) -> str:
    """The type of a message; where none is told, the field that holds its content."""
    told = text(message.get("type"))
    return told or next((name for name in message if name in CONTENTS or name in ABOUT_ANOTHER), "")


ABOUT_ANOTHER = frozenset({"reaction", "edit", "revoke"})
PLACEHOLDER = "media_placeholder"
"""The type of a message of the history whose file comes later."""

"""What a message says, by the name of its content.

Evolution's other channels put Cloud API's own nodes under the same names: their fields are read beside WhatsApp Web's.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any

from rollout_cli.whatsapp.content import Content, Fields, filled_in
from rollout_cli.whatsapp.credentials import redacted
from rollout_cli.whatsapp.events import Contact, Interactive, Location, Media, Order, OrderItem, Poll
from rollout_cli.whatsapp.wire import decimal, known_truth, mapping, objects, scalar, strings, text, truth, whole


def base64_text(value: Any) -> str | None:
    """Bytes, as base64 already, as `{type: "Buffer", data: […]}`, as `{"0": …, "1": …}` or as a list."""
    if type(value) is dict:
        data = value.get("data")
        if type(data) is str:
            return data or None
        listed = data if type(data) is list else [value[name] for name in map(str, range(len(value))) if name in value]
    elif type(value) is list:
        listed = value
    else:
        return text(value)
    try:
        return b64encode(bytes(listed)).decode() or None
    except (TypeError, ValueError):
        return None


def read_media(node: Mapping[str, Any]) -> Fields:
    """A file, with what stands below it."""
    caption, file_id = text(node.get("caption")), scalar(node.get("id"))
    is_link = file_id is not None and file_id.startswith(("https://", "http://"))
    media = Media(
        id=None if is_link else file_id,
        url=text(node.get("url")) or (file_id if is_link else text(node.get("mediaUrl"))),
        mime_type=text(node.get("mimetype")) or text(node.get("mime_type")),
        sha256=base64_text(node.get("fileSha256")) or text(node.get("sha256")),
        size=whole(node.get("fileLength")),
        filename=text(node.get("fileName")) or text(node.get("title")) or text(node.get("filename")),
        caption=caption,
        seconds=whole(node.get("seconds")),
        width=whole(node.get("width")),
        height=whole(node.get("height")),
        animated=_animated(node),
        view_once=known_truth(node.get("viewOnce")),
        media_key=base64_text(node.get("mediaKey")),
        direct_path=text(node.get("directPath")),
    )
    return {"text": caption, "media": media}


def _animated(node: Mapping[str, Any]) -> bool | None:
    for name in ("isAnimated", "isLottie", "gifPlayback", "animated"):
        if (told := node.get(name)) is not None:
            return truth(told)
    return None


def read_audio(node: Mapping[str, Any]) -> Fields:
    """A voice note, or any other sound."""
    is_voice = truth(node.get("ptt")) or truth(node.get("voice"))
    return {"type": "voice" if is_voice else "audio", **read_media(node)}


def read_extended_text(node: Mapping[str, Any]) -> Fields:
    """A text with a preview, a quote or a mention; many clients send every text so."""
    return {"text": text(node.get("text"))}


def read_location(node: Mapping[str, Any]) -> Fields:
    """A place, or where somebody is right now."""
    location = Location(
        latitude=decimal(node.get("degreesLatitude")),
        longitude=decimal(node.get("degreesLongitude")),
        name=text(node.get("name")),
        address=text(node.get("address")),
        url=text(node.get("url")),
        sequence=whole(node.get("sequenceNumber")),
    )
    fields: Fields = {"text": text(node.get("caption")) or text(node.get("comment")) or location.name}
    if truth(node.get("isLive")):
        fields["type"] = "live_location"
    return {**fields, "location": location}


def read_contact(node: Mapping[str, Any]) -> Fields:
    """One card."""
    card = _card(node)
    return {"text": card.name, "contacts": (card,)}


def read_contacts(node: Mapping[str, Any]) -> Fields:
    """Several cards."""
    cards = tuple(map(_card, objects(node.get("contacts"))))
    return {"text": text(node.get("displayName")) or next((c.name for c in cards if c.name), None), "contacts": cards}


def _card(node: Mapping[str, Any]) -> Contact:
    vcard = text(node.get("vcard"))
    phones, wa_ids = _phones(vcard) if vcard else ((), ())
    return Contact(text(node.get("displayName")), phones, wa_ids, vcard)


def _phones(vcard: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The phones of a card, and the ids of those on WhatsApp (`TEL;waid=…:+…`, RFC 6350)."""
    phones, wa_ids = [], []
    for line in vcard.splitlines():
        name, colon, number = line.rpartition(":")
        if colon and "TEL" in name.upper().replace(".", ";").split(";"):
            phones.append(number.strip())
            wa_ids += [each[5:] for each in name.split(";") if each.lower().startswith("waid=")]
    return tuple(filter(None, phones)), tuple(filter(None, wa_ids))


def read_rich(node: Mapping[str, Any]) -> Fields:
    """An answer of an assistant: paragraphs, code and tables; what is no plain text is kept as it is."""
    parts = (text(each.get("messageText")) for each in objects(node.get("submessages")))
    return {"text": "\n".join(filter(None, parts)) or None, "system": _without_context(node)}


def read_poll(node: Mapping[str, Any]) -> Fields:
    """A question with options."""
    name = text(node.get("name"))
    options = tuple(filter(None, (text(each.get("optionName")) for each in objects(node.get("options")))))
    return {"text": name, "poll": Poll(name, options, whole(node.get("selectableOptionsCount")))}


def read_poll_vote(node: Mapping[str, Any]) -> Fields:
    """A vote. What was chosen is encrypted with the poll's own secret; Evolution 2.3.7 can read it and tells it."""
    about = text(mapping(node.get("pollCreationMessageKey")).get("id"))
    return {"poll": Poll(message_id=about, votes=strings(mapping(node.get("vote")).get("selectedOptions")))}


def offer_reader(name: str, *titles: str) -> Callable[[Mapping[str, Any]], Fields]:
    """The reader of a message that offers a choice; the first of `titles` that is told is its text."""

    def read_offer(node: Mapping[str, Any]) -> Fields:
        told = (text(_inside(node, path)) for path in titles)
        title = next(filter(None, told), None)
        return {"text": title, "interactive": Interactive(name, title=title, data=_without_context(node))}

    return read_offer


def _inside(node: Mapping[str, Any], path: str) -> Any:
    *names, last = path.split(".")
    for name in names:
        node = mapping(node.get(name))
    return node.get(last)


def _without_context(node: Mapping[str, Any]) -> Fields:
    told: Fields = redacted({name: each for name, each in node.items() if name != "contextInfo"})
    return told


def choice_reader(name: str, chosen: str, title: str) -> Callable[[Mapping[str, Any]], Fields]:
    """The reader of an answer: `chosen` is where its id stands, `title` what a person reads."""

    def read_choice(node: Mapping[str, Any]) -> Fields:
        shown = text(_inside(node, title))
        made = Interactive(name, scalar(_inside(node, chosen)), shown, text(node.get("description")))
        return {"text": shown, "interactive": made}

    return read_choice


def read_flow_reply(node: Mapping[str, Any]) -> Fields:
    """What was filled in: JSON in a string."""
    flow = mapping(node.get("nativeFlowResponseMessage"))
    shown = text(mapping(node.get("body")).get("text"))
    data = filled_in(flow.get("paramsJson"))
    chosen = (scalar(data.get("id")) if type(data) is dict else None) or text(flow.get("name"))
    made = Interactive("interactiveResponseMessage", chosen, shown, data=data)
    return {"type": "flow_reply" if flow else "interactive", "text": shown, "interactive": made}


def read_order(node: Mapping[str, Any]) -> Fields:
    """An order; its lines are fetched by its id."""
    title = text(node.get("orderTitle"))
    return {"text": text(node.get("message")) or title, "order": Order(scalar(node.get("orderId")), title=title)}


def read_product(node: Mapping[str, Any]) -> Fields:
    """A product that is shown."""
    product = mapping(node.get("product"))
    title = text(product.get("title"))
    thousandths = decimal(product.get("priceAmount1000"))
    price = None if thousandths is None else thousandths / 1000
    line = OrderItem(scalar(product.get("productId")), price=price, currency=text(product.get("currencyCode")))
    return {"text": text(node.get("body")) or title, "order": Order(title=title, items=(line,))}


def titled_reader(*titles: str) -> Callable[[Mapping[str, Any]], Fields]:
    """The reader of what is kept as it is, with a text that a person reads."""

    def read_titled(node: Mapping[str, Any]) -> Fields:
        told = (text(node.get(title)) for title in titles)
        return {"text": next(filter(None, told), None), "system": _without_context(node)}

    return read_titled


def read_payment(node: Mapping[str, Any]) -> Fields:
    """Money that was sent or asked for, as it is; with the note beside it, which is a message of its own."""
    note = mapping(mapping(node.get("noteMessage")).get("extendedTextMessage"))
    return {"text": text(note.get("text")), "system": _without_context(node)}


_as_it_is = titled_reader()
_payment = Content("unsupported", read_payment)
_image, _video, _document = Content("image", read_media), Content("video", read_media), Content("document", read_media)
_poll = Content("poll", read_poll)

CONTENTS: Mapping[str, Content] = {
    "conversation": Content("text", read_extended_text),
    "extendedTextMessage": Content("text", read_extended_text),
    "imageMessage": _image,
    "videoMessage": _video,
    "ptvMessage": _video,
    "audioMessage": Content(None, read_audio),
    "documentMessage": _document,
    "stickerMessage": Content("sticker", read_media),
    "contactMessage": Content("contacts", read_contact),
    "contactsArrayMessage": Content("contacts", read_contacts),
    "locationMessage": Content("location", read_location),
    "liveLocationMessage": Content("live_location", read_location),
    "pollCreationMessage": _poll,
    "pollCreationMessageV2": _poll,
    "pollCreationMessageV3": _poll,
    "pollCreationMessageV5": _poll,
    "pollCreationMessageV6": _poll,
    "pollUpdateMessage": Content("poll_vote", read_poll_vote),
    "buttonsMessage": Content("interactive", offer_reader("buttonsMessage", "contentText", "text")),
    "listMessage": Content("interactive", offer_reader("listMessage", "description", "title")),
    "interactiveMessage": Content(
        "interactive", offer_reader("interactiveMessage", "body.text", "header.title", "footer.text")
    ),
    "templateMessage": Content(
        "template", offer_reader("templateMessage", "hydratedTemplate.hydratedContentText",
                                 "hydratedFourRowTemplate.hydratedContentText",
                                 "interactiveMessageTemplate.body.text"),
    ),
    "highlyStructuredMessage": Content("template", offer_reader("highlyStructuredMessage", "elementName")),
    "buttonsResponseMessage": Content(
        "button_reply", choice_reader("buttonsResponseMessage", "selectedButtonId", "selectedDisplayText")
    ),
    "templateButtonReplyMessage": Content(
        "button_reply", choice_reader("templateButtonReplyMessage", "selectedId", "selectedDisplayText")
    ),
    "listResponseMessage": Content(
        "list_reply", choice_reader("listResponseMessage", "singleSelectReply.selectedRowId", "title")
    ),
    "interactiveResponseMessage": Content(None, read_flow_reply),
    "orderMessage": Content("order", read_order),
    "productMessage": Content("product", read_product),
    "groupInviteMessage": Content("group_invite", titled_reader("caption", "groupName")),
    "eventMessage": Content("event", titled_reader("name", "description")),
    "albumMessage": Content("system", _as_it_is),
    "pinInChatMessage": Content("system", _as_it_is),
    "keepInChatMessage": Content("system", _as_it_is),
    "callLogMesssage": Content("system", _as_it_is),
    "callLogMessage": Content("system", _as_it_is),
    "requestPhoneNumberMessage": Content("system", _as_it_is),
    "newsletterAdminInviteMessage": Content("system", titled_reader("caption", "newsletterName")),
    "scheduledCallCreationMessage": Content("event", titled_reader("title")),
    "scheduledCallEditMessage": Content("system", _as_it_is),
    "eventInviteMessage": Content("event", titled_reader("caption", "eventTitle")),
    "messageHistoryNotice": Content("system", _as_it_is),
    "statusNotificationMessage": Content("system", _as_it_is),
    "sendPaymentMessage": _payment,
    "requestPaymentMessage": _payment,
    "declinePaymentRequestMessage": _payment,
    "cancelPaymentRequestMessage": _payment,
    "paymentInviteMessage": _payment,
    "invoiceMessage": Content("unsupported", titled_reader("note")),
    "stickerPackMessage": Content("unsupported", titled_reader("caption", "name")),
    "pollResultSnapshotMessage": Content("unsupported", titled_reader("name")),
    "pollResultSnapshotMessageV3": Content("unsupported", titled_reader("name")),
    "richResponseMessage": Content("text", read_rich),
    "questionResponseMessage": Content("text", read_extended_text),
    "statusQuestionAnswerMessage": Content("text", read_extended_text),
    "statusQuotedMessage": Content("text", read_extended_text),
    "statusStickerInteractionMessage": Content("system", _as_it_is),
    "newsletterFollowerInviteMessageV2": Content("system", titled_reader("caption", "newsletterName")),
    "messageHistoryBundle": Content("system", _as_it_is),
    "bcallMessage": Content("system", titled_reader("caption")),
    "call": Content("system", _as_it_is),
    "chat": Content("system", titled_reader("displayName")),
    "stickerSyncRmrMessage": Content("system", _as_it_is),
    "encEventUpdateMessage": Content("unsupported", _as_it_is),
    "encEventResponseMessage": Content("unsupported", _as_it_is),
    "encCommentMessage": Content("unsupported", _as_it_is),
}  # fmt: skip
"""Who reads which content."""

UNDECRYPTABLE = frozenset({"secretEncryptedMessage", "placeholderMessage"})
"""Contents that say only that there is one: an encrypted edit, or what a linked device must not show."""

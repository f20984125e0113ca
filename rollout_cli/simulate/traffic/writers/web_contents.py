"""What WhatsApp Web's own messages say, field by field, for each kind of content."""

from base64 import b64encode
from collections.abc import Mapping

from rollout_cli.simulate.traffic.happening import Happening
from rollout_cli.simulate.traffic.told import File
from rollout_cli.simulate.traffic.writers.pattern import Fill, pattern

_HASH = b64encode(bytes(range(32))).decode()
_OTHER_HASH = b64encode(bytes(range(64, 96))).decode()
_THUMBNAIL = b64encode(b"\xff\xd8\xff\xe0" + bytes(range(256)) * 2).decode()
_WAVES = b64encode(bytes(range(64))).decode()
_LATER = "1767700800"


def _file(folder: str) -> str:
    """Where a file lies, and its keys."""
    path = f"/v/t62.{folder}/41000_<id>_n.enc?ccb=11-4&oh=01_Q5Aa1wHx0q&oe=69F0A000&_nc_sid=5e03e0"
    return (
        f'"url":"https://mmg.whatsapp.net{path}&mms3=true","directPath":"{path}","mediaKey":"{_HASH}",'
        f'"fileSha256":"{_OTHER_HASH}","fileEncSha256":"{_HASH}","mediaKeyTimestamp":"1767614000",'
    )


_IMAGE = (
    f'{{{_file("7118-24")}"mimetype":"image/jpeg","fileLength":"226806","height":1280,"width":960,'
    f'"scansSidecar":"{_HASH}","scanLengths":[9370,24887,14193,38702],"jpegThumbnail":"{_THUMBNAIL}","caption":"<words>"}}'
)
_VIDEO = (
    f'{{{_file("7161-24")}"mimetype":"video/mp4","fileLength":"1830412","seconds":14,"height":848,"width":480,'
    f'"streamingSidecar":"{_HASH}","jpegThumbnail":"{_THUMBNAIL}","caption":"<words>"}}'
)
_PLACE = '"degreesLatitude":-25.4284,"degreesLongitude":-49.2733'
_CARD = (
    '{"displayName":"Marcos Lima","vcard":"BEGIN:VCARD\\nVERSION:3.0\\nN:Lima;Marcos;;;\\nFN:Marcos Lima\\n'
    'item1.TEL;waid=554100000000:+55 41 0000-0000\\nitem1.X-ABLabel:Celular\\nEND:VCARD"}'
)
_ANOTHERS_KEY = '{"remoteJid":"<thread.person.lid>@lid","fromMe":false,"id":"3EB05A1E0FFE0012AB34"}'

_PATTERNS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "image": (("imageMessage", _IMAGE),),
    "video": (("videoMessage", _VIDEO), ("videoMessage", f'{_VIDEO[:-1]},"gifPlayback":true}}'),
              ("ptvMessage", _VIDEO)),
    "audio": (
        ("audioMessage", f'{{{_file("7117-24")}"mimetype":"audio/mp4","fileLength":"61310","seconds":61,"ptt":false}}'),
    ),
    "voice": (
        ("audioMessage", (f'{{{_file("7117-24")}"mimetype":"audio/ogg; codecs=opus","fileLength":"7397","seconds":3,'
         f'"ptt":true,"streamingSidecar":"tpHToVg0kjLj8A==","waveform":"{_WAVES}"}}')),
    ),
    "document": (
        ("documentMessage", (f'{{{_file("7119-24")}"mimetype":"application/pdf","title":"nota.pdf",'
         f'"fileLength":"87154","pageCount":2,"fileName":"nota.pdf","jpegThumbnail":"{_THUMBNAIL}","caption":"<words>"}}')),
    ),
    "sticker": (
        ("stickerMessage", (f'{{{_file("15575-24")}"mimetype":"image/webp","fileLength":"27636","isAnimated":false,'
         '"stickerSentTs":"<at>","isAvatar":false,"isAiSticker":false,"isLottie":false}')),
    ),
    "location": (
        ("locationMessage", (f'{{{_PLACE},"name":"Loja do centro","address":"Rua das Flores, 10","comment":"<words>",'
         f'"jpegThumbnail":"{_THUMBNAIL}"}}')),
        ("locationMessage", f"{{{_PLACE}}}"),
    ),
    "live_location": (
        ("liveLocationMessage", (f'{{{_PLACE},"accuracyInMeters":12,"speedInMps":1.2,"caption":"<words>",'
         f'"sequenceNumber":"<at>","timeOffset":0,"jpegThumbnail":"{_THUMBNAIL}"}}')),
    ),
    "contacts": (
        ("contactMessage", _CARD),
        ("contactsArrayMessage", f'{{"displayName":"2 contatos","contacts":[{_CARD},{_CARD}]}}'),
    ),
    "button_reply": (
        ("buttonsResponseMessage", '{"selectedButtonId":"yes","selectedDisplayText":"<words>","type":"DISPLAY_TEXT"}'),
        ("templateButtonReplyMessage", '{"selectedId":"yes","selectedDisplayText":"<words>","selectedIndex":0}'),
    ),
    "list_reply": (
        ("listResponseMessage", ('{"title":"<words>","listType":"SINGLE_SELECT",'
         '"singleSelectReply":{"selectedRowId":"row-2"},"description":"até sexta"}')),
    ),
    "flow_reply": (
        ("interactiveResponseMessage", ('{"body":{"text":"<words>","format":"EXTENSIONS_1"},'
         '"nativeFlowResponseMessage":{"name":"galaxy_message","paramsJson":"{\\"size\\":\\"M\\",\\"day\\":\\"friday\\"}","version":3}}')),
    ),
    "template": (
        ("templateMessage", ('{"hydratedTemplate":{"hydratedContentText":"<words>","hydratedFooterText":"Loja",'
         '"hydratedButtons":[{"index":0,"quickReplyButton":{"displayText":"Sim","id":"yes"}}],"templateId":"<id>"}}')),
    ),
    "order": (
        ("orderMessage", (f'{{"orderId":"<at>","thumbnail":"{_THUMBNAIL}","itemCount":2,"status":"INQUIRY",'
         '"surface":"CATALOG","message":"<words>","orderTitle":"Loja","totalAmount1000":"159900",'
         '"totalCurrencyCode":"BRL","sellerJid":"<thread.instance.phone>@s.whatsapp.net"}')),
    ),
    "product": (
        ("productMessage", (f'{{"product":{{"productImage":{_IMAGE},"productId":"5102","title":"Jaqueta azul",'
         '"currencyCode":"BRL","priceAmount1000":"159900","retailerId":"blue-m","productImageCount":1},'
         '"businessOwnerJid":"<thread.instance.phone>@s.whatsapp.net","body":"<words>"}')),
    ),
    "poll": (
        ("pollCreationMessageV3", ('{"name":"<words>","options":[{"optionName":"sim"},{"optionName":"não"}],'
         '"selectableOptionsCount":1}')),
        ("pollCreationMessage", ('{"encKey":null,"name":"<words>","options":[{"optionName":"P"},{"optionName":"M"}],'
         '"selectableOptionsCount":0}')),
    ),
    "group_invite": (
        ("groupInviteMessage", (f'{{"groupJid":"120363000000000001@g.us","inviteCode":"<id>","inviteExpiration":'
         f'"{_LATER}","groupName":"Clientes","caption":"<words>","jpegThumbnail":"{_THUMBNAIL}"}}')),
    ),
    "event": (
        ("eventMessage", (f'{{"isCanceled":false,"name":"<words>","description":"na loja do centro","location":'
         f'{{{_PLACE}}},"startTime":"{_LATER}"}}')),
    ),
    "unsupported": (
        ("encEventResponseMessage", (f'{{"eventCreationMessageKey":{_ANOTHERS_KEY},"encPayload":"{_HASH}",'
         '"encIv":"cQZeXWCdu9JrcLOL"}')),
    ),
    "system": (
        ("pinInChatMessage", f'{{"key":{_ANOTHERS_KEY},"type":"PIN_FOR_ALL","senderTimestampMs":"<at>"}}'),
    ),
}  # fmt: skip
_CONTENTS: Mapping[str, tuple[tuple[str, Fill], ...]] = {
    kind: tuple((name, pattern(text)) for name, text in told) for kind, told in _PATTERNS.items()
}
"""For each kind the names that it has, and what stands there."""
KINDS = ("text", *_CONTENTS)
"""The kinds of content."""
_FILES: Mapping[str, tuple[str, str | None, bool]] = {
    "image": ("image/jpeg", None, True),
    "video": ("video/mp4", None, True),
    "audio": ("audio/mp4", None, False),
    "voice": ("audio/ogg; codecs=opus", None, False),
    "document": ("application/pdf", "nota.pdf", True),
    "sticker": ("image/webp", None, False),
}
"""For each kind with a file, its type, its name, and whether it has a caption."""


def file_of(it: Happening) -> File | None:
    """The file of a message, as its patterns tell it: it has no id, but an address of its own."""
    known = _FILES.get(it.kind)
    if known is None:
        return None
    mime_type, name, has_caption = known
    return File(mime_type, None, name, f"41000_{it.id}_n.enc", it.words if has_caption else "")


_ASKED: Mapping[str, str] = {
    kind: f'"stanzaId":"3EB05A1E0FFE0012AB34","participant":"551130000000@s.whatsapp.net","quotedMessage":{asked}'
    for kind, asked in {
        "button_reply": '{"buttonsMessage":{"contentText":"Podemos enviar?","buttons":[{"buttonId":"yes","buttonText":'
        '{"displayText":"Sim"},"type":"RESPONSE"}],"headerType":"EMPTY"}}',
        "list_reply": '{"listMessage":{"title":"Entrega","description":"Quando?","buttonText":"escolher",'
        '"listType":"SINGLE_SELECT","sections":[{"title":"dias","rows":[{"title":"sexta","rowId":"row-2"}]}]}}',
    }.items()
}
"""What an answer quotes: the question."""
_DISAPPEARING = frozenset({"text", "image", "video", "audio", "voice"})


def context_of(it: Happening) -> str:
    """What a message's `contextInfo` tells, as JSON; empty where it tells nothing."""
    told = _ASKED.get(it.kind, "")
    if it.is_forwarded:
        told += f'{"," * bool(told)}"forwardingScore":1,"isForwarded":true'
    if it.thread.group is not None and it.place % 7 == 0:
        whom = f"{it.thread.instance.attendant}@s.whatsapp.net" if _is_for_skm(it) else f"{it.thread.person.lid}@lid"
        told += f'{"," * bool(told)}"mentionedJid":["{whom}"]'
    return f"{{{told}}}" if told else ""


def calls(it: Happening) -> bool:
    """Whether the `contextInfo` of a message calls an SKM."""
    return it.thread.group is not None and it.place % 7 == 0 and _is_for_skm(it) and not it.is_forwarded


def _is_for_skm(it: Happening) -> bool:
    """In every other group the SKM is mentioned, in the others somebody else."""
    return it.thread.number % 2 == 0


def content_of(it: Happening, context: str, *, is_folded: bool) -> tuple[str, str]:
    """What a message says.

    Args:
        it: what happened.
        context: its `contextInfo`.
        is_folded: whether the provider makes a plain `conversation` of each text, and takes captions out of wrappers.

    Returns:
        the outermost name, and the field of that name: `"conversation":"…"`.
    """
    kind, place = it.kind, it.place
    around = _around(kind, place, is_folded=is_folded)
    if kind == "text":
        is_plain = not around and (is_folded or not (context or place % 5 == 0))
        name, node = ("conversation", f'"{it.words}"') if is_plain else ("extendedTextMessage", _extended(it, context))
    else:
        names = _CONTENTS[kind]
        name, fill = names[place % len(names)]
        node = fill(it)
        if context:
            node = f'{node[:-1]},"contextInfo":{context}}}'
    if around:
        return around, f'"{around}":{{"message":{{"{name}":{node}}}}}'
    return name, f'"{name}":{node}'


def _around(kind: str, place: int, *, is_folded: bool) -> str:
    """The wrapper, now and then."""
    if place % 11 == 0 and kind in _DISAPPEARING:
        return "ephemeralMessage"
    if place % 9 == 0 and kind in ("image", "video"):
        return "viewOnceMessageV2"
    return "documentWithCaptionMessage" if kind == "document" and place % 4 == 0 and not is_folded else ""


def _extended(it: Happening, context: str) -> str:
    return f'{{"text":"{it.words}","previewType":"NONE","contextInfo":{context or _EPHEMERAL}}}'


_EPHEMERAL = '{"expiration":604800,"ephemeralSettingTimestamp":"1767000000"}'

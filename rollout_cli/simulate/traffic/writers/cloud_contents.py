"""What the Cloud API's messages say, field by field, for each kind of content, and what stands beside that."""

from base64 import b64encode
from collections.abc import Mapping

from rollout_cli.simulate.traffic.happening import Happening
from rollout_cli.simulate.traffic.told import File
from rollout_cli.simulate.traffic.writers.pattern import Fill, pattern

_HASH = b64encode(bytes(range(32))).decode()
_OLD = '"id":"<at><place>","sha256":"' + _HASH + '",'
_NEW = (
    f'{_OLD}"url":"https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=<at><place>&source=webhook&'
    'ext=1767700800&hash=ARnBkVhV0k3",'
)
"""A file: newer versions tell where it lies."""
_PLACE = '"latitude":-25.4284,"longitude":-49.2733'
_CARD = (
    '{"name":{"formatted_name":"Marcos Lima","first_name":"Marcos","last_name":"Lima"},'
    '"phones":[{"phone":"+55 41 0000-0000","type":"CELL","wa_id":"554100000000"}]}'
)
_LINE = '{"product_retailer_id":"blue-m","quantity":1,"item_price":159.9,"currency":"BRL"}'
_UNKNOWN_TYPE = (
    '"errors":[{"code":131051,"title":"Message type unknown","message":"Message type unknown",'
    '"error_data":{"details":"Message type is currently not supported."}}],"type":"unsupported"'
)
_ANSWER = '{\\"size\\":\\"M\\",\\"flow_token\\":\\"<id>\\"}'


def _chosen(kind: str, inside: str) -> str:
    return f'"type":"interactive","interactive":{{"type":"{kind}","{kind}":{{{inside}}}}}'


_PATTERNS: Mapping[str, tuple[str, ...]] = {
    "text": ('"type":"text","text":{"body":"<words>"}',),
    "image": tuple(f'"type":"image","image":{{{file}"mime_type":"image/jpeg"{caption}}}'
                   for file in (_OLD, _NEW) for caption in (',"caption":"<words>"', "")),
    "video": tuple(f'"type":"video","video":{{"caption":"<words>",{file}"mime_type":"video/mp4"}}'
                   for file in (_OLD, _NEW)),
    "audio": (f'"type":"audio","audio":{{{_NEW}"mime_type":"audio/mpeg","voice":false}}',),
    "voice": tuple(f'"type":"audio","audio":{{{file}"mime_type":"audio/ogg; codecs=opus","voice":true}}'
                   for file in (_OLD, _NEW)),
    "document": tuple(f'"type":"document","document":{{"filename":"nota.pdf",{file}"mime_type":"application/pdf"}}'
                      for file in (_OLD, _NEW)),
    "sticker": tuple(f'"type":"sticker","sticker":{{{_OLD}"mime_type":"image/webp","animated":{animated}}}'
                     for animated in ("false", "true")),
    "location": (f'"type":"location","location":{{{_PLACE}}}',
                 f'"type":"location","location":{{{_PLACE},"name":"Loja do centro","address":"Rua das Flores, 10"}}'),
    "contacts": (f'"type":"contacts","contacts":[{_CARD}]', f'"type":"contacts","contacts":[{_CARD},{_CARD}]'),
    "button_reply": ('"type":"button","button":{"payload":"yes","text":"<words>"}',
                     _chosen("button_reply", '"id":"yes","title":"<words>"')),
    "list_reply": (_chosen("list_reply", '"id":"row-2","title":"<words>","description":"até sexta"'),),
    "flow_reply": (_chosen("nfm_reply", f'"response_json":"{_ANSWER}","body":"Sent","name":"flow"'),),
    "order": (f'"type":"order","order":{{"catalog_id":"194836987003835","text":"<words>","product_items":[{_LINE}]}}',
              f'"type":"order","order":{{"catalog_id":"194836987003835","product_items":[{_LINE},{_LINE}]}}'),
    "unsupported": (_UNKNOWN_TYPE, f'{_UNKNOWN_TYPE},"unsupported":{{"type":"poll_creation"}}'),
    "system": ('"type":"request_welcome"',),
}  # fmt: skip
_CONTENTS: Mapping[str, tuple[Fill, ...]] = {kind: tuple(map(pattern, told)) for kind, told in _PATTERNS.items()}
KINDS = tuple(_CONTENTS)
"""The kinds of content that Meta can tell; of others it tells no more than that they are `unsupported`."""
_FILES: Mapping[str, tuple[str, str | None]] = {
    "image": ("image/jpeg", None),
    "video": ("video/mp4", None),
    "audio": ("audio/mpeg", None),
    "voice": ("audio/ogg; codecs=opus", None),
    "document": ("application/pdf", "nota.pdf"),
    "sticker": ("image/webp", None),
}
"""For each kind with a file, its type and name."""


def file_of(it: Happening) -> File | None:
    """The file of a message, as its patterns tell it: every other picture has a caption, and every video."""
    known = _FILES.get(it.kind)
    if known is None:
        return None
    has_caption = it.kind == "video" or (it.kind == "image" and it.place % 2 == 0)
    return File(known[0], f"{it.at}{it.place}", known[1], caption=it.words if has_caption else "")


FROM_US, FROM_THEM = "wamid.HBgMNTU0MTk4NzY1NDMyFQIAERgS", "wamid.HBgMNTU0MTk4NzY1NDMyFQIAEhgU"
"""How ids of messages begin: no hex digit stands right before or behind the sixteen that tell them apart."""
_AD = (
    '"referral":{"source_url":"https://fb.me/3cr4Wqqkv","source_id":"120226305854810726","source_type":"ad",'
    '"body":"Jaquetas de inverno","headline":"Fale com a loja","media_type":"image",'
    '"image_url":"https://scontent.example/v/t45.1-4/ad.jpg","ctwa_clid":"Aff-n8ZTODiE79d22KtAwQKj9e"},'
)
_ANSWERS = frozenset({"button_reply", "list_reply", "flow_reply"})
_ASKED = f'"id":"{FROM_US}5A1E0FFE0012AB34oA=="'
_QUOTED = pattern(f'"context":{{"from":"<thread.instance.phone>",{_ASKED}}},')
_PRODUCT = pattern(
    f'"context":{{"from":"<thread.instance.phone>",{_ASKED},"referred_product":{{"catalog_id":"194836987003835",'
    '"product_retailer_id":"blue-m"}},'
)


def content_of(it: Happening) -> str:
    """What a message says: its `type`, and the field of that name."""
    fills = _CONTENTS[it.kind]
    return fills[it.place % len(fills)](it)


def beside(it: Happening) -> str:
    """What stands before it: what it answers, where it is from, which ad it came by; mostly nothing."""
    place = it.place
    if it.is_forwarded:
        return '"context":{"frequently_forwarded":true},' if place % 5 == 0 else '"context":{"forwarded":true},'
    if it.kind in _ANSWERS:
        return _QUOTED(it) if place % 6 else ""
    if it.kind != "text":
        return ""
    if place % 37 == 0 and not it.outbound:
        return _AD
    if place % 41 == 0 and not it.outbound:
        return _PRODUCT(it)
    return _QUOTED(it) if place % 9 == 0 else ""


def own_id(it: Happening) -> str:
    """The id of the happening's own message."""
    return f"{FROM_US if it.outbound else FROM_THEM}{it.id}oA=="


def id_about(it: Happening) -> str:
    """The id of the message that it is about."""
    return f"{FROM_US if it.about_outbound else FROM_THEM}{it.about}oA=="

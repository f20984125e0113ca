"""Bodies as the providers send them, of the usual sizes: each is another message, of another person and second."""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rollout_cli.whatsapp.vocabulary import Provider

Json = dict[str, Any]

_BEGINNING = 1_772_366_400
_WORDS = "good morning, is the blue jacket in size M still there, and can it be sent to the shop in the old town? "
_SECRET = b64encode(bytes(range(32))).decode()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of body.

    Attributes:
        name: as the table shows it.
        events: how many messages one body holds.
        make: the body with a number.
    """

    name: str
    provider: Provider
    events: int
    make: Callable[[int], bytes]

    def bodies(self, count: int) -> tuple[bytes, ...]:
        """So many bodies, no two alike."""
        return tuple(self.make(number) for number in range(count))


def packed(value: Json) -> bytes:
    """JSON as a server writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def phone(number: int) -> str:
    """A phone of somebody whom there is not."""
    return f"551197{number % 9_000_000:07d}"


def cloud_message(number: int, words: str) -> Json:
    """A text of the Cloud API, with an id as long as real ones."""
    device = f"3A{number:018X}".encode()
    inside = b"\x1c\x18\x0d" + phone(number).encode() + b"\x15\x02\x00\x12\x18\x14" + device + b"\0"
    return {
        "from": phone(number),
        "from_user_id": f"BR.{10**15 + number}",
        "id": f"wamid.{b64encode(inside).decode()}",
        "timestamp": str(_BEGINNING + number),
        "text": {"body": words},
        "type": "text",
    }


def cloud_batch(number: int, size: int, words: str = _WORDS[:74]) -> bytes:
    """So many texts of one customer each in one body of the Cloud API."""
    numbers = range(number * size, number * size + size)
    people = [
        {"profile": {"name": f"Customer {each}"}, "wa_id": phone(each), "user_id": f"BR.{10**15 + each}"}
        for each in numbers
    ]
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "551130000001", "phone_number_id": "700100200300400"},
        "contacts": people,
        "messages": [cloud_message(each, words) for each in numbers],
    }
    change = {"value": value, "field": "messages"}
    return packed({"object": "whatsapp_business_account", "entry": [{"id": "810200300400500", "changes": [change]}]})


def web_message(number: int, content: Json) -> Json:
    """A message of the web protocol, with the device's part beside its content."""
    devices = {
        "senderKeyHash": "c2VuZGVyLWtleQ==", "senderTimestamp": str(_BEGINNING), "senderAccountType": "E2EE",
        "receiverAccountType": "E2EE", "recipientKeyHash": "cmVjaXBpZW50LQ==", "recipientTimestamp": str(_BEGINNING),
    }  # fmt: skip
    beside = {"deviceListMetadata": devices, "deviceListMetadataVersion": 2, "messageSecret": _SECRET}
    return {
        "key": {
            "remoteJid": f"{phone(number)}@s.whatsapp.net",
            "remoteJidAlt": f"{10**14 + number}@lid",
            "fromMe": False,
            "id": f"3EB0{number:018X}",
            "participant": "",
            "addressingMode": "pn",
        },
        "pushName": f"Customer {number}",
        "message": {**content, "messageContextInfo": beside},
        "messageTimestamp": _BEGINNING + number,
    }


def evolution(data: Any, event: str = "messages.upsert") -> bytes:
    """What Evolution API 2 puts around it."""
    return packed({
        "event": event,
        "instance": "shop-one",
        "data": data,
        "destination": "https://hooks.example/in",
        "date_time": "2026-03-01T09:00:00.000Z",
        "sender": "551130000001@s.whatsapp.net",
        "server_url": "https://gateway.example",
        "apikey": "0F0F0F0F-0000-4000-8000-000000000001",
    })  # fmt: skip


def evolution_message(number: int, content: Json, kind: str) -> Json:
    """A message as Evolution API 2 hands it on."""
    return {
        **web_message(number, content),
        "status": "DELIVERY_ACK",
        "contextInfo": {"expiration": 0},
        "messageType": kind,
        "instanceId": "7d1f5c1e-0000-4000-8000-000000000001",
        "source": "android",
    }


def image(number: int) -> Json:
    """A picture: where it lies, its keys and its thumbnail."""
    path = f"/v/t62.7118-24/{10**15 + number}_n.enc?ccb=11-4&oh=01_Q5Aa&oe=69F0A000&_nc_sid=5e03e0"
    return {
        "url": f"https://mmg.whatsapp.net{path}&mms3=true", "mimetype": "image/jpeg", "caption": "this one",
        "fileSha256": _SECRET, "fileLength": "226806", "height": 1280, "width": 960, "mediaKey": _SECRET,
        "fileEncSha256": _SECRET, "directPath": path, "mediaKeyTimestamp": str(_BEGINNING),
        "jpegThumbnail": b64encode(bytes(range(256)) * 3).decode(), "viewOnce": False,
    }  # fmt: skip


def document(size: int) -> Json:
    """A file whose thumbnail is written byte by byte, in so many bytes of JSON."""
    thumbnail = {str(index): (index * 37) % 256 for index in range(size // 12)}
    return {"url": "https://mmg.whatsapp.net/d", "mimetype": "application/pdf", "fileName": "offer.pdf",
            "fileLength": {"low": 87154, "high": 0, "unsigned": True}, "jpegThumbnail": thumbnail}  # fmt: skip


def evolution_text(number: int) -> bytes:
    """A text over Evolution API."""
    return evolution(evolution_message(number, {"conversation": _WORDS[:60]}, "conversation"))


def evolution_image(number: int) -> bytes:
    """A picture over Evolution API, without the file itself."""
    return evolution(evolution_message(number, {"imageMessage": image(number)}, "imageMessage"))


def evolution_file(number: int, size: int) -> bytes:
    """A picture over Evolution API with the file itself, in so many bytes of base64."""
    content = {"imageMessage": image(number), "base64": b64encode(bytes(range(256)) * (size // 342)).decode()}
    return evolution(evolution_message(number, content, "imageMessage"))


def evolution_document(number: int, size: int) -> bytes:
    """A document over Evolution API, its thumbnail byte by byte."""
    return evolution(evolution_message(number, {"documentMessage": document(size)}, "documentMessage"))


def evolution_history(number: int, size: int) -> bytes:
    """A list of texts over Evolution API."""
    numbers = range(number * size, number * size + size)
    texts = [evolution_message(each, {"conversation": _WORDS[:60]}, "conversation") for each in numbers]
    return evolution(texts, "messages.set")


def baileys_text(number: int) -> bytes:
    """A text of Baileys, as it comes out of the library."""
    return packed(web_message(number, {"conversation": _WORDS[:60]}))


def baileys_history(number: int, size: int) -> bytes:
    """A piece of history of Baileys; only its messages are counted."""
    numbers = range(number * size, number * size + size)
    texts = [web_message(each, {"conversation": _WORDS * 3}) for each in numbers]
    return packed({"chats": [], "contacts": [], "messages": texts, "isLatest": False, "progress": 40})


TEXT = Kind("Cloud API, a text", "cloud_api", 1, lambda number: cloud_batch(number, 1))
TEN = Kind("Cloud API, ten texts", "cloud_api", 10, lambda number: cloud_batch(number, 10))
THOUSAND = Kind("Cloud API, 1,000 texts", "cloud_api", 1_000, lambda number: cloud_batch(number, 1_000))
USUAL = (
    TEXT,
    TEN,
    THOUSAND,
    Kind("Evolution, a text", "evolution", 1, evolution_text),
    Kind("Evolution, an image", "evolution", 1, evolution_image),
    Kind("Baileys, a text", "baileys", 1, baileys_text),
)
"""Those whose time is measured."""

_MEGABYTE = 1_000_000
LARGE = (
    Kind("Evolution, bytes one by one", "evolution", 1, lambda number: evolution_document(number, _MEGABYTE)),
    Kind("Evolution, a file in base64", "evolution", 1, lambda number: evolution_file(number, _MEGABYTE)),
    Kind("Cloud API, 1,000 long texts", "cloud_api", 1_000, lambda number: cloud_batch(number, 1_000, _WORDS * 6)),
    Kind("Evolution, messages.set", "evolution", 1_200, lambda number: evolution_history(number, 1_200)),
    Kind("Baileys, history", "baileys", 1_050, lambda number: baileys_history(number, 1_050)),
)
"""Those of about a megabyte, whose memory is measured."""

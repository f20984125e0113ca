"""Groups: made, changed, joined, left."""

from collections.abc import Mapping
from typing import Any

from rollout_cli.whatsapp.cloud_api.directory import Directory
from rollout_cli.whatsapp.decoding import decode
from rollout_cli.whatsapp.delivery import Origin
from rollout_cli.whatsapp.events import NOBODY, Actor, CanonicalEvent, Context
from rollout_cli.whatsapp.identity import Person, cloud_person
from rollout_cli.whatsapp.moments import moment
from rollout_cli.whatsapp.originals import Piece
from rollout_cli.whatsapp.vocabulary import EventType
from rollout_cli.whatsapp.wire import mapping, objects, scalar, text

REQUEST_FAILED = "request_failed"

GROUP_EVENTS: Mapping[str, EventType] = {
    "group_create": "whatsapp.group.created",
    "group_delete": "whatsapp.group.deleted",
    "group_participants_add": "whatsapp.group.joined",
    "group_participants_remove": "whatsapp.group.left",
    "group_join_request_created": "whatsapp.group.updated",
    "group_join_request_revoked": "whatsapp.group.updated",
    "group_settings_update": "whatsapp.group.updated",
    "group_suspend": "whatsapp.group.updated",
    "group_suspend_cleared": "whatsapp.group.updated",
}
"""The event of each type. One that failed is told as what was asked for, flagged `request_failed`."""

_MEMBERS = ("added_participants", "removed_participants", "failed_participants", "participants")
_IDS = ("user_id", "wa_id", "input")


def read_group(origin: Origin, _directory: Directory, raw: Piece) -> list[CanonicalEvent]:
    """Something that happened to a group."""
    group = mapping(decode(raw))
    kind = text(group.get("type")) or ""
    when = moment(group.get("timestamp"), origin.received_at)
    if kind not in GROUP_EVENTS:
        return [origin.unknown(raw, when=when)]
    group_id = scalar(group.get("group_id"))
    members = tuple(member for name in _MEMBERS for member in _members(group.get(name))) or tuple(_members([group]))
    who = _who(group)
    return [
        origin.event(
            GROUP_EVENTS[kind],
            _key(origin, group, kind, group_id or "", members),
            when,
            raw,
            routing=origin.thread(group_id),
            actor=Actor("participant", who.wa_id, who.phone, None, who.bsuid) if who.wa_id else NOBODY,
            context=Context("group", group_id, group_id),
            details={
                "action": kind,
                "participants": list(members),
                "aliases": _aliases(group),
                "subject": group.get("subject") or mapping(group.get("group_subject")).get("text"),
                "request_id": group.get("request_id"),
                "initiated_by": group.get("initiated_by"),
                "errors": group.get("errors"),
            },
            flags=(REQUEST_FAILED,) if group.get("errors") else (),
        )
    ]


def _who(group: Mapping[str, Any]) -> Person:
    """Who asks to join, or left by their own will; nobody where the business, or nobody knows who, did it."""
    told = objects(group.get("removed_participants")) if group.get("initiated_by") == "participant" else ()
    by: Mapping[str, Any] = told[0] if len(told) == 1 else group
    return cloud_person(scalar(by.get("wa_id")), text(by.get("user_id")))


def _members(value: Any) -> list[str]:
    """The ids of people, each by the first that is told."""
    told = ((scalar(each.get(name)) for name in _IDS) for each in objects(value))
    return [found for ids in told if (found := next(filter(None, ids), None))]


def _aliases(group: Mapping[str, Any]) -> list[list[str]]:
    """Ids that stand for one person, as written: for the table of aliases."""
    people = [each for name in _MEMBERS for each in objects(group.get(name))] + [dict(group)]
    told = [[scalar(each.get("user_id")), scalar(each.get("wa_id"))] for each in people]
    return [[each for each in ids if each] for ids in told if all(ids)]


def _key(origin: Origin, group: Mapping[str, Any], kind: str, group_id: str, members: tuple[str, ...]) -> str:
    request = scalar(group.get("request_id")) or scalar(group.get("join_request_id"))
    if request:
        return origin.key("grp", group_id, kind, "request", request)
    timestamp = scalar(group.get("timestamp")) or ""
    return origin.key("grp", group_id, kind, timestamp, ",".join(sorted(members)))

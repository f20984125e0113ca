"""The router: within one publication, entries find their threads, conversations and SKMs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from rollout_cli.pipeline.event_store import Contact, Conversation, Entry, Participant, Publication
from rollout_cli.pipeline.routing.assignment import Occasion, by_policy, in_group
from rollout_cli.pipeline.routing.conversations import STEPS, Act, Step, act_of, state_of, time_of
from rollout_cli.pipeline.routing.forgeries import copies, is_trusted
from rollout_cli.pipeline.routing.memory import Memory
from rollout_cli.pipeline.routing.orphans import adopt, claim, is_about_a_message
from rollout_cli.pipeline.routing.people import Told, acquaintances, actor_of, counterpart_of, meet
from rollout_cli.pipeline.routing.teams import Teams
from rollout_cli.pipeline.routing.telling import conversation_id, tell
from rollout_cli.pipeline.storable import storable
from rollout_cli.pipeline.switches import Mode
from rollout_cli.whatsapp import CanonicalEvent
from rollout_cli.whatsapp.keys import part

REOPENS_WITHIN = timedelta(hours=24)
"""How long after its closing a conversation goes on where somebody speaks again; later it is a new one."""
FAILURES_IN_A_ROW = 3
MULTIPLE_FAILURES = "multiple_failures"
INVALID_SIGNATURE = "invalid_signature"
_FAILED = "whatsapp.message.status.failed"
_ARRIVED = frozenset(f"whatsapp.message.status.{state}" for state in ("delivered", "read", "played"))
"""What ends a row of failures. `sent` does not: it comes before a failure, too."""


@dataclass(slots=True)
class Routed:
    """What a publication has come to.

    Attributes:
        new: the entries that were not in the log yet, those of the router behind the others.
        told: how many of them are the router's own.
        opened, assigned: conversations, with who did it.
    """

    new: list[Entry] = field(default_factory=list)
    told: int = 0
    opened: list[tuple[Conversation, str]] = field(default_factory=list)
    assigned: list[tuple[Conversation, str]] = field(default_factory=list)


class Router:
    """Routes what is published in one store. One for each store and process; publications take turns."""

    def __init__(self, teams: Teams | None = None, *, reopens_within: timedelta = REOPENS_WITHIN) -> None:
        self._teams = teams
        self._reopens_within = reopens_within
        self._memory = Memory()

    def publish(self, publication: Publication, entries: Sequence[tuple[Entry, Mode]]) -> Routed:
        """Append entries, and do what the new ones of them call for. Forget everything where it fails: `forget`."""
        if not publication.is_undisturbed:
            self._memory.forget()
        forged = copies(publication, [entry for entry, _ in entries])
        entries = [each for each in entries if id(each[0]) not in forged] if forged else entries
        visit = _Visit(publication, self._memory, self._teams, self._reopens_within)
        visit.find_threads(entries)
        visit.find_conversations(entries)
        new = publication.append([entry for entry, _ in entries])
        if new:
            modes = {id(entry): mode for entry, mode in entries}
            for entry in new:
                if entry.thread_key is not None and _routes(entry.event, modes[id(entry)]):
                    visit.follow(entry, modes[id(entry)])
            visit.claim_orphans(new, modes)
            visit.write(new)
        self._memory.trim()
        return visit.routed

    def forget(self) -> None:
        """Know nothing any more: a publication was not committed, or somebody else has written."""
        self._memory.forget()


def _routes(event: CanonicalEvent, mode: Mode) -> bool:
    """Whether an event of this mode is routed. What a stranger may have signed opens and assigns nothing."""
    if not is_trusted(event):
        return False
    return mode.routes_groups if event.context.chat_type == "group" else mode.routes


class _Visit:
    """One publication's work."""

    def __init__(
        self, publication: Publication, memory: Memory, teams: Teams | None, reopens_within: timedelta
    ) -> None:
        self._publication = publication
        self._memory = memory
        self._teams = teams
        self._reopens_within = reopens_within
        self._counterparts: dict[int, Told] = {}
        self._actors: dict[int, Told] = {}
        self._moved: dict[int, Entry] = {}
        self._changed: dict[str, Conversation] = {}
        self._heard: dict[str, Conversation] = {}
        self._opened: list[Conversation] = []
        self._seen: dict[tuple[str, str], Participant] = {}
        self._told: list[Entry] = []
        self._flagged: list[Entry] = []
        self.routed = Routed()

    def find_threads(self, entries: Sequence[tuple[Entry, Mode]]) -> None:
        """Give each entry its thread: the counterpart's home, whichever of their ids the body happened to have."""
        told: list[Told] = []
        for entry, mode in entries:
            if mode.routes and is_trusted(entry.event):
                told += self._people_of(entry)
        keys = (entry.event.routing.thread_key for entry, _ in entries)
        self._remember_heads({key[: key.rindex(":")] for key in keys if key is not None})
        meet(self._publication, self._memory, told)
        orphans = []
        for entry, mode in entries:
            counterpart = self._counterparts.get(id(entry))
            key = entry.event.routing.thread_key
            if counterpart is not None and key is not None:
                home = part(self._memory.person(counterpart.ids).home)
                entry.thread_key = storable(f"{key[: key.rindex(':')]}:{home}")
            else:
                entry.thread_key = key and storable(key)
                if key is None and mode.routes and is_about_a_message(entry.event):
                    orphans.append(entry)
        if orphans:
            adopt(self._publication, self._memory, orphans, [each for each, _ in entries if is_trusted(each.event)])

    def find_conversations(self, entries: Sequence[tuple[Entry, Mode]]) -> None:
        """Give each entry the conversation that is open, where there is one; that may still change."""
        threads = self._memory.threads
        known = [
            (entry, entry.thread_key)
            for entry, mode in entries
            if entry.thread_key is not None and _routes(entry.event, mode)
        ]
        missing = {key for _, key in known if key not in threads}
        if missing:
            found = self._publication.latest_conversations(missing)
            threads.update({key: found.get(key) for key in missing})
        for entry, key in known:
            conversation = threads[key]
            if conversation is not None:
                entry.conversation_id, entry.skm_id = conversation.id, conversation.skm_id

    def follow(self, entry: Entry, mode: Mode) -> None:
        """Do what a new event calls for."""
        event, key = entry.event, entry.thread_key or ""
        conversation = self._memory.threads.get(key)
        at = time_of(entry)
        act = act_of(event, at, conversation)
        step = STEPS[state_of(conversation, at, self._reopens_within), act]
        if step is Step.NOTHING:
            return
        if step is Step.OPEN or conversation is None:
            conversation = self._open(entry, key, at)
        elif step is Step.REOPEN:
            self._reopen(entry, conversation)
        if conversation.skm_id is None:
            self._assign(entry, conversation, act, mode)
        self._attach(entry, conversation, at)

    def claim_orphans(self, new: Sequence[Entry], modes: Mapping[int, Mode]) -> None:
        """Give what came before the message that it is about the message's place, and do what it calls for."""
        if self._memory.has_orphans is False:
            return
        parents = [each for each in new if modes[id(each)].routes and is_trusted(each.event)]
        for orphan, parent in claim(self._publication, self._memory, parents):
            if is_trusted(orphan.event):
                orphan.thread_key = parent.thread_key
                self._moved[id(orphan)] = orphan
                if parent.conversation_id is not None and _routes(parent.event, modes[id(parent)]):
                    self.follow(orphan, modes[id(parent)])

    def write(self, new: list[Entry]) -> None:
        """Write down what has changed, and tell of it."""
        publication = self._publication
        publication.open_conversations(self._opened)
        opened = {each.id for each in self._opened}
        changed = {name: each for name, each in self._changed.items() if name not in opened}
        publication.save_conversations(list(changed.values()))
        known = opened | changed.keys()
        publication.hear_of([each for name, each in self._heard.items() if name not in known])
        publication.add_participants(list(self._seen.values()))
        publication.place(self._moved.values())
        publication.gather(self._opened)
        publication.rewrite(self._flagged)
        told = publication.append(self._told)
        self.routed.new = new + told
        self.routed.told = len(told)

    def _remember_heads(self, heads: set[str]) -> None:
        new = self._memory.unknown(heads)
        if new:
            self._publication.add_heads(new)

    def _people_of(self, entry: Entry) -> list[Told]:
        event, tenant = entry.event, entry.shopper_id or ""
        key, told = event.routing.thread_key, []
        if event.context.chat_type == "group":
            actor = actor_of(event, tenant)
            if actor is not None:
                self._actors[id(entry)] = actor
                told.append(actor)
        elif key is not None:
            home = key.rpartition(":")[2].replace("%3A", ":").replace("%25", "%")
            counterpart = counterpart_of(event, tenant, home)
            self._counterparts[id(entry)] = counterpart
            told.append(counterpart)
        return [*told, *acquaintances(event, tenant)] if event.details else told

    def _open(self, entry: Entry, key: str, at: datetime) -> Conversation:
        event, instance = entry.event, entry.event.source.instance
        counterpart = self._counterparts.get(id(entry))
        contact: Contact | None = None if counterpart is None else self._memory.person(counterpart.ids)
        conversation = Conversation(
            id=conversation_id(event, None if contact is None else contact.id),
            thread_key=key,
            chat_type=event.context.chat_type or "private",
            provider=event.source.provider,
            opened_at=at,
            shopper_id=entry.shopper_id,
            instance=instance and storable(instance),
            contact_id=None if contact is None else contact.id,
        )
        self._memory.threads[key] = conversation
        self._opened.append(conversation)
        self.routed.opened.append((conversation, "opened"))
        self._tell(entry, tell("whatsapp.conversation.opened", conversation, event, reopened=False), conversation)
        return conversation

    def _reopen(self, entry: Entry, conversation: Conversation) -> None:
        conversation.closed_at = None
        self._changed[conversation.id] = conversation
        self.routed.opened.append((conversation, "reopened"))
        told = tell("whatsapp.conversation.opened", conversation, entry.event, reopened=True)
        self._tell(entry, told, conversation)

    def _assign(self, entry: Entry, conversation: Conversation, act: Act, mode: Mode) -> None:
        shopper = entry.shopper_id
        team = self._teams.of(shopper) if self._teams is not None and shopper is not None else None
        if team is None or shopper is None:
            return
        if conversation.chat_type == "group":
            skm, by = in_group(team, entry.event, lambda ids: self._whose(shopper, ids))
        elif act is Act.SPEAKS:
            publication = self._publication
            occasion = Occasion(
                team,
                lambda: publication.last_skm(conversation.thread_key),
                lambda: publication.next_turn(shopper),
            )
            skm, by = by_policy(mode.policy, occasion, forwarded=entry.event.context.forwarded is True)
        else:
            return
        if skm is None:
            return
        conversation.skm_id, conversation.assigned_by, conversation.assigned_at = skm, by, time_of(entry)
        self._changed[conversation.id] = conversation
        self.routed.assigned.append((conversation, by))
        self._tell(entry, tell("whatsapp.thread.assigned", conversation, entry.event, skm_id=skm, by=by), conversation)

    def _whose(self, tenant: str, ids: Collection[str]) -> dict[str, str]:
        """Contact ids by the spelling of an id."""
        known = self._publication.contacts({(tenant, storable(each)) for each in ids})
        found = {each: known.get((tenant, storable(each))) for each in ids}
        return {each: contact.id for each, contact in found.items() if contact is not None}

    def _attach(self, entry: Entry, conversation: Conversation, at: datetime) -> None:
        event = entry.event
        if entry.conversation_id != conversation.id or entry.skm_id != conversation.skm_id:
            entry.conversation_id, entry.skm_id = conversation.id, conversation.skm_id
            self._moved[id(entry)] = entry
        last = conversation.last_event_at
        if last is None or at > last:
            conversation.last_event_at = at
            self._heard[conversation.id] = conversation
        if conversation.chat_type != "group" and (event.event_type == _FAILED or event.event_type in _ARRIVED):
            self._count_failures(entry, conversation)
        told = self._counterparts.get(id(entry)) or self._actors.get(id(entry))
        if told is not None:
            self._see(conversation, self._memory.person(told.ids), event, at)

    def _count_failures(self, entry: Entry, conversation: Conversation) -> None:
        failures = 0
        if entry.event.event_type == _FAILED:  # one message may fail for several reasons, each of them told
            failures = conversation.failures + (not self._publication.has_failed_before(entry))
        if failures != conversation.failures:
            conversation.failures = failures
            self._changed[conversation.id] = conversation
        if failures >= FAILURES_IN_A_ROW:
            entry.event = flagged(entry.event, MULTIPLE_FAILURES)
            self._flagged.append(entry)

    def _see(self, conversation: Conversation, contact: Contact, event: CanonicalEvent, at: datetime) -> None:
        """Remember who takes part: once a conversation, not with every word."""
        who = (conversation.id, contact.id)
        if who not in self._memory.seen:
            self._memory.seen[who] = None
            role = event.actor.role or "participant" if conversation.chat_type == "group" else "customer"
            self._seen[who] = Participant(conversation.id, contact.id, role, at)

    def _tell(self, cause: Entry, event: CanonicalEvent, conversation: Conversation) -> None:
        self._told.append(
            Entry(
                event,
                cause.received_at,
                cause.shopper_id,
                thread_key=conversation.thread_key,
                conversation_id=conversation.id,
                skm_id=conversation.skm_id,
            )
        )


def flagged(event: CanonicalEvent, flag: str) -> CanonicalEvent:
    """The same event with a risk flag more."""
    if flag in event.security.risk_flags:
        return event
    security = msgspec.structs.replace(event.security, risk_flags=(*event.security.risk_flags, flag))
    return msgspec.structs.replace(event, security=security)

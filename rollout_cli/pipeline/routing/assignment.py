"""Who serves a new conversation: the policies, as a table."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from rollout_cli.pipeline.routing.spelling import spelling
from rollout_cli.pipeline.routing.teams import SkmTeam
from rollout_cli.whatsapp import CanonicalEvent


@dataclass(frozen=True)
class Occasion:
    """What a policy may ask. Asking is part of the transaction, so that two at once get two answers.

    Attributes:
        last_skm: who served the thread last.
        next_turn: whose turn it is, counted on with each question.
    """

    team: SkmTeam
    last_skm: Callable[[], str | None]
    next_turn: Callable[[], int]


def _default(occasion: Occasion) -> str | None:
    return occasion.team.default


def _round_robin(occasion: Occasion) -> str | None:
    members = occasion.team.members
    return members[occasion.next_turn() % len(members)].id if members else occasion.team.default


def _sticky(occasion: Occasion) -> str | None:
    last = occasion.last_skm()
    return last if last is not None and occasion.team.has(last) else occasion.team.default


POLICIES: Mapping[str, Callable[[Occasion], str | None]] = {
    "default": _default,
    "round_robin": _round_robin,
    "sticky": _sticky,
}
"""By the values of WHATSAPP_ASSIGNMENT_POLICY."""


def by_policy(policy: str, occasion: Occasion, *, forwarded: bool = False) -> tuple[str | None, str]:
    """Who serves, and which policy said so. An unknown policy is the default one.

    A forwarded message brings a thread nobody else than whoever served it last.
    """
    name = policy if policy in POLICIES else "default"
    if forwarded and occasion.last_skm() is not None:
        name = "sticky"
    return POLICIES[name](occasion), name


People = Callable[[Collection[str]], Mapping[str, str]]
"""Tells whose ids these are: contact ids, by id; those that nobody knows are left out."""


def in_group(team: SkmTeam, event: CanonicalEvent, people: People) -> tuple[str | None, str]:
    """Who serves a group that nobody serves yet, and what says so: where it came in, a mention or a reaction.

    A forwarded message mentions whom somebody else has mentioned elsewhere: it says nothing.
    """
    where = team.entry_points
    skm = where.get(event.context.group_id or "") or where.get(event.source.instance or "")
    if skm is not None:
        return skm, "entry_point"
    if event.context.forwarded:
        return None, ""
    if event.event_type == "whatsapp.message.reaction":
        ids = (event.actor.wa_id, event.actor.phone, event.actor.lid, event.actor.bsuid)
        return _of(team, ids, people), "reaction"
    return _of(team, event.context.mentions, people), "mention"


def _of(team: SkmTeam, ids: tuple[str | None, ...], people: People) -> str | None:
    """The SKM with one of these ids: as the team has it, or another one that is known to be the same person's."""
    skms = team.by_wa_id
    spelled = [spelling(each) for each in ids if each]
    found = next((skms[each] for each in spelled if each in skms), None)
    if found is not None or not spelled or not skms:
        return found
    who = people([*spelled, *skms])
    serving = {who[each]: skm for each, skm in skms.items() if each in who}
    return next((serving[who[each]] for each in spelled if who.get(each) in serving), None)

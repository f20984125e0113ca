"""docs/traffic.md: what simulated traffic is like, from the profile and the writers themselves."""

from collections.abc import Iterator

from docs_markdown import code, literal, page, table
from docs_models import keys_table

from rollout_cli.simulate.traffic.happening import STATES
from rollout_cli.simulate.traffic.kinds import TO_MANY, USUAL
from rollout_cli.simulate.traffic.profile import Batches, Bursts, Posts, Profile, Repeats, Statuses
from rollout_cli.simulate.traffic.writing import WRITERS, writer_of

_INTRO = """\
What [`rollout simulate`](simulate.md) sends where nothing is replayed: bodies in the real shapes of the providers, of
shoppers, customers and groups that do not exist. The same profile, seed, number of events and shoppers are the same
bytes, on every machine and in every version of Python; another number of workers changes nothing of them. Its own time
begins on 2026-01-05 at 12:00 UTC."""
_HOW = """\
Shoppers have sizes by a power law, one number or two, each with one provider. A customer is a thread; a few write
most. A message that the business sends is followed by its statuses; reactions, edits and revocations are about
messages that were sent before; a stub comes before its content. Some of what comes is said to many at once (status
posts, newsletters, broadcast lists): it belongs to no thread and no conversation. Some groups come in nowhere: an SKM
serves those that mention one, and nobody the others. Then the post delivers: at once or late, together or alone,
twice in one of three ways (the same body, the event within another body, the same fact under another id of the person
or by another event of the provider), with fields that nobody knows, or broken in the ways in which real bodies are.
At the end only what is still to be told again comes, so that also in a short run as much is told twice as the profile
says; what is late is not waited for."""
_PROFILE = """\
A profile is read as strictly as every file here; `--profile FILE` takes one, and the options `--provider`,
`--duplicates` and `--malformed` stand over what it says. Shares have their sign."""
EXAMPLE = """\
version: 1
providers: {evolution: 80, cloud_api: 20}
kinds: {text: 30, image: 40, voice: 20}
groups: 25%
posts: {status: 30%, newsletter: 5%, list: 0%}
duplicates: 10%
repeats: {retry: 0, rebatched: 0, respelled: 1}
late: 5%
late_by: 36h
bursts: {share: 0.5%, events: 500, faster: 50}
"""
_PARTS = (("posts", Posts), ("statuses", Statuses), ("repeats", Repeats), ("batches", Batches), ("bursts", Bursts))
_LINKS = {model.__name__: f"[see below](#{name})" for name, model in _PARTS}


def traffic_page() -> str:
    """docs/traffic.md."""
    parts = [_INTRO, _HOW, "## The profile", _PROFILE, code(EXAMPLE, "yaml"), keys_table(Profile, _LINKS)]
    for name, model in _PARTS:
        parts += [f"### `{name}`", keys_table(model, _LINKS)]
    parts += ["## Kinds", _KINDS, table(("Kind", "Weight", *map(literal, WRITERS)), _rows())]
    parts += ["## What is said to many at once", _TO_MANY, table(("Sort", "Chat", "Kinds"), _sorts())]
    return page("Traffic", *parts)


_KINDS = """\
How often each kind happens, by weight, and the type of the canonical event that each provider's body has to become;
empty where the provider does not tell of it. What people say is `whatsapp.message.inbound` where a customer says it and
`whatsapp.message.outbound` where the business does. Statuses have no weight: they follow what is sent."""


_TO_MANY = """\
Providers that are connected like a phone (`evolution`, `baileys`, `simulated`) also tell of what is said to many at
once; the Cloud API does not. Each is told by the same bodies as a message in a chat, and has to become an event of
the same type, with that chat, without a thread key, and in no conversation: `threads_correct` and
`conversations_correct` count those that are taken for one. Customers post status, and so does the business, which is
told who has seen it; newsletters are always others'. Which of these kinds comes how often, their weights say."""
_CHATS = {"status": "status@broadcast", "newsletter": "…@newsletter", "list": "…@broadcast"}


def _sorts() -> Iterator[tuple[str, ...]]:
    for sort, kinds in TO_MANY.items():
        yield literal(sort), literal(_CHATS[sort]), ", ".join(literal(each) for each in USUAL if each in kinds)


def _rows() -> Iterator[tuple[str, ...]]:
    for kind in (*USUAL, *STATES):
        yield literal(kind), f"{USUAL[kind]:g}" if kind in USUAL else "", *(_told(name, kind) for name in WRITERS)


def _told(provider: str, kind: str) -> str:
    telling = writer_of(provider).kinds.get(kind)
    if telling is None:
        return ""
    return telling.becomes.removeprefix("whatsapp.") or "message"

"""docs/traffic.md: what simulated traffic is like, from the profile and the writers themselves."""

from collections.abc import Iterator

from docs_markdown import code, literal, page, table
from docs_models import keys_table

from rollout_cli.simulate.traffic.happening import STATES
from rollout_cli.simulate.traffic.kinds import USUAL
from rollout_cli.simulate.traffic.profile import Batches, Bursts, Profile, Repeats, Statuses
from rollout_cli.simulate.traffic.writing import WRITERS, writer_of

_INTRO = """\
What [`rollout simulate`](simulate.md) sends where nothing is replayed: bodies in the real shapes of the providers, of
shoppers, customers and groups that do not exist. The same profile, seed, number of events and shoppers are the same
bytes, on every machine and in every version of Python; another number of workers changes nothing of them. Its own time
begins on 2026-01-05 at 12:00 UTC."""
_HOW = """\
Shoppers have sizes by a power law, one number or two, each with one provider. A customer is a thread; a few write most.
A message that the business sends is followed by its statuses; reactions, edits and revocations are about messages that
were sent before; a stub comes before its content. Then the post delivers: at once or late, together or alone, twice in
one of three ways (the same body, the event within another body, the same fact under another id of the person or by
another event of the provider), with fields that nobody knows, or broken in the ways in which real bodies are. At
the end only what is still to be told again comes, so that also in a short run as much is told twice as the profile
says; what is late is not waited for."""
_PROFILE = """\
A profile is read as strictly as every file here; `--profile FILE` takes one, and the options `--provider`,
`--duplicates` and `--malformed` stand over what it says. Shares have their sign."""
EXAMPLE = """\
version: 1
providers: {evolution: 80, cloud_api: 20}
kinds: {text: 30, image: 40, voice: 20}
groups: 25%
duplicates: 10%
repeats: {retry: 0, rebatched: 0, respelled: 1}
late: 5%
late_by: 36h
bursts: {share: 0.5%, events: 500, faster: 50}
"""
_PARTS = (("statuses", Statuses), ("repeats", Repeats), ("batches", Batches), ("bursts", Bursts))
_LINKS = {model.__name__: f"[see below](#{name})" for name, model in _PARTS}


def traffic_page() -> str:
    """docs/traffic.md."""
    parts = [_INTRO, _HOW, "## The profile", _PROFILE, code(EXAMPLE, "yaml"), keys_table(Profile, _LINKS)]
    for name, model in _PARTS:
        parts += [f"### `{name}`", keys_table(model, _LINKS)]
    parts += ["## Kinds", _KINDS, table(("Kind", "Weight", *map(literal, WRITERS)), _rows())]
    return page("Traffic", *parts)


_KINDS = """\
How often each kind happens, by weight, and the type of the canonical event that each provider's body has to become;
empty where the provider does not tell of it. What people say is `whatsapp.message.inbound` where a customer says it and
`whatsapp.message.outbound` where the business does. Statuses have no weight: they follow what is sent."""


def _rows() -> Iterator[tuple[str, ...]]:
    for kind in (*USUAL, *STATES):
        yield literal(kind), f"{USUAL[kind]:g}" if kind in USUAL else "", *(_told(name, kind) for name in WRITERS)


def _told(provider: str, kind: str) -> str:
    telling = writer_of(provider).kinds.get(kind)
    if telling is None:
        return ""
    return telling.becomes.removeprefix("whatsapp.") or "message"

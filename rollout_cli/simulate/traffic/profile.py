"""The profile: what traffic is like. Everything has a usual value; a YAML file changes what it names."""

from typing import Annotated

from pydantic import Field, model_validator

from rollout_cli.checks.bounds import ShareField
from rollout_cli.plan.fields import DurationField, FormatVersion, Slug
from rollout_cli.plan.models import FileModel
from rollout_cli.simulate.traffic.kinds import USUAL
from rollout_cli.whatsapp.vocabulary import Provider

Weight = Annotated[float, Field(ge=0, le=1_000_000)]


class Statuses(FileModel):
    """What becomes of what the business sends."""

    sent: ShareField = Field(default=0.99, description="Messages of which the provider tells that they were sent.")
    delivered: ShareField = Field(default=0.95, description="And that they arrived.")
    read: ShareField = Field(default=0.7, description="And that they were read.")
    failed: ShareField = Field(default=0.005, description="Messages that fail instead.")


class Posts(FileModel):
    """What is said to many at once: it has no thread and no conversation, and nobody serves it."""

    status: ShareField = Field(default=0.06, description="Status posts, of contacts and of the business.")
    newsletter: ShareField = Field(default=0.02, description="Messages of newsletters, which are called channels.")
    list: ShareField = Field(default=0.003, description="Messages of broadcast lists.")

    @model_validator(mode="after")
    def _are_parts(self) -> "Posts":
        if sum(self.shares().values()) > 1:
            raise ValueError("posts are more than everything: together they are at most 100%")
        return self

    def shares(self) -> dict[str, float]:
        """The share of each sort."""
        return {"status": self.status, "newsletter": self.newsletter, "list": self.list}


class Repeats(FileModel):
    """How what is told twice is told again, by weight."""

    retry: Weight = Field(default=4, description="The same body, byte for byte.")
    rebatched: Weight = Field(default=4, description="The same event within another body.")
    respelled: Weight = Field(default=2, description="Under another id of the person, or by another event.")


class Batches(FileModel):
    """How often a body holds more than one event, where the provider's may."""

    share: ShareField = Field(default=0.1, description="Bodies that wait for more events.")
    most: int = Field(default=10, ge=2, le=1000, description="How many events they hold at most.")


class Bursts(FileModel):
    """Times in which everybody writes at once."""

    share: ShareField = Field(default=0.001, description="Events that begin a burst.")
    events: int = Field(default=100, ge=1, le=100_000, description="How many events a burst has.")
    faster: Weight = Field(default=20, description="How many times as fast they come.")


class Profile(FileModel):
    """What traffic is like."""

    version: FormatVersion = Field(default=1, description="The version of this format.")
    providers: dict[Provider, Weight] = Field(
        default={"evolution": 40, "cloud_api": 35, "baileys": 15, "simulated": 10},
        description="How many of the shoppers' numbers are with each provider, by weight.",
    )
    kinds: dict[Slug, Weight] = Field(
        default={}, description="How often each kind happens, by weight; what is not named happens as often as usual."
    )
    per_second: Annotated[float, Field(gt=0, le=100_000)] = Field(
        default=20, description="Events a second, in the traffic's own time."
    )
    skew: Annotated[float, Field(ge=0, le=3)] = Field(
        default=0.8,
        description="How unlike shoppers are in size: 0 is alike; the n-th is as large as the first / n^skew.",
    )
    customers: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.05, description="How many customers there are for each event."
    )
    groups: ShareField = Field(default=0.06, description="Threads that are groups.")
    posts: Posts = Field(
        default=Posts(),
        description="What is said to many at once, where the provider of one of the numbers tells of it.",
    )
    outbound: ShareField = Field(default=0.4, description="Messages that the business sends.")
    forwarded: ShareField = Field(default=0.03, description="Messages that come from elsewhere.")
    statuses: Statuses = Field(default=Statuses(), description="What becomes of what the business sends.")
    duplicates: ShareField = Field(default=0.02, description="Events that are told twice.")
    repeats: Repeats = Field(default=Repeats(), description="How.")
    out_of_order: ShareField = Field(default=0.03, description="Events that others overtake, by up to half a minute.")
    late: ShareField = Field(default=0.005, description="Events that come long after they happened.")
    late_by: DurationField = Field(default="2h", validate_default=True, description="How long at most.")
    malformed: ShareField = Field(default=0.005, description="Bodies that are none.")
    unknown_fields: ShareField = Field(default=0.02, description="Bodies with fields that nobody knows.")
    batches: Batches = Field(default=Batches(), description="Bodies with more than one event.")
    bursts: Bursts = Field(default=Bursts(), description="Times in which everybody writes at once.")

    @model_validator(mode="after")
    def _has_something_to_say(self) -> "Profile":
        if not any(self.providers.values()):
            raise ValueError("no provider has any weight")
        strange = sorted(self.kinds.keys() - USUAL.keys())
        if strange:
            raise ValueError(f"there is no kind {strange[0]!r}: there are {', '.join(sorted(USUAL))}")
        return self

    def weights(self) -> dict[str, float]:
        """How often each kind happens."""
        return {**USUAL, **self.kinds}

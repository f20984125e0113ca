"""`flags.yaml` and `phases/N-name.yaml` as models. Everything a file may say is declared here, and nothing else."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from rollout_cli.flags.bucketing import Generation
from rollout_cli.plan.fields import (
    DateField,
    DurationField,
    FlagDefault,
    FlagName,
    FormatVersion,
    Identifier,
    PercentField,
    PhaseNumber,
    Slug,
    WaitsFor,
)  # fmt: skip

BucketingName = Literal["flagd-v3", "flagd-v2", "md5-mod-100"]
"""The names of `rollout_cli.flags.bucketing.Generation`, as a file writes them."""

MAX_FLAGS = 1_000


class FileModel(BaseModel):
    """What all parts of a file share: no unknown keys, no coercion, frozen once read.

    Validators are built when they are first used: those of a part that is only read within a whole never are.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class FlagEntry(FileModel):
    """One flag, as `flags.yaml` declares it."""

    type: Literal["boolean", "string"] = Field(description="Boolean flags are on or off; string flags carry a value.")
    default: FlagDefault = Field(description="The safe state: what the flag says when nothing else was decided.")
    values: list[Identifier] = Field(default=[], description="The values that a string flag may take.")
    requires: list[FlagName] = Field(default=[], description="Flags that must be on for the same shopper.")
    salt: Identifier | None = Field(default=None, description="Moves this flag's shoppers apart from the rollout's.")
    description: str = Field(default="", description="What the flag is for.")
    owner: str = Field(default="", description="Who answers for it.")
    expires: DateField | None = Field(default=None, description="When the flag ought to be gone from the code.")


class FlagsFile(FileModel):
    """`flags.yaml`: the rollout's name, how it buckets, and its flags."""

    version: FormatVersion = Field(description="The version of this format.")
    rollout: Slug = Field(description="The rollout's name in the store; also the salt, unless a flag has its own.")
    bucketing: BucketingName = Field(
        default="flagd-v3",
        description="The pinned way to find a shopper's bucket. Changing it moves shoppers.",
    )
    targeting_key: FlagName = Field(default="shopper_id", description="The name of the id that is rolled out to.")
    flags: dict[FlagName, FlagEntry] = Field(min_length=1, max_length=MAX_FLAGS, description="The flags, by name.")

    @property
    def generation(self) -> Generation:
        """The bucketing as the flags room names it."""
        return Generation(self.bucketing)


class FlagSetting(FileModel):
    """How one flag stands in one phase. What is not said is at the flag's default."""

    enabled: bool | None = Field(default=None, description="Whether the flag is in use; a given `value` enables it.")
    percent: PercentField | None = Field(
        default=None,
        description="The share of shoppers, at most three decimals. 0: nobody but the allowlist; not said: everybody.",
    )
    allowlist: list[Identifier] = Field(
        default=[], description="Shoppers for whom the flag is on, whatever the percent."
    )
    denylist: list[Identifier] = Field(
        default=[], description="Shoppers for whom the flag is off, whatever else is said."
    )
    value: str | None = Field(default=None, description="What a string flag says where it is on.")
    shadow: bool = Field(
        default=False, description="Whether what is on only runs in shadow; handed to the application."
    )


class RampStep(FileModel):
    """One percent of a ramp, and how long it is held."""

    percent: PercentField = Field(description="The share of shoppers at this step.")
    soak: DurationField | None = Field(default=None, description="How long to stay here; else the phase's `soak`.")


class Ramp(FileModel):
    """A phase that goes up in percent steps."""

    flags: list[FlagName] = Field(min_length=1, description="The flags that get the step's percent.")
    steps: list[RampStep] = Field(min_length=1, description="The steps, each higher than the one before.")


Reaction = Literal["hold", "rollback", "warn"]
"""What a check calls for when it does not pass."""


class Reactions(FileModel):
    """What a gate or an alert calls for when it does not pass."""

    fail: Reaction = Field(description="When the answer is no.")
    inconclusive: Reaction = Field(description="When what is known does not suffice for an answer.")
    error: Reaction = Field(description="When the question could not be asked: a source is away, slow or lying.")


class CheckEntry(FileModel):
    """One check. The keys beyond these belong to its kind (see docs/checks.md)."""

    model_config = ConfigDict(extra="allow")

    id: Slug = Field(description="The check's name, used once in its phase.")
    kind: Slug = Field(description="What kind of question it is (docs/checks.md).")
    title: str = Field(default="", description="The question in a person's words.")
    title_pt: str = Field(default="", description="The same in Portuguese.")
    on: Reactions | None = Field(
        default=None, description="What it calls for when it does not pass; gates and alerts have to say it."
    )
    optional: bool = Field(default=False, description="It may stay unanswered; an answer still counts.")
    dry_run: bool = Field(default=False, description="It is asked and shown, and has no say.")
    needs: list[Slug] = Field(
        default=[], description="Checks of the same list that have to pass first; else it is not asked."
    )
    timeout: DurationField | None = Field(
        default=None, description="How long it may take; else what `sources.yaml` says, else 10s."
    )
    pending: WaitsFor | None = Field(
        default=None,
        description="What it waits for: until that is there, it is not asked, and a person's yes answers it.",
    )
    covers: list[Identifier] = Field(
        default=[], description="Further lines of the original checklist that this check answers."
    )

    @property
    def parameters(self) -> dict[str, Any]:
        """The keys that belong to the kind."""
        return dict(self.model_extra or {})


class RollbackEntry(FileModel):
    """What is asked after a rollback from this phase."""

    post_checks: list[CheckEntry] = Field(default=[], description="Checks to ask after a rollback.")
    observe: DurationField | None = Field(default=None, description="For how long they are asked.")


class PhaseFile(FileModel):
    """`phases/N-name.yaml`: all that deviates from the safe state in one phase, and how it is entered and left."""

    phase: PhaseNumber = Field(description="The phase's number; phases are entered in this order.")
    name: Slug = Field(description="The phase's short name.")
    title: str = Field(default="", description="The phase in a person's words.")
    title_pt: str = Field(default="", description="The same in Portuguese.")
    flags: dict[FlagName, FlagSetting] = Field(default={}, description="The flags that are not at their default.")
    soak: DurationField | None = Field(default=None, description="How long to stay before moving on.")
    ramp: Ramp | None = Field(default=None, description="Makes the phase a ramp of percent steps.")
    preflight: list[CheckEntry] = Field(default=[], description="Checks that must hold before the phase is entered.")
    gates: list[CheckEntry] = Field(
        default=[], description="Checks that must hold before the rollout moves on from here."
    )
    alerts: list[CheckEntry] = Field(default=[], description="Gates whose breach calls for a rollback.")
    rollback: RollbackEntry | None = Field(default=None, description="What is asked after a rollback from here.")

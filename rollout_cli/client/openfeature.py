"""OpenFeature: a client's answers for code that asks by the vendor-neutral API. Needs the extra `openfeature`.

```python
from openfeature import api
from rollout_cli.client.openfeature import RolloutProvider

api.set_provider_and_wait(RolloutProvider(client))
```
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEventDetails
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType
from openfeature.flag_evaluation import Reason as Theirs
from openfeature.provider import AbstractProvider, Metadata

from rollout_cli.client.current import Change
from rollout_cli.client.rollout_client import RolloutClient
from rollout_cli.flags.decision import ENVIRONMENT_PREFIX, EVALUATION_ERROR, Decision, Reason

Value = TypeVar("Value", bound=FlagValueType)
Structure = Sequence[FlagValueType] | Mapping[str, FlagValueType]

_THEIRS: Mapping[str, Theirs] = {
    Reason.KILLED: Theirs.DISABLED,
    Reason.DISABLED: Theirs.DISABLED,
    Reason.TARGETING_KEY_MISSING: Theirs.DEFAULT,
    Reason.PERCENT: Theirs.SPLIT,
    Reason.GLOBAL: Theirs.STATIC,
}
"""Their word for a reason of ours; for all that is decided by who asks, that is TARGETING_MATCH."""


class RolloutProvider(AbstractProvider):
    """Answers from memory, as the client does: never raises, never waits. The client stays its owner's to close."""

    def __init__(self, client: RolloutClient) -> None:
        super().__init__()
        self._client = client
        self._stop_telling: Callable[[], None] | None = None

    def get_metadata(self) -> Metadata:
        """What the provider is called."""
        return Metadata(name="rollout")

    def initialize(self, evaluation_context: EvaluationContext) -> None:  # noqa: ARG002 - given to every provider
        """Begin to tell OpenFeature of changes."""
        if self._stop_telling is None:
            self._stop_telling = self._client.on_change(self._tell)

    def shutdown(self) -> None:
        """Tell no more. What is asked after that is still answered."""
        if self._stop_telling is not None:
            self._stop_telling()
            self._stop_telling = None

    def resolve_boolean_details(
        self,
        flag_key: str,
        default_value: bool,  # noqa: FBT001 - OpenFeature's signature
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[bool]:
        """Whether a flag is on for the context's targeting key."""
        return self._resolved(bool, flag_key, default_value, evaluation_context)

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        """What a string flag says for the context's targeting key."""
        return self._resolved(str, flag_key, default_value, evaluation_context)

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        """The default: no flag is a number."""
        return self._resolved(None, flag_key, default_value, evaluation_context)

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        """The default: no flag is a number."""
        return self._resolved(None, flag_key, default_value, evaluation_context)

    def resolve_object_details(
        self, flag_key: str, default_value: Structure, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[Structure]:
        """The default: no flag is a structure."""
        return self._resolved(None, flag_key, default_value, evaluation_context)

    def _resolved(
        self, kind: type[Value] | None, flag: str, default: Value, context: EvaluationContext | None
    ) -> FlagResolutionDetails[Value]:
        fallback = default if isinstance(default, bool | str) else None
        decision = self._client.decide(flag, None if context is None else context.targeting_key, default=fallback)
        if decision.reason == Reason.FLAG_NOT_FOUND:
            return _refused(default, ErrorCode.FLAG_NOT_FOUND, f"there is no flag {flag}")
        if decision.reason == EVALUATION_ERROR:
            return _refused(default, ErrorCode.GENERAL, "the question could not be understood")
        if kind is None or not isinstance(decision.value, kind):
            return _refused(default, ErrorCode.TYPE_MISMATCH, f"{flag} says {type(decision.value).__name__}")
        return FlagResolutionDetails(
            value=decision.value,
            reason=_their_reason(decision),
            variant=decision.value if isinstance(decision.value, str) else "on" if decision.enabled else "off",
            flag_metadata=_metadata(decision),
        )

    def _tell(self, change: Change) -> None:
        self.emit_provider_configuration_changed(ProviderEventDetails(flags_changed=sorted(change.flags)))


def _refused(default: Value, code: ErrorCode, message: str) -> FlagResolutionDetails[Value]:
    return FlagResolutionDetails(value=default, reason=Theirs.ERROR, error_code=code, error_message=message)


def _their_reason(decision: Decision) -> Theirs:
    if decision.stale:
        return Theirs.STALE
    return _THEIRS.get(decision.reason.removeprefix(ENVIRONMENT_PREFIX), Theirs.TARGETING_MATCH)


def _metadata(decision: Decision) -> dict[str, bool | str | int | float]:
    """What our decision has and theirs has no place for."""
    told: dict[str, bool | str | int | float] = {"reason": str(decision.reason), "revision": decision.revision}
    if decision.bucket is not None:
        told["bucket"] = decision.bucket
    if decision.shadow:
        told["shadow"] = True
    return told

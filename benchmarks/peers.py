"""Other evaluators, each offline, with the same rule, and used as its documentation says.

Events, telemetry and registration are off. Where an SDK has several ways to hold a list, the fastest one is taken.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

from benchmarks.question import FLAG, PERCENT, Competitor, Count, Question

if TYPE_CHECKING:
    from openfeature.provider import FeatureProvider


@contextmanager
def statsig(asked: Question, _folder: Path) -> Iterator[Count]:
    """Statsig: the specs come from a data store; a user is made for each question."""
    from statsig_python_core import SpecAdapterConfig, StatsigOptions, StatsigUser
    from statsig_python_core.data_store import DataStore, DataStoreResponse
    from statsig_python_core.statsig import Statsig

    specs = json.dumps(_statsig_specs(asked))

    class Specs(DataStore):  # type: ignore[misc]
        def get(self, key: str) -> DataStoreResponse:  # noqa: ARG002 - there is one key
            return DataStoreResponse(specs, 1)

    options = StatsigOptions(
        disable_network=True, disable_all_logging=True, disable_country_lookup=True, output_log_level="none",
        data_store=Specs(), spec_adapter_configs=[SpecAdapterConfig(adapter_type="data_store")],
    )  # fmt: skip
    server = Statsig("secret-offline", options)
    server.initialize().wait()

    def count(ids: Sequence[str]) -> int:
        on = 0
        for each in ids:
            if server.check_gate(StatsigUser(each), FLAG):
                on += 1
        return on

    yield count
    server.shutdown().wait()


@contextmanager
def growthbook(asked: Question, _folder: Path) -> Iterator[Count]:
    """GrowthBook: lists as saved groups; one instance whose attributes are set for each question."""
    from growthbook import GrowthBook

    rules: list[dict[str, object]] = [
        {"condition": {"id": {"$inGroup": "deny"}}, "force": False},
        {"condition": {"id": {"$inGroup": "allow"}}, "force": True},
    ]
    rules = [*(rules if asked.allow else []), {"force": True, "coverage": PERCENT / 100, "hashAttribute": "id"}]
    features = {FLAG: {"defaultValue": False, "rules": rules}}
    evaluator = GrowthBook(features=features, saved_groups={"deny": list(asked.deny), "allow": list(asked.allow)})

    def count(ids: Sequence[str]) -> int:
        on = 0
        for each in ids:
            evaluator.set_attributes({"id": each})
            if evaluator.is_on(FLAG):
                on += 1
        return on

    yield count
    evaluator.destroy()


@contextmanager
def launchdarkly(asked: Question, folder: Path) -> Iterator[Count]:
    """LaunchDarkly: the file data source; lists as individual targets, a context for each question."""
    from ldclient import Config, Context, LDClient
    from ldclient.integrations import Files

    weights = [{"variation": 0, "weight": PERCENT * 1000}, {"variation": 1, "weight": (100 - PERCENT) * 1000}]
    targets = [{"variation": 1, "values": asked.deny}, {"variation": 0, "values": asked.allow}]
    flag = {
        "key": FLAG, "version": 1, "on": True, "variations": [True, False], "offVariation": 1, "salt": "salt",
        "targets": targets if asked.allow else [], "rules": [], "prerequisites": [],
        "fallthrough": {"rollout": {"variations": weights}},
    }  # fmt: skip
    file = folder / "launchdarkly.json"
    file.write_text(json.dumps({"flags": {FLAG: flag}}), encoding="utf-8")
    source = Files.new_data_source(paths=[str(file)])
    config = Config("offline", update_processor_class=source, send_events=False, diagnostic_opt_out=True)
    client = LDClient(config)

    def count(ids: Sequence[str]) -> int:
        on = 0
        for each in ids:
            if client.variation(FLAG, Context.create(each), False):  # noqa: FBT003 - the caller's default
                on += 1
        return on

    yield count
    client.close()


@contextmanager
def unleash(asked: Question, folder: Path) -> Iterator[Count]:
    """Unleash: bootstrapped from a dictionary, fetching nothing; lists as constraints on the user's id."""
    from UnleashClient import UnleashClient
    from UnleashClient.cache import FileCache
    from UnleashClient.utils import InstanceAllowType

    denied: list[dict[str, object]] = (
        [{"contextName": "userId", "operator": "NOT_IN", "values": asked.deny}] if asked.deny else []
    )
    allowed: list[dict[str, object]] = [{"contextName": "userId", "operator": "IN", "values": asked.allow}]
    strategies = [_flexible_rollout(100, [*denied, *allowed])] if asked.allow else []
    strategies.append(_flexible_rollout(PERCENT, denied))
    feature = {"name": FLAG, "type": "release", "enabled": True, "strategies": strategies, "variants": []}
    cache = FileCache("benchmark", directory=str(folder))
    cache.bootstrap_from_dict({"version": 2, "features": [feature]})
    client = UnleashClient(
        "http://127.0.0.1:9", "benchmark", cache=cache, disable_metrics=True, disable_registration=True,
        multiple_instance_mode=InstanceAllowType.SILENTLY_ALLOW,
    )  # fmt: skip
    client.initialize_client(fetch_toggles=False)

    def count(ids: Sequence[str]) -> int:
        on = 0
        for each in ids:
            if client.is_enabled(FLAG, {"userId": each}):
                on += 1
        return on

    yield count
    client.destroy()


@contextmanager
def in_memory_openfeature(asked: Question, _folder: Path) -> Iterator[Count]:
    """OpenFeature's in-memory provider: the rule is a function of Python, so this is what the API itself costs."""
    import mmh3
    from openfeature.evaluation_context import EvaluationContext
    from openfeature.flag_evaluation import FlagResolutionDetails, Reason
    from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider

    allow, deny, limit = frozenset(asked.allow), frozenset(asked.deny), PERCENT * 2**32 // 100

    def evaluate(_flag: InMemoryFlag[bool], context: EvaluationContext) -> FlagResolutionDetails[bool]:
        key = context.targeting_key or ""
        if key in deny or key in allow:
            return FlagResolutionDetails(value=key not in deny, reason=Reason.TARGETING_MATCH)
        return FlagResolutionDetails(value=mmh3.hash(key, 0, False) < limit, reason=Reason.SPLIT)  # noqa: FBT003

    flag = InMemoryFlag("off", {"on": True, "off": False}, context_evaluator=evaluate)
    with _openfeature(InMemoryProvider({FLAG: flag}), "in-memory") as count:
        yield count


@contextmanager
def flagd(asked: Question, folder: Path) -> Iterator[Count]:
    """The provider of flagd with a file: the evaluator runs in this process."""
    from openfeature.contrib.provider.flagd import FlagdProvider
    from openfeature.contrib.provider.flagd.config import ResolverType

    key = {"var": "targetingKey"}
    split: dict[str, object] = {"fractional": [["on", PERCENT], ["off", 100 - PERCENT]]}
    if asked.allow:
        split = {"if": [{"in": [key, asked.deny]}, "off", {"in": [key, asked.allow]}, "on", split]}
    flag = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off", "targeting": split}
    file = folder / "flagd.json"
    file.write_text(json.dumps({"flags": {FLAG: flag}}), encoding="utf-8")
    provider = FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=str(file))
    with _openfeature(provider, "flagd") as count:
        yield count
    sleep(1)  # its watcher looks at the file once more


PEERS = (
    Competitor("Statsig", "statsig-python-core", statsig),
    Competitor("GrowthBook", "growthbook", growthbook),
    Competitor("OpenFeature in-memory", "openfeature-sdk", in_memory_openfeature),
    Competitor("LaunchDarkly", "launchdarkly-server-sdk", launchdarkly),
    Competitor("Unleash", "UnleashClient", unleash),
    Competitor("flagd in-process", "openfeature-provider-flagd", flagd),
)


@contextmanager
def _openfeature(provider: "FeatureProvider", domain: str) -> Iterator[Count]:
    from openfeature import api
    from openfeature.evaluation_context import EvaluationContext
    from openfeature.provider.no_op_provider import NoOpProvider

    api.set_provider_and_wait(provider, domain=domain)
    client = api.get_client(domain)

    def count(ids: Sequence[str]) -> int:
        on = 0
        for each in ids:
            if client.get_boolean_value(FLAG, False, EvaluationContext(each)):  # noqa: FBT003 - the caller's default
                on += 1
        return on

    yield count
    api.set_provider(NoOpProvider(), domain=domain)  # shuts down the one before


def _statsig_specs(asked: Question) -> dict[str, object]:
    """The document that Statsig's server gives: rules in their order; the first whose condition holds decides."""

    def condition(kind: str, operator: str | None = None, ids: Sequence[str] | None = None) -> dict[str, object]:
        field = None if ids is None else "userid"
        return {
            "type": kind, "targetValue": ids, "operator": operator, "field": field, "additionalValues": {},
            "idType": "userID",
        }  # fmt: skip

    conditions = {"everybody": condition("public")}
    passing = {"everybody": PERCENT}
    if asked.allow:  # `any` looks in a hash table, `any_case_sensitive` goes through the list
        conditions |= {"deny": condition("user_field", "any", asked.deny)}
        conditions |= {"allow": condition("user_field", "any", asked.allow)}
        passing = {"deny": 0, "allow": 100, **passing}
    rules = [
        {"name": name, "id": name, "salt": name, "conditions": [name], "passPercentage": percent, "returnValue": True,
         "idType": "userID"}
        for name, percent in passing.items()
    ]  # fmt: skip
    gate = {
        "type": "feature_gate", "entity": "feature_gate", "salt": "salt", "enabled": True, "defaultValue": False,
        "idType": "userID", "version": 1, "rules": rules,
    }  # fmt: skip
    return {
        "has_updates": True, "time": 1, "response_format": "dcs-v2", "feature_gates": {FLAG: gate},
        "condition_map": conditions, "dynamic_configs": {}, "layer_configs": {}, "layers": {},
        "experiment_to_layer": {},
    }  # fmt: skip


def _flexible_rollout(percent: int, constraints: list[dict[str, object]]) -> dict[str, object]:
    parameters = {"rollout": str(percent), "stickiness": "userId", "groupId": FLAG}
    return {"name": "flexibleRollout", "parameters": parameters, "constraints": constraints}

"""The exported file in an application, through the OpenFeature API, and in the previous generation of flagd."""

import json
import logging
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext

from rollout_cli.control.export import EXPORTS
from rollout_cli.flags.bucketing import Generation
from rollout_cli.flags.evaluator import Evaluator
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, FlagValue, Snapshot
from rollout_cli.flags.percent import Percent
from tests.support.projects import REPOSITORY, load_project

exported = EXPORTS["flagd"]
SHOPPERS = (
    None, "", "shopper_beta_001", "日本", "магазин-7", "😀" * 5, "é" * 60, "x" * 127, "\x00", 'a"b\\c',
    *(f"shopper-{number}" for number in range(200)), *(str(number**7) for number in range(60)),
)  # fmt: skip


@pytest.fixture(scope="module")
def shipped() -> Snapshot:
    """The shipped plan at phase 3, 10 %."""
    wanted = load_project(REPOSITORY).wanted
    position = next(position for position in wanted.positions() if str(position) == "3@10")
    return Snapshot(
        wanted.rollout,
        wanted.generation,
        definitions=wanted.definitions(),
        states=wanted.states_at(position),
        revision=5,
    )


@pytest.fixture(scope="module")
def application(shipped: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenFeatureClient]:
    """An application whose OpenFeature provider is flagd, in-process, with the exported file."""
    file = tmp_path_factory.mktemp("flagd") / "flags.flagd.json"
    file.write_text(exported(shipped), encoding="ascii")
    provider = FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=str(file), deadline_ms=200)
    api.set_provider_and_wait(provider, domain="rollout-tests")
    yield api.get_client("rollout-tests")
    api.clear_providers()


def test_an_application_gets_the_answers_of_the_shipped_plan(application: OpenFeatureClient, shipped: Snapshot) -> None:
    ours = Evaluator(shipped)
    taken_in = 0
    for flag, definition in shipped.definitions.items():
        for shopper in SHOPPERS:
            context = EvaluationContext(shopper)
            if definition.type is FlagType.STRING:
                assert application.get_string_value(flag, "nothing", context) == ours.value(flag, shopper)
            else:
                expected = ours.is_enabled(flag, shopper)
                assert application.get_boolean_value(flag, not expected, context) is expected
                taken_in += expected
    assert 0 < taken_in < len(SHOPPERS) * 3


def test_the_exported_shipped_plan_stays_small(shipped: Snapshot) -> None:
    assert len(exported(shipped)) < 50_000


def test_a_decision_tells_an_application_the_revision(application: OpenFeatureClient, shipped: Snapshot) -> None:
    details = application.get_boolean_details("WHATSAPP_ROUTING_ENABLED", False, EvaluationContext("shopper-1"))
    assert details.flag_metadata == {"rollout": shipped.rollout, "revision": shipped.revision}


def test_flagd_writes_nothing_to_the_log_about_ordinary_keys(
    application: OpenFeatureClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="openfeature.contrib"):
        for shopper in (None, "", "shopper-1", "日本", "x" * 500):
            application.get_boolean_value("WHATSAPP_ROUTING_ENABLED", True, EvaluationContext(shopper))
    assert caplog.messages == []


ASK = """
import json, sys
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.contrib.tools.flagd.core.targeting import custom_ops
from openfeature.evaluation_context import EvaluationContext
assert not hasattr(custom_ops, "cbor2"), "this is not the previous generation"
asked = json.load(sys.stdin)
core = FlagdCore()
core.set_flags(asked["definition"])
def value(flag, default, key):
    ask = core.resolve_string_value if isinstance(default, str) else core.resolve_boolean_value
    return ask(flag, default, EvaluationContext(key)).value
print(json.dumps([[value(flag, default, key) for key in asked["keys"]] for flag, default in asked["flags"]]))
"""


@pytest.fixture(scope="module")
def previous_flagd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the evaluator of flagd's previous generation, from the package index."""
    folder = tmp_path_factory.mktemp("flagd-v2")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run(
        [*command, "--target", str(folder), "openfeature-flagd-core==1.0.0"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def answers_of(folder: Path, snapshot: Snapshot, keys: list[str | None]) -> list[list[FlagValue]]:
    """What the evaluator in a folder says, flag by flag and key by key."""
    flags = [(name, definition.off) for name, definition in snapshot.definitions.items()]
    asked = {"definition": exported(snapshot), "flags": flags, "keys": keys}
    done = subprocess.run(
        [sys.executable, "-c", ASK], input=json.dumps(asked), capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answers: list[list[FlagValue]] = json.loads(done.stdout)
    return answers


@pytest.mark.heavy
@pytest.mark.parametrize("rollout", ["whatsapp-canonical-events", "f", "ключ от двери"])
def test_the_previous_generation_of_flagd_answers_as_we_do(previous_flagd: Path, rollout: str) -> None:
    dice = random.Random(rollout)
    named = frozenset({"shopper-1", "日本", ""})
    definitions = (
        FlagDefinition("FIRST", FlagType.BOOLEAN, default=False),
        FlagDefinition("SECOND", FlagType.BOOLEAN, default=False, requires=("FIRST",), salt="SECOND"),
        FlagDefinition("THIRD", FlagType.STRING, default="default", requires=("SECOND",), salt="another"),
        FlagDefinition("FOURTH", FlagType.BOOLEAN, default=True, requires=("FIRST", "SECOND")),
    )
    states = {
        "FIRST": FlagState(enabled=True, percent=Percent(66_667), allowlist=named),
        "SECOND": FlagState(enabled=True, percent=Percent(50_000), denylist=named),
        "THIRD": FlagState(enabled=True, percent=Percent(12_345), value="sticky", allowlist=frozenset({"shopper-2"})),
    }
    snapshot = Snapshot(rollout, Generation.FLAGD_V2, definitions={one.name: one for one in definitions}, states=states)
    letters = 'abcXYZ019-_.:éключ日本語😀\x00\x7f"\\'
    keys: list[str | None] = [None, *named, "shopper-2", "x" * 300]
    keys += ["".join(dice.choice(letters) for _ in range(dice.randint(1, 60))) for _ in range(3000)]
    ours = Evaluator(snapshot)
    expected = [[ours.value(flag, key) for key in keys] for flag in snapshot.definitions]
    assert answers_of(previous_flagd, snapshot, keys) == expected

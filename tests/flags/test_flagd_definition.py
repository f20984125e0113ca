"""The exported file itself: its form, its size, what it refuses."""

import json
from dataclasses import replace
from typing import Any

import pytest

from rollout_cli.errors import ExitCode, UsageError
from rollout_cli.flags.bucketing import Generation
from rollout_cli.flags.flagd import flagd_definition, flagd_text
from rollout_cli.flags.flagd_split import EVALUATORS
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, Snapshot
from rollout_cli.flags.percent import EVERYBODY, Percent
from tests.flags.flagd_reading import at_percent


def rule_of(snapshot: Snapshot, name: str = "FLAG") -> Any:
    return flagd_definition(snapshot)["flags"][name]["targeting"]["if"][0]


def test_a_flag_salted_with_its_own_name_uses_the_split_that_flagd_makes_by_itself() -> None:
    split = {"fractional": [["in", 12_500], ["out", 87_500]]}
    key: Any = {"var": "targetingKey"}
    assert rule_of(at_percent(12.5, "FLAG")) == {"and": [{"!!": [key]}, {"==": [split, "in"]}]}


def test_the_previous_generation_hashes_salt_and_key_joined() -> None:
    snapshot = at_percent(10, "webhook-v2", Generation.FLAGD_V2)
    assert {"cat": ["webhook-v2", {"var": "targetingKey"}]} in rule_of(snapshot)["and"][1]["=="][0]["fractional"]
    assert "$evaluators" not in flagd_definition(snapshot)


def test_shared_rules_need_no_backslash() -> None:
    """flagd puts them in as the replacement text of a regular expression, where a backslash means something else."""
    assert "\\" not in json.dumps(EVALUATORS)


def test_shared_rules_are_written_only_where_they_are_used() -> None:
    assert "murmur3" not in flagd_definition(at_percent(10, "whatsapp-canonical-events"))["$evaluators"]
    assert "murmur3" in flagd_definition(at_percent(10, "webhook-v2"))["$evaluators"]
    assert "$evaluators" not in flagd_definition(at_percent(100, "webhook-v2"))


def test_md5_is_refused_between_nobody_and_everybody() -> None:
    for percent in (0, 100):
        flagd_text(at_percent(percent, "webhook-v2", Generation.MD5_MOD_100))
    with pytest.raises(UsageError, match="md5-mod-100") as refused:
        flagd_text(at_percent(10, "webhook-v2", Generation.MD5_MOD_100))
    assert refused.value.exit_code is ExitCode.USAGE


def test_what_a_chain_of_flags_shares_is_asked_once() -> None:
    names = [f"FLAG_{number}" for number in range(30)]
    snapshot = Snapshot(
        "whatsapp-canonical-events",
        definitions={
            name: FlagDefinition(
                name, FlagType.BOOLEAN, default=False, requires=tuple(names[max(0, index - 5) : index])
            )
            for index, name in enumerate(names)
        },
        states={
            name: FlagState(enabled=True, percent=Percent(10_000), allowlist=frozenset({"shopper-1"})) for name in names
        },
    )
    assert rule_of(snapshot, names[-1]) == rule_of(snapshot, names[0])


def test_a_flag_that_is_the_same_for_everybody_has_no_rule() -> None:
    on, off = at_percent(100, "f"), at_percent(0, "f")
    on = replace(on, states={"FLAG": FlagState(enabled=True)})
    for snapshot, variant in ((on, "on"), (off, "off")):
        flag = flagd_definition(snapshot)["flags"]["FLAG"]
        assert flag == {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": variant}


def test_a_string_flag_has_its_value_and_its_default_as_variants() -> None:
    definition = FlagDefinition("FLAG", FlagType.STRING, default="default", values=("default", "sticky"))
    state = FlagState(enabled=True, value="sticky", percent=EVERYBODY)
    snapshot = Snapshot("f", definitions={"FLAG": definition}, states={"FLAG": state})
    assert flagd_definition(snapshot)["flags"]["FLAG"]["variants"] == {"on": "sticky", "off": "default"}


def test_shadow_is_told_in_the_metadata_of_the_flag() -> None:
    snapshot = replace(at_percent(0, "f"), states={"FLAG": FlagState(enabled=True, shadow=True)})
    assert flagd_definition(snapshot)["flags"]["FLAG"]["metadata"] == {"shadow": True}


@pytest.mark.parametrize("salt", ["whatsapp-canonical-events", "webhook-v2", "f", "ключ от двери"])
def test_the_file_is_the_definition_in_ascii(salt: str) -> None:
    snapshot = at_percent(12.345, salt)
    text = flagd_text(snapshot)
    assert json.loads(text) == flagd_definition(snapshot)
    assert text.isascii()
    assert text.endswith("}\n")
    assert len(text) < 60_000

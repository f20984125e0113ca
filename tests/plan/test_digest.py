"""The digest changes exactly when what the files say changes."""

import pytest

from rollout_cli.sources.strict_yaml import parse_yaml
from tests.support.files import GOOD_FLAGS, read_files

ONE = "phase: 0\nname: x\nflags:\n  A: {enabled: true, allowlist: [s1, s2]}\n"
TWO = "phase: 1\nname: y\n"


def digest(files: dict[str, str]) -> str:
    return read_files(files).require().wanted.digest


def test_order_spacing_comments_and_quotes_do_not_count() -> None:
    same = "# a comment\nname: 'x'\nphase:   0\n\nflags: {A: {allowlist: [s1, 's2'], enabled: true}}\n"
    assert digest({"phases/0-x.yaml": ONE, "phases/1-y.yaml": TWO}) == digest(
        {"phases/1-y.yaml": TWO, "phases/0-x.yaml": same}
    )


@pytest.mark.parametrize(
    "other",
    [ONE.replace("s2", "s3"), ONE.replace("true", "false"), ONE + "soak: 1h\n", ONE.replace("[s1, s2]", "[s2, s1]")],
)
def test_every_other_content_has_another_digest(other: str) -> None:
    assert digest({"phases/0-x.yaml": ONE}) != digest({"phases/0-x.yaml": other})


def test_flags_count_too() -> None:
    assert digest({"phases/1-y.yaml": TWO}) != digest(
        {"phases/1-y.yaml": TWO, "flags.yaml": GOOD_FLAGS.replace("rollout: test", "rollout: other")}
    )


def test_a_digest_is_a_sha256() -> None:
    document, _ = parse_yaml("x", b"a: 1")
    assert document is not None
    assert len(digest({"phases/1-y.yaml": TWO})) == 64

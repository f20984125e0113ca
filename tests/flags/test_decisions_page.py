"""docs/decisions.md: its examples, its table of reasons and its vectors are true."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from rollout_cli.flags.bucketing import hash_v2, hash_v3
from rollout_cli.flags.decision import Reason
from tests.support.program import rollout_here
from tests.support.projects import REPOSITORY

PAGE = (REPOSITORY / "docs" / "decisions.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES = [
    tuple(example.split("\n", 1)) for block in BLOCKS for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
]


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """The shipped plan without a store, and a file with two ids."""
    shutil.copy(REPOSITORY / "flags.yaml", tmp_path)
    shutil.copy(REPOSITORY / "sources.yaml", tmp_path)
    shutil.copytree(REPOSITORY / "phases", tmp_path / "phases")
    (tmp_path / "shoppers.txt").write_text("shopper-1\nshopper-2\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("command", "output"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_an_example_does_what_the_page_says(shipped: Path, command: str, output: str) -> None:
    words = shlex.split(command)
    begin = words.index("rollout")
    environment = dict(word.split("=", 1) for word in words[:begin])
    run = rollout_here(*words[begin + 1 :], cwd=shipped, **environment)
    assert (run.code, run.out) == (0, output)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 8


def test_the_order_names_every_reason_once_and_in_its_order() -> None:
    named = re.findall(r"^\| \d \|.*`([A-Z_]+)` \|$", PAGE, re.MULTILINE)
    assert named == [str(reason) for reason in Reason]


def test_the_vectors_are_those_of_the_program() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| `(0x[0-9a-f]+)` \| `(0x[0-9a-f]+)` \|$", PAGE, re.MULTILINE)
    assert len(rows) == 3
    for salt, key, v2, v3 in rows:
        assert (hash_v2(salt, key), hash_v3(salt, key)) == (int(v2, 16), int(v3, 16))

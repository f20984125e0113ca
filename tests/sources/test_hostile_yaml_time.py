"""A file of up to 1 MB that is made to be slow is judged quickly. Measured in CPU time: the machine may be busy."""

import time

import pytest

from rollout_cli.plan.findings import MAX_FINDINGS
from rollout_cli.sources.strict_yaml import MAX_BYTES
from tests.support.files import GOOD_FLAGS, read_files

SECONDS = 3.0
"""Several times what it takes, for slow machines; what is quadratic takes ten times as long."""


def repeated(piece: str) -> str:
    return piece * ((MAX_BYTES - 500) // len(piece))


def numbered(piece: str) -> str:
    lines: list[str] = []
    size = 0
    while size < MAX_BYTES - 500:
        lines.append(piece.format(len(lines)))
        size += len(lines[-1])
    return "".join(lines)


HEAD = "phase: 0\nname: x\n"
SLOW = {
    "thousands of %TAG directives": numbered("%TAG !a{}! b\n") + "---\na: 1\n",
    "as deep as allowed": f"[{repeated('[' * 10 + ']' * 10 + ',')}]",
    "unclosed brackets": repeated("["),
    "unclosed mappings": repeated("{a: "),
    "dashes": repeated("- "),
    "question marks": repeated("? "),
    "colons": repeated(":"),
    "anchors": f"[{numbered('&a{} b,')}]",
    "aliases": f"[&a b,{repeated('*a,')}]",
    "lines of one plain text": f"a: {repeated('b' + chr(10) + ' ')}",
    "lines of one quoted text": f'a: "{repeated(chr(10))}"',
    "escapes": f'a: "{repeated(chr(92) + "n")}"',
    "a long tag": f"!<{repeated('%41')}> b",
    "control characters": f"a: {repeated(chr(1))}",
    "keys that nobody knows": HEAD + numbered("titl{}: 1\n"),
    "ids of the wrong type": f"{HEAD}flags: {{A: {{allowlist: [{repeated('1,')}]}}}}",
    "flags that nobody declared": f"{HEAD}flags:\n{numbered('  A{}: {{enabled: true}}' + chr(10))}",
    "ramp flags that nobody declared": f"{HEAD}ramp:\n  steps: [percent: 1]\n  flags: [{numbered('AAAAAAAA{},')}]",
    "checks of no kind": f"{HEAD}gates:\n{numbered('- {{id: a{}, kind: falg}}' + chr(10))}",
    "a long duration": f"{HEAD}soak: {'1d' * 4_999}",
    "ids on both lists": f"{HEAD}flags: {{A: {{allowlist: [{numbered('a{},')[:400_000]}a], denylist: [a, a]}}}}",
}
SLOW_FLAGS = {
    "flags that require the next": numbered("  A{0}: {{type: boolean, default: false, requires: [A{0}1]}}\n"),
    "a thousand flags in one circle": "".join(
        f"  A{n}: {{type: boolean, default: false, requires: [A{(n + 1) % 1000}]}}\n" for n in range(1000)
    ),
    "a lattice of requirements": "".join(
        f"  {side}{n}: {{type: boolean, default: false, requires: [A{n + 1}, B{n + 1}]}}\n"
        for n in range(400)
        for side in "AB"
    )
    + "  A400: {type: boolean, default: false}\n  B400: {type: boolean, default: false}\n",
    "one flag required ever again": f"  A: {{type: boolean, default: false, requires: [{'B,' * 40_000}]}}\n"
    f"  B: {{type: boolean, default: false, requires: [{'C,' * 40_000}]}}\n"
    "  C: {type: boolean, default: false}\n",
}


def seconds_to_read(files: dict[str, str]) -> tuple[float, int]:
    begun = time.process_time()
    findings = read_files(files).findings
    return time.process_time() - begun, len(findings)


@pytest.mark.parametrize("name", SLOW)
def test_a_slow_phase_file_is_judged_quickly_and_shortly(name: str) -> None:
    assert len(SLOW[name].encode()) <= MAX_BYTES
    taken, findings = seconds_to_read({"phases/0-x.yaml": SLOW[name]})
    assert taken < SECONDS
    assert findings <= 3 * MAX_FINDINGS


@pytest.mark.parametrize("name", SLOW_FLAGS)
def test_slow_flags_are_judged_quickly(name: str) -> None:
    text = GOOD_FLAGS.partition("flags:\n")[0] + "flags:\n" + SLOW_FLAGS[name]
    assert len(text.encode()) <= MAX_BYTES
    taken, findings = seconds_to_read({"flags.yaml": text})
    assert taken < SECONDS
    assert findings


def test_a_beta_of_fifty_thousand_shoppers_is_read() -> None:
    ids = ",".join(f"shopper-{number}" for number in range(50_000))
    text = f"{HEAD}flags: {{A: {{enabled: true, allowlist: [{ids}]}}}}"
    begun = time.process_time()
    assert read_files({"phases/0-x.yaml": text}).project is not None
    assert time.process_time() - begun < SECONDS

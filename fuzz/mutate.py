"""Mutates the bodies of the tests, and of ROLLOUT_CORPUS, and looks at every promise for each: see README.md."""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from fuzz.delivered import Delivered
from fuzz.findings import Findings
from fuzz.mutations import mutated
from fuzz.seeds import seeds


def deliveries(seed: int, of: Sequence[Delivered], number: int) -> Delivered:
    """The delivery of a number: the same for the same seed."""
    return mutated(random.Random(f"{seed}:{number}"), of)


def run(seed: int, of: Sequence[Delivered], goes_on: Callable[[int], bool], look: Callable[[Delivered], None]) -> int:
    """Look at one delivery after the other for as long as `goes_on`; how many it were."""
    number = 0
    while goes_on(number):
        look(deliveries(seed, of, number))
        number += 1
    return number


def main(arguments: Sequence[str]) -> int:
    """The command; 1 where a promise was broken."""
    told = _parsed(arguments)
    of = seeds()
    findings = Findings(told.findings)
    begun = time.monotonic()
    until = begun + float(told.seconds)
    last = begun

    def goes_on(number: int) -> bool:
        nonlocal last
        now = time.monotonic()
        if now - last > 60:
            print(f"{now - begun:.0f} s: {number} deliveries, {len(findings.count)} findings", flush=True)
            last = now
        return now < until

    number = run(told.seed, of, goes_on, findings.look)
    seconds = time.monotonic() - begun
    print(f"{len(of)} seeds, {number} deliveries in {seconds:.0f} s: {number / seconds:.0f}/s")
    for signature, count in sorted(findings.count.items()):
        print(f"{count:7} {signature}")
    print(f"{len(findings.count)} findings" + (f" in {told.findings}" if findings.count else ""))
    return 1 if findings.count else 0


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long (60)")
    parser.add_argument("--seed", type=int, default=0, help="of the mutations: the same seed gives the same ones (0)")
    parser.add_argument(
        "--findings",
        type=Path,
        default=Path(tempfile.gettempdir()) / "rollout-fuzz" / "findings",
        help="the folder that each finding is written to, once and as short as can be",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

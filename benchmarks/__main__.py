"""`python -m benchmarks [SECTION …] [--quick]`: print the tables; a full run also writes benchmarks/RESULTS.md.

With --write, sections that were asked for by name are renewed there, and say when they were measured.
"""

import argparse
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.report import Section, page, renewed, section_text, surroundings

SECTIONS = {
    "decisions": "benchmarks.decisions",
    "startup": "benchmarks.startup_section",
    "rollback": "benchmarks.rollback",
    "million": "benchmarks.million",
    "normalizer": "benchmarks.normalizer",
    "pipeline": "benchmarks.pipeline",
    "event-log": "benchmarks.event_log",
    "compat": "benchmarks.compat",
    "gateway": "benchmarks.gateway",
    "simulation": "benchmarks.simulation",
}
"""By name, the modules that have a `section(quick) -> Section`, in the order of the page."""

RESULTS = Path(__file__).parent / "RESULTS.md"


def main(arguments: list[str]) -> int:
    """Measure, print, and write down what a full run has found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--quick", action="store_true", help="few rounds: shows that it runs, not how fast")
    parser.add_argument("--write", action="store_true", help="renew these sections in RESULTS.md")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"there is no section {unknown[0]}; there are {', '.join(SECTIONS)}")
    done = []
    for name in asked.sections or SECTIONS:
        done.append(measured(name, quick=asked.quick))
        print(section_text(done[-1]), flush=True)  # noqa: T201 - the answer
    if not asked.sections and not asked.quick:
        RESULTS.write_text(page(done, surroundings()), encoding="utf-8")
    elif asked.write and not asked.quick:
        before = RESULTS.read_text(encoding="utf-8")
        RESULTS.write_text(renewed(before, done, surroundings()), encoding="utf-8")
    return 0


def measured(name: str, *, quick: bool) -> Section:
    """What a section's module has measured."""
    section: Section = import_module(SECTIONS[name]).section(quick)
    return section


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

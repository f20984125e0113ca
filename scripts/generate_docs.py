"""Write the pages of docs/ that are made from the code itself, or with --check say which of them are stale."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from docs_checks import checks_page
from docs_commands import commands_page
from docs_coverage import coverage_page
from docs_event_schema import event_schema_page
from docs_files import files_page
from docs_normalizer import normalizer_page
from docs_positions import positions_page
from docs_rules import exit_codes_page, lint_rules_page
from docs_traffic import traffic_page

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES: Mapping[str, Callable[[], str]] = {
    "canonical-event-1.0.json": event_schema_page,
    "checklist-coverage.md": coverage_page,
    "checks.md": checks_page,
    "commands.md": commands_page,
    "exit-codes.md": exit_codes_page,
    "files.md": files_page,
    "lint-rules.md": lint_rules_page,
    "normalizer.md": normalizer_page,
    "positions.md": positions_page,
    "traffic.md": traffic_page,
}


def main(arguments: list[str] | None = None) -> int:
    """Write or check the pages.

    Returns:
        0, or 1 when a page is stale.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is stale")
    parser.add_argument("--docs", type=Path, default=DOCS, help="the folder of the pages")
    options = parser.parse_args(arguments)
    stale = [name for name, text in _pages().items() if _current(options.docs / name) != text.encode()]
    if options.check:
        for name in stale:
            print(f"{options.docs / name} is stale: run `make docs`", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (options.docs / name).write_bytes(PAGES[name]().encode())
        print(f"written {options.docs / name}")
    return 0


def _pages() -> dict[str, str]:
    return {name: page() for name, page in PAGES.items()}


def _current(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())

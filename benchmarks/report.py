"""What a benchmark says: a section with its table and its verdicts, and the page of all of them."""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_NUMERIC = frozenset("0123456789.,x- ")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was wanted, what came of it, and whether that is good enough; `met` None was not measured."""

    wanted: str
    measured: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Section:
    """One benchmark.

    Attributes:
        title: its heading.
        method: what was measured, and how.
        columns: the heads of its table.
        rows: the cells, as they are shown.
        verdicts: its numbers against those that were wanted.
    """

    title: str
    method: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    verdicts: tuple[Verdict, ...] = ()


def at_most(what: str, value: float | None, limit: float) -> Verdict:
    """A verdict on a ratio that must not be above a limit."""
    wanted = f"{what}: at most {_ratio(limit)}"
    return Verdict(wanted, _shown(value), None if value is None else value <= limit)


def at_least(what: str, value: float | None, limit: float) -> Verdict:
    """A verdict on a ratio that must not be below a limit."""
    wanted = f"{what}: at least {_ratio(limit)}"
    return Verdict(wanted, _shown(value), None if value is None else value >= limit)


def section_text(section: Section) -> str:
    """A section as Markdown that reads well on a terminal, too."""
    parts = [f"## {section.title}", section.method, table(section.columns, section.rows)]
    if section.verdicts:
        parts.append("\n".join(f"- {_WORDS[each.met]}: {each.wanted}; {each.measured}" for each in section.verdicts))
    return "\n\n".join(parts) + "\n"


def page(sections: Iterable[Section], surroundings: str) -> str:
    """All sections as one page, with the missed ones said first."""
    return _page([section_text(section).rstrip("\n") for section in sections], surroundings)


def renewed(before: str, sections: Iterable[Section], surroundings: str) -> str:
    """A page with some sections measured anew, which say so themselves; new ones stand behind the others."""
    opening, *texts = before.rstrip("\n").split("\n\n## ")
    known = {text.partition("\n")[0]: f"## {text}" for text in texts}
    for section in sections:
        apart = surroundings.removesuffix(" Written by `make bench`.")
        known[section.title] = f"{section_text(section)}\n{apart}"
    return _page(list(known.values()), opening.split("\n\n")[1])


def _page(texts: Sequence[str], surroundings: str) -> str:
    lines = [line for text in texts for line in text.splitlines()]
    met = [line for line in lines if line.startswith(f"- {_WORDS[True]}: ")]
    missed = [
        f"- {line.removeprefix(start)}" for line in lines for start in _NOT_MET if line.startswith(start)
    ]  # fmt: skip
    opening = [
        "# Measured side by side",
        surroundings,
        f"{len(met)} of {len(met) + len(missed)} wanted numbers are met.",
    ]
    if missed:
        opening.append("Not met:\n\n" + "\n".join(missed))
    return "\n\n".join([*opening, *texts]) + "\n"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, padded; a column of numbers stands to the right."""
    cells = [tuple(columns), *(tuple(row) for row in rows)]
    widths = [max(len(row[index]) for row in cells) for index in range(len(columns))]
    right = [all(_NUMERIC.issuperset(row[index]) for row in rows) for index in range(len(columns))]
    dashes = [
        "-" * (width - 1) + ":" if is_right else "-" * width for width, is_right in zip(widths, right, strict=True)
    ]
    lines = [
        [
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(row, widths, right, strict=True)
        ]
        for row in cells
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in [lines[0], dashes, *lines[1:]])


def surroundings() -> str:
    """When, where and with what it was measured; not on whose machine."""
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, rollout {package_version('rollout-cli')}, "
        f"{platform.python_implementation()} {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{_processor()}, {os.cpu_count()} cores. Written by `make bench`."
    )


def package_version(name: str) -> str:
    """The version of an installed package; empty when it is not there, or is none."""
    try:
        return version(name) if name else ""
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "unknown processor")


def _ratio(value: float) -> str:
    return f"{value:.3g} x"


def _shown(value: float | None) -> str:
    return "not measured" if value is None else f"measured {_ratio(value)}"


_WORDS = {True: "met", False: "MISSED", None: "NOT MEASURED"}
_NOT_MET = tuple(f"- {_WORDS[met]}: " for met in (False, None))

"""Files as texts: read them the way the program does, without a folder."""

from datetime import date

from rollout_cli.control.project import Reading, read_project
from rollout_cli.plan.findings import Finding
from rollout_cli.sources.strict_yaml import parse_yaml

TODAY = date(2026, 1, 5)
GOOD_FLAGS = "version: 1\nrollout: test\nflags:\n  A: {type: boolean, default: false}\n"


def read_files(files: dict[str, str], today: date = TODAY) -> Reading:
    """Read texts by their names; a `flags.yaml` that is not given is a good one with the flag `A`.

    `sources.yaml` is read as such, everything else as a phase.
    """
    findings: list[Finding] = []
    documents = {}
    for name, text in {"flags.yaml": GOOD_FLAGS, **files}.items():
        documents[name], found = parse_yaml(name, text.encode("utf-8", "surrogatepass"))
        findings += found
    flags, sources = documents.pop("flags.yaml"), documents.pop("sources.yaml", None)
    phases = tuple(document for document in documents.values() if document is not None)
    return read_project(flags, phases, tuple(findings), today, sources_document=sources)


def said(reading: Reading, *, warnings: bool = False) -> list[str]:
    """The findings as `file:line:column rule`, errors only unless warnings are asked for."""
    return [
        f"{each.file}:{each.line}:{each.column} {each.rule}"
        for each in reading.findings
        if warnings or each.severity == "error"
    ]

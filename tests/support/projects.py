"""Small projects, written as the files a person would write."""

from datetime import date
from pathlib import Path

from rollout_cli.control.project import Project, read_project
from rollout_cli.sources.project_files import read_project_files

REPOSITORY = Path(__file__).resolve().parents[2]

FLAGS = """\
version: 1
rollout: test-rollout
flags:
  EVENTS: {type: boolean, default: false}
  SHADOW: {type: boolean, default: true}
  ROUTING: {type: boolean, default: false, requires: [EVENTS]}
  POLICY: {type: string, default: default, values: [default, round_robin, sticky]}
"""
PHASES = {
    "0-development": "phase: 0\nname: development\nflags:\n  EVENTS: {enabled: true}\n",
    "1-staging": "phase: 1\nname: staging\nflags:\n  EVENTS: {enabled: true}\nsoak: 1h\n",
    "2-beta": """\
phase: 2
name: beta
flags:
  EVENTS: {enabled: true, allowlist: [beta-1, beta-2]}
  SHADOW: {enabled: false}
  ROUTING: {enabled: true, allowlist: [beta-1, beta-2]}
soak: 48h
""",
    "3-production": """\
phase: 3
name: production
flags:
  EVENTS: {allowlist: [beta-1, beta-2]}
  SHADOW: {enabled: false}
  ROUTING: {allowlist: [beta-1, beta-2]}
  POLICY: {value: sticky}
ramp:
  flags: [EVENTS, ROUTING]
  steps:
    - {percent: 10, soak: 24h}
    - {percent: 50, soak: 24h}
    - {percent: 100, soak: 7d}
""",
}


def write_project(folder: Path, flags: str = FLAGS, phases: dict[str, str] | None = None) -> Path:
    """Write a project's files; every call says the whole of them."""
    (folder / "phases").mkdir(parents=True, exist_ok=True)
    for old in (folder / "phases").glob("*.yaml"):
        old.unlink()
    (folder / "flags.yaml").write_text(flags, encoding="utf-8")
    for name, text in (PHASES if phases is None else phases).items():
        (folder / "phases" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def load_project(folder: Path, today: date = date(2026, 1, 5)) -> Project:
    """Read a project's files; stops when they are not sound."""
    documents = read_project_files(folder)
    return read_project(
        documents.flags, documents.phases, documents.findings, today, sources_document=documents.sources
    ).require()

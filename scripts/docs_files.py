"""docs/files.md and docs/checks.md: what may stand in the files, from the models that read them."""

from docs_markdown import anchor, code, page, sentence, table
from docs_models import keys_table
from pydantic import BaseModel

from rollout_cli.checks.kinds import KINDS
from rollout_cli.plan.fields import FORMS
from rollout_cli.plan.models import (
    CheckEntry,
    FlagEntry,
    FlagSetting,
    FlagsFile,
    PhaseFile,
    Ramp,
    RampStep,
    RollbackEntry,
)
from rollout_cli.sources.project_files import MAX_PHASES, MAX_TOTAL_BYTES
from rollout_cli.sources.strict_yaml import MAX_BYTES, MAX_DEPTH, MAX_SCALAR, MAX_VALUES

_SECTIONS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("`flags.yaml`", FlagsFile),
    ("A flag", FlagEntry),
    ("`phases/N-name.yaml`", PhaseFile),
    ("A flag in a phase", FlagSetting),
    ("A ramp", Ramp),
    ("A step of a ramp", RampStep),
    ("A check", CheckEntry),
    ("After a rollback", RollbackEntry),
)
_LINKS = {model.__name__: f"[{heading.strip('`').lower()}](#{anchor(heading)})" for heading, model in _SECTIONS}

FLAGS_EXAMPLE = """\
version: 1
rollout: whatsapp-canonical-events
flags:
  WHATSAPP_CANONICAL_EVENTS_ENABLED:
    type: boolean
    default: false            # the safe state
    owner: platform
    expires: 2027-06-30
  WHATSAPP_ROUTING_ENABLED:
    type: boolean
    default: false
    requires: [WHATSAPP_CANONICAL_EVENTS_ENABLED]
  WHATSAPP_ASSIGNMENT_POLICY:
    type: string
    default: default
    values: [default, round_robin, sticky]
"""
PHASE_EXAMPLE = """\
phase: 0
name: production
title: Production, in percent steps
flags:
  WHATSAPP_CANONICAL_EVENTS_ENABLED: {enabled: true, allowlist: [shopper_beta_001]}
  WHATSAPP_ROUTING_ENABLED: {enabled: true, allowlist: [shopper_beta_001]}
  WHATSAPP_ASSIGNMENT_POLICY: {value: sticky}
ramp:
  flags: [WHATSAPP_CANONICAL_EVENTS_ENABLED, WHATSAPP_ROUTING_ENABLED]
  steps:
    - {percent: 10, soak: 24h}
    - {percent: 50, soak: 24h}
    - {percent: 100, soak: 7d}
preflight:
  - {id: on-call-available, kind: attestation, title: Somebody is on call, expires: 7d}
gates:
  - {id: beta-is-served, kind: flag, flag: WHATSAPP_ROUTING_ENABLED, shopper: shopper_beta_001, enabled: true}
"""
_FILES_INTRO = """\
Two kinds of files say what is wanted. `flags.yaml` declares the flags and their safe state; one file a phase,
`phases/N-name.yaml`, says how they stand in that phase and how it is entered and left. The program reads them and never
writes them, except `rollout init`, which writes a first plan where there is none.

A phase file states everything that deviates from the safe state. A flag that it does not name is at its default.
`rollout schema flags.yaml` and `rollout schema phase.yaml` print JSON Schemas of both, for editors."""
_STRICT = """\
Files are read strictly: what a reviewer sees is what the program gets. YAML's plain words follow the rules of JSON,
so `on` and `no` are text and `on:` is a key. Nothing is converted: `"5"` is text and no percent. Everything that is
wrong with all files is said at once, with rule, file, line, column and a hint; [the rules](lint-rules.md)."""
_CHECKS_INTRO = """\
A check is one question. A phase has checks in four places: `preflight` is asked before it is entered, `gates` before
the rollout moves on; `alerts` and `rollback.post_checks` are read, and asked by nobody yet. An answer is PASS, FAIL or
INCONCLUSIVE: where there is no evidence, it is INCONCLUSIVE and never PASS. `rollout check` asks without changing
anything; it exits with 0, 3 or 4 ([exit codes](exit-codes.md)).

Every check has these keys, and besides them those of its kind:"""
CHECK_EXAMPLES = {
    "flag": (
        "PASS when the flag stands as wanted, else FAIL; INCONCLUSIVE when the store knows no such flag.",
        """\
- {id: still-in-shadow, kind: flag, flag: WHATSAPP_CANONICAL_EVENTS_ENABLED, enabled: true, shadow: true}
- {id: beta-is-served, kind: flag, flag: WHATSAPP_ROUTING_ENABLED, shopper: shopper_beta_001, enabled: true}
- {id: at-ten-percent, kind: flag, flag: WHATSAPP_ROUTING_ENABLED, percent: 10, state: planned}
""",
    ),
    "clock": (
        "PASS within the window; INCONCLUSIVE outside it, which means not yet; FAIL from `before` on: it is too late.",
        """\
- {id: office-hours, kind: clock, days: [mon, tue, wed, thu], hours: "09:00-16:00", timezone: America/Sao_Paulo}
- {id: after-the-sale, kind: clock, after: 2026-12-01T09:00:00-03:00}
- {id: at-night, kind: clock, days: [fri], hours: "22:00-06:00"}   # until Saturday, 06:00
""",
    ),
    "attestation": (
        """\
PASS while a recorded yes counts; INCONCLUSIVE when nobody has said yes, or the yes has expired. It counts until the end
that was promised when it was given, or as long as the file says now, whichever is earlier.""",
        """\
- {id: team-trained, kind: attestation, title: The team has been trained, expires: 30d}
""",
    ),
}


def files_page() -> str:
    """docs/files.md."""
    sections = [
        part
        for heading, model in _SECTIONS
        for part in (f"## {heading}", sentence(model.__doc__), keys_table(model, _LINKS))
    ]
    example = ["## An example", code(FLAGS_EXAMPLE, "yaml"), code(PHASE_EXAMPLE, "yaml")]
    return page(
        "Files", _FILES_INTRO, *example, *sections, "## Values", _values(), "## How they are read", _STRICT, _limits()
    )


def checks_page() -> str:
    """docs/checks.md."""
    parts = [_CHECKS_INTRO, keys_table(CheckEntry, {})]
    for kind, model in KINDS.items():
        verdicts, example = CHECK_EXAMPLES[kind]
        parts += [f"## `{kind}`", sentence(model.__doc__), keys_table(model, {}), verdicts, code(example, "yaml")]
    return page("Checks", *parts)


def _values() -> str:
    flag_name, name = FORMS.values()
    return table(
        ("Type", "How it is written"),
        (
            ("percent", "a number from 0 to 100 with at most three decimals, without quotes and without a % sign"),
            ("duration", "numbers with units `d`, `h`, `m`, `s`, like `48h`, `7d` or `1h30m`; at most `3650d`"),
            ("date", "`2027-06-30`"),
            ("time", "`2026-12-01T09:00:00Z`, or with an offset like `-03:00`; in quotes or not"),
            ("flag name", flag_name),
            ("name", name),
            ("id", "1 to 512 characters, none of them invisible, no spaces around them"),
        ),
    )


def _limits() -> str:
    return table(
        ("Limit", "At most"),
        (
            ("a file", f"{MAX_BYTES:,} bytes, {MAX_VALUES:,} keys and values, {MAX_DEPTH} levels"),
            ("a key or value", f"{MAX_SCALAR:,} characters"),
            ("a project", f"{MAX_PHASES} phases, {MAX_TOTAL_BYTES:,} bytes"),
        ),
    )

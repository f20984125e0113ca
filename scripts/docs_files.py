"""docs/files.md: what may stand in the files, from the models that read them."""

from docs_markdown import anchor, code, page, sentence, table
from docs_models import keys_table
from pydantic import BaseModel

from rollout_cli.checks.sources_file import CommandsEntry, LimitsEntry, SourceEntry, SourcesFile
from rollout_cli.plan.fields import FORMS
from rollout_cli.plan.models import (
    CheckEntry,
    FlagEntry,
    FlagSetting,
    FlagsFile,
    PhaseFile,
    Ramp,
    RampStep,
    Reactions,
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
    ("What a check calls for", Reactions),
    ("After a rollback", RollbackEntry),
    ("`sources.yaml`", SourcesFile),
    ("A source", SourceEntry),
    ("Commands", CommandsEntry),
    ("Limits", LimitsEntry),
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
  - id: error-rate
    kind: ratio
    title: Fewer than 0.1 % of events fail
    source: prometheus
    bad: 'sum(increase(canonical_publish_fail_count_total[{window}])) or vector(0)'
    total: 'sum(increase(canonical_events_published_count_total[{window}]))'
    max: 0.1%
    min_events: 1000
    on: {fail: rollback, inconclusive: hold, error: hold}
rollback:
  post_checks:
    - {id: legacy-answers, kind: http, source: legacy, path: /health}
  observe: 15m
"""
SOURCES_EXAMPLE = """\
version: 1
sources:
  prometheus:
    kind: prometheus
    url_env: ROLLOUT_PROMETHEUS_URL    # like http://prometheus.internal:9090
    addresses: [10.0.0.0/8]            # it is in a private network, and may be reached there
  legacy:
    kind: http
    url: https://hooks.example.com
    header_env: {Authorization: HOOKS_TOKEN}
limits: {check: 10s, total: 60s}
"""
_FILES_INTRO = """\
Two kinds of files say what is wanted. `flags.yaml` declares the flags and their safe state; one file a phase,
`phases/N-name.yaml`, says how they stand in that phase and how it is entered and left. A third, `sources.yaml`, says
what their checks may reach; it may be left out. The program reads them and never writes them, except `rollout init`,
which writes a first plan where there is none.

A phase file states everything that deviates from the safe state. A flag that it does not name is at its default.
`rollout schema flags.yaml` and `rollout schema phase.yaml` print JSON Schemas of both, for editors."""
_AFTER = {
    "A check": "What these keys mean, and the keys of each kind: [checks](checks.md).",
    "`sources.yaml`": """\
Without this file there are no sources but the rollout's own `store`, and no program may run: a check that asks for more
is INCONCLUSIVE. It is no part of the plan's digest, so a new address voids no attestation.""",
    "A source": """\
A source is named by the checks that ask it. Secrets stand in variables only: an address with a password in `url_env`, a
token in `header_env`. Addresses that are not public (private, loopback, link-local) are reached only where `addresses`
names them or their network; a host is looked up once, and every address that it has must be allowed. Redirects are
never followed. A `sql` source takes `sqlite:///shop.db`, relative to the project, or any URL of SQLAlchemy; it is only
ever read.""",
    "Commands": """\
`command` checks and logs that a program prints run the programs of this list and no others, without a shell, in an
environment of `PATH`, `HOME` and `LANG` and what the check hands on. A program in this list may be run with any
arguments: name no shell and no interpreter that you would not give to whoever writes a phase file.""",
    "Limits": """\
Questions are asked side by side. A run is over when `total` is, whatever the sources do; what was not answered by then
is INCONCLUSIVE.""",
}
"""What a table of keys cannot say, by the heading above it."""
_STRICT = """\
Files are read strictly: what a reviewer sees is what the program gets. YAML's plain words follow the rules of JSON,
so `on` and `no` are text and `on:` is a key. Nothing is converted: `"5"` is text and no percent. Everything that is
wrong with all files is said at once, with rule, file, line, column and a hint; [the rules](lint-rules.md)."""


def files_page() -> str:
    """docs/files.md."""
    sections = [
        part
        for heading, model in _SECTIONS
        for part in (f"## {heading}", sentence(model.__doc__), keys_table(model, _LINKS), _AFTER.get(heading, ""))
    ]
    example = ["## An example", *(code(each, "yaml") for each in (FLAGS_EXAMPLE, PHASE_EXAMPLE, SOURCES_EXAMPLE))]
    return page(
        "Files", _FILES_INTRO, *example, *sections, "## Values", _values(), "## How they are read", _STRICT, _limits()
    )


def _values() -> str:
    flag_name, name = FORMS.values()
    return table(
        ("Type", "How it is written"),
        (
            ("percent", "a number from 0 to 100 with at most three decimals, without quotes and without a % sign"),
            ("share", "a percent from `0%` to `100%` with its sign and at most nine decimals, like `0.1%`"),
            ("duration", "numbers with units `d`, `h`, `m`, `s`, like `48h`, `7d` or `1h30m`; at most `3650d`"),
            ("date", "`2027-06-30`"),
            ("time", "`2026-12-01T09:00:00Z`, or with an offset like `-03:00`; in quotes or not"),
            ("flag name", flag_name),
            ("name", name),
            ("id", "1 to 512 characters, none of them invisible, no spaces around them"),
            ("variable name", "large letters, digits and _, a letter first, at most 128"),
            ("pattern", "RE2's syntax, at most 500 characters"),
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

"""Files that break a lint rule, each with the same files mended."""

from dataclasses import dataclass
from datetime import date

from rollout_cli.plan.findings import Severity

HEAD = "version: 1\nrollout: test\nflags:\n"
FLAGS = (
    HEAD
    + """\
  A: {type: boolean, default: false}
  B: {type: boolean, default: false, requires: [A]}
  ON: {type: boolean, default: true}
  S: {type: string, default: x, values: [x, y]}
  FREE: {type: string, default: x}
"""
)
ON = "on: {fail: hold, inconclusive: hold, error: hold}"
GATE = f"gates: [{{id: g, kind: attestation, {ON}}}]\n"
TODAY = date(2026, 1, 5)


@dataclass(frozen=True)
class Case:
    """Files of which one breaks a rule at a place, and the same files mended.

    Attributes:
        beside: a file that is there, too, the same both times.
    """

    rule: str
    severity: Severity
    file: str
    wrong: str
    place: str
    right: str
    beside: tuple[tuple[str, str], ...] = ()


def of_flags(rule: str, wrong: str, place: str, right: str, severity: Severity = Severity.ERROR) -> Case:
    return Case(rule, severity, "flags.yaml", HEAD + wrong, place, HEAD + right)


def of_phase(rule: str, wrong: str, place: str, right: str, severity: Severity = Severity.ERROR) -> Case:
    head = "phase: 0\nname: x\n"
    return Case(rule, severity, "phases/0-x.yaml", head + wrong, place, head + right)


def of_second(rule: str, first: str, wrong: str, place: str, right: str) -> Case:
    """A warning about phase 1, after a phase 0 that says `first`."""
    beside = (("phases/0-x.yaml", f"phase: 0\nname: x\n{first}"),)
    head = "phase: 1\nname: y\n"
    return Case(rule, Severity.WARNING, "phases/1-y.yaml", head + wrong, place, head + right, beside)


BOOLEAN = "type: boolean, default: false"
CHAIN = "".join(f"  A{n}: {{{BOOLEAN}, requires: [A{n + 1}]}}\n" for n in range(16)) + f"  A16: {{{BOOLEAN}}}\n"
LONGER = f"  A: {{{BOOLEAN}, requires: [A0]}}\n" + CHAIN
LATTICE = "".join(
    f"  {side}{n}: {{{BOOLEAN}, requires: [A{n + 1}, B{n + 1}]}}\n" for n in range(6) for side in "AB"
) + "".join(f"  {side}6: {{{BOOLEAN}}}\n" for side in "AB")
WARNING = Severity.WARNING
CLOCK = "{id: c, kind: clock, days: [mon]}"
SERVING = "{ON: {enabled: false}, A: {enabled: true, percent: 5}}"
BOTH = "flags: {A: {enabled: true, allowlist: [s, t]}}\n"
TENTH = "flags: {A: {enabled: true, percent: 10}}\n"
STICKY = "flags: {S: {value: y, percent: 10}}\n"
RAMP = "ramp: {flags: [A], steps: [{percent: 10}, {percent: 20}]}\n"
A = "{id: a, kind: clock, days: [mon]}"
NEEDS_A = "{id: b, kind: clock, days: [mon], needs: [a]}"
NEEDS_C = "{id: b, kind: clock, days: [mon], needs: [c]}"

CASES = [
    of_flags("default-type", "  A: {type: boolean, default: 'no'}\n", "4:22", f"  A: {{{BOOLEAN}}}\n"),
    of_flags("default-type", "  A: {type: boolean, default: no}\n", "4:22", "  A: {type: boolean, default: true}\n"),
    of_flags("default-type", "  A: {type: string, default: true}\n", "4:21", "  A: {type: string, default: 'true'}\n"),
    of_flags(
        "default-type",
        "  A: {type: string, default: z, values: [x, y]}\n",
        "4:21",
        "  A: {type: string, default: y, values: [x, y]}\n",
    ),
    of_flags("values-on-boolean", f"  A: {{{BOOLEAN}, values: [x]}}\n", "4:38", f"  A: {{{BOOLEAN}, values: []}}\n"),
    of_flags("unknown-flag", f"  AB: {{{BOOLEAN}, requires: [AC]}}\n", "4:50", f"  AB: {{{BOOLEAN}}}\n"),
    of_phase("unknown-flag", "flags: {a: {}}\n", "3:9", "flags: {A: {}}\n"),
    of_phase("unknown-flag", "ramp: {flags: [A, C], steps: [{percent: 1}]}\n", "3:19", "flags: {}\n"),
    of_phase(
        "unknown-flag",
        "rollback: {post_checks: [{id: a, kind: flag, flag: C, enabled: true}]}\n",
        "3:46",
        "rollback: {post_checks: [{id: a, kind: flag, flag: A, enabled: true}]}\n",
    ),
    of_flags("circular-prerequisite", f"  A: {{{BOOLEAN}, requires: [A]}}\n", "4:38", f"  A: {{{BOOLEAN}}}\n"),
    of_flags(
        "circular-prerequisite",
        f"  A: {{{BOOLEAN}, requires: [B]}}\n  B: {{{BOOLEAN}, requires: [C]}}\n  C: {{{BOOLEAN}, requires: [B]}}\n",
        "5:38",
        f"  A: {{{BOOLEAN}, requires: [B]}}\n  B: {{{BOOLEAN}, requires: [C]}}\n  C: {{{BOOLEAN}}}\n",
    ),
    of_flags("prerequisite-depth", LONGER, "4:38", CHAIN),
    of_flags("prerequisite-depth", LATTICE, "4:39", LATTICE.replace("A1, B1", "A2, B2")),
    of_phase("value", "flags: {A: {value: x}}\n", "3:13", "flags: {A: {enabled: true}}\n"),
    of_phase("value", "flags: {S: {value: z}}\n", "3:13", "flags: {S: {value: y}, FREE: {value: z}}\n"),
    of_phase(
        "ramp-rises",
        "ramp: {flags: [A], steps: [{percent: 5}, {percent: 4.999}]}\n",
        "3:43",
        "ramp: {flags: [A], steps: [{percent: 5}, {percent: 5.001}]}\n",
    ),
    of_phase(
        "ramp-flag",
        "flags: {A: {percent: 5}}\nramp: {flags: [A], steps: [{percent: 5}]}\n",
        "3:13",
        "flags: {A: {allowlist: [s]}}\nramp: {flags: [A], steps: [{percent: 5}]}\n",
    ),
    of_phase(
        "ramp-flag",
        "flags: {A: {enabled: false}}\nramp: {flags: [A], steps: [{percent: 5}]}\n",
        "3:13",
        "flags: {B: {enabled: false}}\nramp: {flags: [A], steps: [{percent: 5}]}\n",
    ),
    of_phase(
        "check-id-twice",
        f"preflight: [{{id: a, kind: attestation}}]\ngates: [{{id: a, kind: attestation, {ON}}}]\n",
        "4:10",
        f"preflight: [{{id: a, kind: attestation}}]\ngates: [{{id: b, kind: attestation, {ON}}}]\n",
    ),
    Case("phase-gap", WARNING, "phases/1-x.yaml", "phase: 1\nname: x\n", "1:1", "phase: 0\nname: x\n"),
    Case("phase-file-name", WARNING, "phases/0-x.yaml", "phase: 0\nname: y\n", "1:1", "phase: 0\nname: x\n"),
    Case("phase-file-name", WARNING, "phases/0-x.yml", "phase: 0\nname: x\n", "1:1", ""),
    of_phase("phase-without-gates", "", "1:1", GATE, WARNING),
    of_phase(
        "prerequisite-off",
        "flags: {B: {enabled: true}}\n",
        "3:9",
        "flags: {B: {enabled: true}, A: {enabled: true}}\n",
        WARNING,
    ),
    of_phase(
        "prerequisite-off",
        "ramp: {flags: [B], steps: [{percent: 5}]}\n",
        "3:16",
        "ramp: {flags: [B, A], steps: [{percent: 5}]}\n",
        WARNING,
    ),
    of_phase("targeting-without-enabled", "flags: {A: {percent: 5}}\n", "3:9", "flags: {ON: {percent: 5}}\n", WARNING),
    of_phase(
        "targeting-without-enabled",
        "flags: {A: {allowlist: [s], enabled: false}}\n",
        "3:9",
        "flags: {A: {allowlist: [s], enabled: true}, S: {value: y, percent: 5}}\n",
        WARNING,
    ),
    of_phase(
        "enabled-without-value",
        "flags: {S: {enabled: true}}\n",
        "3:9",
        "flags: {S: {value: y, enabled: true}}\n",
        WARNING,
    ),
    of_phase(
        "enabled-without-value",
        "ramp: {flags: [A, S], steps: [{percent: 5}]}\n",
        "3:19",
        "flags: {S: {value: y}}\nramp: {flags: [A, S], steps: [{percent: 5}]}\n",
        WARNING,
    ),
    of_phase(
        "allowed-and-denied",
        "flags: {A: {enabled: true, allowlist: [s, t], denylist: [t]}}\n",
        "3:28",
        "flags: {A: {enabled: true, allowlist: [s], denylist: [t]}}\n",
        WARNING,
    ),
    of_phase(
        "listed-twice",
        "flags: {A: {enabled: true, allowlist: [s, t, s, s]}}\n",
        "3:46",
        "flags: {A: {enabled: true, allowlist: [s, t]}}\n",
        WARNING,
    ),
    of_phase(
        "listed-twice",
        "ramp: {flags: [A, A], steps: [{percent: 5}]}\n",
        "3:19",
        "ramp: {flags: [A], steps: [{percent: 5}]}\n",
        WARNING,
    ),
    of_flags(
        "flag-listed-twice",
        "  A: {type: string, default: x, values: [x, x]}\n",
        "4:45",
        "  A: {type: string, default: x, values: [x]}\n",
        WARNING,
    ),
    of_flags(
        "expired-flag",
        f"  A: {{{BOOLEAN}, expires: 2026-01-04}}\n",
        "4:38",
        f"  A: {{{BOOLEAN}, expires: 2026-01-05}}\n",
        WARNING,
    ),
    of_flags(
        "values-missing",
        "  A: {type: string, default: x}\n",
        "4:3",
        "  A: {type: string, default: x, values: [x]}\n",
        WARNING,
    ),
    Case(
        "unused-flag", WARNING, "flags.yaml",
        f"{HEAD}  A: {{{BOOLEAN}}}\n  B: {{{BOOLEAN}, requires: [A]}}\n  C: {{{BOOLEAN}}}\n", "6:3",
        f"{HEAD}  A: {{{BOOLEAN}}}\n  B: {{{BOOLEAN}, requires: [A]}}\n",
        (("phases/0-x.yaml", "phase: 0\nname: x\nflags: {B: {enabled: false}}\n"),),
    ),
    of_phase(
        "rollback-value", "flags: {S: {value: x, percent: 5}}\n", "3:13",
        "flags: {S: {value: x}, FREE: {value: y, percent: 5}}\n", WARNING,
    ),
    of_phase(
        "rollback-value", "flags: {S: {value: x}}\nramp: {flags: [S], steps: [{percent: 5}]}\n", "3:13",
        "flags: {S: {value: y}}\nramp: {flags: [S], steps: [{percent: 5}]}\n", WARNING,
    ),
    Case(
        "rollback-value", WARNING, "flags.yaml", HEAD + "  A: {type: boolean, default: true}\n", "4:22",
        f"{HEAD}  A: {{{BOOLEAN}}}\n",
        (("phases/0-x.yaml", "phase: 0\nname: x\nflags: {A: {enabled: true, allowlist: [s]}}\n"),),
    ),
    of_phase(
        "ramp-not-to-100", "ramp: {flags: [A], steps: [{percent: 5}, {percent: 99.999}]}\n", "3:43",
        "ramp: {flags: [A], steps: [{percent: 5}, {percent: 100}]}\n", WARNING,
    ),
    of_phase(
        "ramp-step-without-soak", "ramp: {flags: [A], steps: [{percent: 5, soak: 0s}, {percent: 100}]}\n", "3:52",
        "ramp: {flags: [A], steps: [{percent: 5, soak: 0s}, {percent: 100, soak: 7d}]}\n", WARNING,
    ),
    of_phase(
        "ramp-step-without-soak", "ramp: {flags: [A], steps: [{percent: 5}]}\n", "3:28",
        "ramp: {flags: [A], steps: [{percent: 5}]}\nsoak: 1h\n", WARNING,
    ),
    of_phase(
        "rollback-without-observe", f"rollback: {{post_checks: [{CLOCK}]}}\n", "3:1",
        f"rollback: {{post_checks: [{CLOCK}], observe: 15m}}\n", WARNING,
    ),
    of_phase(
        "observe-without-checks", "rollback: {observe: 15m}\n", "3:12",
        f"rollback: {{observe: 15m, post_checks: [{CLOCK}]}}\n", WARNING,
    ),
    Case(
        "rollback-missing", WARNING, "phases/0-x.yaml", f"phase: 0\nname: x\nflags: {SERVING}\n", "1:1",
        f"phase: 0\nname: x\nflags: {SERVING}\nrollback: {{observe: 15m, post_checks: [{CLOCK}]}}\n",
    ),
    Case(
        "rollback-missing", WARNING, "phases/0-x.yaml",
        f"phase: 0\nname: x\nflags: {SERVING}\nrollback: {{}}\n", "1:1",
        "phase: 0\nname: x\nflags: {ON: {enabled: false}, A: {enabled: true, shadow: true, percent: 5}}\n",
    ),
    Case(
        "rollback-missing", WARNING, "phases/2-x.yaml", f"phase: 2\nname: x\nflags: {SERVING}\n", "1:1",
        "phase: 2\nname: x\nflags: {ON: {enabled: true}, A: {enabled: true}}\n",
    ),
    of_second("removals", BOTH, "flags: {A: {enabled: true, allowlist: [s]}}\n", "3:9", BOTH),
    of_second("removals", BOTH, "", "1:1", BOTH.replace("[s, t]", "[s, t, u]")),
    of_second("removals", BOTH, BOTH.replace("]", "], denylist: [t]"), "3:9", "flags: {A: {enabled: true}}\n"),
    of_second("removals", TENTH, TENTH.replace("10", "9.999"), "3:9", TENTH.replace("10", "10.001")),
    of_second("removals", RAMP, TENTH, "3:9", "flags: {A: {enabled: true}}\n"),
    of_second("removals", TENTH, RAMP.replace("10", "5"), "3:16", RAMP),
    of_second("removals", STICKY, STICKY.replace("10", "5"), "3:9", STICKY.replace("y", "x").replace("10", "50")),
    of_phase("needs-unknown", f"preflight: [{A}, {NEEDS_C}]\n", "3:90", f"preflight: [{A}, {NEEDS_A}]\n"),
    of_phase(
        "needs-unknown", f"preflight: [{A}]\nrollback: {{post_checks: [{NEEDS_A}]}}\n", "4:68",
        f"rollback: {{post_checks: [{A}, {NEEDS_A}]}}\n",
    ),
    of_phase("needs-circle", f"preflight: [{NEEDS_A.replace('id: b', 'id: a')}]\n", "3:47", f"preflight: [{A}]\n"),
    of_phase(
        "needs-circle", f"preflight: [{A.replace('}', ', needs: [b]}')}, {NEEDS_A}]\n", "3:47",
        f"preflight: [{A}, {NEEDS_A}]\n",
    ),
    of_phase("secret-in-file", "title: ghp_" + "a1" * 18 + "\n", "3:1", "title: ghp_\n"),
    of_flags("secret-in-file", f"  A: {{{BOOLEAN}, owner: 'Bearer abcdefgh12345678'}}\n", "4:38",
             f"  A: {{{BOOLEAN}, owner: The bearer of the plan}}\n"),
]  # fmt: skip

"""Lint rules about what checks ask: sources that are declared and fit, programs that are allowed, addresses, limits."""

import ipaddress
import re
from collections.abc import Iterable, Iterator

from rollout_cli.checks.kinds import Check
from rollout_cli.checks.lint_subject import CheckSubject, check_rule
from rollout_cli.checks.networks import Address, is_allowed
from rollout_cli.checks.sources_file import OWN_STORE
from rollout_cli.plan.duration import duration_text
from rollout_cli.plan.findings import Severity
from rollout_cli.plan.lint_rules import Complaint, checks_of
from rollout_cli.plan.suggestion import closest

_HOST = re.compile(r"https?://(?:\[([^\]/]{1,100})\]|([^/?#:]{1,300}))", re.IGNORECASE)
_PART = re.compile(r"0x[0-9a-f]{1,8}|0[0-7]{0,11}|[1-9][0-9]{0,9}")
_PROGRAM = re.compile(r"[a-z0-9./_+-]{1,60}")
"""Names that are repeated; somebody's `TOKEN=…` is not."""
_LOOPBACK: tuple[Address, ...] = (ipaddress.IPv4Address("127.0.0.1"), ipaddress.IPv6Address("::1"))
_SQL, _WEB = ("sql",), ("http", "prometheus")
_ASKING = ("migrations", "http", "ratio", "quantile", "value", "count", "sql")
"""Kinds by their names: a rule asks a plan's checks without importing the kinds that the plan does not use."""


@check_rule("unknown-source")
def unknown_source(subject: CheckSubject) -> Iterator[Complaint]:
    """Every source that a check names is declared in `sources.yaml`; only `store` is always there."""
    if subject.sources is None:
        return
    known = (OWN_STORE, *subject.sources.sources)
    for check, document in subject.placed():
        name = _source_of(check)
        if name is not None and name not in known:
            close = closest(name, known)
            hint = f"did you mean {close}?" if close else f"declare `{name}` in sources.yaml"
            message = f"{check.entry.id} asks {name}, which sources.yaml does not declare"
            yield document, (*check.path, "source"), message, hint


@check_rule("source-kind")
def source_kind(subject: CheckSubject) -> Iterator[Complaint]:
    """A check asks a source that can answer it: databases are asked for tables and by SQL, services over HTTP."""
    if subject.sources is None:
        return
    kinds = {OWN_STORE: "sql", **{name: entry.kind for name, entry in subject.sources.sources.items()}}
    for check, document in subject.placed():
        kind, fitting = kinds.get(_source_of(check) or ""), _fitting(check)
        if kind is not None and fitting and kind not in fitting:
            message = f"{check.entry.id} cannot ask {_source_of(check)}: it is of kind {kind}"
            yield document, (*check.path, "source"), message, f"name a source of kind {' or '.join(fitting)}"


@check_rule("unused-source", Severity.WARNING)
def unused_source(subject: CheckSubject) -> Iterator[Complaint]:
    """Every source that is declared is asked by some check."""
    if subject.sources is None or subject.sources_document is None or not subject.whole:
        return
    entries = [entry for phase, _ in subject.phases for _, entry in checks_of(phase)]
    said = {(key, text) for entry in entries for key, text in entry.parameters.items() if isinstance(text, str)}
    asked = _meant(said, subject.sources.sources)
    for name in subject.sources.sources:
        if name not in asked:
            path, message = ("sources", name), f"no check asks {name}"
            yield subject.sources_document, path, message, "remove it, or write the check that was meant"


@check_rule("command-not-allowed", Severity.WARNING)
def command_not_allowed(subject: CheckSubject) -> Iterator[Complaint]:
    """Every program that a check would run is allowed in `sources.yaml`; any other is not run."""
    allowed = None if subject.sources is None else set(subject.sources.commands.allow)
    for check, document in subject.placed() if allowed is not None else ():
        command = getattr(check.kind, "command", None) if check.is_of("command", "log") else None
        if command and allowed is not None and command[0] not in allowed:
            program = repr(command[0]) if _PROGRAM.fullmatch(command[0]) else "a program"
            message = f"{check.entry.id} would run {program}, which sources.yaml does not allow"
            yield document, (*check.path, "command"), message, "add it to `commands: {allow: […]}` in sources.yaml"


@check_rule("timeout-beyond-total", Severity.WARNING)
def timeout_beyond_total(subject: CheckSubject) -> Iterator[Complaint]:
    """A check's `timeout` is not longer than the limit of all checks together, which ends it first."""
    for check, document in subject.placed() if subject.sources is not None else ():
        timeout, total = check.entry.timeout, subject.sources.limits.total if subject.sources else None
        if timeout is not None and total is not None and timeout > total:
            message = f"{check.entry.id} may take {duration_text(timeout)}, all checks together {duration_text(total)}"
            yield document, (*check.path, "timeout"), message, "shorten it, or raise `limits.total` in sources.yaml"


@check_rule("private-address-unnamed", Severity.WARNING)
def private_address_unnamed(subject: CheckSubject) -> Iterator[Complaint]:
    """A private address that is to be reached is named under `addresses`; else it is not reached."""
    hint = "name it under `addresses`, if it is meant"
    for check, document in subject.placed():
        if check.is_of("http") and _is_closed(getattr(check.kind, "url", None), getattr(check.kind, "addresses", ())):
            yield document, (*check.path, "url"), f"{check.entry.id} may not reach this private address", hint
    if subject.sources is None or subject.sources_document is None:
        return
    for name, entry in subject.sources.sources.items():
        if entry.kind in _WEB and _is_closed(entry.url, entry.addresses):
            path, message = ("sources", name, "url"), f"{name}: no check may reach this private address"
            yield subject.sources_document, path, message, hint


def _meant(said: set[tuple[str, str]], declared: Iterable[str]) -> set[str]:
    """The sources that keys and texts mean, sound or not: one misspelt, or under a misspelt key, is meant, too."""
    alike = {key for key in {key for key, _ in said} if closest(key, ["source"])}
    guesses = (closest(text.lower(), declared) for key, text in said if key in alike)
    return {text for _, text in said} | {guess for guess in guesses if guess}


def _source_of(check: Check) -> str | None:
    source: str | None = getattr(check.kind, "source", None) if check.is_of(*_ASKING) else None
    return source


def _fitting(check: Check) -> tuple[str, ...]:
    """The kinds of sources that can answer a check; none said where any can."""
    if check.is_of("migrations", "sql"):
        return _SQL
    return _WEB if check.is_of("http") else ()


def _is_closed(url: str | None, named: Iterable[str]) -> bool:
    """Whether an address leads to a literal private address that is not named."""
    found = _HOST.match(url or "")
    if found is None:
        return False
    host = (found.group(1) or found.group(2)).rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return not any(is_allowed(address, named) for address in _LOOPBACK)
    address = _literal(host)
    return address is not None and not is_allowed(address, named)


def _literal(host: str) -> Address | None:
    """The address that a host is, also where it is one number or has octal and hexadecimal parts; None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        parts = host.split(".")
    if not 1 <= len(parts) <= 4 or not all(_PART.fullmatch(part) for part in parts):  # noqa: PLR2004
        return None
    numbers = [int(part, 16 if part[:2] == "0x" else 8 if part[:1] == "0" else 10) for part in parts]
    value = numbers[-1] + sum(number << 8 * (3 - index) for index, number in enumerate(numbers[:-1]))
    return ipaddress.IPv4Address(value) if value < 1 << 32 else None

"""YAML read strictly: what a reviewer sees in the file is what the program gets.

Refused: aliases and anchors, tags, directives, duplicate keys, keys without a value, several documents, merge keys,
anything but UTF-8, characters that show another text than is read, deep nesting, too much of anything.
Plain scalars follow YAML 1.2's JSON rules, so `on:` is a key and `no` is text. Every value keeps its line and column.
"""

import math
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)  # fmt: skip

from rollout_cli.plan.document import Document, Path, Place
from rollout_cli.plan.fields import DECIMALS
from rollout_cli.plan.findings import MAX_FINDINGS, Finding, Severity, at_most
from rollout_cli.plan.reading_rules import ReadingRule

MAX_BYTES = 1_000_000
MAX_DEPTH = 12
MAX_SCALAR = 10_000
MAX_VALUES = 100_000

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,30})?(?:[eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    ".nan": math.nan, ".NaN": math.nan, ".NAN": math.nan,
    ".inf": math.inf, ".Inf": math.inf, ".INF": math.inf, "-.inf": -math.inf, "-.Inf": -math.inf, "-.INF": -math.inf,
}  # fmt: skip
# Everything YAML does not print, the breaks that editors do not break lines at, and a byte order mark inside the text.
_BAD_CHARACTER = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|\r(?!\n)"
)
_BIDI_CHARACTER = re.compile("[\u202a-\u202e\u2066-\u2069]")
_DIRECTIVE = re.compile("^%", re.MULTILINE)
_BOM = b"\xef\xbb\xbf"


def parse_yaml(file: str, data: bytes) -> tuple[Document | None, list[Finding]]:
    """Read one file's bytes.

    Returns:
        The document as far as it could be read, and what was wrong with it; without a document at least one finding.
    """
    data = data.removeprefix(_BOM)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        return None, [_encoding_finding(file, data, error.start)]
    findings = list(_character_findings(file, text))
    if findings:
        return None, at_most(findings)
    warnings = [
        _at(file, text, found.start(), ReadingRule.BIDI_CHARACTER, Severity.WARNING)
        for found in islice(_BIDI_CHARACTER.finditer(text), 1)
    ]
    builder = _Builder(file)
    try:
        builder.build(yaml.parse(text, Loader=_Loader))
    except yaml.YAMLError as error:
        return None, at_most([*builder.findings, _syntax_finding(file, error)])
    except _TooMuchError:
        return None, at_most(builder.findings)
    if builder.root is None:
        return None, builder.findings
    return Document(file, builder.root, builder.places, builder.keys), [*builder.findings, *warnings]


class _TooMuchError(Exception):
    """Reading on would only cost time: what is wrong is already said."""


class _Builder:
    """Turns events into data with a stack of its own, so that depth costs no recursion."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self.places: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}
        self.root: Any = None
        self._stack: list[_Open] = []
        self._documents = 0
        self._values = 0

    def build(self, events: Iterator[Event]) -> None:
        """Take in all events; what is refused becomes a finding and reading goes on where that is safe."""
        for event in events:
            if isinstance(event, NodeEvent):
                self._node(event)
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                self._stack.pop()
            elif isinstance(event, DocumentStartEvent):
                self._document(event)
        if self.root is None and not self.findings:
            hint = "write it as docs/files.md shows, or remove the file"
            self.findings.append(Finding(self.file, 1, 1, ReadingRule.EMPTY_FILE, "the file is empty", hint))

    def _document(self, event: Event) -> None:
        self._documents += 1
        if self._documents > 1:
            message, hint = "a second document begins here", "keep one document a file"
            self._refuse(event, ReadingRule.SEVERAL_DOCUMENTS, message, hint)
            raise _TooMuchError

    def _node(self, event: NodeEvent) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            message = f"more than {MAX_VALUES:,} keys and values"
            self._refuse(event, ReadingRule.TOO_MANY_VALUES, message, "move some of them elsewhere")
            raise _TooMuchError
        if isinstance(event, AliasEvent):
            self._refuse(event, ReadingRule.ALIAS, "aliases are not allowed", "write the value out")
            self._add(event, None)
            return
        if event.anchor is not None:
            self._refuse(event, ReadingRule.ALIAS, "anchors are not allowed", "write the value out where it is used")
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            self._refuse(event, ReadingRule.TAG, "tags are not allowed", "write a plain value")
        if isinstance(event, ScalarEvent):
            self._scalar(event)
        else:
            self._open(event, {} if isinstance(event, MappingStartEvent) else [])

    def _open(self, event: NodeEvent, container: Any) -> None:
        self._stack.append(_Open(container, self._add(event, container)))
        if len(self._stack) > MAX_DEPTH:
            self._refuse(event, ReadingRule.TOO_DEEP, f"more than {MAX_DEPTH} levels deep", "flatten it")
            raise _TooMuchError

    def _scalar(self, event: ScalarEvent) -> None:
        text: str = event.value
        if len(text) > MAX_SCALAR:
            message = f"a key or value is longer than {MAX_SCALAR:,} characters"
            self._refuse(event, ReadingRule.TOO_LONG, message, "shorten it")
            text = text[:MAX_SCALAR]
        top = self._stack[-1] if self._stack else None
        if top is not None and isinstance(top.container, dict) and top.key is None:
            self._key(event, text, top)
            return
        value = text if event.style else plain_scalar(text)
        if value is None and top is not None:
            self._refuse(event, ReadingRule.EMPTY_VALUE, *_nothing_at(top))
        self._add(event, value)

    def _key(self, event: ScalarEvent, key: str, top: "_Open") -> None:
        if key == "<<" and not event.style:
            self._refuse(event, ReadingRule.MERGE_KEY, "merge keys are not allowed", "write the keys out")
        elif key in top.container:
            line, _ = self.keys[(*top.path, key)]
            message = f"this key already stands on line {line}"
            self._refuse(event, ReadingRule.DUPLICATE_KEY, message, "keep one of them")
        top.key = key
        self.keys.setdefault((*top.path, key), _place(event))

    def _add(self, event: Event, value: Any) -> Path:
        """Put a value where it belongs; containers and aliases cannot be keys."""
        path: Path = ()
        if not self._stack:
            self.root = value
        else:
            top = self._stack[-1]
            if isinstance(top.container, list):
                path = (*top.path, len(top.container))
                top.container.append(value)
            elif top.key is None:
                self._refuse(event, ReadingRule.BAD_KEY, "a key must be plain text", "write a name, then a colon")
                raise _TooMuchError
            else:
                path = (*top.path, top.key)
                top.container.setdefault(top.key, value)
                top.key = None
        self.places.setdefault(path, _place(event))
        return path

    def _refuse(self, event: Event, rule: ReadingRule, message: str, hint: str) -> None:
        line, column = _place(event)
        self.findings.append(Finding(self.file, line, column, rule, message, hint))
        if len(self.findings) > MAX_FINDINGS:
            raise _TooMuchError


class _Open:
    """A mapping or list that is being filled."""

    __slots__ = ("container", "key", "path")

    def __init__(self, container: Any, path: Path) -> None:
        self.container = container
        self.path = path
        self.key: str | None = None


def plain_scalar(text: str) -> Any:
    """The value of an unquoted scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _place(event: Event) -> Place:
    mark: Any = event.start_mark
    return mark.line + 1, mark.column + 1


def _nothing_at(top: _Open) -> tuple[str, str]:
    if top.key is None:
        return "an item without a value", "give it a value, or remove the dash"
    if top.key[:1].isdigit():
        return "a key without a value", DECIMALS
    return "a key without a value", "give it a value, or remove the key"


def _encoding_finding(file: str, data: bytes, offset: int) -> Finding:
    before = data[:offset]
    line, column = before.count(b"\n") + 1, len(before.rpartition(b"\n")[2].decode()) + 1
    what = "this is UTF-16, not UTF-8" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "this is not UTF-8"
    return Finding(file, line, column, ReadingRule.NOT_UTF8, what, "save the file as UTF-8")


def _character_findings(file: str, text: str) -> Iterator[Finding]:
    for found in islice(_BAD_CHARACTER.finditer(text), MAX_FINDINGS + 1):
        yield _at(file, text, found.start(), ReadingRule.BAD_CHARACTER)
    # libyaml compares every %TAG with all before it: thousands of them would take long to read.
    for found in islice(_DIRECTIVE.finditer(text), MAX_FINDINGS + 1):
        yield _at(file, text, found.start(), ReadingRule.DIRECTIVE)


def _at(file: str, text: str, offset: int, rule: ReadingRule, severity: Severity = Severity.ERROR) -> Finding:
    line, column = text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
    message, hint = _CHARACTER_WORDS[rule]
    return Finding(file, line, column, rule, message.format(ord(text[offset])), hint, severity)


_CHARACTER_WORDS = {
    ReadingRule.BAD_CHARACTER: ("the character U+{:04X} is not allowed", "remove it: it cannot be seen in an editor"),
    ReadingRule.BIDI_CHARACTER: (
        "the character U+{:04X} turns the direction of writing, so the text is not what it looks like",
        "remove it, or look at the line in an editor that shows it",
    ),
    ReadingRule.DIRECTIVE: ("directives are not allowed", "remove the line that begins with %"),
}


def _syntax_finding(file: str, error: yaml.YAMLError) -> Finding:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "this cannot be read"
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    hint = "check indentation (spaces, no tabs), quotes and colons"
    return Finding(file, line, column, ReadingRule.YAML_SYNTAX, f"not YAML: {problem}", hint)

"""YAML read strictly: what a reviewer sees in the file is what the program gets.

Refused: aliases and anchors, tags, duplicate keys, several documents, merge keys, anything but UTF-8, deep nesting.
Plain scalars follow YAML 1.2's JSON rules, so `on:` is a key and `no` is text. Every value keeps its line and column.
"""

import math
import re
from collections.abc import Iterator
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
from rollout_cli.plan.findings import Finding

MAX_BYTES = 1_000_000
MAX_DEPTH = 12
MAX_FINDINGS = 50
MAX_SCALAR = 10_000

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,30})?(?:[eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    ".nan": math.nan, ".NaN": math.nan, ".inf": math.inf, "-.inf": -math.inf,
}  # fmt: skip


def parse_yaml(file: str, data: bytes) -> tuple[Document | None, list[Finding]]:
    """Read one file's bytes.

    Returns:
        The document, or None with at least one finding.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return None, [Finding(file, line, 1, "not-utf8", "this is not UTF-8", "save the file as UTF-8")]
    builder = _Builder(file)
    try:
        builder.build(yaml.parse(text, Loader=_Loader))
    except yaml.YAMLError as error:
        builder.findings.append(_syntax_finding(file, error))
    except _TooMuchError:
        pass
    if builder.findings:
        return None, builder.findings[:MAX_FINDINGS]
    return Document(file, builder.root, builder.places, builder.keys), []


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

    def build(self, events: Iterator[Event]) -> None:
        """Take in all events; what is refused becomes a finding and reading goes on where that is safe."""
        for event in events:
            if isinstance(event, DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    self._refuse(
                        event, "several-documents", "a second document begins here", "keep one document a file"
                    )
                    raise _TooMuchError
            elif isinstance(event, AliasEvent):
                self._refuse(event, "alias", "aliases are not allowed", "write the value out")
                self._add(event, None)
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                self._stack.pop()
            elif isinstance(event, NodeEvent):
                self._node(event)
        if self._documents == 0 or (self.root is None and not self.findings):
            self.findings.append(Finding(self.file, 1, 1, "empty-file", "the file is empty", "see docs/files.md"))

    def _node(self, event: NodeEvent) -> None:
        if event.anchor is not None:
            self._refuse(event, "alias", "anchors are not allowed", "write the value out where it is used")
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            self._refuse(event, "tag", "tags are not allowed", "write a plain value")
        if isinstance(event, ScalarEvent):
            self._scalar(event)
            return
        container: Any = {} if isinstance(event, MappingStartEvent) else []
        path = self._add(event, container)
        self._stack.append(_Open(container, path))
        if len(self._stack) > MAX_DEPTH:
            self._refuse(event, "too-deep", f"more than {MAX_DEPTH} levels deep", "flatten it")
            raise _TooMuchError

    def _scalar(self, event: ScalarEvent) -> None:
        if len(event.value) > MAX_SCALAR:
            self._refuse(event, "too-long", f"a value is longer than {MAX_SCALAR:,} characters", "shorten it")
        top = self._stack[-1] if self._stack else None
        if top is not None and isinstance(top.container, dict) and top.key is None:
            self._key(event, top)
        else:
            self._add(event, event.value if event.style else plain_scalar(event.value))

    def _key(self, event: ScalarEvent, top: "_Open") -> None:
        key = event.value
        if key == "<<" and not event.style:
            self._refuse(event, "merge-key", "merge keys are not allowed", "write the keys out")
        elif key in top.container:
            line = self.keys[(*top.path, key)][0]
            self._refuse(event, "duplicate-key", f"this key already stands on line {line}", "keep one of them")
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
                self._refuse(event, "bad-key", "a key must be plain text", "write a name, then a colon")
                raise _TooMuchError
            else:
                path = (*top.path, top.key)
                top.container.setdefault(top.key, value)
                top.key = None
        self.places.setdefault(path, _place(event))
        return path

    def _refuse(self, event: Event, rule: str, message: str, hint: str) -> None:
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


def _syntax_finding(file: str, error: yaml.YAMLError) -> Finding:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "this cannot be read"
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    return Finding(file, line, column, "yaml-syntax", f"not YAML: {problem}", "check indentation, quotes and colons")

"""The rules that reading itself has, before any lint rule is asked; docs/lint-rules.md is generated from this table."""

from enum import StrEnum
from typing import Self


class ReadingRule(StrEnum):
    """The id of a rule, and what it refuses in a sentence. Every finding of the readers carries one of these."""

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Self:
        """An id that knows its meaning."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    MISSING_FILE = "missing-file", "A file that has to be there is not."
    UNREADABLE_FILE = "unreadable-file", "The file cannot be opened or read: permissions, a link that leads nowhere."
    NOT_A_FILE = "not-a-file", "Something else than a plain file: a folder, a pipe, a device, a socket."
    FILE_TOO_LARGE = "file-too-large", "A file has at most 1 MB."
    PROJECT_TOO_LARGE = "project-too-large", "All files of a project together have at most 5 MB."
    TOO_MANY_PHASES = "too-many-phases", "A project has at most 100 phase files."
    NOT_UTF8 = "not-utf8", "Files are written in UTF-8."
    BAD_CHARACTER = (
        "bad-character",
        "No control characters, and no line breaks but the usual ones: an editor would show another text than is read.",
    )
    BIDI_CHARACTER = (
        "bidi-character",
        "A warning: a character that turns the direction of writing makes text look different from what is read.",
    )
    YAML_SYNTAX = "yaml-syntax", "The text is not YAML."
    DIRECTIVE = "directive", "No `%YAML` or `%TAG` directives."
    SEVERAL_DOCUMENTS = "several-documents", "One document a file."
    EMPTY_FILE = "empty-file", "A file says something."
    EMPTY_VALUE = "empty-value", "A key or list item has a value: `percent:` with nothing behind it is not a percent."
    ALIAS = "alias", "No anchors (`&name`) and no aliases (`*name`): what is meant is written out."
    TAG = "tag", "No tags (`!name`): a file holds plain data."
    MERGE_KEY = "merge-key", "No merge keys (`<<`)."
    DUPLICATE_KEY = "duplicate-key", "A key stands once in its mapping."
    BAD_KEY = "bad-key", "A key is plain text, not a list, a mapping or an alias."
    TOO_DEEP = "too-deep", "At most 12 levels of lists and mappings."
    TOO_LONG = "too-long", "A key or value has at most 10,000 characters."
    TOO_MANY_VALUES = "too-many-values", "A file has at most 100,000 keys and values."
    UNKNOWN_KEY = "unknown-key", "Only keys that this version knows (docs/files.md, docs/checks.md)."
    MISSING_KEY = "missing-key", "A key that must be there is not."
    WRONG_TYPE = "wrong-type", 'The value is of another type; nothing is converted, `"5"` is text and `5` a number.'
    BAD_NAME = "bad-name", "Names of flags, rollouts, phases and checks keep to their form."
    BAD_VALUE = "bad-value", "The value is of the right type, but not one that is allowed."
    UNKNOWN_KIND = "unknown-kind", "A check is of a known kind (docs/checks.md)."
    TOO_MANY_FINDINGS = "too-many-findings", "A file has more findings than are shown; mend the first ones."

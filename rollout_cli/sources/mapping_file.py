"""Small files of names and values beside the project's own: shoppers, teams."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rollout_cli.errors import UsageError
from rollout_cli.plan.document import Document
from rollout_cli.plan.findings import InvalidFilesError, Severity
from rollout_cli.sources.regular_file import UnreadableFileError, read_regular_file
from rollout_cli.sources.strict_yaml import MAX_BYTES, parse_yaml


def mapping_in(file: Path) -> Mapping[str, Any]:
    """What a file of YAML says by name.

    Raises:
        UsageError: it cannot be read, or has no names.
        InvalidFilesError: it is no YAML as it is read here.
    """
    document = document_in(file)
    if not isinstance(document.data, dict):
        raise UsageError(f"{file} is no mapping", hint="write a line `name: value` for each")
    return document.data


def document_in(file: Path) -> Document:
    """A file of YAML that somebody named on the command line.

    Raises:
        UsageError: it cannot be read.
        InvalidFilesError: it is no YAML as it is read here.
    """
    try:
        data = read_regular_file(file, limit=MAX_BYTES)
    except FileNotFoundError:
        raise UsageError(f"there is no {file}", hint="check its name") from None
    except UnreadableFileError as error:
        raise UsageError(f"{file}: {error.message}", hint=error.hint) from None
    document, findings = parse_yaml(str(file), data)
    if document is None or any(each.severity is Severity.ERROR for each in findings):
        raise InvalidFilesError(tuple(findings))
    return document

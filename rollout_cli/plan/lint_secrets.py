"""Lint rule about secrets. It looks at bare data, so it also sees into files that are no sound models.

Every pattern starts at a fixed word and looks a bounded way from there: a file of 1 MB that is made to be slow is not.
"""

import re
from collections.abc import Iterator
from typing import Any

from rollout_cli.plan.document import Document, Path
from rollout_cli.plan.lint_rules import Complaint, PhaseSubject, phase_rule
from rollout_cli.plan.quoting import SECRET_NAME

_SHORTEST = 6
_LARGEST = 10**50
_NOT_IN = r"(?<![A-Za-z0-9_-])"
_SHAPES: tuple[tuple[str, str, str], ...] = (
    ("a key of AWS", "A", rf"{_NOT_IN}A[KS]IA[0-9A-Z]{{16}}(?![0-9A-Za-z])"),
    ("a GitHub token", "gh", rf"{_NOT_IN}gh[pousr]_[A-Za-z0-9]{{20,255}}"),
    ("a GitHub token", "github_pat_", rf"{_NOT_IN}github_pat_[A-Za-z0-9_]{{20,255}}"),
    ("a GitLab token", "glpat-", rf"{_NOT_IN}glpat-[A-Za-z0-9_-]{{20,255}}"),
    ("a Slack token", "xox", rf"{_NOT_IN}xox[abeoprs]-[A-Za-z0-9-]{{10,255}}"),
    ("an access token of Meta", "EAA", rf"{_NOT_IN}EAA[A-Za-z0-9]{{40,500}}"),
    ("a key of Google", "AIza", rf"{_NOT_IN}AIza[0-9A-Za-z_-]{{35}}"),
    ("a key of Stripe", "k_live_", rf"{_NOT_IN}[sr]k_live_[0-9A-Za-z]{{16,255}}"),
    ("an API key", "sk-", rf"{_NOT_IN}sk-[A-Za-z0-9_-]{{32,255}}"),
    ("a JSON web token", "eyJ",
        rf"{_NOT_IN}eyJ[A-Za-z0-9_-]{{10,4000}}\.[A-Za-z0-9_-]{{10,4000}}\.[A-Za-z0-9_-]{{5,4000}}"
    ),
    ("a private key", "-----BEGIN", r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----"),
    ("a bearer's token", "earer",
        r"\b[Bb]earer {1,3}(?=[A-Za-z._~+/=-]{0,100}[0-9])[A-Za-z0-9._~+/=-]{16,2000}"
    ),
    ("an address with a password", "://", r"://[^\s/@:]{0,100}:(?![${<*])[^\s/@]{1,200}@"),
    ("an address with a token", "=",
        r"[?&](?i:(?:access_|auth_)?token|api_?key|passw(?:or)?d|secret)=(?![${<*])[^\s&#]{6,2000}"
    ),
    ("a password on a command line", "--",
        r"^--(?i:passw(?:or)?d|token|secret|api-?key)=(?![${<*])\S{3,2000}"
    ),
)  # fmt: skip
"""What it is, a word that must be in the text, and the form; compiled when a text has the word, most never are."""
_STANDS_FOR_ONE = re.compile(r"[A-Z][A-Z0-9_]*|[${<*\[].*|…+", re.DOTALL)
"""Names of environment variables, and placeholders."""


@phase_rule("secret-in-file")
def secret_in_file(subject: PhaseSubject) -> Iterator[Complaint]:
    """No file holds a secret: files are reviewed, copied and kept for ever, and sources take secrets from variables."""
    hint = "take it out, make it invalid where it was issued, and name an environment variable instead"
    others = (subject.flags_document, subject.sources_document)
    for document in (*subject.documents, *(each for each in others if each is not None)):
        for path, text in _texts(document):
            what = _secret_in(path, text)
            if what is not None:
                yield document, path, f"this looks like {what}", hint


def _texts(document: Document) -> Iterator[tuple[Path, str]]:
    """Every text and number of a document that is long enough to be a secret, with its path."""
    waiting: list[tuple[Path, Any]] = [((), document.data)]
    while waiting:
        path, here = waiting.pop()
        inside = here.items() if isinstance(here, dict) else enumerate(here) if isinstance(here, list) else ()
        for key, value in inside:
            if isinstance(value, dict | list):
                waiting.append(((*path, key), value))
            elif len(text := _as_text(value)) >= _SHORTEST:
                yield (*path, key), text


def _as_text(value: Any) -> str:
    """A text or a number as it stands in the file; nothing for anything else, and for numbers without end."""
    is_number = isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST
    return value if isinstance(value, str) else str(value) if is_number else ""


def _secret_in(path: Path, text: str) -> str | None:
    """What kind of secret a text is, or holds."""
    for what, word, shape in _SHAPES:
        if word in text and re.search(shape, text):
            return what
    name = path[-1]
    if isinstance(name, str) and SECRET_NAME.search(name[-64:]) and not _STANDS_FOR_ONE.fullmatch(text):
        return "a secret: its key says so"
    return None

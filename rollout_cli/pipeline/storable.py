"""Names that any database can keep in an index."""

from hashlib import sha256

LONGEST = 500
"""Characters. PostgreSQL's indexes refuse rows over 2,700 bytes; a name of this length stays below in any script."""


def storable(name: str) -> str:
    """A name as it is, where it may stand in an index; else its beginning, and a hash of all of it.

    The same name gives the same, and different ones never do.
    """
    if len(name) <= LONGEST and "\0" not in name and (name.isascii() or _is_text(name)):
        return name
    digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    beginning = name[: LONGEST - len(digest) - 1].encode("utf-8", "replace").decode()
    return f"{beginning}~{digest}".replace("\0", "\ufffd")


def _is_text(name: str) -> bool:
    """Whether it has a form in UTF-8: half a surrogate pair has none."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True

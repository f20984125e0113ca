"""Names that any database can keep in an index."""

from hashlib import sha256

LONGEST = 500
"""Characters. PostgreSQL's indexes refuse rows over 2,700 bytes; a name of this length stays below in any script."""


def storable(name: str) -> str:
    """A name as it is, where it may stand in an index; else its beginning, and a hash of all of it.

    The same name gives the same, and different ones never do.
    """
    if len(name) <= LONGEST and "\0" not in name:
        return name
    digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{name[: LONGEST - len(digest) - 1]}~{digest}".replace("\0", "\ufffd")

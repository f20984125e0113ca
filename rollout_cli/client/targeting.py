"""Targeting keys as applications have them: texts, numbers, UUIDs, or the texts of a template engine."""


def targeting_key(given: object) -> str | None:
    """The key as text, as the lists in files have it: 42 is "42", bytes are UTF-8, and nothing is nothing."""
    if given is None:
        return None
    if isinstance(given, str):
        return str.__str__(given)  # a subclass may show itself differently
    if isinstance(given, bytes):
        return given.decode("utf-8", "surrogateescape")
    return str(given)

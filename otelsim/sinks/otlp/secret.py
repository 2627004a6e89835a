"""Text that is never shown: header values, user info, the query of a URL."""

HIDDEN = "***"
SHORTEST_REDACTED = 4
"""A shorter secret is not searched for in texts: replacing it would garble them and tell more than it hides."""


class Secret:
    """Text that shows as ``***`` wherever it is printed; ``reveal`` gives it to the wire."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself, for the wire only."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def redacted(text: str, secrets: list[Secret]) -> str:
    """``text`` with each secret in it, and each word of one (``Bearer x``), replaced."""
    words = {word for s in secrets for word in (s.reveal(), *s.reveal().split()) if len(word) >= SHORTEST_REDACTED}
    words -= {"Bearer", "Basic"}
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, HIDDEN)
    return text

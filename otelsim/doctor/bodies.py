"""Export requests that hold no record: valid, and nothing of them is stored."""

import hashlib

from otelsim.sinks.otlp.splitting import LEVELS

EMPTY = b""
"""Any Export request with no resources."""
_OVERHEAD_BYTES = 64
"""More than tags and lengths around the text take."""


def padded(signal: str, size: int) -> bytes:
    """A request of nearly ``size`` bytes: one resource, whose only attribute is hex digits, and no record.

    They are digits of a digest, so that compression halves them but does not make them vanish.
    """
    kind, names = LEVELS[signal]
    request = kind()
    attribute = getattr(request, names[0]).add().resource.attributes.add(key="otelsim.doctor")
    attribute.value.string_value = hashlib.shake_128(b"otelsim").hexdigest(max(0, size - _OVERHEAD_BYTES) // 2)
    return bytes(request.SerializeToString())

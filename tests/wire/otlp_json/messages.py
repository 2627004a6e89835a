"""Random OTLP messages made by their descriptors, and their JSON by protobuf's own printer."""

import base64
import functools
import json

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict, Parse
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

ROOTS = {"traces": TracesData, "logs": LogsData, "metrics": MetricsData}
IDS = {"traceId", "spanId", "parentSpanId"}

F = FieldDescriptor
UINT32, UINT64 = st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)
INT32, INT64 = st.integers(-(2**31), 2**31 - 1), st.integers(-(2**63), 2**63 - 1)
UNITS = st.integers(-(2**53), 2**53).map(lambda units: units / 1e5)
VALUES = {
    F.TYPE_STRING: st.text(max_size=70) | st.text("abc.:/é\n", min_size=60, max_size=100),
    F.TYPE_BYTES: st.binary(max_size=20) | st.binary(min_size=16, max_size=16),
    F.TYPE_BOOL: st.booleans(),
    F.TYPE_ENUM: st.integers(0, 24) | INT32,
    F.TYPE_INT32: INT32,
    F.TYPE_SINT32: INT32,
    F.TYPE_UINT32: UINT32,
    F.TYPE_FIXED32: UINT32,
    F.TYPE_INT64: INT64,
    F.TYPE_SFIXED64: INT64,
    F.TYPE_UINT64: UINT64,
    F.TYPE_FIXED64: UINT64,
    F.TYPE_DOUBLE: st.floats() | UNITS,
}


def name_of(descriptor: Descriptor) -> str:
    """A message's name, with the outer message's before a dot."""
    return descriptor.full_name.removeprefix(descriptor.file.package + ".")


def known() -> dict[str, Descriptor]:
    """All messages that a line may hold, by name."""
    found: dict[str, Descriptor] = {}
    waiting = [root.DESCRIPTOR for root in ROOTS.values()]
    while waiting:
        descriptor = waiting.pop()
        if name_of(descriptor) not in found:
            found[name_of(descriptor)] = descriptor
            waiting += [field.message_type for field in descriptor.fields if field.message_type]
    return found


@functools.cache
def messages(descriptor: Descriptor, depth: int) -> st.SearchStrategy[Message]:
    """Messages that hold others down to a depth, any field set or not."""
    fields = [field for field in descriptor.fields if depth > 0 or not field.message_type]
    values = {field.name: _values(field, depth) for field in fields}
    return st.fixed_dictionaries({}, optional=values).map(lambda given: GetMessageClass(descriptor)(**given))


def _values(field: FieldDescriptor, depth: int) -> st.SearchStrategy[object]:
    value = messages(field.message_type, depth - 1) if field.message_type else VALUES[field.type]
    return st.lists(value, max_size=3) if field.is_repeated else value


def _with_ids(value: object, change) -> object:
    """``value`` with the ids in it changed."""
    if isinstance(value, list):
        return [_with_ids(item, change) for item in value]
    if isinstance(value, dict):
        return {key: change(item) if key in IDS else _with_ids(item, change) for key, item in value.items()}
    return value


def as_otlp(message: Message) -> object:
    """OTLP/JSON of a message: protobuf's, but for enums and ids."""
    printed = MessageToDict(message, use_integers_for_enums=True)
    return _with_ids(printed, lambda text: base64.b64decode(text).hex())


def from_otlp(line: bytes, like: Message) -> Message:
    """The message of a line, read by protobuf's own parser."""
    printed = _with_ids(json.loads(line), lambda text: base64.b64encode(bytes.fromhex(text)).decode())
    return Parse(json.dumps(printed), type(like)())


def exact(value: object) -> object:
    """``value`` with numbers that are equal only where their doubles are, sign of zero included."""
    if isinstance(value, list):
        return [exact(item) for item in value]
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    return value if isinstance(value, bool | str) else float(value).hex()

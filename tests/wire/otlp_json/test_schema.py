"""The table of fields is what the installed descriptors say."""

from google.protobuf.descriptor import FieldDescriptor
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otelsim.wire.otlp_json.numbers import BYTES, ENUM, FIXED32, ID, MESSAGE, WIRES
from otelsim.wire.otlp_json.schema import MESSAGES, ROOTS, TYPES, Field
from otelsim.wire.otlp_json.tables import FIELDS, KEY, KEY_SIZE, ROW, schema_tables
from tests.wire.otlp_json import messages

NAMES = {number: name[5:].lower() for name, number in vars(FieldDescriptor).items() if name.startswith("TYPE_")}


def described(field: FieldDescriptor) -> Field:
    """A field as the table has it."""
    oneof = field.containing_oneof
    # An optional field is the only member of a oneof of its own, which has no meaning.
    in_oneof = oneof is not None and len(oneof.fields) > 1
    message = messages.name_of(field.message_type) if field.message_type else None
    kind = "id" if field.json_name in messages.IDS else NAMES[field.type]
    return Field(field.number, field.json_name, kind, message, field.is_repeated, in_oneof)


def test_every_field_of_every_message_is_there():
    known = {name: [described(field) for field in message.fields] for name, message in messages.known().items()}
    assert {name: sorted(fields, key=lambda f: f.number) for name, fields in known.items()} == MESSAGES


def test_a_message_has_one_oneof_at_most():
    for message in messages.known().values():
        assert sum(len(oneof.fields) > 1 for oneof in message.oneofs) <= 1


def test_lines_are_of_the_file_formats_messages():
    names = {signal: messages.name_of(root.DESCRIPTOR) for signal, root in messages.ROOTS.items()}
    assert names == ROOTS


def test_requests_have_the_shape_of_the_files_messages():
    requests = (ExportTraceServiceRequest, ExportLogsServiceRequest, ExportMetricsServiceRequest)
    for request, root in zip(requests, messages.ROOTS.values(), strict=True):
        fields = request.DESCRIPTOR.fields
        assert [described(field) for field in fields] == MESSAGES[messages.name_of(root.DESCRIPTOR)]


def test_types_have_their_numbers_and_wire_types():
    assert [TYPES[i] for i in (MESSAGE, ID, BYTES, ENUM, FIXED32)] == ["message", "id", "bytes", "enum", "fixed32"]
    wires = {
        0: ["uint64", "int64", "uint32", "int32", "sint32", "bool", "enum"],
        1: ["fixed64", "sfixed64", "double"],
        2: ["message", "string", "id", "bytes"],
        5: ["fixed32"],
    }
    assert {TYPES[i]: wire for i, wire in enumerate(WIRES)} == {name: w for w, names in wires.items() for name in names}


def test_keys_and_numbers_have_room():
    rows, keys = schema_tables()
    assert 0 < rows.reshape(-1, ROW)[:, KEY_SIZE].max() <= KEY
    assert len(keys) == KEY * sum(map(len, MESSAGES.values()))
    assert max(field.number for fields in MESSAGES.values() for field in fields) < FIELDS

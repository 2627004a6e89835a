"""OTLP messages as plain values: only what is set, so that nothing beyond what is expected can hide."""

from typing import Any

from google.protobuf.message import Message

Typed = tuple[str, str, Any]
KINDS = {bool: "bool_value", int: "int_value", float: "double_value", str: "string_value"}


def typed(attributes: dict[str, Any]) -> list[Typed]:
    """Attributes with the field of AnyValue that each must stand in."""
    return [(name, KINDS[type(value)], value) for name, value in attributes.items()]


def plain(message: Message) -> dict[str, Any]:
    """The fields of a message that are set, by name; bytes as hex."""
    return {field.name: _value(field.name, value) for field, value in message.ListFields()}


def _value(name: str, value: Any) -> Any:
    if name in ("attributes", "filtered_attributes"):
        return [_typed(each) for each in value]
    if isinstance(value, Message):
        return plain(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str | int | float):
        return value
    return [_value("", each) for each in value]


def _typed(pair: Any) -> Typed:
    kind = pair.value.WhichOneof("value")
    return pair.key, kind, getattr(pair.value, kind)


def records_of(message: Message, *names: str) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """(what a resource is, its records) in the order of the message; the names are those of the nested lists."""
    found = []
    for resource in getattr(message, names[0]):
        (scope,) = getattr(resource, names[1])
        records = [plain(each) for each in getattr(scope, names[2])]
        shared = {**plain(resource.resource), "schema_url": resource.schema_url}
        found.append(({**shared, "scope": plain(scope.scope), "scope_schema_url": scope.schema_url}, records))
    return found

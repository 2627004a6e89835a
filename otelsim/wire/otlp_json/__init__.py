"""OTLP/JSON lines from OTLP protobuf: the wire format is walked once, and every field becomes text as it is met."""

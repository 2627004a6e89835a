"""Calls as log records."""

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.trace import NonRecordingSpan, set_span_in_context

from otelsim.outcome import tables as o
from otelsim.signals.conventions import SEVERITY, level_attributes
from otelsim.signals.names import success_message
from otelsim.wire.sdk.facts import SCOPE, Call, Facts, end_ns, start_ns


def log_record(facts: Facts, call: Call) -> ReadableLogRecord:
    """The log record of a call: made in the context of its span, observed when its outcome is known."""
    shown = level_attributes(facts.kind(call))
    level = str(shown["level"])
    span = NonRecordingSpan(facts.context(call[o.NUMBER], call[o.NODE]))
    record = LogRecord(
        timestamp=start_ns(call),
        observed_timestamp=end_ns(call),
        context=set_span_in_context(span, Context()),
        severity_text=level,
        severity_number=SeverityNumber(SEVERITY[level]),
        body=_message(facts, call),
        attributes={"action": facts.operation(call).action, **shown, **facts.documented(call)},
    )
    return ReadableLogRecord(record, facts.resource(call[o.RELEASE]), SCOPE)


def _message(facts: Facts, call: Call) -> str:
    action = facts.operation(call).action
    if facts.kind(call) is None:
        return success_message(action, facts.is_write(call))
    return f"{action} failed: {facts.error(call)['error_message']}"

"""Numbers of OTLP's fields, in one place (opentelemetry-proto 1.10; those that nothing here writes are left out).

::

    message ExportTraceServiceRequest   { repeated ResourceSpans resource_spans = 1; }       // logs, metrics: alike
    message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
    message ScopeSpans { InstrumentationScope scope = 1; repeated Span spans = 2; string schema_url = 3; }
    message Resource { repeated KeyValue attributes = 1; }
    message InstrumentationScope { string name = 1; string version = 2; }
    message KeyValue { string key = 1; AnyValue value = 2; }
    message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; ... } }

    message Span {
      bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; SpanKind kind = 6;
      fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
      Status status = 15; fixed32 flags = 16;
    }
    message Status { string message = 2; StatusCode code = 3; }

    message LogRecord {
      fixed64 time_unix_nano = 1; SeverityNumber severity_number = 2; string severity_text = 3; AnyValue body = 5;
      repeated KeyValue attributes = 6; fixed32 flags = 8; bytes trace_id = 9; bytes span_id = 10;
      fixed64 observed_time_unix_nano = 11;
    }

    message Metric {
      string name = 1; string description = 2; string unit = 3;
      oneof data { Gauge gauge = 5; Histogram histogram = 9; ExponentialHistogram exponential_histogram = 10; ... }
    }
    message Gauge { repeated NumberDataPoint data_points = 1; }
    message NumberDataPoint {
      fixed64 time_unix_nano = 3; oneof value { double as_double = 4; sfixed64 as_int = 6; }
      repeated Exemplar exemplars = 5; repeated KeyValue attributes = 7;
    }
    message Exemplar {
      fixed64 time_unix_nano = 2; oneof value { double as_double = 3; ... } bytes span_id = 4; bytes trace_id = 5;
      repeated KeyValue filtered_attributes = 7;
    }
    message Histogram {
      repeated HistogramDataPoint data_points = 1; AggregationTemporality aggregation_temporality = 2;
    }
    message HistogramDataPoint {
      fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4; optional double sum = 5;
      repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7; repeated Exemplar exemplars = 8;
      repeated KeyValue attributes = 9; optional double min = 11; optional double max = 12;
    }
    message ExponentialHistogram { ... as Histogram, of ExponentialHistogramDataPoint }
    message ExponentialHistogramDataPoint {
      repeated KeyValue attributes = 1; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4;
      optional double sum = 5; sint32 scale = 6; Buckets positive = 8; repeated Exemplar exemplars = 11;
      optional double min = 12; optional double max = 13;
      message Buckets { sint32 offset = 1; repeated uint64 bucket_counts = 2; }
    }
"""

from otelsim.wire.protobuf import FIXED32, FIXED64, LENGTH, VARINT

# Request, resource and scope: the same numbers for all signals.
RESOURCE_GROUPS, RESOURCE, SCOPES, SCHEMA_URL, SCOPE, RECORDS = 1, 1, 2, 3, 1, 2
RESOURCE_ATTRIBUTES, SCOPE_NAME, SCOPE_VERSION = 1, 1, 2
KEY, VALUE, STRING_VALUE, BOOL_VALUE, INT_VALUE = 1, 2, 1, 2, 3

SPAN_NAME, SPAN_KIND, SPAN_ATTRIBUTES, SPAN_STATUS, SPAN_FLAGS = 5, 6, 9, 15, 16
STATUS_MESSAGE, STATUS_CODE = 2, 3
KIND_SERVER, KIND_CLIENT, STATUS_ERROR = 2, 3, 2

LOG_SEVERITY, LOG_SEVERITY_TEXT, LOG_BODY, LOG_ATTRIBUTES = 2, 3, 5, 6

METRIC_NAME, METRIC_DESCRIPTION, METRIC_UNIT = 1, 2, 3
GAUGE, HISTOGRAM, EXPONENTIAL_HISTOGRAM, DATA_POINTS, TEMPORALITY = 5, 9, 10, 1, 2
DELTA, CUMULATIVE = 1, 2
POINT_ATTRIBUTES, FILTERED_ATTRIBUTES, HISTOGRAM_ATTRIBUTES, EXPONENTIAL_ATTRIBUTES = 7, 7, 9, 1
HISTOGRAM_BOUNDS, EXPONENTIAL_SCALE = 7, 6


def first_byte(number: int, wire_type: int) -> int:
    """The tag of a field below 16, which is one byte."""
    assert 0 < number < 16
    return number << 3 | wire_type


GROUP_TAG = first_byte(RESOURCE_GROUPS, LENGTH)
SCOPES_TAG = first_byte(SCOPES, LENGTH)
RECORD_TAG = first_byte(RECORDS, LENGTH)

VALUE_TAG, STRING_TAG = first_byte(VALUE, LENGTH), first_byte(STRING_VALUE, LENGTH)

SPAN_TRACE_TAG, SPAN_ID_TAG, SPAN_PARENT_TAG = (first_byte(n, LENGTH) for n in (1, 2, 4))
SPAN_START_TAG, SPAN_END_TAG, SPAN_ATTRIBUTE_TAG = first_byte(7, FIXED64), first_byte(8, FIXED64), first_byte(9, LENGTH)
SPAN_STATUS_TAG, STATUS_MESSAGE_TAG = first_byte(SPAN_STATUS, LENGTH), first_byte(STATUS_MESSAGE, LENGTH)
STATUS_CODE_TAG = first_byte(STATUS_CODE, VARINT)

LOG_TIME_TAG, LOG_OBSERVED_TAG, LOG_BODY_TAG = first_byte(1, FIXED64), first_byte(11, FIXED64), first_byte(5, LENGTH)
LOG_FLAGS_TAG, LOG_TRACE_TAG, LOG_SPAN_TAG = first_byte(8, FIXED32), first_byte(9, LENGTH), first_byte(10, LENGTH)

DATA_POINT_TAG, GAUGE_TAG = first_byte(DATA_POINTS, LENGTH), first_byte(GAUGE, LENGTH)
POINT_TIME_TAG, POINT_DOUBLE_TAG, POINT_INT_TAG = (first_byte(n, FIXED64) for n in (3, 4, 6))
POINT_EXEMPLAR_TAG = first_byte(5, LENGTH)
EXEMPLAR_TIME_TAG, EXEMPLAR_DOUBLE_TAG = first_byte(2, FIXED64), first_byte(3, FIXED64)
EXEMPLAR_SPAN_TAG, EXEMPLAR_TRACE_TAG = first_byte(4, LENGTH), first_byte(5, LENGTH)

START_TAG, TIME_TAG, COUNT_TAG, SUM_TAG = (first_byte(n, FIXED64) for n in (2, 3, 4, 5))
BUCKETS_TAG, HISTOGRAM_EXEMPLAR_TAG = first_byte(6, LENGTH), first_byte(8, LENGTH)
HISTOGRAM_MIN_TAG, HISTOGRAM_MAX_TAG = first_byte(11, FIXED64), first_byte(12, FIXED64)
POSITIVE_TAG, EXPONENTIAL_EXEMPLAR_TAG = first_byte(8, LENGTH), first_byte(11, LENGTH)
EXPONENTIAL_MIN_TAG, EXPONENTIAL_MAX_TAG = first_byte(12, FIXED64), first_byte(13, FIXED64)
OFFSET_TAG, EXPONENTIAL_COUNTS_TAG = first_byte(1, VARINT), first_byte(2, LENGTH)
TEMPORALITY_TAG = first_byte(TEMPORALITY, VARINT)
HISTOGRAM_TAG, EXPONENTIAL_TAG = first_byte(HISTOGRAM, LENGTH), first_byte(EXPONENTIAL_HISTOGRAM, LENGTH)

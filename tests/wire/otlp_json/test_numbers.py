"""How numbers are written: each as the shortest decimal that reads as the same double, or exactly."""

import json
import math
import struct
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    ExponentialHistogramDataPoint,
    HistogramDataPoint,
    NumberDataPoint,
)

from tests.wire.otlp_json import messages
from tests.wire.otlp_json.transcoders import OfMessage

VALUE, POINT, HISTOGRAM = (OfMessage(name) for name in ("AnyValue", "NumberDataPoint", "HistogramDataPoint"))


def text_of(value: float) -> str:
    """What stands in the line for a double."""
    return VALUE.line(AnyValue(double_value=value).SerializeToString()).decode()[15:-2]


def shortest(value: float) -> str:
    """Python's digits, without an exponent, and without a point where there is no fraction."""
    return format(Decimal(repr(value)), "f").removesuffix(".0")


@given(messages.UNITS)
@example(0.0)
@example(0.005)
@example(7.5)
@example(-0.00001)
@example(9999999999.99999)
def test_multiples_of_ten_microseconds(value):
    assert text_of(value) == shortest(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(-0.0)
@example(1e22)
@example(5e-324)
@example(0.000001)
@example(1.0000000000000002)
@example(1e10)
def test_any_double(value):
    assert struct.pack("<d", float(json.loads(text_of(value), parse_int=float))) == struct.pack("<d", value)
    assert Decimal(text_of(value)) == Decimal(repr(value))  # Python's digits are the fewest there are.


@pytest.mark.parametrize(("value", "text"), [(math.nan, '"NaN"'), (math.inf, '"Infinity"'), (-math.inf, '"-Infinity"')])
def test_what_is_no_number(value, text):
    assert text_of(value) == text


@given(messages.UINT64)
@example(0)
@example(2**64 - 1)
def test_unsigned_integers_are_strings(value):
    line = HISTOGRAM.line(HistogramDataPoint(bucket_counts=[value]).SerializeToString())
    assert line == b'{"bucketCounts":["%d"]}\n' % value


def test_unsigned_integers_at_powers_of_ten():
    values = [10**power + more for power in range(20) for more in (-1, 0, 1)]
    line = HISTOGRAM.line(HistogramDataPoint(bucket_counts=values).SerializeToString())
    assert json.loads(line) == {"bucketCounts": [str(value) for value in values]}


@given(messages.INT64)
@example(0)
@example(-(2**63))
@example(2**63 - 1)
def test_signed_integers_are_strings(value):
    assert POINT.line(NumberDataPoint(as_int=value).SerializeToString()) == b'{"asInt":"%d"}\n' % value
    assert VALUE.line(AnyValue(int_value=value).SerializeToString()) == b'{"intValue":"%d"}\n' % value


def test_members_of_a_oneof_stand_though_they_are_zero():
    zeros = {"string_value": '""', "bool_value": "false", "int_value": '"0"', "double_value": "0", "bytes_value": '""'}
    for name, text in zeros.items():
        value = AnyValue(**{name: type(getattr(AnyValue(), name))()})
        key = AnyValue.DESCRIPTOR.fields_by_name[name].json_name
        assert VALUE.line(value.SerializeToString()).decode() == f'{{"{key}":{text}}}\n'


def doubles(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)


PACKED = {
    "packed": (b"\x3a\x10" + doubles(0.5, 1), "[0.5,1]"),
    "one by one": (b"\x39" + doubles(0.5) + b"\x39" + doubles(1), "[0.5,1]"),
    "packed twice": (b"\x3a\x08" + doubles(0.5) + b"\x3a\x08" + doubles(1), "[0.5,1]"),
    "packed, then one": (b"\x3a\x08" + doubles(0.5) + b"\x39" + doubles(1), "[0.5,1]"),
    "one, then packed": (b"\x39" + doubles(0.5) + b"\x3a\x08" + doubles(1), "[0.5,1]"),
    "packed, with an empty run": (b"\x3a\0\x3a\x08" + doubles(0.5) + b"\x3a\0\x39" + doubles(1), "[0.5,1]"),
    "numbers that Python writes": (b"\x3a\x18" + doubles(1e300, 0.5, -1e300), "[1e+300,0.5,-1e+300]"),
}


@pytest.mark.parametrize("how", PACKED)
def test_repeated_numbers(how):
    body, text = PACKED[how]
    assert HISTOGRAM.line(body).decode() == f'{{"explicitBounds":{text}}}\n'
    assert str(list(HistogramDataPoint.FromString(body).explicit_bounds)) == str([float(x) for x in json.loads(text)])


def test_a_run_of_nothing_is_no_field():
    assert HISTOGRAM.line(b"\x3a\0") == b"{}\n"
    assert HISTOGRAM.line(b"\x3a\0\x50\0") == b'{"flags":0}\n'


def test_varints_in_runs():
    buckets = ExponentialHistogramDataPoint.Buckets(offset=-3, bucket_counts=[0, 127, 128, 2**64 - 1])
    line = OfMessage("ExponentialHistogramDataPoint.Buckets").line(buckets.SerializeToString())
    assert line == b'{"offset":-3,"bucketCounts":["0","127","128","18446744073709551615"]}\n'


def test_integers_that_are_too_wide_are_cut_as_protobuf_cuts_them():
    wide = b"\x50" + b"\xff" * 9 + b"\x01"
    assert HISTOGRAM.line(wide) == b'{"flags":4294967295}\n'
    assert HistogramDataPoint.FromString(wide).flags == 2**32 - 1

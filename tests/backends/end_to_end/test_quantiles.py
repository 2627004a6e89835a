"""What counts as the right bucket, and what does not."""

from math import isclose

from tests.backends.end_to_end import quantiles


def test_a_bucket_includes_its_upper_boundary():
    assert quantiles.in_bucket(0.3, 0.25 + 1e-6)
    assert quantiles.in_bucket(0.25, 0.1 + 1e-6)
    assert not quantiles.in_bucket(0.26, 0.25)
    assert not quantiles.in_bucket(0.09, 0.11)


def test_above_the_last_boundary_there_is_only_that():
    assert quantiles.in_bucket(10, 25)
    assert not quantiles.in_bucket(9, 25)


def test_what_is_outside_is_told_with_the_truth():
    found, wanted = {"a": 0.3, "b": 0.09}, {"a": 0.4, "b": 0.11}
    assert quantiles.outside(found, wanted) == {"b": (0.09, 0.11)}
    assert quantiles.far_off(found, wanted, 1.3) == {"a": (0.3, 0.4)}
    assert quantiles.far_off(found, wanted, 1.5) == {}


def test_the_widths_are_those_of_the_stores():
    assert isclose(quantiles.OF_POINTS, 1.136, rel_tol=0.006)
    assert isclose(quantiles.EXPONENTIAL, 1.0905, rel_tol=0.002)

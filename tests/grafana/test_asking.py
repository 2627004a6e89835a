"""Variables are put into queries as Grafana and the plugin for VictoriaLogs do it."""

import pytest

from tests.grafana.asking import in_logs, in_metrics, rounded


@pytest.mark.parametrize(
    ("value", "metrics", "logs"),
    [
        (["prod"], '{a=~"prod"}', 'a:in("prod")'),
        (["prod", "stg"], '{a=~"(prod|stg)"}', 'a:in("prod","stg")'),
        (["a.b"], '{a=~"a\\\\.b"}', 'a:in("a.b")'),
        (".*", '{a=~".*"}', "a:in(*)"),
        ("one", '{a=~"one"}', 'a:in("one")'),
    ],
)
def test_values_of_variables(value, metrics, logs):
    assert in_metrics('{a=~"$a"}', {"a": value}) == metrics
    assert in_logs("a:in($a)", {"a": value}) == logs


def test_a_variable_without_a_value_is_an_error():
    with pytest.raises(KeyError):
        in_metrics("$unknown", {})


@pytest.mark.parametrize(
    ("seconds", "step"), [(1, 60), (89, 60), (90, 120), (2_016, 1_800), (6_048, 7_200), (4e5, 86_400)]
)
def test_steps_are_round(seconds, step):
    assert rounded(seconds) == step

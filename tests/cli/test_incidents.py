"""``otelsim incidents``."""

import json

import pytest

from tests.command import otelsim, told


@pytest.fixture
def listed(tmp_path):
    """A folder with one incident, as a run leaves it."""
    incident = {
        "component": "redis_feed",
        "start": "2025-03-03T10:00:00.000000Z",
        "end": "2025-03-03T11:00:00.000000Z",
        "failure_rate": 0.3,
        "latency_factor": 1.8,
        "error_type": "cache",
        "services": ["feed:ranking"],
        "origin": "scenario",
        "infrastructure_errors": 17,
        "cascades": 5,
    }
    (tmp_path / "incidents.jsonl").write_text(json.dumps(incident) + "\n")
    return tmp_path


def test_a_table_of_incidents_with_their_effects(listed):
    shown = otelsim("incidents", listed)
    assert shown.returncode == 0
    for value in ("redis_feed", "2025-03-03T10:00:00Z", "17", "scenario"):
        assert value in shown.stdout


def test_json_lines_are_the_files_own(listed):
    assert otelsim("incidents", listed, "--json").stdout == (listed / "incidents.jsonl").read_text()


@pytest.mark.parametrize("text", ["{}", "[", "3"])
def test_what_is_no_incident_is_told_with_its_line(listed, text):
    (listed / "incidents.jsonl").write_text(text + "\n")
    assert told(otelsim("incidents", listed), 2) == f"{listed}/incidents.jsonl:1: is not an incident"


def test_a_folder_that_holds_no_run(tmp_path):
    assert "is not the list of a run's incidents" in told(otelsim("incidents", tmp_path), 2)

"""Each law that no corruption names: it holds on a run by hand, and breaks where it should."""

import json
import re
import shutil

import pytest

from otelsim.check.laws import POINTS, RUN, SLICE
from tests.check.corrupt import CORRUPTIONS, EXEMPLAR, is_cascade, is_child, is_plain_child
from tests.check.editor import Editor
from tests.check.synthetic import broken, check_here, make_calendar, make_world, write_run

WORLD, CALENDAR = make_world(), make_calendar(make_world())
CASES = {}


def breaks(*laws):
    def register(spoil):
        CASES[spoil.__name__] = (set(laws), spoil)
        return spoil

    return register


@pytest.fixture(scope="module")
def tiny_run(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("tiny") / "run")


@breaks("nulls.success")
def success_with_code(run):
    run.find(lambda p, k, log: log["success"])[2]["error_code"] = "500"


@breaks("ids.trace")
def trace_in_two_slices(run):
    first, last = run.parts[0].logs[0], run.parts[3]
    k = next(k for k, log in enumerate(last.logs) if log["action"] == "follow" and "exemplar" not in last.points[k][0])
    last.logs[k]["trace_id"] = first["trace_id"]


@breaks("ids.root", "structure.children")
def two_roots(run):
    run.find(is_plain_child)[2]["parent_span_id"] = None


@breaks("structure.parent", "structure.children")
def orphan(run):
    run.find(is_plain_child)[2]["parent_span_id"] = "0" * 16


@breaks("structure.root_action")
def unknown_action(run):
    part, k, log = run.find(lambda p, k, log: log["action"] == "follow")
    log["action"] = "unfollow"
    run.change(part, k, "follow", "unfollow")


@breaks("causes.source")
def unknown_component(run):
    run.find(lambda p, k, log: log["error_source"] == "self")[2]["error_source"] = "infrastructure:ghost"


@breaks("causes.listed")
def component_without_the_service(run):
    log = run.find(lambda p, k, log: not log["success"] and log["service"] == "connections")[2]
    log["error_source"] = "infrastructure:db"


@breaks("causes.component_error")
def code_of_no_component(run):
    run.find(lambda p, k, log: log["error_source"] == "infrastructure:db" and not is_child(log))[2]["error_code"] = (
        "500"
    )


@breaks("causes.cascade")
def cascade_of_a_success(run):
    log = run.find(is_cascade)[2]
    log["error_source"] = "dependency:social:connections"


@breaks("causes.cascade_end", "structure.within")
def cascade_before_its_child(run):
    part, k, _ = run.find(is_cascade)
    part.points[k][0] = re.sub('"value":[0-9.]+', '"value":1', part.points[k][0])


@breaks("causes.self")
def self_with_a_strange_code(run):
    run.find(lambda p, k, log: log["error_source"] == "self")[2]["error_code"] = "418"


@breaks("causes.self")
def child_with_a_client_error(run):
    log = run.find(lambda p, k, log: log["error_source"] == "infrastructure:db" and is_child(log))[2]
    log |= {"error_source": "self", "error_type": "client", "error_code": "404", "level": "WARN"}


@breaks("pairing.count", "pairing.points")
def duration_missing(run):
    del run.parts[0].points[3][0]


@breaks("persona.trace")
def child_of_another_persona(run):
    part, k, _ = run.find(is_plain_child)
    run.change(part, k, "lurker_1", "creator_1")


@breaks("exemplar.durations")
def exemplar_on_a_size(run):
    part, k, _ = run.find(lambda p, k, log: not log["success"])
    part.points[k][1] = part.points[k][1][:-1] + EXEMPLAR.search(part.points[k][0])[0] + "}"


@breaks("exemplar.share")
def exemplars_everywhere(run):
    for part, k, log in run.calls():
        mark = {"exemplar": {"trace_id": log["trace_id"], "span_id": log["span_id"]}}
        text = json.dumps(mark, separators=(",", ":"))[1:]
        part.points[k][0] = EXEMPLAR.sub("", part.points[k][0])[:-1] + f",{text}"


@breaks("time.logs", "time.metrics")
def out_of_order(run):
    part = run.parts[1]
    part.logs.reverse()
    part.points.reverse()


@breaks("time.slice")
def slice_too_short(run):
    run.parts[0].entry["end"] = run.parts[0].entry["start"]


@breaks("counts.requests")
def more_asked_for(run):
    run.manifest["scenario"]["total_events"] += 1


@breaks("coverage.services", "coverage.personas", "counts.requests")
def nothing_of_a_large_run(run):
    run.manifest["scenario"]["total_events"] = 100_000
    for part, k, log in run.calls():
        run.change(part, k, "lurker_1", "creator_1")
        run.change(part, k, '"connections"', '"posts"')
        log["service"] = log["service"].replace("connections", "posts")


@breaks("coverage.kinds")
def too_few_errors(run):
    run.manifest["scenario"]["min_errors"] = 1000


@breaks("coverage.components", "coverage.edges", "coverage.kinds")
def no_errors_at_all(run):
    run.manifest["scenario"]["min_errors"] = 1
    for _, _, log in run.calls():
        log["error_source"] = None


AFTERWARDS = {}


def afterwards(*laws):
    """Damage to the small files, after everything was made to agree."""

    def register(spoil):
        AFTERWARDS[spoil.__name__] = (set(laws), spoil)
        return spoil

    return register


@afterwards("counts.slice")
def slice_counts(run):
    run.manifest["slices"][0]["calls"] += 1


@afterwards("counts.signals")
def manifest_counts(run):
    run.manifest["counts"]["points"] += 1
    run.summary["counts"]["points"] -= 1


@afterwards("counts.summary")
def summary_counts(run):
    run.summary["personas"]["lurker_1"] += 1


@afterwards("files.digest")
def digest(run):
    run.manifest["slices"][2]["metrics"]["digest"] = "0"


@afterwards("files.size")
def size(run):
    run.manifest["files"]["logs_0.jsonl"]["records"] += 1


@afterwards("files.slices", "files.digest")
def overlap(run):
    run.manifest["slices"][2]["logs"]["offset"] -= 1


@pytest.mark.parametrize("name", CASES)
def test_a_law_breaks(name, tiny_run, tmp_path):
    laws, spoil = CASES[name]
    assert laws <= _after(tiny_run, tmp_path, spoil, lambda run: None)


@pytest.mark.parametrize("name", AFTERWARDS)
def test_a_law_of_the_small_files_breaks(name, tiny_run, tmp_path):
    laws, spoil = AFTERWARDS[name]
    assert laws <= _after(tiny_run, tmp_path, lambda run: None, spoil)


def test_every_law_has_been_broken_by_a_test():
    cases = [laws for laws, _ in (*CASES.values(), *AFTERWARDS.values())]
    named = {law for law, _ in CORRUPTIONS.values()}.union(*cases)
    assert {*POINTS.laws, *SLICE.laws, *RUN.laws, "files.digest"} - named == set()
    assert len(CORRUPTIONS) >= 10


def test_every_law_has_a_line_of_title_and_a_name_of_its_group():
    for law in (*POINTS.laws.values(), *SLICE.laws.values(), *RUN.laws.values()):
        assert re.fullmatch(r"[a-z]+\.[a-z_]+", law.name)
        assert 20 < len(law.title) < 130


def test_lines_that_are_no_json_break_the_format_and_stop_nothing(tiny_run, tmp_path):
    def garble(run):
        run.parts[0].raw[2] = lambda line: line[:-9]

    assert "format.log_line" in _after(tiny_run, tmp_path, garble, lambda run: None)


def test_a_missing_file_is_a_broken_law(tiny_run, tmp_path):
    directory = shutil.copytree(tiny_run, tmp_path / "run")
    (directory / "metrics_1.jsonl").unlink()
    assert {"files.digest", "files.size"} <= broken(check_here(directory, WORLD, CALENDAR, tmp_path / "ids"))


def _after(tiny_run, tmp_path, spoil, then):
    directory = shutil.copytree(tiny_run, tmp_path / "run")
    editor = Editor(directory, WORLD, CALENDAR)
    spoil(editor)
    editor.save()
    then(editor)
    editor.write_small()
    return broken(check_here(directory, WORLD, CALENDAR, tmp_path / "ids"))

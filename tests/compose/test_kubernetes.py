"""The objects for Kubernetes: everything that can be checked without a cluster."""

import copy
import shlex
import warnings

import click
import pytest
import yaml

from otelsim.cli.main import cli

from .stack import FULL_VERSION, OWN_IMAGE, ROOT, SERVICES

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it has not followed the library that it reads schemas with
    import kubernetes_validate

FOLDER = ROOT / "deploy" / "kubernetes"
OLDEST = "1.33"
"""The first in which pod failure policies and backoff limits by index are stable."""
FILES = sorted(path.name for path in FOLDER.glob("*.yaml"))
OBJECTS = {
    f"{each['kind']} {each['metadata']['name']}": each
    for name in FILES
    for each in yaml.safe_load_all((FOLDER / name).read_text())
}


def pod(each):
    return each["spec"]["template"]["spec"]


def own():
    """The containers that run otelsim, by object."""
    found = {name: pod(each)["containers"][0] for name, each in OBJECTS.items() if each["kind"] == "Job"}
    return {name: container for name, container in found.items() if container["image"] == OWN_IMAGE}


def valid(each, version):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kubernetes_validate.validate(each, version, strict=True)


@pytest.mark.parametrize("version", [OLDEST, kubernetes_validate.latest_version()])
@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_keeps_to_its_schema(name, version):
    valid(OBJECTS[name], version)


@pytest.mark.parametrize("change", [{"completions": "10"}, {"complete": 10}, {"template": {"spec": {}}}])
def test_an_object_that_does_not_would_be_seen(change):
    spoiled = copy.deepcopy(OBJECTS["Job otelsim"])
    spoiled["spec"] |= change
    with pytest.raises(kubernetes_validate.ValidationError):
        valid(spoiled, OLDEST)


@pytest.mark.parametrize("name", own())
def test_the_commands_are_taken(name):
    words = [word.replace("$(JOB_COMPLETION_INDEX)", "3") for word in own()[name]["args"]]
    command = cli.commands[words[0]]
    context = command.make_context(words[0], words[1:])
    assert isinstance(context, click.Context)


def test_shards_are_as_many_as_there_are_generators():
    sharded = {name: each for name, each in OBJECTS.items() if each["spec"].get("completionMode") == "Indexed"}
    assert set(sharded) == {"Job otelsim", "Job otelsim-send"}
    for each in sharded.values():
        (shard,) = [word for word in pod(each)["containers"][0]["args"] if word.startswith("--shard=")]
        assert shard == f"--shard=$(JOB_COMPLETION_INDEX)/{each['spec']['completions']}"
        assert each["spec"]["parallelism"] == each["spec"]["completions"]
        # A default that is the day before would differ for pods that begin later.
        assert {"--start", "--end", "--resume"} <= {w.partition("=")[0] for w in pod(each)["containers"][0]["args"]}


def test_what_is_merged_is_what_was_made():
    (output,) = [w.partition("=")[2] for w in own()["Job otelsim"]["args"] if w.startswith("--output=")]
    assert output in own()["Job otelsim-merge"]["args"]


def test_images_are_those_of_the_stack():
    images = {pod(each)["containers"][0]["image"] for each in OBJECTS.values() if "template" in each["spec"]}
    assert images == {OWN_IMAGE, SERVICES["collector"]["image"]}
    assert all(FULL_VERSION.search(image) for image in images - {OWN_IMAGE})


def test_the_collectors_are_reached_and_keep_their_queue():
    collector, service = OBJECTS["StatefulSet otelsim-collector"], OBJECTS["Service otelsim-collector"]
    container = pod(collector)["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    for port in service["spec"]["ports"]:
        assert ports[port["targetPort"]] == port["port"]
    labels = collector["spec"]["template"]["metadata"]["labels"]
    for name in ("Service otelsim-collector", "Service otelsim-collectors"):
        assert OBJECTS[name]["spec"]["selector"].items() <= labels.items()
    assert collector["spec"]["serviceName"] == OBJECTS["Service otelsim-collectors"]["metadata"]["name"]
    claims = {claim["metadata"]["name"] for claim in collector["spec"]["volumeClaimTemplates"]}
    mounted = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert claims == {"queue"}
    assert mounted["queue"] == SERVICES["collector"]["volumes"][1].rsplit(":", 2)[1]
    settings = {each["name"]: each["value"] for each in container["env"]}
    config = (ROOT / "collector" / "config.yaml").read_text()
    assert all(f"${{env:{name}" in config for name in settings)
    endpoint = next(e["value"] for e in own()["Job otelsim-send"]["env"] if e["name"].endswith("ENDPOINT"))
    assert endpoint == f"http://{service['metadata']['name']}:4318"


def test_the_commands_of_the_comments_name_what_is_there():
    for name in FILES:
        for line in (FOLDER / name).read_text().splitlines():
            if line.startswith("#   kubectl"):
                words = shlex.split(line.removeprefix("#   "))
                paths = [w.partition("=")[2] if w.startswith("--from-file") else w for w in words]
                named = [w.rpartition("=")[2] for w in paths if w.endswith(".yaml")]
                assert all((ROOT / path).is_file() for path in named)


def test_nobody_is_root():
    for each in OBJECTS.values():
        if "template" in each["spec"]:
            assert pod(each)["securityContext"]["runAsNonRoot"]
            assert not pod(each)["containers"][0]["securityContext"]["allowPrivilegeEscalation"]

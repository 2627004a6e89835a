"""Buckets of a real S3 server: what is killed in mid-upload, what is refused, and what does not answer."""

import socket
import subprocess
import sys
import time

import pytest

from otelsim.errors import InputError, RunError
from otelsim.sinks.places import place_of, put, s3
from otelsim.sinks.places.s3_client import TRYING, Patience
from otelsim.sinks.places.s3_upload import PART_BYTES
from tests.backends import buckets, building
from tests.backends.buckets import SECRET
from tests.backends.processes import free_ports

pytestmark = pytest.mark.backends
BEGUN = """
import sys, time
from otelsim.sinks.places import place_of
for name in ("a/killed", "other"):
    upload = place_of(sys.argv[1]).create(name)
    upload.write(bytes(20 << 20))
    upload.sending[0].result()
print("begun", flush=True)
time.sleep(600)
"""


def why(uri: str, **what: bool) -> str:
    """Why a place cannot be used, in one line that tells no key."""
    with pytest.raises(InputError) as caught:
        place_of(uri).check(**what)
    line = str(caught.value)
    assert line.startswith("s3://***@")
    assert "\n" not in line
    assert not any(part in line for part in (SECRET, "not/", "not%2F"))
    return line


def test_a_killed_upload_is_invisible_and_tidied(bucket):
    writer = subprocess.Popen([sys.executable, "-c", BEGUN, bucket.uri("run")], stdout=subprocess.PIPE, text=True)
    assert writer.stdout.readline() == "begun\n"
    writer.kill()
    writer.communicate()
    place = place_of(bucket.uri("run"))
    put(place, "whole", b"")
    assert bucket.objects() == {"run/whole": 0}
    assert bucket.uploads() == ["run/a/killed", "run/other"]
    assert place_of(bucket.uri("run2")).tidy() == 0
    assert place.tidy({"a/killed"}) == 1
    assert bucket.uploads() == ["run/other"]
    assert place.tidy() == 1
    assert bucket.uploads() == []
    assert bucket.objects() == {"run/whole": 0}


def test_only_what_is_bigger_than_a_part_goes_in_parts(bucket):
    place = place_of(bucket.uri("run"))
    put(place, "small", bytes(PART_BYTES - 1))
    put(place, "exact", bytes(PART_BYTES))
    put(place, "big", bytes(3 * PART_BYTES + 1))
    etags = {name: place.client.head_object(Bucket=bucket.name, Key=f"run/{name}")["ETag"] for name in place.sizes()}
    # S3 says in an object's ETag how many parts it came in.
    assert {name: etag.strip('"')[32:] for name, etag in etags.items()} == {"small": "", "exact": "-1", "big": "-4"}


def test_a_prefix_may_be_all_of_the_bucket(bucket):
    place = place_of(bucket.uri(""))
    put(place, "a/file", b"x")
    assert (place.sizes(), place.sizes("a"), bucket.objects()) == ({}, {"file": 1}, {"a/file": 1})


def test_keys_and_server_may_come_from_the_environment(bucket, monkeypatch):
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    place = place_of(bucket.plain("run"))
    place.check(writing=True)
    put(place, "file", b"x")
    assert bucket.objects() == {"run/file": 1}
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(InputError, match=f"s3://{bucket.name}/run: no credentials: set AWS_ACCESS_KEY_ID"):
        place_of(bucket.plain("run")).check()


def test_what_is_refused_is_told(bucket):
    good = bucket.uri("run")
    assert why(good.replace(bucket.name, "no-such-bucket")).endswith(": no such bucket")
    assert why(good.replace("a%20secret", "another")).endswith(": access denied (SignatureDoesNotMatch)")
    assert why(good.replace(bucket.name, "BAD_NAME%20")).count("Invalid bucket name") == 1


def test_a_place_that_may_only_be_read_is_told_of_before_it_is_written(gateway, bucket, tmp_path):
    put(place_of(bucket.uri("run")), "file", b"x")
    host = f"127.0.0.1:{free_ports(1)[0]}"
    command = [host if word == bucket.host else word for word in gateway.command]
    command.insert(1, "--readonly")
    url = f"http://{host}"
    with buckets.Gateway(command, tmp_path / "log", url, f"{url}/health", gateway.environment):
        uri = bucket.uri("run").replace(bucket.host, host)
        place_of(uri).check()
        assert why(uri, writing=True).endswith(": access denied (AccessDenied)")
        assert place_of(uri).read("file") == b"x"


def test_a_server_that_is_not_there_or_silent_is_not_waited_for(bucket, monkeypatch):
    assert TRYING.attempts * (TRYING.connect_s + TRYING.read_s) < 60
    nobody = bucket.uri("run").replace(bucket.host, f"127.0.0.1:{free_ports(1)[0]}")
    assert "cannot be reached, or does not answer (EndpointConnectionError)" in why(nobody)
    monkeypatch.setattr(s3, "TRYING", Patience(0.2, 0.2, 2))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        line = why(bucket.uri("run").replace(bucket.host, f"127.0.0.1:{silent.getsockname()[1]}"))
        assert "does not answer (ReadTimeoutError)" in line
        assert time.monotonic() - begun < 10


def test_a_server_that_goes_is_told_of(tmp_path, monkeypatch):
    monkeypatch.setattr(s3, "WORKING", Patience(1, 1, 1))
    with buckets.running(building.gateway_or_skip(), tmp_path) as server:
        place = place_of(server.bucket().uri("run"))
        upload = place.create("big")
        upload.write(bytes(PART_BYTES))
    upload.write(bytes(10))
    with pytest.raises(RunError, match=r"run/big cannot be written: http://127\.0\.0\.1:\d+ cannot be reached"):
        upload.commit()
    upload.abort()
    with pytest.raises(OSError, match="cannot be reached"):
        place.sizes()
    with pytest.raises(RunError, match="run/ cannot be written"):
        place.tidy()


def test_an_answer_that_breaks_off_is_asked_for_again(bucket, monkeypatch):
    from botocore.exceptions import IncompleteReadError

    class Body:
        left = 2

        def read(self) -> bytes:
            if Body.left:
                Body.left -= 1
                raise IncompleteReadError(actual_bytes=1, expected_bytes=2)
            return b"xy"

    place = place_of(bucket.uri("run"))
    put(place, "file", b"ab")
    monkeypatch.setattr(place.client, "get_object", lambda **_: {"Body": Body()})
    assert place.read("file") == b"xy"
    Body.left = 3
    with pytest.raises(OSError, match="expected"):
        place.read("file")


def test_what_is_missing_to_speak_s3_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    with pytest.raises(InputError, match=r"s3://b/x: needs botocore, which `pip install otelsim\[s3\]` brings"):
        place_of("s3://b/x").check()

"""Paths and URIs, and what is never shown of them."""

from pathlib import Path

import pytest

from otelsim.errors import InputError
from otelsim.sinks.places import place_of
from otelsim.sinks.places.local import LocalPlace
from otelsim.sinks.places.uris import parsed_arrow, parsed_s3, shown


def test_a_path_is_a_folder_whatever_it_is_called():
    for path in ("run", "a:b/c", "s3:/x", Path("s3://x")):
        place = place_of(path)
        assert isinstance(place, LocalPlace)
        assert (place.path, place.name) == (Path(path), str(path))


def test_an_uri_names_a_bucket_and_how_it_is_reached():
    uri = parsed_s3("s3://k%2Fe:s%40c@bucket/a%20b/ü c/?endpoint_override=127.0.0.1:9000&scheme=http&region=eu-1")
    assert (uri.bucket, uri.prefix, uri.endpoint, uri.region) == ("bucket", "a b/ü c", "http://127.0.0.1:9000", "eu-1")
    assert (uri.access_key.reveal(), uri.secret_key.reveal()) == ("k/e", "s@c")
    plain = parsed_s3("s3://bucket")
    assert (plain.prefix, plain.endpoint, plain.region, bool(plain.access_key)) == ("", None, None, False)
    assert parsed_s3("s3://b?endpoint_override=https://host").endpoint == "https://host"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("s3:///x", "names no bucket"),
        ("s3://key:GEHEIM/GEHEIM@b/x", "names no bucket"),
        ("s3://b/a/../x", r"`\.\.` in its path"),
        ("s3://b/a//x", "empty part"),
        ("s3://key@b/x", "half of its keys"),
        ("s3://b/x?secret_key=GEHEIM", "has the option 'secret_key'"),
        ("s3://b/x?scheme=ftp", "http or https"),
        ("s3://b/x?endpoint_override=:90", "no host:port"),
        ("s3://b/x?endpoint_override=h:port", "no host:port"),
        ("s3://b/x?endpoint_override=http://k:GEHEIM@h", "no host:port"),
        ("s3://b/x#1", "has a #"),
        ("s3://[b/x", "is no URI"),
        ("gs://b/../x", r"`\.\.` in its path"),
        ("file://host/x", "no file of this host"),
        ("ftp://k:GEHEIM@b/x", "neither a path nor a URI"),
    ],
)
def test_what_names_no_place_is_told_without_its_secrets(text, what):
    with pytest.raises(InputError, match=what) as caught:
        place_of(text)
    assert "GEHEIM" not in str(caught.value)


def test_nothing_secret_is_shown():
    text = "s3://GEHEIM:GEHEIM@bucket/x?region=eu&secret_key=GEHEIM&token=GEHEIM&flag"
    assert shown(text) == "s3://***@bucket/x?region=eu&secret_key=***&token=***&flag"
    assert shown("s3://bucket/a@b") == "s3://bucket/a@b"
    for uri in (parsed_s3("s3://GEHEIM:GEHEIM@bucket/x"), parsed_arrow("gs://GEHEIM@bucket/x")):
        assert "GEHEIM" not in f"{uri} {uri!r} {uri.name}"


def test_google_is_asked_again_for_a_bounded_time_unless_the_user_says_how_long():
    assert parsed_arrow("gs://b/x y").limited(5) == "gs://b/x%20y?retry_limit_seconds=5"
    assert parsed_arrow("gs://b/x?scheme=http").limited(5) == "gs://b/x?scheme=http&retry_limit_seconds=5"
    assert parsed_arrow("gs://b/x?retry_limit_seconds=9").limited(5) == "gs://b/x?retry_limit_seconds=9"
    assert parsed_arrow("hdfs:///x").limited(5) == "hdfs:///x"

"""Options and variables: precedence, the specification's rules, and what is refused."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otelsim.errors import InputError
from otelsim.sinks.otlp.settings import IN_FLIGHT, MAX_REQUEST_BYTES, SIGNALS, resolve, warnings

V = "OTEL_EXPORTER_OTLP_"


def shown(settings):
    return {signal: each.endpoint for signal, each in settings.items()}


def headers_of(settings):
    return {name: value.reveal() for name, value in settings.headers}


def test_defaults_are_the_specifications():
    settings = resolve({}, {})
    assert shown(settings) == {s: f"http://localhost:4318/v1/{s}" for s in SIGNALS}
    logs = settings["logs"]
    assert (logs.protocol, logs.compression, logs.timeout_s, logs.give_up_after_s) == (
        "http/protobuf",
        "none",
        10,
        None,
    )
    assert (logs.max_request_bytes, logs.in_flight, logs.insecure) == (MAX_REQUEST_BYTES, IN_FLIGHT, True)
    assert MAX_REQUEST_BYTES < 4 << 20
    assert shown(resolve({"protocol": "grpc"}, {})) == dict.fromkeys(SIGNALS, "http://localhost:4317")


def test_empty_variables_are_not_set():
    names = ("ENDPOINT", "PROTOCOL", "HEADERS", "COMPRESSION", "TIMEOUT", "CERTIFICATE", "INSECURE", "LOGS_ENDPOINT")
    assert resolve({}, {V + name: " " for name in names}) == resolve({}, {})


@pytest.mark.parametrize(
    ("options", "environ", "endpoint"),
    [
        ({}, {"ENDPOINT": "http://a:1"}, "http://a:1/v1/traces"),
        ({}, {"ENDPOINT": "https://a/otlp/"}, "https://a:443/otlp/v1/traces"),
        ({}, {"ENDPOINT": "http://a:1", "TRACES_ENDPOINT": "http://b:2"}, "http://b:2/"),
        ({}, {"ENDPOINT": "http://a:1", "TRACES_ENDPOINT": "http://b:2/in/"}, "http://b:2/in/"),
        ({}, {"ENDPOINT": "http://a:1", "LOGS_ENDPOINT": "http://b:2"}, "http://a:1/v1/traces"),
        ({"endpoint": "http://c:3"}, {"TRACES_ENDPOINT": "http://b:2"}, "http://c:3/v1/traces"),
        ({"endpoint": "http://c:3", "traces_endpoint": "http://d:4/x"}, {}, "http://d:4/x"),
        ({"endpoint": "http://[::1]:3"}, {}, "http://[::1]:3/v1/traces"),
        ({"endpoint": "http://c:3", "protocol": "grpc"}, {}, "http://c:3"),
        ({"endpoint": "c:3", "protocol": "grpc"}, {}, "https://c:3"),
        ({"endpoint": "c:3", "protocol": "grpc"}, {"INSECURE": "TRUE"}, "http://c:3"),
        ({"endpoint": "https://c:3", "protocol": "grpc", "insecure": True}, {}, "https://c:3"),
        ({"endpoint": "https://c", "protocol": "grpc"}, {}, "https://c:443"),
    ],
)
def test_endpoints(options, environ, endpoint):
    settings = resolve(options, {V + k: v for k, v in environ.items()})["traces"]
    assert settings.endpoint == endpoint
    assert settings.insecure == endpoint.startswith("http:")


@pytest.mark.parametrize(
    ("name", "field", "general", "own", "flag"),
    [
        ("TIMEOUT", "timeout_s", ("5000", 5.0), ("1500", 1.5), ("7", 7.0)),
        ("COMPRESSION", "compression", ("gzip", "gzip"), ("none", "none"), ("gzip", "gzip")),
        ("PROTOCOL", "protocol", ("grpc", "grpc"), ("http/protobuf", "http/protobuf"), ("grpc", "grpc")),
    ],
)
def test_flags_beat_the_signals_variable_which_beats_the_general_one(name, field, general, own, flag):
    environ = {V + name: general[0]}
    assert getattr(resolve({}, environ)["logs"], field) == general[1]
    environ[V + "LOGS_" + name] = own[0]
    assert getattr(resolve({}, environ)["logs"], field) == own[1]
    assert getattr(resolve({}, environ)["traces"], field) == general[1]
    assert getattr(resolve({name.lower(): flag[0]}, environ)["logs"], field) == flag[1]


def test_headers(tmp_path):
    secret = tmp_path / "token"
    secret.write_text("from file, 100%41\n")
    environ = {V + "HEADERS": "a=1, B = two%20words%2C ,c=x=y,", V + "LOGS_HEADERS": "d=4"}
    options = {"header": ["A=%41 b", f"e=@{secret}"], "traces_header": ["e=own"]}
    found = resolve(options, environ)
    assert headers_of(found["metrics"]) == {"a": "%41 b", "b": "two words,", "c": "x=y", "e": "from file, 100%41"}
    assert headers_of(found["logs"]) == {"d": "4", "a": "%41 b", "e": "from file, 100%41"}
    assert headers_of(found["traces"])["e"] == "own"
    assert len(warnings(options)) == 1
    assert warnings({"header": [f"e=@{secret}"]}) == warnings({}) == []


def test_user_info_and_query_are_sent_and_not_shown():
    found = resolve({"endpoint": "https://us%65r:p%40ss@host/x?key=hidden"}, {})["logs"]
    assert found.endpoint == "https://host:443/x/v1/logs"
    assert headers_of(found) == {"authorization": "Basic dXNlcjpwQHNz"}
    assert found.query.reveal() == "key=hidden"
    given = resolve({"endpoint": "https://u:p@host", "header": ["authorization=mine"]}, {})["logs"]
    assert headers_of(given) == {"authorization": "mine"}


@pytest.mark.parametrize("host", ["example.org", "10.0.0.1", "0.0.0.0", "a.localhost", "127.1", "[::2]"])
@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_credentials_do_not_go_over_plain_http(host, protocol):
    options = {"endpoint": f"http://{host}:1", "protocol": protocol, "header": ["Authorization=canary"]}
    with pytest.raises(InputError, match=r"--header: the header authorization would go to .* in the clear"):
        resolve(options, {})
    assert resolve({**options, "allow_insecure_auth": True}, {})
    with pytest.raises(InputError, match="--endpoint: the header authorization"):
        resolve({"endpoint": f"http://u:p@{host}:1", "protocol": protocol}, {})
    with pytest.raises(InputError, match="OTEL_EXPORTER_OTLP_HEADERS"):
        resolve({"endpoint": f"http://{host}:1", "protocol": protocol}, {V + "HEADERS": "authorization=x"})
    for name in ("localhost", "127.0.0.1", "127.9.9.9", "[::1]"):
        assert resolve({**options, "endpoint": f"http://{name}:1"}, {})
    assert resolve({**options, "endpoint": f"https://{host}:1"}, {})


BAD = [
    ({"protocol": "http/json"}, {}, "--protocol: 'http/json' is not one of grpc, http/protobuf"),
    ({}, {"PROTOCOL": "udp"}, f"{V}PROTOCOL: 'udp'"),
    ({}, {"METRICS_PROTOCOL": "udp"}, f"{V}METRICS_PROTOCOL: 'udp'"),
    ({"compression": "zstd"}, {}, "--compression: 'zstd'"),
    ({"endpoint": "localhost:4318"}, {}, "--endpoint: the endpoint must be a URL"),
    ({}, {"LOGS_ENDPOINT": "ftp://x"}, f"{V}LOGS_ENDPOINT: the endpoint must be"),
    ({"endpoint": "http://"}, {}, "--endpoint: the endpoint has no valid host"),
    ({"endpoint": "http://a..b"}, {}, "--endpoint: the endpoint has no valid host"),
    ({"endpoint": "http://-a"}, {}, "--endpoint: the endpoint has no valid host"),
    ({"endpoint": "http://a b"}, {}, "--endpoint: the endpoint is not a URL"),
    ({"endpoint": "http://a\nb"}, {}, "--endpoint: the endpoint is not a URL"),
    ({"endpoint": ""}, {}, "--endpoint: the endpoint is not a URL"),
    ({"endpoint": "http://a:99999"}, {}, "--endpoint: the endpoint is not a URL"),
    ({"endpoint": "http://a:x"}, {}, "--endpoint: the endpoint is not a URL"),
    ({"endpoint": "http://a:0"}, {}, "--endpoint: the endpoint needs a port"),
    ({"endpoint": "http://[::1"}, {}, "--endpoint: the endpoint is not a URL"),
    ({"endpoint": "http://a/#f"}, {}, "--endpoint: the endpoint must have no fragment"),
    ({"endpoint": "a", "protocol": "grpc"}, {}, "--endpoint: the endpoint needs a port"),
    ({"endpoint": "http://a:1/v1", "protocol": "grpc"}, {}, "--endpoint: a gRPC endpoint has no path"),
    ({"endpoint": "unix:///tmp/x", "protocol": "grpc"}, {}, "--endpoint: the endpoint must be a URL"),
    ({"header": ["nothing"]}, {}, "--header: a header is written name=value"),
    ({}, {"HEADERS": "a=1,nothing"}, f"{V}HEADERS: a header is written"),
    ({}, {"HEADERS": "a=%zz"}, f"{V}HEADERS: a header's value has a %"),
    ({}, {"HEADERS": "a=%0d%0ab:1"}, f"{V}HEADERS: a header's value has line ends"),
    ({"header": ["a=b\r\nc: d"]}, {}, "--header: a header's value has line ends"),
    ({"header": ["a b=1"]}, {}, "--header: a header's name"),
    ({"header": ["=1"]}, {}, "--header: a header's name"),
    ({"header": ["Content-Type=x"]}, {}, "--header: the header content-type is set by"),
    ({"header": ["a=@nowhere/x"]}, {}, "--header: the header's file 'nowhere/x' cannot be read: No such file"),
    ({"header": ["a=@x\0y"]}, {}, "--header: the header's file"),
    ({"header": ["a=@."]}, {}, "--header: the header's file '.' cannot be read: Is a directory"),
    ({"header": ["a=@/dev/zero"]}, {}, "--header: the header's file '/dev/zero' has more than"),
    ({"header": ["a!=1"], "protocol": "grpc"}, {}, "--header: a header's name is none that gRPC"),
    ({"header": ["a-bin=1"], "protocol": "grpc"}, {}, "--header: a header's name is none that gRPC"),
    ({}, {"TIMEOUT": "10s"}, f"{V}TIMEOUT: '10s' is not a time"),
    ({}, {"TIMEOUT": "0"}, f"{V}TIMEOUT: '0' is not a time"),
    ({"timeout": "nan"}, {}, "--timeout: 'nan' is not a time"),
    ({"give_up_after": -1}, {}, "--give-up-after: '-1' is not a time"),
    ({"in_flight": 0}, {}, "--in-flight: '0' is not a whole number"),
    ({"in_flight": "1.5"}, {}, "--in-flight: '1.5' is not"),
    ({"max_request_bytes": "inf"}, {}, "--max-request-bytes: 'inf' is not"),
    ({"endpoint": "a:1", "protocol": "grpc"}, {"INSECURE": "yes"}, f"{V}INSECURE: 'yes' is neither"),
    ({}, {"CERTIFICATE": "nowhere.pem"}, f"{V}CERTIFICATE: nowhere.pem cannot be read: No such file"),
    ({"client_key": "nowhere.pem"}, {}, "--client-key: nowhere.pem cannot be read"),
    ({"certificate": __file__}, {}, f"--certificate: {__file__}: it holds no certificates"),
    ({"client_key": __file__}, {}, "--client-key: a client key and a client certificate are needed together"),
]


@pytest.mark.parametrize(("options", "environ", "message"), BAD)
def test_what_is_wrong_is_named(options, environ, message):
    with pytest.raises(InputError) as caught:
        resolve(options, {V + k: v for k, v in environ.items()})
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_certificates_that_do_not_fit(pki):
    with pytest.raises(InputError, match="it is no PEM certificate that belongs to the client key"):
        resolve({"client_key": pki.client_key, "client_certificate": pki.ca}, {})
    files = resolve({}, {V + "CERTIFICATE": pki.ca, V + "LOGS_CERTIFICATE": pki.stranger})
    assert (str(files["logs"].tls_files.certificate), str(files["traces"].tls_files.certificate)) == (
        pki.stranger,
        pki.ca,
    )


def test_settings_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        resolve({}, {})["logs"].endpoint = "x"


@given(
    st.dictionaries(
        st.sampled_from(["endpoint", "protocol", "timeout", "in_flight", "insecure"]), st.text(max_size=30)
    ),
    st.lists(st.text(max_size=20), max_size=3),
    st.dictionaries(st.sampled_from([V + "ENDPOINT", V + "HEADERS", V + "LOGS_ENDPOINT"]), st.text(max_size=30)),
)
def test_any_text_is_understood_or_refused_in_a_line(options, header, environ):
    said = ""
    try:
        resolve({**options, "header": header}, environ)
    except InputError as error:
        said = str(error)
    assert len(said.splitlines()) <= 1

"""SPEC 3: every error has its cause, and the cause is there to be seen."""

import polars as pl

from otelsim.check.frames import SliceFrames
from otelsim.check.laws import SLICE
from otelsim.check.registry import Finding, judged


def _failed(frames: SliceFrames, kind: str) -> pl.DataFrame:
    return frames.calls.filter(~pl.col("success") & (pl.col("kind") == kind))


def _infrastructure(frames: SliceFrames) -> pl.DataFrame:
    return _failed(frames, "infrastructure").with_columns(component=pl.col("cause"))


def _cascades(frames: SliceFrames) -> pl.DataFrame:
    """Dependency errors beside their child ``up_…``: the call of the named service below them."""
    below = frames.calls.filter(pl.col("parent_span_id").is_not_null()).select(
        "trace_id",
        pl.col("parent_span_id").alias("span_id"),
        pl.col("key").alias("cause"),
        *(
            pl.col(name).alias(f"up_{name}")
            for name in ("success", "kind", "request_id", "error_type", "error_code", "end_us")
        ),
    )
    once = below.unique(["trace_id", "span_id", "cause"], keep="first", maintain_order=True)
    return _failed(frames, "dependency").join(
        once, on=["trace_id", "span_id", "cause"], how="left", maintain_order="left"
    )


def _with_child(frames: SliceFrames) -> pl.DataFrame:
    return _cascades(frames).filter(pl.col("up_request_id").is_not_null())


def _matched(calls: pl.DataFrame, table: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    known = table.select(on).unique().with_columns(known=pl.lit(True))
    return calls.join(known, on=on, how="left", maintain_order="left")


@SLICE.law("causes.source", "error_source is self, infrastructure:<component> or dependency:<stack>:<service>")
def source(frames: SliceFrames) -> Finding:
    """A cause names what the world has."""
    failed = frames.calls.filter(pl.col("error_source").is_not_null())
    components = pl.lit(frames.truth.component_errors["component"].unique()).implode()
    services = pl.lit(frames.truth.deployments["deployed_key"].unique()).implode()
    kind, cause = pl.col("kind"), pl.col("cause")
    good = (
        (pl.col("error_source") == "self")
        | ((kind == "infrastructure") & cause.is_in(components))
        | ((kind == "dependency") & cause.is_in(services))
    )
    return judged(failed, ~good.fill_null(False), "span_id", "error_source")


@SLICE.law("causes.listed", "an infrastructure error's component lists the service")
def listed(frames: SliceFrames) -> Finding:
    """Hidden dependencies are those of the table."""
    calls = _matched(_infrastructure(frames), frames.truth.listed, ["component", "key"])
    return judged(calls, pl.col("known").is_null(), "span_id", "key", "error_source")


@SLICE.law("causes.incident", "an infrastructure error falls into an incident of its component")
def incident(frames: SliceFrames) -> Finding:
    """start <= timestamp < end of some incident."""
    calls = _infrastructure(frames)
    tries = calls.select("log_line", "component", "start_us").join(frames.truth.incidents, on="component")
    hit = tries.filter((pl.col("from_us") <= pl.col("start_us")) & (pl.col("start_us") < pl.col("until_us")))
    return judged(_matched(calls, hit, ["log_line"]), pl.col("known").is_null(), "span_id", "timestamp", "error_source")


@SLICE.law("causes.component_error", "an infrastructure error has its component's error_type and one of its codes")
def component_error(frames: SliceFrames) -> Finding:
    """The component decides what its failure looks like."""
    on = ["component", "error_type", "error_code"]
    calls = _matched(_infrastructure(frames), frames.truth.component_errors, on)
    return judged(calls, pl.col("known").is_null(), "span_id", *on)


@SLICE.law(
    "causes.cascade", "dependency:<X>: the child of X is in the trace and failed with infrastructure (or by a climb)"
)
def cascade(frames: SliceFrames) -> Finding:
    """A cascade has its failed child."""
    kinds = ["infrastructure", "dependency"] if frames.truth.call_depth > 1 else ["infrastructure"]
    bad = pl.col("up_success") | ~pl.col("up_kind").is_in(kinds)
    return judged(_cascades(frames), bad, "span_id", "error_source", "up_request_id", "up_kind")


@SLICE.law("causes.upstream", "upstream_request_id is the failed child's request_id")
def upstream(frames: SliceFrames) -> Finding:
    """The upstream id leads to the cause."""
    calls = _with_child(frames).filter(pl.col("upstream_request_id").is_not_null())
    return judged(
        calls,
        pl.col("upstream_request_id") != pl.col("up_request_id"),
        "span_id",
        "upstream_request_id",
        "up_request_id",
    )


@SLICE.law("causes.inherited", "a cascade takes error_type and error_code from its failed child")
def inherited(frames: SliceFrames) -> Finding:
    """Type and code climb unchanged."""
    bad = (pl.col("error_type") != pl.col("up_error_type")) | (pl.col("error_code") != pl.col("up_error_code"))
    shown = ("error_type", "error_code", "up_error_type", "up_error_code")
    return judged(_with_child(frames).filter(~pl.col("up_success")), bad, "span_id", *shown)


@SLICE.law("causes.named", "a cascade names the dependency in its error_message")
def named(frames: SliceFrames) -> Finding:
    """A cascade says where it came from."""
    calls = _failed(frames, "dependency").filter(pl.col("error_message").is_not_null())
    return judged(
        calls, ~pl.col("error_message").str.contains(pl.col("cause"), literal=True), "span_id", "error_message"
    )


@SLICE.law("causes.cascade_end", "a cascade ends after its failed child")
def cascade_end(frames: SliceFrames) -> Finding:
    """An answer comes after the failure it reports."""
    return judged(_with_child(frames), pl.col("end_us") <= pl.col("up_end_us"), "span_id", "end_us", "up_end_us")


@SLICE.law("causes.self", "self errors are client or server with a code of that type; a child's are server")
def own(frames: SliceFrames) -> Finding:
    """Self errors come from the table of self errors."""
    calls = _matched(_failed(frames, "self"), frames.truth.self_errors, ["error_type", "error_code"])
    child = pl.col("parent_span_id").is_not_null() & (pl.col("error_type") != "server")
    return judged(calls, pl.col("known").is_null() | child, "span_id", "error_type", "error_code")


@SLICE.law("causes.level", "level follows error_type: WARN for client, ERROR for all others, INFO for success")
def level(frames: SliceFrames) -> Finding:
    """Level is a function of the outcome."""
    failure = pl.when(pl.col("error_type") == "client").then(pl.lit("WARN")).otherwise(pl.lit("ERROR"))
    due = pl.when(pl.col("success")).then(pl.lit("INFO")).otherwise(failure)
    return judged(frames.calls, pl.col("level") != due, "span_id", "level", "error_type")


@SLICE.law(
    "causes.message", "message: '<action> returned data', '… completed successfully' or '… failed: <error_message>'"
)
def message(frames: SliceFrames) -> Finding:
    """The message says what happened."""
    calls = frames.calls.filter(pl.col("writes").is_not_null())
    done = pl.when(pl.col("writes")).then(pl.lit(" completed successfully")).otherwise(pl.lit(" returned data"))
    failed = " failed: " + pl.col("error_message").fill_null("")
    due = pl.col("action") + pl.when(pl.col("success")).then(done).otherwise(failed)
    told = pl.col("error_message").is_not_null() | pl.col("success")
    return judged(calls.filter(told), pl.col("message") != due, "span_id", "message", "error_message")

"""The fragments of JSON lines, encoded once for a run."""

import json
from itertools import accumulate

from otelsim.draws import Int64s, keys, signed
from otelsim.packing import pack
from otelsim.scenario import Scenario
from otelsim.signals.names import LEVELS, ErrorKind, Operation, error_kinds, operations, success_message, user_digits
from otelsim.times import rfc3339
from otelsim.wire.fragments import Bytes, Texts, longest
from otelsim.wire.jsonl import LEADS, LINES
from otelsim.world.model import World
from otelsim.world.releases import Calendar

Lines = tuple[Int64s, Bytes]
"""The packed tables and the pool that their texts stand in."""


def text(value: str) -> str:
    """``value`` as it stands between the quotes of a JSON string."""
    return json.dumps(value)[1:-1]


def line_tables(world: World, scenario: Scenario, releases: Calendar) -> Lines:
    """What the lines of a resolved scenario are joined from."""
    ops, kinds, types = operations(world, scenario.call_depth), error_kinds(world), world.object_types
    pool = Texts()
    texts = {
        "leads": pool.table(LEADS),
        **_log_texts(pool, world, ops),
        **_error_texts(pool, world, kinds),
        "releases": pool.table(text(r) for r in releases.release_id),
        "objects": pool.table(f',"object_type":"{text(o.name)}","object_id":"{text(o.name)}_' for o in types),
        "names": pool.table(text(name) for o in types for name in o.names),
        **_tag_texts(pool, world, ops),
        # Two days more at the end: calls may start after their root's midnight.
        "days": pool.table(rfc3339(day * 86_400)[:11] for day in _days(scenario)),
    }
    numbers = {
        **_numbers(scenario),
        **_bounds(texts),
        "level": [LEVELS.index(k.level) for k in kinds],
        "named": [bool(o.names) for o in types],
        "name_first": [0, *accumulate(len(o.names) for o in types)],
    }
    return pack(LINES, {**texts, **numbers}), pool.pool()


def _days(scenario: Scenario) -> range:
    return range(scenario.start // 86_400, scenario.end // 86_400 + 3)


def _numbers(scenario: Scenario) -> dict[str, object]:
    key = keys(scenario.seed)
    return {
        "trace_high_key": signed(key.trace_high),
        "trace_low_key": signed(key.trace_low),
        "span_key": signed(key.span),
        "request_key": signed(key.request),
        "user_digits": user_digits(scenario.total_users),
        "first_day": scenario.start // 86_400,
    }


def _bounds(texts: dict[str, Int64s]) -> dict[str, object]:
    """Sums over all tables: generous, and never too little."""
    size = {name: longest(first) for name, first in texts.items()}
    shared = sum(size[name] for name in ("tags", "personas", "releases", "tag_ends"))
    return {"log_bound": 1_024 + 12 * size["leads"] + 2 * sum(size.values()), "metric_bound": 5 * (shared + 512)}


def _log_texts(pool: Texts, world: World, ops: list[Operation]) -> dict[str, Int64s]:
    written = [(text(op.action), world.actions[op.root_action].is_write) for op in ops]
    return {
        "heads": pool.table(_head(world, op, level) for op in ops for level in LEVELS),
        "successes": pool.table(f'","success":true,"message":"{success_message(*w)}","release_id":"' for w in written),
        "failures": pool.table(f'","success":false,"message":"{action} failed: ' for action, _ in written),
    }


def _head(world: World, op: Operation, level: str) -> str:
    service = world.services[op.service]
    place = f'"service":"{text(service.name)}","stack":"{text(service.stack)}"'
    return f'","level":"{level}",{place},"action":"{text(op.action)}","user_id":"user_'


def _error_texts(pool: Texts, world: World, kinds: list[ErrorKind]) -> dict[str, Int64s]:
    services = [text(s.key) for s in world.services]
    return {
        "upstreams": pool.table(f"upstream {key}: " for key in services),
        "dependencies": pool.table(f"dependency:{key}" for key in services),
        "messages": pool.table(text(k.message) for k in kinds),
        "codes": pool.table(f',"error_code":"{text(k.code)}","error_message":"' for k in kinds),
        "sources": pool.table(text(k.source) for k in kinds),
        "types": pool.table(f'","error_type":"{k.error_type}","upstream_request_id":' for k in kinds),
    }


def _tag_texts(pool: Texts, world: World, ops: list[Operation]) -> dict[str, Int64s]:
    ends = ["", *(f'","object_type":"{text(o.name)}' for o in world.object_types)]
    return {
        "tags": pool.table(_tags(world, op, success) for op in ops for success in ("false", "true")),
        "personas": pool.table(f'{text(p.name)}","release_id":"' for p in world.personas),
        "tag_ends": pool.table(f'{end}"}}' for end in ends),
    }


def _tags(world: World, op: Operation, success: str) -> str:
    service = world.services[op.service]
    write = "true" if world.actions[op.root_action].is_write else "false"
    place = f'"service":"{text(service.name)}","stack":"{text(service.stack)}","action":"{text(op.action)}"'
    return f',"tags":{{{place},"success":"{success}","is_write":"{write}","persona":"'

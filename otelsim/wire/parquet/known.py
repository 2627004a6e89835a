"""What the columns of a run are looked up in: texts by operation, fault, release and person."""

from collections.abc import Callable

import numpy as np

from otelsim.draws import keys
from otelsim.scenario import Scenario
from otelsim.signals import conventions as v
from otelsim.signals.names import ErrorKind, error_kinds, operations, success_message, user_digits
from otelsim.wire.parquet.coding import Texts
from otelsim.world.ids import COMPOSITES, WORDS, derive_ids
from otelsim.world.model import World
from otelsim.world.releases import Calendar

_RESOURCE = {
    "service_name": "service.name",
    "service_instance_id": "service.instance.id",
    "cloud_platform": "cloud.platform",
    "k8s_cluster_name": "k8s.cluster.name",
    "run_id": "otelsim.run.id",
}
_ATTRIBUTES = {
    "http_request_method": "http.request.method",
    "http_route": "http.route",
    "url_scheme": "url.scheme",
    "rpc_system_name": "rpc.system.name",
    "rpc_method": "rpc.method",
}
_ANSWERS = {"rpc_response_status_code": "rpc.response.status_code", "status_error_type": "error.type"}


Make = Callable[[int], str | None]


class Known:
    """Texts by number. A *fault* is 0 of a success, else failed dependency + 1, and the kind of error + 1."""

    def __init__(self, world: World, scenario: Scenario, releases: Calendar, run_id: str) -> None:
        self.world, self.releases, self.run_id = world, releases, run_id
        self.keys, self.digits = keys(scenario.seed), user_digits(scenario.total_users)
        self.ops, self.kinds = operations(world, scenario.call_depth), error_kinds(world)
        self.faults = (len(world.services) + 1) * self.fault_width
        self.named = np.array([bool(each.names) for each in world.object_types], np.bool_)
        self.is_write = np.array([world.actions[op.root_action].is_write for op in self.ops], np.bool_)
        made: dict[str, dict[str, Make]] = {
            "op": {**self._of_op(), "kind": lambda n: "SERVER"},
            "fault": self._of_fault(),
            "both": self._of_both(),
            "release": self._of_release(),
            "persona": {"persona": lambda n: world.personas[n].name},
            "object_type": {"object_type": lambda n: world.object_types[n].name if n >= 0 else None},
        }
        self.texts = {name: (key, Texts(make)) for key, columns in made.items() for name, make in columns.items()}
        """Of each column that is looked up: the name of the numbers that it is looked up by, and its texts."""

    @property
    def fault_width(self) -> int:
        """Faults of one dependency."""
        return len(self.kinds) + 1

    def fault(self, number: int) -> tuple[ErrorKind | None, str | None]:
        """The kind of error, and ``stack:service`` of the dependency that failed."""
        service, kind = divmod(number, self.fault_width)
        return self.kinds[kind - 1] if kind else None, self.world.services[service - 1].key if service else None

    def status(self, number: int) -> int | None:
        """The HTTP status of a root, by operation and fault."""
        answer = self._answer(number).get("http.response.status_code")
        return None if answer is None else int(answer)

    def severity(self, fault: int) -> int:
        """The severity number of a fault."""
        kind, _ = self.fault(fault)
        return v.SEVERITY["INFO" if kind is None else kind.level]

    def _of_op(self) -> dict[str, Make]:
        def attribute(name: str) -> Make:
            return lambda n: _text(v.request_attributes(self.world, self.ops[n]).get(name))

        attributes = {column: attribute(name) for column, name in _ATTRIBUTES.items()}
        return {
            "action": lambda n: self.ops[n].action,
            "name": lambda n: v.span_name(self.world, self.ops[n]),
            **attributes,
        }

    def _of_fault(self) -> dict[str, Make]:
        def attribute(name: str) -> Make:
            return lambda n: self._error(n).get(name)

        return {
            **{name: attribute(name) for name in ("error_code", "error_message", "error_source", "error_type")},
            "level": lambda n: _text(v.level_attributes(self.fault(n)[0])["level"]),
            "status_code": lambda n: "ERROR" if self._is_error(n) else "UNSET",
            "status_message": lambda n: self._error(n)["error_message"] if self._is_error(n) else None,
        }

    def _error(self, fault: int) -> dict[str, str]:
        kind, failed = self.fault(fault)
        return {} if kind is None else {k: str(value) for k, value in v.error_attributes(kind, failed).items()}

    def _is_error(self, fault: int) -> bool:
        kind, _ = self.fault(fault)
        return kind is not None and kind.level == "ERROR"

    def _of_both(self) -> dict[str, Make]:
        def answer(name: str) -> Make:
            return lambda n: _text(self._answer(n).get(name))

        return {"body": self._body, **{column: answer(name) for column, name in _ANSWERS.items()}}

    def _answer(self, number: int) -> v.Attributes:
        op, fault = divmod(number, self.faults)
        return v.answer_attributes(self.world, self.ops[op], self.fault(fault)[0])

    def _body(self, number: int) -> str:
        op, fault = divmod(number, self.faults)
        action = self.ops[op].action
        if not fault:
            return success_message(action, bool(self.is_write[op]))
        return f"{action} failed: {self._error(fault)['error_message']}"

    def _of_release(self) -> dict[str, Make]:
        def word(name: str) -> Make:
            return lambda n: derive_ids(self.releases.release_id[n])[name]

        def attribute(name: str) -> Make:
            return lambda n: v.resource_attributes(self.releases.release_id[n], self.run_id).get(name)

        words = {name: word(name) for name in (*WORDS, *COMPOSITES)}
        return {**words, **{column: attribute(name) for column, name in _RESOURCE.items()}}


def _text(value: v.Value | None) -> str | None:
    return None if value is None else str(value)

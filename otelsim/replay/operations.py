"""What a line's call is as OpenTelemetry: the conventions' names, as far as a world knows of it or its line tells."""

import re
from typing import NamedTuple

from otelsim.signals import conventions as v
from otelsim.world.model import Action, World

_STATUS = re.compile("[1-5][0-9][0-9]")
"""What error codes are statuses of HTTP."""


class Call(NamedTuple):
    """What of a call decides its span's name and its conventions' attributes."""

    application: str
    stack: str
    service: str
    action: str
    level: str
    error_code: str
    """Empty where it has none."""
    root: bool


class Known:
    """The actions of a world, by their names."""

    def __init__(self, world: World | None) -> None:
        self.actions: dict[tuple[str, str, str], Action] = {}
        for action in world.actions if world else ():
            service = world.services[action.service]  # type: ignore[union-attr]
            self.actions[service.stack, service.name, action.name] = action

    def _action(self, call: Call) -> Action | None:
        return self.actions.get((call.stack, call.service, call.action)) if call.root else None

    def span_name(self, call: Call) -> str:
        """``{method} {route}`` of a root, or its action where no world knows it; the RPC method of a child."""
        if not call.root:
            return v.rpc_method_of(call.application, call.stack, call.service)
        action = self._action(call)
        return f"{action.method} {action.route}" if action else call.action

    def request(self, call: Call) -> v.Attributes:
        """The conventions' attributes up to ``action``."""
        if not call.root:
            method = v.rpc_method_of(call.application, call.stack, call.service)
            return {"rpc.system.name": "grpc", "rpc.method": method}
        action = self._action(call)
        if not action:
            return {}
        return {"http.request.method": action.method, "http.route": action.route, "url.scheme": "https"}

    def answer(self, call: Call) -> v.Attributes:
        """The conventions' attributes of the answer."""
        answer: v.Attributes = {}
        if not call.root:
            answer["rpc.response.status_code"] = v.rpc_status(call.error_code or None)
        elif (action := self._action(call)) and (_STATUS.fullmatch(call.error_code) or not call.error_code):
            made = 201 if action.creates else 200
            answer["http.response.status_code"] = int(call.error_code) if call.error_code else made
        if call.level == "ERROR":
            answer["error.type"] = str(next(iter(answer.values()), call.error_code or "_OTHER"))
        return answer

    def route(self, call: Call) -> list[tuple[str, str]]:
        """The parts of a root's path (see `conventions.route_parts`); empty where it is not known."""
        action = self._action(call)
        return v.route_parts(action.route) if action else []

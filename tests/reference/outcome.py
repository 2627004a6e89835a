"""What happens to a request and its calls: times and errors (SPEC section 3; docs/draws.md, "What happens")."""

from otelsim.draws import cumulative, fixed, lognormal, threshold
from otelsim.scenario import Scenario
from otelsim.world.incidents import Incident
from otelsim.world.model import Component, SelfError, World

from .calls import Call, Failing, Failure
from .philox import CASCADE, CLIMB, INFRA, UNIT, WORD, below, choose, look, philox, times

LONGEST, LEAST = 60_000_000, 2
"""10 minutes and 20 us."""


class Outcome:
    """Decides the calls of one request after the other."""

    def __init__(self, world: World, scenario: Scenario, failing: Failing) -> None:
        self.world, self.scenario, self.failing = world, scenario, failing
        self.latency_tables = [lognormal(a.latency_ms, a.latency_sd_ms).tolist() for a in world.actions]
        self.self_errors = {t: [e for e in world.self_errors if e.error_type == t] for t in ("client", "server")}
        self.self_codes = {t: cumulative([e.weight for e in es]).tolist() for t, es in self.self_errors.items()}

    def settle(self, calls: list[Call]) -> None:
        """Top-down who starts when and who is made to fail; bottom-up what climbs and when each ends."""
        for call in calls:
            if call.parent:
                call.start = self.child_start(call.parent, call, call.parent.window)
                call.scale = times(call.parent.scale, call.parent.window)
            call.own = self.own_time(call)
            call.failure = self.decide(call)
            if call.failure and call.failure.source != "dependency" and not self.timed_out(call.failure):
                call.window = self.failure_factor(call, call.failure)
        for call in reversed(calls):
            call.failure = self.climb(call)
            call.duration = self.duration(call)

    def own_time(self, call: Call) -> int:
        """Without its children: action x chance x persona x service x rejections above x incidents."""
        action, persona = call.root.action, call.root.persona
        own = times(round(action.latency_ms * 100), look(self.latency_tables[call.root.action_index], call.time[0]))
        own = times(own, fixed(persona.latency_multiplier))
        if call.parent:
            own = times(own, fixed(self.world.services[call.service].own_time_share))
        own = times(own, call.scale)
        incidents = self.failing.active(call.service, call.start_us)
        own = times(own, max([UNIT, *(fixed(i.latency_factor) for i in incidents)]))
        return min(LONGEST, max(LEAST, own))

    @staticmethod
    def child_start(parent: Call, child: Call, window: int) -> int:
        """After 5-15 % of the parent's own time, plus 3-6 % for each further child."""
        lead = 3_277 + parent.time[1] * 6_554 // WORD
        stagger = child.place * 1_966 + child.time[1] * 1_966 // WORD
        return parent.start + max(1, times(times(parent.own, window), lead + stagger))

    def decide(self, call: Call) -> Failure | None:
        """The first of: forced by the parent's cascade, infrastructure, cascade, self."""
        if call.forced:
            return self.infrastructure_failure(call, call.forced)
        seed, g = self.scenario.seed, call.root.g
        for incident in self.failing.tried(call.service, call.start_us):
            word = philox(seed, g, call.node | incident.component << 16, INFRA)[0]
            if word < threshold(incident.failure_rate):
                return self.infrastructure_failure(call, incident)
        for child in call.children:
            planned_us = call.root.time_us + 10 * self.child_start(call, child, UNIT)
            for incident in self.failing.tried(child.service, call.start_us, planned_us):
                word = philox(seed, g, child.node | incident.component << 16, CASCADE)[0]
                if word < self.cascade_threshold(incident):
                    child.forced = incident
                    # The child's code is drawn from the child's own words, so it is known already.
                    return self.dependency_failure(child, self.infrastructure_failure(child, incident))
        return self.self_failure(call)

    def cascade_threshold(self, incident: Incident) -> int:
        assert self.scenario.cascade_factor is not None
        return threshold(min(1.0, self.scenario.cascade_factor * incident.failure_rate))

    def component(self, incident: Incident) -> Component:
        return self.world.components[incident.component]

    def infrastructure_failure(self, call: Call, incident: Incident) -> Failure:
        cause = self.component(incident)
        code = cause.error_codes[below(call.fate[2], len(cause.error_codes))]
        return Failure("infrastructure", cause.error_type, code, cause.error_message, incident)

    @staticmethod
    def dependency_failure(child: Call, of_child: Failure) -> Failure:
        """The caller takes everything from the child but the source."""
        return Failure("dependency", of_child.error_type, of_child.code, of_child.message, of_child.incident, child)

    def self_failure(self, call: Call) -> Failure | None:
        """Rule 3: of a root by the persona's success rate; of a child more rarely, and never the client's fault."""
        rules = self.world.settings
        rate = 1 - call.root.persona.success_rate
        if call.fate[0] >= threshold(rate * rules.child_error_factor if call.parent else rate):
            return None
        client = not call.parent and call.fate[1] < threshold(rules.client_error_share)
        kind = "client" if client else "server"
        error: SelfError = self.self_errors[kind][choose(self.self_codes[kind], call.fate[2])]
        return Failure("self", error.error_type, error.code, error.message)

    def climb(self, call: Call) -> Failure | None:
        """A cascade among the children's may climb; it replaces success and self errors only."""
        if call.failure and call.failure.source != "self":
            return call.failure
        assert self.scenario.propagation is not None
        for child in call.children:
            if child.failure and child.failure.source == "dependency":
                word = philox(self.scenario.seed, call.root.g, child.node, CLIMB)[0]
                if word < threshold(self.scenario.propagation):
                    return self.dependency_failure(child, child.failure)
        return call.failure

    def timed_out(self, failure: Failure) -> bool:
        return failure.code in self.world.settings.timed_out_codes

    def failure_factor(self, call: Call, failure: Failure) -> int:
        """A failure's time beside a success's: timed out is slower, rejected is faster."""
        rules = self.world.settings
        low, high = rules.timed_out_factor if self.timed_out(failure) else rules.rejected_factor
        return fixed(low) + (fixed(high) - fixed(low)) * call.fate[3] // WORD

    def duration(self, call: Call) -> int:
        """Own time, but never over before the last child and a little tail."""
        duration = call.own
        if call.failure:
            duration = times(duration, self.failure_factor(call, call.failure))
        duration = max(LEAST, duration)
        if call.children:
            tail = times(call.own, call.time[2] * 1_311 // WORD)
            last = max(child.end for child in call.children)
            duration = max(duration, last - call.start + 1 + tail)
        return duration

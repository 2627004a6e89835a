"""Ids: bijections of numbers, so that no two things share one (docs/draws.md, "Bits")."""

from otelsim.scenario import Scenario

from .philox import mix, mix63, philox

LOW63 = 2**63 - 1


class Names:
    """The ids of a seed."""

    def __init__(self, scenario: Scenario) -> None:
        words = [philox(scenario.seed, 0, i, 0) for i in range(6)]
        keys = [w[0] + (w[1] << 32) for w in words]
        self.trace_high, self.trace_low, self.span, self.request = keys[:4]
        self.object, self.catalogue = keys[4] & LOW63, keys[5] & LOW63
        self.user_digits = max(6, len(str(scenario.total_users - 1)))

    def trace_id(self, g: int) -> str:
        return f"{mix(g ^ self.trace_high):016x}{mix(g ^ self.trace_low):016x}"

    def span_id(self, g: int, node: int) -> str:
        return f"{mix((g << 10 | node) ^ self.span):016x}"

    def request_id(self, g: int, node: int) -> str:
        return f"req_{mix((g << 10 | node) ^ self.request):016x}"

    def user_id(self, user: int) -> str:
        return f"user_{user:0{self.user_digits}}"

    def new_object(self, object_type: str, g: int) -> str:
        """The top bit tells it from those of the catalogue."""
        return f"{object_type}_{2**63 | mix63(g ^ self.object):016x}"

    def catalogue_object(self, object_type: str, number: int, rank: int) -> str:
        return f"{object_type}_{mix63((number << 40 | rank) ^ self.catalogue):016x}"

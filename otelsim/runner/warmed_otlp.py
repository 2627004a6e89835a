"""The kernels of OTLP loaded, by making a very small run in each notation; like `warmed`, for the sinks of OTLP."""

from itertools import product

from otelsim.runner.otlp_output import OtlpOutput, Written, notated
from otelsim.runner.slicing import Simulator
from otelsim.runner.warming import note_compiled, very_small
from otelsim.signals.notation import HISTOGRAMS, SIGNALS, Notation
from otelsim.sinks.buffers import NullSink, new_room

_LIMIT = 1 << 20


def warm() -> None:
    """Make it."""
    prepared = very_small()
    simulator = Simulator(prepared)
    for histogram, clients in product(HISTOGRAMS, (False, True)):
        made = notated(prepared, Notation("warm", histogram=histogram, client_spans=clients))
        sinks = Written({signal: NullSink(new_room()) for signal in SIGNALS})
        output = OtlpOutput(made, prepared.scenario.metric_interval_s, sinks, _LIMIT)
        for index in range(len(prepared.slices)):
            output.begin(dict.fromkeys(SIGNALS, 0))
            simulator.slice(index, output)


warm()

if __name__ == "__main__":
    note_compiled("otlp")

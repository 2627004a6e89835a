"""The kernels of JSON lines loaded, by making a very small run: for processes forked from the one that imports this.

As a program (``python -m otelsim.runner.warmed``) it compiles the kernels into their cache.
"""

from otelsim.runner.measuring import make_slices, null_sinks
from otelsim.runner.slicing import Simulator
from otelsim.runner.warming import note_compiled, very_small


def warm() -> None:
    """Make it."""
    simulator = Simulator(very_small())
    make_slices(simulator, range(len(simulator.prepared.slices)), null_sinks())


warm()

if __name__ == "__main__":
    note_compiled("lines")

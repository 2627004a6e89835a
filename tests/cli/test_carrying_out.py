"""Work carried to its end, and told of."""

from types import SimpleNamespace

from otelsim.cli import carrying_out
from otelsim.cli.progress import Display


def test_the_time_of_compiling_is_not_the_works(monkeypatch):
    done = []
    monkeypatch.setattr(carrying_out, "ensure_compiled", lambda say, kernels: done.append(f"{kernels} compiled"))
    run = SimpleNamespace(kernels="lines", begin=lambda: done.append("begun"), delivered=SimpleNamespace(lines=list))
    telling = carrying_out.Telling(str, lambda summary: done.append("told") or "")
    carrying_out.carried_out(run, None, Display(quiet=True), lambda: done.append("done") or {}, telling)
    assert done == ["lines compiled", "begun", "done", "told"]

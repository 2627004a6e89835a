"""The laws of a run, tried on every record of its files.

``run_check`` reads slice by slice (a trace never leaves its slice), slices side by side, and returns a ``Report``.
Laws stand one a function in ``laws_*.py``; ``registry`` lists them. This module and all it imports leave polars alone:
only the workers load it, after they have bound it to one thread.
"""

from otelsim.check.report import LawResult, Report, as_json, render_text
from otelsim.check.run import run_check

__all__ = ["LawResult", "Report", "as_json", "render_text", "run_check"]

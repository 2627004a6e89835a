"""What a run would produce, without running it: a small sample is simulated, the rest is arithmetic."""

from otelsim.plan.planning import plan_run as plan_run
from otelsim.plan.text import render_text as render_text

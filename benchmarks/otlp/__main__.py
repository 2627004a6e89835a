"""``python -m benchmarks.otlp``."""

from benchmarks.otlp.suite import main

main()

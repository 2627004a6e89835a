"""How fast OTLP is sent, beside the SDK, telemetrygen and the receiver's own limit: ``python -m benchmarks.otlp``.

    python -m benchmarks.otlp --quick     about five minutes
    python -m benchmarks.otlp             about an hour

Needs Go (the Collector, the stores and telemetrygen are built from pinned modules), the dependency groups `bench` and
`test`, and the SDK with both of its OTLP exporters. The table goes to stdout and to benchmarks/results/otlp.md.
"""

"""Whether a run has arrived whole: the stores are asked for its records, which are made again and compared.

``sent``       a run that was sent, or read and sent later: its manifest, and what it takes to make it again
``counts``     records counted by kind, day and service
``remaking``   the whole run made again, and counted
``samples``    a few of its records, with every field as a store has it
``asking``     stores, asked over HTTP
``logsql``, ``promql``   what VictoriaLogs and VictoriaTraces, and VictoriaMetrics, are asked, and what they hold
``comparing``  what is missing, doubled or altered
``folding``    the same in few lines
``report``     all of that, for people and for programs
``run``        all of it, signal by signal

Nothing is stored anywhere. The stores hold the names that ``collector/config.yaml`` gives.
"""

"""JSON lines in the documented formats, ours or anyone's, as OTLP again.

``files``    what is given: pairs of files, a run's manifest
``parts``    the files cut into parts that workers take
``reading``  blocks of whole lines, plain or compressed
``scanning`` a block taken apart by kernels, where its lines are as documented
``lines``    a block as numbers and places of texts, by Arrow where they are not; bad lines, told by ``faults``
``coding``   texts that come again and again, numbered
``pairing``  log lines with their durations
``operations``   what a line's call is as OpenTelemetry
``records``, ``points``   log records and spans, gauge points
``encoding`` blocks as requests
``source``   a part as requests
``server``   what workers are forked from, started first of all
``running``  all parts, by workers
"""

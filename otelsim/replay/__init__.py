"""JSON lines in the documented formats, ours or anyone's, as OTLP again.

``files``    what is given: pairs of files, a run's manifest
``parts``    the files cut into parts that workers take
``reading``  blocks of whole lines, plain or compressed
``lines``    a block as columns, by Arrow; what is wrong with its lines, told by ``faults``
``pairing``  log lines with their durations
``texts``    columns as pieces of messages
``operations``   what a line's call is as OpenTelemetry
``records``, ``points``   log records and spans, gauge points
``source``   a part as requests
``running``  all parts, by workers
"""

"""OTLP's protobuf messages from columns, by joining fragments: docs/otlp.md, byte for byte as protobuf writes it.

``fields``      numbers of fields, with the messages' definitions
``layout``      the fragments' tables, by number
``tables``      the fragments, encoded once for a run
``groups``      resources in a request, each with its records
``records``     what spans and log records share
``spans``, ``logs``   the records themselves, put into requests by ``requests``
``gauges``, ``histograms``   metrics, with their requests

and from lines that were read, whose texts no table holds:

``log_lines``   log lines as numbers, their ids, and codes of what comes again and again
``line_records``   log records and spans of them
``point_lines``   metric lines as numbers, and gauge points of them
``line_texts``   what both share: attributes of texts that stand in lines
``joined``   requests of such records
"""

"""OTLP's protobuf messages from columns, by joining fragments: docs/otlp.md, byte for byte as protobuf writes it.

``fields``      numbers of fields, with the messages' definitions
``layout``      the fragments' tables, by number
``tables``      the fragments, encoded once for a run
``groups``      resources in a request, each with its records
``records``     what spans and log records share
``spans``, ``logs``   the records themselves, put into requests by ``requests``
``gauges``, ``histograms``   metrics, with their requests
"""

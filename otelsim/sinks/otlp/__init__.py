"""OTLP over HTTP and gRPC: complete Export requests are sent, answered for and counted.

``settings``   what the options and the standard variables ask for
``http``, ``grpc``   one attempt to export a body, and its outcome
``retry``      the specification's rules: what is tried again, and when
``replies``    the outcomes, and what an accepted request's reply tells
``splitting``  one request as two smaller ones
``sending``    several requests in flight within bounded memory
``account``    generated = acknowledged + rejected + pending
"""

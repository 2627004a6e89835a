"""Whether a run would arrive whole: every endpoint and store is asked, and each finding is a line.

``asking``     who is asked, and in which order
``endpoint``, ``speaking``, ``certificates``, ``bodies``   an OTLP endpoint: reach, TLS, protocol, and what it takes
``stores``, ``settings``, ``retention``, ``rules``   the Victoria stores: their settings against the run
``collector``  its health, queues and failures
``pages``, ``exposition``, ``units``   what stores show, and how it is read
``waiting``    until all of them answer
``findings``   a verdict, what was found, what to change

Nothing is stored anywhere: requests are sent that hold no record, and pages are read.
"""

"""otelsim: a social network's year of correlated telemetry, decided by a seed and a scenario.

The way of the data, and so the order of imports (each package imports only from those before it)::

    errors     the one exception a user may see, as one line
    times      dates, instants and durations as users write them
    compiled   where compiled kernels are kept
    draws      Philox bits keyed by (seed, request, node, decision): the only source of chance
    packing    many integer tables in one array, for kernels
    scenario   what is asked for
    world      what is: services, deployments, releases, personas, incidents
    traffic    what is asked: when, who, what
    outcome    what happens and why: the table of Calls
    signals    what is seen: names of attributes and metrics
    wire       how it is written: bytes
    sinks      where it goes
    runner     which slices, by whom, what is done
    plan       what a run would produce
    check      the laws, tried on a run's files
    doctor     whether a run would arrive whole: endpoints and stores, asked
    verify     whether a run has arrived whole: stores, asked for its records
    replay     a run's files as a source of the same records, or anyone's in their form
    report     a run as a page to look at
    cli        arguments to scenario to runner; alone in reading argv and the environment
"""

__version__ = "0.1.0"

"""A run as one page to look at, in a browser, without a network.

``bins``       the time range in pieces, for charts
``quantiles``  durations counted so finely that quantiles can be read off
``lookup``     tables that calls are counted by
``examples``   requests worth a look, chosen while counting
``counting``   calls counted: traffic, personas, services, errors, incidents
``remaking``   the whole run made again from its manifest, by several processes, and counted
``traces``     the chosen requests, call by call
``comparing``  what was counted, held against the run's summary and manifest
``content``    all of it as JSON values
``making``     these, one after the other
``page``       the values, the charts' library and our own script and style as one HTML file
``writing``    the file

The run's records are not read: so it goes for a run that was sent, too.
"""

"""Dashboards as code: what Grafana and VictoriaMetrics' own page show of a run, written with Grafana's typed SDK.

``python -m grafana.generate`` writes ``dashboards/`` and ``vmui/``; what is committed there is what it writes.

    sources      the three data sources of provisioning/
    models       what the SDK has no types for: queries of VictoriaLogs and Jaeger, annotations of any source
    scope        the variables of a dashboard, and selectors of what they choose
    queries      expressions that dashboards share, and targets
    panels       panels that look alike
    boards       a dashboard of rows of panels
    overview, service, incidents, releases, pipeline, vmui   the dashboards
"""

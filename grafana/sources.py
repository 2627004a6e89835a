"""The data sources of provisioning/datasources, by the uids that are fixed there."""

from grafana_foundation_sdk.models.dashboard import DataSourceRef

METRICS = DataSourceRef(type_val="prometheus", uid="victoriametrics")
LOGS = DataSourceRef(type_val="victoriametrics-logs-datasource", uid="victorialogs")
TRACES = DataSourceRef(type_val="jaeger", uid="victoriatraces")

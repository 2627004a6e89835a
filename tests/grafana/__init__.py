"""The dashboards as files, and as Grafana would ask what they ask."""

"""The whole: runs sent through the real Collector into real stores, held against their manifests and JSON lines."""

"""Real back ends for tests: programs built from pinned modules, started on free loopback ports in temporary folders."""

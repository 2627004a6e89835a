"""Which tests one process has together: those that share what is dear to make, such as filled stores.

pytest-xdist has marks for that, which it tells its scheduler by names of tests that pytest 9 no longer lets it change.
"""

from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    "tests/backends/end_to_end/test_dashboards.py": "filled stores",
    "tests/backends/end_to_end/test_queries.py": "filled stores",
    "tests/backends/end_to_end/test_vmui.py": "filled stores",
    "tests/backends/verify/": "verified stores",
    "tests/docs/": "pages",
}
"""Files and folders, and the name of what they share."""
BY_FILE = (
    "tests/backends/",
    "tests/cli/test_places.py",
    "tests/faults/test_hostile_servers.py",
    "tests/faults/test_refusals.py",
    "tests/replay/",
    "tests/report/",
    "tests/runner/engines/",
    "tests/runner/test_sharding.py",
    "tests/sinks/places/",
)
"""Files whose tests share something with each other alone."""


def group(test: str) -> str:
    """What a test is run together with, by its name."""
    file = test.partition("::")[0]
    for path, name in TOGETHER.items():
        if file.startswith(path):
            return name
    return file if file.startswith(BY_FILE) else test


class Together(LoadScopeScheduling):
    """Hands out groups, the largest first."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)

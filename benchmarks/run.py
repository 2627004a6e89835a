"""How fast otelsim is on this machine, beside the oracle and beside the disk itself.

    python benchmarks/run.py --quick     about a minute
    python benchmarks/run.py             some minutes, 6 GB of disk for a while
    python benchmarks/run.py --big       1 and 5 million requests, 30 GB of disk for a while

Needs the dependency groups `bench` and `test`. Tables go to stdout and to benchmarks/results/<name>.md, the scaling by
workers to benchmarks/results/<name>.svg.
"""

import sys
from pathlib import Path

# The workers import this file too: whatever is heavy is imported by the parent alone.
if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from benchmarks.suite import main

    main()

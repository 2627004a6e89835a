"""Whether a locked version has a known vulnerability: ``python requirements/audit.py``, by pip-audit, which it needs.

Arguments go to pip-audit (such as ``--vulnerability-service osv``). Exit code 0: no package has one; 1: some have;
3: of some nobody could tell, since the data could not be had (pip-audit alone ends well there).
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parent / "ci.txt"
"""Has what the other locks have."""
NONE_KNOWN, VULNERABLE, UNKNOWN = 0, 1, 3


def main() -> int:
    """Ask, say what was found, and return the exit code."""
    asked = ["--requirement", str(LOCK), "--require-hashes", "--disable-pip", "--progress-spinner", "off"]
    command = [sys.executable, "-m", "pip_audit", *asked, "--format", "json", *sys.argv[1:]]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(ended.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(f"nothing is known: {(ended.stderr.strip().splitlines() or ['no answer'])[-1]}")
        return UNKNOWN
    return judge(packages)


def judge(packages: list[dict[str, Any]]) -> int:
    """Say what pip-audit's report holds; returns the exit code."""
    untold = [package for package in packages if "vulns" not in package]
    vulnerable = [package for package in packages if package.get("vulns")]
    for package in vulnerable:
        for each in package["vulns"]:
            fixed = ", ".join(each["fix_versions"]) or "no version"
            print(f"{package['name']} {package['version']}: {each['id']}, fixed in {fixed}")
    if untold:
        print(f"nothing is known of {len(untold)} of {len(packages)} packages: {untold[0].get('skip_reason')}")
    print(f"{len(packages) - len(untold)} packages audited, {len(vulnerable)} with known vulnerabilities")
    if vulnerable:
        return VULNERABLE
    return UNKNOWN if untold or not packages else NONE_KNOWN


if __name__ == "__main__":
    sys.exit(main())

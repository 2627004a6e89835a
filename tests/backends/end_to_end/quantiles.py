"""How near a store's quantile is to the truth: as near as its buckets allow."""

from bisect import bisect_left

from tests.backends.messages import BOUNDS

# Buckets of histogram_over_time: eighteen a decade, named with three digits.
OF_POINTS = 10 ** (1 / 18) * 1.005
# Buckets of exponential histograms: eight an octave, named with three digits.
EXPONENTIAL = 2 ** (1 / 8) * 1.001
Numbers = dict[str, float]


def far_off(found: Numbers, wanted: Numbers, width: float) -> dict[str, tuple[float, float]]:
    """Answers that cannot be in the bucket of the truth, of this width."""
    return {k: (v, wanted[k]) for k, v in found.items() if not 1 / width <= v / wanted[k] <= width}


def outside(found_s: Numbers, wanted_s: Numbers) -> dict[str, tuple[float, float]]:
    """Answers that are not in the explicit bucket of the truth."""
    return {k: (v, wanted_s[k]) for k, v in found_s.items() if not in_bucket(v, wanted_s[k])}


def in_bucket(found_s: float, wanted_s: float) -> bool:
    """Whether a quantile lies in the bucket of another; a store knows nothing above the last boundary."""
    bounds = [0, *BOUNDS]
    upper = bisect_left(bounds, wanted_s)
    if upper == len(bounds):
        return found_s == bounds[-1]
    return bounds[upper - 1] * (1 - 1e-9) <= found_s <= bounds[upper] * (1 + 1e-9)

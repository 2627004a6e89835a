"""Which slices, by whom, what is done: plan, pool, journal, manifest, progress."""

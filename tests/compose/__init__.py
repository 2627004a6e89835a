"""The compose stack, as far as it can be judged without a container engine."""

"""What is asked: arrivals in time, by whom, for what."""

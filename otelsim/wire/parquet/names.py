"""What files of tables are called; who only looks for them need not load what writes them."""

from otelsim.times import rfc3339


def file_name(signal: str, day: int, number: int) -> str:
    """Where rows of a signal and day (since the epoch) stand in file ``number``."""
    return f"{signal}/date={rfc3339(day * 86_400)[:10]}/part-{number:05}.parquet"

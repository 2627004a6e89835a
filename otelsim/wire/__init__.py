"""How it is written: columns into bytes."""

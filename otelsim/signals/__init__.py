"""What is seen: the names of attributes, metrics and values, once."""

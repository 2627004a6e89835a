"""otelsim's rules a second time: plain Python, one request at a time, to be read beside SPEC and docs/draws.md.

Start with `oracle.py`. Nothing here imports the product's own rules, only its data and the constructors of its tables.
"""

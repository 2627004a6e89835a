"""What the README's figures come from; see run.py."""

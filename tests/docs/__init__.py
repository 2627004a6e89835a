"""The pages of docs/ and the README: one is made from the code, and what all of them say is tried."""

"""Input that somebody made to do harm, or just badly, and secrets that must not get out."""

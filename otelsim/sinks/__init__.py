"""Where it goes: bytes into files, or nowhere."""

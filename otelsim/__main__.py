"""``python -m otelsim``."""

from otelsim.cli import main

if __name__ == "__main__":
    main()

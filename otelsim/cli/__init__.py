"""The command line: alone in reading argv and the environment."""

from otelsim.cli.main import main as main

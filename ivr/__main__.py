"""``python -m ivr``: the same commands as ``ivr``."""

from ivr.cli import main

main()

"""The commands of ``ivr``, a file each; ``ivr.cli`` loads them when they are asked for."""

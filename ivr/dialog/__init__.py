"""The mind: events in, actions out. No input, no output, no clock of its own."""

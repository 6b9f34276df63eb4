"""The registry of people (UT IS) as the line reaches it: embedded or over HTTP, and the desk that keeps its rules."""

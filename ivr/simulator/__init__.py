"""Virtual citizen and virtual agent, with real SIP and sound or as text on a virtual clock."""

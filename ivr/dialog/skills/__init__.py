"""Skills of the mind, one file each; a plan's node names the skill that runs it."""

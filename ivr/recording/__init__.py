"""What was said, kept whole: the two-channel writer on the sample clock and its recovery."""

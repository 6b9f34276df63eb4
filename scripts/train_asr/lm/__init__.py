"""The domain's language model for open questions ("Kuo galiu padėti?"): its text, counts, ARPA and measures."""

"""What a model is measured with: people, voices that it never heard, sound that Debian has, and every kind of line."""

"""Lithuanian, pure: numbers, dates and names in every case, text made speakable, and what is heard made values."""

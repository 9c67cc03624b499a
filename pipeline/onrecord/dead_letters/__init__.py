"""Dead letters: made, read back, held while they are replayed, and published."""

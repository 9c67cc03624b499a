"""Dead letters: making, reading, publishing, and holding them while they are replayed."""

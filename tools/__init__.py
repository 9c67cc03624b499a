"""Programs that check the repository itself; they are not part of the wheel."""

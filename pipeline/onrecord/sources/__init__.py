"""Where article messages come from."""

"""The roll-up of stances: who stands where toward what, over all articles of a folder."""

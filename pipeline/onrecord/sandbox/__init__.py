"""Child processes with a time limit, for work on hostile input."""

"""Running onrecord on clusters; README.md in this folder lists its parts."""

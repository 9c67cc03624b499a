"""Jobs from start to summary: backfill, stream, replay and publish."""

"""What a job reports: metrics, progress, the log of a stream, and the summary."""

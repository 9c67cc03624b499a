"""Flink: downloaded, and run as local processes."""

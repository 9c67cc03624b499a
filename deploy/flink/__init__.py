"""Flink: fetched, and started as processes of this machine."""

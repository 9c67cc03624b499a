"""Where records go: Avro files that are complete or absent."""

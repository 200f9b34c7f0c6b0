"""Benchmarks that a person can rerun; each writes its last results to RESULTS.md."""

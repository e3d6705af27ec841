"""Benchmarks: this product against the usual way of doing the same, as ratios of one run; never a test."""

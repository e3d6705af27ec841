"""The demonstration: an invented department for ``make run``, tests and benchmarks."""

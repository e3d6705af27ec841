"""Tests, fakes, the stand-in LINE Platform, the demonstration department and the benchmarks."""

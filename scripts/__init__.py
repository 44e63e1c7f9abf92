"""Runs Macrofolio on one machine: the launcher, the demo, the benchmark."""

"""Measuring the site against the bare tools: `python -m benchmarks` (docs/performance.md).

Starts a site of its own in a temporary folder, talks to it over loopback like any client, and removes everything
at the end. Knows the site by its HTTP API and its processes; only processing.py also asks the pipeline, for the
plan that the bare tools then carry out.
"""

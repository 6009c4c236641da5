"""Original bytes in, rendition files out. Knows no Redis, no storage, no web.

All of it is pure, save run.py (starts processes), tools.py (finds them) and probe.py (asks them): what will be
done to a file is decided as data, in plan.py, and can be compared in a test without any tool.
"""

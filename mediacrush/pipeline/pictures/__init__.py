"""Pictures, byte by byte: their containers, their metadata, their pixels.

Knows nothing of plans, storage or settings and imports nothing else of MediaCrush: a child process of its own
(tool.py) reads and converts pictures with Pillow, so that a hostile one takes down nothing else, and every
module that it does not load is time saved. Cleaning (clean.py) needs no Pillow and happens in the worker itself.
"""

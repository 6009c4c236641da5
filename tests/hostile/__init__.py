"""Hostile files, made by hand: references.py has those that name other files and addresses, bombs.py those that
announce or hold too much, containers.py what both are built from.

Making them asks a tool for a second or two at most; what is large is so only for whoever believes it.
"""

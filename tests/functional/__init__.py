"""From outside: the whole site, real files, real processes.

Do: start what a person starts, send what a client sends, look at what comes back or at the machine.
Don't: import from mediacrush, reach into Redis, wait for a fixed time where a condition can be waited for.

test_hostile_files.py alone stays inside: a hundred files go through the real pipeline in its own process, which
has to live through them.
"""

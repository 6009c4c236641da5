"""What the site can do, in plain Python: no Flask, no Redis, no RQ. Backends is always the first argument."""

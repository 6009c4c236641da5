"""What we remember, in Redis; the only place that knows it. One module a kind of record."""

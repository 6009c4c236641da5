"""Bytes by key. Knows nothing of media; the only place that touches where files are kept."""

"""MediaCrush: a self-hosted media host. docs/architecture.md tells which folder knows what."""

__version__ = "0.1.0"

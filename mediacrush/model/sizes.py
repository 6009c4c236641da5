"""Sizes in words."""


def size_text(size_bytes: int) -> str:
    """A size as people read it: `4.2 MB`, `1 GB`."""
    size = float(size_bytes)
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:  # noqa: PLR2004  # decimal units, as files are sold and shown
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"

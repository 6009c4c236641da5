"""ICC profiles for pictures that name the colours they are in by number (ITU-T H.273) and carry no profile.

Browsers go by these numbers in an AVIF or a PNG; what is converted from it needs a profile to say the same.
"""

import struct

from mediacrush.pipeline.pictures.coded_light import coding

# Red, green and blue in XYZ, adapted to ICC's D50 as `_ADAPTATION` does (Bradford): BT.2020, Display P3. A cinema's
# P3 differs from that in its white alone.
_P3 = ("Display P3", (0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
_WIDE = {
    9: ("BT.2020", (0.67346, 0.27904, -0.00194), (0.16566, 0.67535, 0.02998), (0.12505, 0.04561, 0.79686)),
    11: _P3,
    12: _P3,
}
_D50 = (0.9642, 1.0, 0.8249)
_ADAPTATION = (1.04793, 0.02295, -0.05019, 0.02963, 0.99043, -0.01707, -0.00924, 0.01506, 0.75187)
# The parametric curve of sRGB (ICC.1:2022, 10.18, type 3), which stills of these colours have.
_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def stated_profile(name: str, data: bytes) -> bytes:
    """The profile of the wide colours that a file of the kind `name` states by number; empty for all others."""
    primaries, _ = coding(name, data) or (0, 0)
    return _profile(*_WIDE[primaries]) if primaries in _WIDE else b""


def _profile(title: str, *colours: tuple[float, ...]) -> bytes:
    """A display's profile of version 4 (ICC.1:2022, 8.3.3): three colours and one curve."""
    text = title.encode("utf-16-be")
    tags = {
        b"desc": b"mluc" + struct.pack(">3I4s2I", 0, 1, 12, b"enUS", len(text), 28) + text,
        b"cprt": b"mluc" + struct.pack(">3I4s2I", 0, 1, 12, b"enUS", 0, 28),
        b"wtpt": b"XYZ " + bytes(4) + _fixed(_D50),
        b"chad": b"sf32" + bytes(4) + _fixed(_ADAPTATION),
    }
    for letter, colour in zip(b"rgb", colours, strict=True):
        tags[bytes((letter,)) + b"XYZ"] = b"XYZ " + bytes(4) + _fixed(colour)
        tags[bytes((letter,)) + b"TRC"] = b"para" + bytes(4) + struct.pack(">2H", 3, 0) + _fixed(_CURVE)
    start = 128 + 4 + 12 * len(tags)
    table, content = struct.pack(">I", len(tags)), b""
    for tag, value in tags.items():
        table += struct.pack(">4s2I", tag, start + len(content), len(value))
        content += value + bytes(-len(value) % 4)
    head = struct.pack(">I4xI12s12x4s28x", start + len(content), 0x0430_0000, b"mntrRGB XYZ ", b"acsp")
    return (head + _fixed(_D50)).ljust(128, b"\0") + table + content


def _fixed(values: tuple[float, ...]) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))

"""Sizes of what we encode and what they cost: the numbers, and where they come from (docs/performance.md)."""

from dataclasses import dataclass, replace

from mediacrush.pipeline.probe import Probe

MAX_FRAME_RATE = 60

# CPU seconds on one core of the machine in docs/performance.md.
_H264_COST_PER_MEGAPIXEL = 0.029
_AV1_COST_PER_MEGAPIXEL = 0.021
_DECODE_COST_PER_MEGAPIXEL = 0.008
_REMUX_COST_PER_BYTE = 1 / 150e6
POSTER_COST_S = 0.6
AUDIO_COST_PER_SECOND = 0.03
_DEFAULT_FRAME_RATE, _DEFAULT_DURATION_S = 30.0, 60.0

# The largest picture in pixels and the most pixels a second of each AV1 level (AV1 specification, annex A.3).
_AV1_LEVELS = (
    (147_456, 5_529_600, "00"),
    (278_784, 10_454_400, "01"),
    (665_856, 24_969_600, "04"),
    (1_065_024, 39_938_400, "05"),
    (2_359_296, 77_856_768, "08"),
    (2_359_296, 155_713_536, "09"),
)

# A film that is longer or larger than this gets a ladder: a shorter one has arrived before a player could choose.
_LADDER_FROM_S, _LADDER_FROM_BYTES, _LADDER_AT_LEAST_S = 60.0, 16_000_000, 8.0
# Each rung has two thirds of the height of the one above it, so four ninths of its pixels; smaller than this nobody
# can see anything.
_RUNG_RATIO, _RUNG_MIN_SIDE = 2 / 3, 216
# What a rung may send at most: bits per pixel and frame for a picture of one megapixel; smaller ones need more bits
# per pixel, as the power says. A rung that would send less than this is not worth having.
_RUNG_BITS_PER_PIXEL, _RUNG_POWER, _RUNG_MIN_BPS = 0.13, 0.8, 150_000
# A rung must save at least this share of what the one above it sends.
_RUNG_SAVES = 0.25
_SMALL_RUNG_SIDE, _SMALL_RUNG_FRAME_RATE = 480, 30
# What plays first while the rest is encoded: a twentieth of the pixels of 1080p.
_LOW_SIDE = 240
# A film that browsers play but that spends more than this, in bits and in all, is worth a lighter encoding.
_HEAVY_BITS_PER_PIXEL, _HEAVY_FROM_BYTES = 0.1, 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a film is scaled to: even pixels, no more than the operator wants, and how many of them in all."""

    width: int
    height: int
    frame_rate: float
    megapixels_in_all: float

    @property
    def short_side(self) -> int:
        return min(self.width, self.height)

    @property
    def h264_cost_s(self) -> float:
        return self.megapixels_in_all * _H264_COST_PER_MEGAPIXEL

    @property
    def av1_cost_s(self) -> float:
        return self.megapixels_in_all * _AV1_COST_PER_MEGAPIXEL

    @property
    def av1_codec(self) -> str:
        """The RFC 6381 name of 8-bit Main profile AV1 at this size and rate, as a browser wants to hear it."""
        pixels, rate = self.width * self.height, self.width * self.height * self.frame_rate
        fitting = (name for size, per_second, name in _AV1_LEVELS if pixels <= size and rate <= per_second)
        return f"av01.0.{next(fitting, '12')}M.08"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of a ladder: a size in even pixels, frames a second at most, bits a second at most."""

    width: int
    height: int
    frame_rate: float
    max_bps: int

    @property
    def name(self) -> str:
        """As people say it: `720p`."""
        return f"{min(self.width, self.height)}p"


def target_for(probe: Probe, height: int) -> Target:
    """The size at which a film or an animation is encoded: its shorter side is at most `height`."""
    width, height = fit(probe.width or 2, probe.height or 2, height)
    frame_rate = min(probe.video.frame_rate if probe.video else 0.0, MAX_FRAME_RATE) or _DEFAULT_FRAME_RATE
    frames = (probe.duration_s or _DEFAULT_DURATION_S) * frame_rate
    return Target(
        width=width, height=height, frame_rate=frame_rate, megapixels_in_all=frames * width * height / 1e6
    )


def fit(width: int, height: int, short_side: int) -> tuple[int, int]:
    """Width and height shrunk, either way up, into 16:9 at this shorter side, to even numbers of at least 2 (4:2:0
    needs them). Never enlarged."""
    long_side = short_side * 16 / 9
    box = (long_side, short_side) if width >= height else (short_side, long_side)
    scale = min(1.0, box[0] / width, box[1] / height)
    return _even(width * scale), _even(height * scale)


def fits(probe: Probe, target: Target) -> bool:
    """Whether a film is as small as it would be made; to make it even is no reason to call it larger."""
    return (probe.width or 0) - target.width <= 1 and (probe.height or 0) - target.height <= 1


def needs_ladder(probe: Probe) -> bool:
    """Whether the film is so long or so large that a viewer's network should choose what it gets of it."""
    duration_s = probe.duration_s or 0.0
    is_large = probe.size_bytes >= _LADDER_FROM_BYTES and duration_s >= _LADDER_AT_LEAST_S
    return duration_s >= _LADDER_FROM_S or is_large


def rungs_for(probe: Probe, target: Target) -> tuple[Rung, ...]:
    """The rungs of a film, lowest first; the last has the size of `target`.

    Each is bounded by what the source itself spends, scaled to the rung's pixels: a film that was sent in few bits
    per pixel has fewer rungs, as lower ones would save nothing worth the look.
    """
    source_bps = _bits_per_second(probe)
    rungs = [_rung(target, 1.0, source_bps)]
    while True:
        lower = _rung(target, _RUNG_RATIO ** len(rungs), source_bps)
        is_small = min(lower.width, lower.height) < _RUNG_MIN_SIDE or lower.max_bps < _RUNG_MIN_BPS
        if is_small or lower.max_bps > rungs[-1].max_bps * (1 - _RUNG_SAVES):
            return tuple(reversed(rungs))
        rungs.append(lower)


def low_rung_for(probe: Probe, target: Target) -> Rung:
    """What can be encoded in a fraction of the time of the whole, whatever the source spends on its pixels."""
    scale = min(1.0, _LOW_SIDE / target.short_side)
    return _rung(target, scale, 0.0)


def _rung(target: Target, scale: float, source_bps: float) -> Rung:
    width, height = _even(target.width * scale), _even(target.height * scale)
    is_small = min(width, height) <= _SMALL_RUNG_SIDE and scale < 1
    frame_rate = min(target.frame_rate, _SMALL_RUNG_FRAME_RATE) if is_small else target.frame_rate
    # Twice the frames are far from twice the bits: neighbours are more alike.
    frames = _DEFAULT_FRAME_RATE * (frame_rate / _DEFAULT_FRAME_RATE) ** 0.5
    by_rule = _RUNG_BITS_PER_PIXEL * frames * 1e6 * (width * height / 1e6) ** _RUNG_POWER
    by_source = source_bps * (scale * scale) ** _RUNG_POWER if source_bps else by_rule
    return Rung(width=width, height=height, frame_rate=frame_rate, max_bps=int(min(by_rule, max(by_source, 1))))


def is_heavy(probe: Probe, target: Target) -> bool:
    """Whether a film spends so many bits that encoding it again saves most of them."""
    pixels = (probe.width or 0) * (probe.height or 0) * target.frame_rate
    spends = _bits_per_second(probe) / pixels if pixels else 0.0
    return spends > _HEAVY_BITS_PER_PIXEL and probe.size_bytes >= _HEAVY_FROM_BYTES


def _bits_per_second(probe: Probe) -> float:
    """Of the whole file; 0 when its duration is not known."""
    return probe.size_bytes * 8 / probe.duration_s if probe.duration_s else 0.0


def ladder_cost_s(rungs: tuple[Rung, ...], probe: Probe) -> float:
    """One decode and the encodings of all rungs."""
    duration_s = probe.duration_s or _DEFAULT_DURATION_S
    frame_rate = (probe.video.frame_rate if probe.video else 0.0) or _DEFAULT_FRAME_RATE
    decoded = probe.pixels * frame_rate * duration_s / 1e6
    encoded = sum(rung.width * rung.height * rung.frame_rate for rung in rungs) * duration_s / 1e6
    return decoded * _DECODE_COST_PER_MEGAPIXEL + encoded * _H264_COST_PER_MEGAPIXEL


def size_for_rate(target: Target, pixels_per_second: float, short_side: int) -> Target:
    """`target` made smaller, until it has no more pixels a second than these and no longer a shorter side."""
    pixels = target.width * target.height
    scale = min(1.0, short_side / target.short_side, (pixels_per_second / (pixels * target.frame_rate)) ** 0.5)
    width, height = _even(target.width * scale), _even(target.height * scale)
    share = width * height / pixels
    return replace(target, width=width, height=height, megapixels_in_all=target.megapixels_in_all * share)


def remux_cost_s(size_bytes: int) -> float:
    """Reading and writing once, with an index made."""
    return 0.1 + size_bytes * _REMUX_COST_PER_BYTE


def audio_cost_s(duration_s: float | None) -> float:
    """Decoding and encoding a sound once."""
    return 0.1 + (duration_s or _DEFAULT_DURATION_S) * AUDIO_COST_PER_SECOND


def _even(length: float) -> int:
    return max(2, int(length + 1e-6) // 2 * 2)  # two thirds of two thirds of 1080 are 479.999...

"""Steps for a still picture: the clean original, what every browser shows, and smaller ones of the same look."""

from mediacrush.model import formats
from mediacrush.model.media import Role
from mediacrush.pipeline.encoders import AVIF_QUALITY, JPEG_QUALITY, PREVIEW_QUALITY, WEBP_QUALITY
from mediacrush.pipeline.originals import SVG_MIME, original_picture
from mediacrush.pipeline.probe import Probe
from mediacrush.pipeline.steps import INPUT, Command, Output, Plan, Stage, Step, Tool, make_plan

# WebP's own limit (RFC 9649): 14 bits a side; AVIF's is what browsers decode in one piece.
_MAX_SIDES = {"webp": 16_383, "avif": 16_384}
# A further picture that saves less than this is not worth its place in storage.
_WORTH_HAVING, _WORTH_OPTIMISING = 0.1, 0.02
# For link cards: as wide as the widest of them asks for (docs/embedding.md), and no taller than a phone's screen.
_PREVIEW_BOX = (1200, 1800)
# What is a small JPEG itself needs no preview.
_PREVIEW_FROM_BYTES = 300_000
# Photos that are longer than this get sizes for screens that show less.
_SIZES_FROM_SIDE, _WIDTHS = 2000, (640, 1280, 1920)
_OPTIMISABLE = frozenset({"image/jpeg", "image/png"})

# CPU seconds a megapixel (docs/performance.md).
_COST_PER_MEGAPIXEL = {
    "png": 0.35,
    "jpeg": 0.08,
    "webp": 0.15,
    "lossless webp": 1.2,
    "avif": 0.4,
    "optimised image/jpeg": 0.15,
    "optimised image/png": 1.4,
    "smaller": 0.04,
}


def plan_image(probe: Probe) -> Plan:
    """The original, cleaned; a PNG or JPEG where not every browser shows that; the rest deferred, cheap first."""
    row = formats.by_mime(probe.mime)
    is_shown = row is not None and row.shown_by_browsers
    is_classic = probe.mime in ("image/jpeg", "image/png", "image/gif")
    original = original_picture(probe, preference=0 if is_shown else 9, plays_in_browsers=is_shown)
    fallback_stage = Stage.DEFERRED if is_shown and original else Stage.ESSENTIAL
    return make_plan(
        original,
        None if is_classic else _fallback(probe, fallback_stage),
        _preview(probe),
        _sizes(probe),
        _optimised(probe) if original else None,
        None if probe.mime in ("image/webp", SVG_MIME) else _modern(probe, "webp", preference=2),
        None if probe.mime in ("image/avif", SVG_MIME) else _modern(probe, "avif", preference=3),
    )


def _fallback(probe: Probe, stage: Stage) -> Step:
    """What every browser since 2013 shows: PNG keeps what is lossless or transparent, JPEG suits the rest."""
    name = "jpeg" if probe.is_lossy and not probe.has_alpha else "png"
    quality = ("--quality", str(JPEG_QUALITY)) if name == "jpeg" else ()
    output = Output(
        name=name,
        suffix=".jpg" if name == "jpeg" else ".png",
        mime=f"image/{name}",
        role=Role.RENDITION,
        preference=1,
    )
    return Step(
        stage=stage,
        commands=(_convert(output, name, *quality),),
        outputs=(output,),
        cost_s=_cost_s(name, probe),
        may_fail=stage is Stage.DEFERRED,
    )


def _modern(probe: Probe, name: str, *, preference: int) -> Step | None:
    """WebP or AVIF. What is lossless stays so, which only WebP does well."""
    if max(probe.width or 0, probe.height or 0) > _MAX_SIDES[name] or (name == "avif" and not probe.is_lossy):
        return None
    quality = {"webp": WEBP_QUALITY, "avif": AVIF_QUALITY}[name]
    output = Output(
        name=name,
        suffix=f".{name}",
        mime=f"image/{name}",
        role=Role.RENDITION,
        preference=preference,
        min_saving=_WORTH_HAVING,
    )
    options = ("--quality", str(quality)) if probe.is_lossy else ("--lossless",)
    return Step(
        stage=Stage.DEFERRED,
        commands=(_convert(output, name, *options),),
        outputs=(output,),
        cost_s=_cost_s(name if probe.is_lossy else "lossless webp", probe),
        may_fail=True,
    )


def _optimised(probe: Probe) -> Step | None:
    """The original in fewer bytes, in its place."""
    if probe.mime not in _OPTIMISABLE:
        return None
    output = Output(
        name="optimised",
        suffix=f".{probe.extension}",
        mime=probe.mime,
        role=Role.ORIGINAL,
        min_saving=_WORTH_OPTIMISING,
    )
    return Step(
        stage=Stage.DEFERRED,
        commands=(Command(tool=Tool.PICTURE, arguments=("optimise", INPUT, output.path)),),
        outputs=(output,),
        cost_s=_cost_s(f"optimised {probe.mime}", probe),
        may_fail=True,
        replaces="original",
    )


def _preview(probe: Probe) -> Step | None:
    """A JPEG for link cards, on white where the picture is transparent."""
    width, height = _fitted(probe, _PREVIEW_BOX)
    is_one = probe.mime == "image/jpeg" and (width, height) == (probe.width, probe.height)
    if is_one and probe.size_bytes < _PREVIEW_FROM_BYTES:
        return None
    output = Output(
        name="preview",
        suffix=".preview.jpg",
        mime="image/jpeg",
        role=Role.EXTRA,
        width=width,
        height=height,
    )
    return Step(
        stage=Stage.DEFERRED,
        commands=(_convert(output, "jpeg", "--quality", str(PREVIEW_QUALITY), "--box", _box(width, height)),),
        outputs=(output,),
        cost_s=_cost_s("smaller", probe),
        may_fail=True,
    )


def _sizes(probe: Probe) -> Step | None:
    """A photo for smaller screens, so that a phone need not load all of it."""
    width, height = probe.width or 0, probe.height or 0
    if not probe.is_lossy or max(width, height) <= _SIZES_FROM_SIDE:
        return None
    sizes = [_fitted(probe, (narrower, height)) for narrower in _WIDTHS if narrower < width]
    if not sizes:
        return None
    outputs = tuple(
        Output(
            name=f"size.{width}",
            suffix=f".{width}w.webp",
            mime="image/webp",
            role=Role.EXTRA,
            width=width,
            height=height,
        )
        for width, height in sizes
    )
    commands = tuple(
        _convert(o, "webp", "--quality", str(WEBP_QUALITY), "--box", _box(o.width or 1, o.height or 1))
        for o in outputs
    )
    return Step(
        stage=Stage.DEFERRED,
        commands=commands,
        outputs=outputs,
        cost_s=len(sizes) * _cost_s("smaller", probe),
        may_fail=True,
    )


def _fitted(probe: Probe, box: tuple[int, int]) -> tuple[int, int]:
    """The picture's size shrunk into a box, in pixels, rounded as pictures/convert.py does."""
    width, height = probe.width or 1, probe.height or 1
    scale = min(1.0, box[0] / width, box[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _box(width: int, height: int) -> str:
    return f"{width}x{height}"


def _convert(output: Output, picture_format: str, *options: str) -> Command:
    arguments = ("convert", INPUT, output.path, "--format", picture_format, *options)
    return Command(tool=Tool.PICTURE, arguments=arguments)


def _cost_s(kind: str, probe: Probe) -> float:
    return 0.1 + _COST_PER_MEGAPIXEL[kind] * probe.pixels / 1e6

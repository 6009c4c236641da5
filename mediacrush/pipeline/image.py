"""Steps for a still picture: the clean original, and what stands beside it."""

from mediacrush.model import formats
from mediacrush.model.media import Role
from mediacrush.pipeline.ladder import JPEG_QUALITY, WEBP_QUALITY
from mediacrush.pipeline.originals import original_picture
from mediacrush.pipeline.probe import Probe
from mediacrush.pipeline.steps import INPUT, Plan, Stage, Step, Tool, make_plan

# WebP's own limit (RFC 9649): 14 bits a side.
_WEBP_MAX_SIDE = 16383

_COST_PER_MEGAPIXEL = {"png": 0.35, "jpeg": 0.08, "webp": 0.15, "lossless webp": 1.2}


def plan_image(probe: Probe) -> Plan:
    """The original, cleaned; a PNG or JPEG for kinds that not every browser shows; a WebP where it is smaller."""
    row = formats.by_mime(probe.mime)
    is_shown = row is not None and row.shown_by_browsers
    is_classic = probe.mime in ("image/jpeg", "image/png", "image/gif")
    original = original_picture(probe, preference=0 if is_shown else 9, plays_in_browsers=is_shown)
    fallback_stage = Stage.DEFERRED if is_shown and original else Stage.ESSENTIAL
    return make_plan(
        original,
        None if is_classic else _fallback(probe, fallback_stage),
        None if probe.mime == "image/webp" else _webp(probe),
    )


def _fallback(probe: Probe, stage: Stage) -> Step:
    """What every browser since 2013 shows: PNG keeps what is lossless or transparent, JPEG suits the rest."""
    name = "jpeg" if probe.is_lossy and not probe.has_alpha else "png"
    extra = ("--quality", str(JPEG_QUALITY)) if name == "jpeg" else ()
    suffix = ".jpg" if name == "jpeg" else ".png"
    return Step(
        name=name,
        stage=stage,
        role=Role.RENDITION,
        tool=Tool.PILLOW,
        arguments=("convert", INPUT, f"{name}{suffix}", "--format", name, *extra),
        suffix=suffix,
        mime=f"image/{name}",
        preference=1,
        cost_s=_cost_s(name, probe),
        may_fail=stage is Stage.DEFERRED,
    )


def _webp(probe: Probe) -> Step | None:
    if max(probe.width or 0, probe.height or 0) > _WEBP_MAX_SIDE:
        return None
    quality = ("--quality", str(WEBP_QUALITY)) if probe.is_lossy else ("--lossless",)
    return Step(
        name="webp",
        stage=Stage.DEFERRED,
        role=Role.RENDITION,
        tool=Tool.PILLOW,
        arguments=("convert", INPUT, "webp.webp", "--format", "webp", *quality),
        suffix=".webp",
        mime="image/webp",
        preference=2,
        cost_s=_cost_s("webp" if probe.is_lossy else "lossless webp", probe),
        must_be_smaller=True,
        may_fail=True,
    )


def _cost_s(kind: str, probe: Probe) -> float:
    return 0.1 + _COST_PER_MEGAPIXEL[kind] * probe.pixels / 1e6

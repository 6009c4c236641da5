"""From facts to work: the table of contents of what we make. Pure, and tested as a table."""

from mediacrush.model.media import BlobType
from mediacrush.pipeline.animation import plan_animation
from mediacrush.pipeline.audio import plan_audio
from mediacrush.pipeline.image import plan_image
from mediacrush.pipeline.probe import Probe
from mediacrush.pipeline.steps import Plan, Rules
from mediacrush.pipeline.video import plan_video


def plan_for(probe: Probe, rules: Rules) -> Plan:
    """What will be done to an original with these facts, as the operator's rules say."""
    if probe.is_animation:
        return plan_animation(probe, rules)
    if probe.video is not None:
        return plan_video(probe, probe.video, rules)
    if probe.kind is BlobType.AUDIO and probe.audio is not None:
        return plan_audio(probe, probe.audio)
    return plan_image(probe)

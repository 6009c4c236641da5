"""A plan checks itself when it is built."""

from dataclasses import replace

import pytest

from mediacrush.model.media import Role
from mediacrush.pipeline.steps import Plan, Stage, Step, Tool, make_plan


def step(
    name: str, suffix: str, stage: Stage = Stage.ESSENTIAL, role: Role = Role.RENDITION, **facts: object
) -> Step:
    made = Step(name=name, stage=stage, role=role, tool=Tool.KEEP, suffix=suffix, mime="video/mp4")
    return replace(made, **facts)


MP4 = step("mp4", ".mp4")
WEBM = step("webm", ".webm", Stage.DEFERRED)
POSTER = step("poster", ".jpg", Stage.DEFERRED, Role.EXTRA)
ORIGINAL = step("original", ".mp4", role=Role.ORIGINAL)


@pytest.mark.parametrize(
    ("made", "output"),
    [
        (MP4, "mp4.mp4"),
        (POSTER, "poster.jpg"),
        (ORIGINAL, "original.mp4"),
        (replace(ORIGINAL, suffix=".original.mp4"), "original.mp4"),
        (step("storyboard", ".storyboard.vtt"), "storyboard.vtt"),
    ],
)
def test_output_is_the_name_and_the_extension(made: Step, output: str) -> None:
    """A step writes a file of its own name, with the extension that tools go by."""
    assert made.output == output


def test_a_plan_refuses_two_files_of_one_name() -> None:
    """Two steps that would publish under one name are a mistake in the plan, found when it is built."""
    with pytest.raises(ValueError, match="under one name"):
        Plan(steps=(MP4, replace(WEBM, suffix=".mp4")))


def test_a_plan_refuses_a_wrong_order() -> None:
    """An essential step behind a deferred one would hold up everybody."""
    with pytest.raises(ValueError, match="behind a deferred one"):
        Plan(steps=(WEBM, MP4))


def test_a_plan_keeps_the_order_it_is_given() -> None:
    """Within a stage the steps run as they stand."""
    assert Plan(steps=(MP4, POSTER, WEBM)).steps == (MP4, POSTER, WEBM)
    assert Plan(steps=(MP4, WEBM, POSTER)).steps == (MP4, WEBM, POSTER)
    assert Plan(steps=()).steps == ()


def test_a_plan_costs_what_its_steps_cost() -> None:
    """The cost of a plan is the sum, by which progress is weighed."""
    assert Plan(steps=(replace(MP4, cost_s=2.5), replace(WEBM, cost_s=1.5))).cost_s == 4.0
    assert Plan(steps=()).cost_s == 0


def test_make_plan_leaves_out_what_is_none() -> None:
    """A step that is not wanted is None."""
    assert make_plan(None, MP4, None).steps == (MP4,)
    assert make_plan(None).steps == ()


def test_make_plan_puts_essential_steps_first() -> None:
    """Steps are given in the order of reading; essential ones move to the front, each stage in its order."""
    jpeg = step("jpeg", ".jpeg")
    assert make_plan(WEBM, MP4, POSTER, jpeg).steps == (MP4, jpeg, WEBM, POSTER)


def test_an_original_makes_room_for_a_rendition() -> None:
    """`/<hash>.mp4` is what plays everywhere, so an original of that suffix becomes `.original.mp4`."""
    assert make_plan(ORIGINAL, MP4).steps == (replace(ORIGINAL, suffix=".original.mp4"), MP4)
    assert make_plan(ORIGINAL, WEBM).steps == (ORIGINAL, WEBM)


def test_an_original_makes_room_for_an_extra() -> None:
    """A poster is looked for at `/<hash>.jpg`, whatever the original's suffix."""
    picture = step("original", ".jpg", role=Role.ORIGINAL)
    assert make_plan(picture, POSTER).steps == (replace(picture, suffix=".original.jpg"), POSTER)


def test_two_renditions_of_one_suffix_are_refused() -> None:
    """Only an original makes room; anything else that clashes is a mistake."""
    with pytest.raises(ValueError, match="under one name"):
        make_plan(MP4, replace(WEBM, suffix=".mp4"))

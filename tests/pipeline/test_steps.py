"""A plan checks itself when it is built."""

from dataclasses import replace

import pytest

from mediacrush.model.media import Role
from mediacrush.pipeline.steps import STEM, Command, Output, Plan, Stage, Step, Tool, make_plan


def step(name: str, suffix: str, stage: Stage = Stage.ESSENTIAL, role: Role = Role.RENDITION) -> Step:
    """A step that keeps the input under this name."""
    output = Output(name=name, suffix=suffix, mime="video/mp4", role=role)
    return Step(
        stage=stage, commands=(Command(tool=Tool.KEEP, arguments=(output.path,)),), outputs=(output,), cost_s=1.0
    )


def renamed(made: Step, suffix: str) -> Step:
    """The same, but its only output has another suffix, in its arguments too."""
    return step(made.name, suffix, made.stage, made.outputs[0].role)


MP4 = step("mp4", ".mp4")
WEBM = step("webm", ".webm", Stage.DEFERRED)
POSTER = step("poster", ".jpg", Stage.DEFERRED, Role.EXTRA)
ORIGINAL = step("original", ".mp4", role=Role.ORIGINAL)


def test_a_file_is_called_by_its_stem_and_suffix() -> None:
    """In the job's folder the hash is not known; what stands for it is put in when the file is published."""
    assert MP4.outputs[0].path == f"{STEM}.mp4"
    assert renamed(ORIGINAL, ".original.mp4").outputs[0].path == f"{STEM}.original.mp4"


def test_a_step_is_named_for_its_last_output() -> None:
    """Once that is published, so is everything before it."""
    several = replace(MP4, outputs=(*POSTER.outputs, *MP4.outputs, *WEBM.outputs))
    assert several.name == "webm"


def test_a_plan_refuses_two_files_of_one_name() -> None:
    """Two steps that would publish under one name are a mistake in the plan, found when it is built."""
    with pytest.raises(ValueError, match="under one name"):
        Plan(steps=(MP4, renamed(WEBM, ".mp4")))


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
    assert make_plan(ORIGINAL, MP4).steps == (renamed(ORIGINAL, ".original.mp4"), MP4)
    assert make_plan(ORIGINAL, WEBM).steps == (ORIGINAL, WEBM)


def test_an_original_makes_room_for_an_extra() -> None:
    """A poster is looked for at `/<hash>.jpg`, whatever the original's suffix."""
    picture = step("original", ".jpg", role=Role.ORIGINAL)
    assert make_plan(picture, POSTER).steps == (renamed(picture, ".original.jpg"), POSTER)


def test_two_renditions_of_one_suffix_are_refused() -> None:
    """Only an original makes room; anything else that clashes is a mistake."""
    with pytest.raises(ValueError, match="under one name"):
        make_plan(MP4, renamed(WEBM, ".mp4"))


def test_an_original_among_several_outputs_makes_room_too() -> None:
    """The name changes in the outputs and in what the commands are told, and nowhere else."""
    several = replace(
        ORIGINAL,
        commands=(*ORIGINAL.commands, Command(tool=Tool.WRITE, arguments=(f"{STEM}.txt", "about .mp4"))),
        outputs=(*ORIGINAL.outputs, Output(name="text", suffix=".txt", mime="text/plain", role=Role.EXTRA)),
    )
    made = make_plan(several, MP4).steps[0]
    assert [output.suffix for output in made.outputs] == [".original.mp4", ".txt"]
    assert [command.arguments for command in made.commands] == [
        (f"{STEM}.original.mp4",),
        (f"{STEM}.txt", "about .mp4"),
    ]


def test_a_step_may_take_the_place_of_another() -> None:
    """What replaces a file has its name, and is no clash."""
    smaller = replace(step("optimised", ".mp4", Stage.DEFERRED, Role.ORIGINAL), replaces="original")
    assert make_plan(ORIGINAL, smaller).steps == (ORIGINAL, smaller)

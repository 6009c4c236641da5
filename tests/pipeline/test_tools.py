"""What is made ready before tools run."""

from importlib.util import cache_from_source
from pathlib import Path

from mediacrush.pipeline import pictures
from mediacrush.pipeline.tools import compile_picture_tool


def test_the_picture_tool_is_compiled_beforehand() -> None:
    """Shut in it can write nothing, and would compile all of itself for every picture."""
    folder = Path(pictures.__file__).parent
    compiled = [Path(cache_from_source(str(source))) for source in folder.rglob("*.py")]
    compiled[0].unlink(missing_ok=True)
    compile_picture_tool()
    assert len(compiled) > 20
    assert [path for path in compiled if not path.is_file()] == []

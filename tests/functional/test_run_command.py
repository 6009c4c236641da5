"""Starting the site: side by side, and one sentence for what is in the way."""

import socket
import subprocess
from pathlib import Path

import pytest

from tests.samples import Samples
from tests.site import Site, free_port, start_supervisor


def _refusal(**settings: object) -> str:
    """What a start that cannot work says."""
    process = start_supervisor(subprocess.PIPE, **settings)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Traceback" not in output
    return str(output)


def test_two_instances_run_side_by_side(tmp_path: Path, samples: Samples) -> None:
    """Other PORT and DATA_DIR, whatever the folder is called: neither knows of the other."""
    with Site(tmp_path / "one") as one, Site(tmp_path / "two %41 too") as two:
        hash_ = one.upload(samples["plain.jpg"]).json["hash"]
        assert one.wait_for(hash_)["status"] == "done"
        assert two.get(f"/api/{hash_}").status == 404
        assert two.upload(samples["plain.jpg"]).json["hash"] == hash_
        assert two.wait_for(hash_)["status"] == "done"
        refusal = _refusal(PORT=free_port(), DATA_DIR=tmp_path / "one")
        assert "Another MediaCrush runs in" in refusal


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    """It names the port and the setting."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        output = _refusal(PORT=port, DATA_DIR=tmp_path / "data")
    assert f"Port {port}" in output
    assert "MEDIACRUSH_PORT" in output
    assert len(output.strip().splitlines()) == 1


def test_a_data_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """It names the folder and the setting."""
    (tmp_path / "file").write_text("")
    output = _refusal(PORT=free_port(), DATA_DIR=tmp_path / "file" / "data")
    assert str(tmp_path / "file" / "data") in output
    assert "MEDIACRUSH_DATA_DIR" in output
    assert len(output.strip().splitlines()) == 1


@pytest.mark.parametrize("name", ["FFMPEG", "FFPROBE"])
def test_a_missing_tool_is_one_sentence(tmp_path: Path, name: str) -> None:
    """It names the tool and the setting."""
    output = _refusal(PORT=free_port(), DATA_DIR=tmp_path / "data", **{name: "/nowhere/tool"})
    assert f"MEDIACRUSH_{name}" in output
    assert len(output.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "many"), ("MAX_FILE_SIZE", "large"), ("PUBLIC_URL", "media.example"), ("WORKERS", "0")],
)
def test_a_bad_setting_is_one_sentence(tmp_path: Path, name: str, value: str) -> None:
    """It names the setting."""
    output = _refusal(**{"PORT": free_port(), "DATA_DIR": tmp_path / "data", name: value})
    assert f"MEDIACRUSH_{name}" in output
    assert len(output.strip().splitlines()) == 1


def test_a_database_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    """A configured REDIS_URL takes precedence over the embedded server, and is named when it is away."""
    output = _refusal(PORT=free_port(), DATA_DIR=tmp_path / "data", REDIS_URL=f"redis://127.0.0.1:{free_port()}")
    assert "MEDIACRUSH_REDIS_URL" in output


def test_settings_come_from_a_toml_file_too(tmp_path: Path) -> None:
    """MEDIACRUSH_CONFIG; the environment wins."""
    config = tmp_path / "mediacrush.toml"
    config.write_text('max_file_size = "1kB"\nport = 1\n')
    with Site(tmp_path / "data", CONFIG=config) as site:
        answer = site.upload(b"\0" * 2000)
        assert answer.status == 413
        assert "1 kB" in answer.json["message"]

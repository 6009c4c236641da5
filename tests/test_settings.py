"""Settings come from the environment, one file and defaults, and what is wrong with one is said in one sentence."""

import re
import stat
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from pathlib import Path

import pytest

from mediacrush.errors import SettingsError
from mediacrush.settings import Settings, load_secret_key, load_settings

Configure = Callable[..., None]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Configure:
    """A function that sets MEDIACRUSH_<name> for each argument and writes `toml` to the file CONFIG names."""

    def set_up(*, toml: str | bytes | None = None, **values: str) -> None:
        if toml is not None:
            path = tmp_path / "mediacrush.toml"
            path.write_bytes(toml if isinstance(toml, bytes) else toml.encode())
            monkeypatch.setenv("MEDIACRUSH_CONFIG", str(path))
        for name, value in values.items():
            monkeypatch.setenv(f"MEDIACRUSH_{name}", value)

    return set_up


def sentence(error: pytest.ExceptionInfo[SettingsError]) -> str:
    """What the error says, which must be one sentence on one line."""
    text = str(error.value)
    assert re.fullmatch(r"[A-Z][^\n]*\.", text)
    return text


def test_defaults_stand_without_any_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With nothing set the site runs on this machine alone, under ./data, with its own database."""
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 5000)
    assert settings.data_dir == tmp_path / "data"
    assert settings.max_file_size == 10**9
    assert settings.public_url is settings.cdn_url is settings.redis_url is settings.secret_key is None
    assert settings.workers >= 1
    assert settings.effective_redis_url == f"unix://{settings.embedded_redis_socket}"


def test_the_file_wins_over_the_default(configure: Configure) -> None:
    """A value in the TOML file takes the place of the default."""
    configure(toml='port = 8000\nmax_file_size = "2MB"\n')
    settings = load_settings()
    assert (settings.port, settings.max_file_size, settings.host) == (8000, 2_000_000, "127.0.0.1")


def test_the_environment_wins_over_the_file(configure: Configure) -> None:
    """A value in the environment takes the place of the file's; the file's other values stay."""
    configure(toml='port = 8000\nhost = "0.0.0.0"\n', PORT="9000")
    settings = load_settings()
    assert (settings.port, settings.host) == (9000, "0.0.0.0")  # noqa: S104  # nothing is bound here


def test_the_environment_is_read_when_asked_for(configure: Configure) -> None:
    """Nothing is read at import: each call sees the environment of its time."""
    configure(PORT="9000")
    assert load_settings().port == 9000
    configure(PORT="9001")
    assert load_settings().port == 9001


def test_an_empty_variable_counts_as_unset(configure: Configure) -> None:
    """`MEDIACRUSH_PORT=` in a unit file means the file's value, else the default."""
    configure(toml="workers = 3\n", PORT="", WORKERS="", PUBLIC_URL="", SECRET_KEY="")
    settings = load_settings()
    assert (settings.port, settings.workers, settings.public_url, settings.secret_key) == (5000, 3, None, None)


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("1", 1),
        ("1000", 1000),
        ("1kB", 1000),
        ("1 MB", 10**6),
        ("1GB", 10**9),
        ("1GiB", 2**30),
        ("1.5GB", 1_500_000_000),
        ("2tb", 2 * 10**12),
    ],
)
def test_sizes_have_units(configure: Configure, text: str, size_bytes: int) -> None:
    """A size is a number of bytes, or has a decimal or binary unit."""
    configure(MAX_FILE_SIZE=text)
    assert load_settings().max_file_size == size_bytes


def test_sizes_in_the_file_may_be_numbers(configure: Configure) -> None:
    """TOML gives a size as a string with a unit or as a plain number of bytes."""
    configure(toml='max_file_size = 5000\nupload_bytes_per_hour = "1 GiB"\n')
    settings = load_settings()
    assert (settings.max_file_size, settings.upload_bytes_per_hour) == (5000, 2**30)


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        ("10.0.0.0/8", ["10.0.0.0/8"]),
        ("10.1.2.3/8", ["10.0.0.0/8"]),
        ("127.0.0.1, ::1", ["127.0.0.1/32", "::1/128"]),
        (" 2001:db8::/32 ,, ", ["2001:db8::/32"]),
        (",", []),
    ],
)
def test_lists_in_the_environment_have_commas(configure: Configure, text: str, networks: list[str]) -> None:
    """A list is separated by commas; an address is a network of one."""
    configure(TRUSTED_PROXIES=text)
    assert load_settings().trusted_proxies == tuple(ip_network(network) for network in networks)


@pytest.mark.parametrize(
    "toml", ['fetch_allow = ["a.example", "b.example"]', 'fetch_allow = "a.example, b.example"']
)
def test_lists_in_the_file_may_be_arrays(configure: Configure, toml: str) -> None:
    """TOML gives a list as an array, or as the string that the environment would hold."""
    configure(toml=toml)
    assert load_settings().fetch_allow == ("a.example", "b.example")


@pytest.mark.parametrize("name", ["PUBLIC_URL", "CDN_URL"])
def test_addresses_have_no_slash_at_the_end(configure: Configure, name: str) -> None:
    """Paths are put behind these addresses, so a slash at their end is dropped."""
    configure(**{name: "https://media.example/crush/"})
    assert getattr(load_settings(), name.lower()) == "https://media.example/crush"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("S3_BUCKET", "Not A Bucket"),
        ("S3_BUCKET", "s3://bucket"),
        ("S3_ENDPOINT", "https://s3.example"),
        ("S3_REGION", "eu-central-1"),
        ("S3_PREFIX", "site"),
        ("CLOUDFRONT_DISTRIBUTION", "https://cdn.example"),
        ("FORMER_STORAGE", "media"),
        ("FORMER_STORAGE", "s3://Not A Bucket/prefix"),
        ("PORT", "http"),
        ("WORKERS", "0"),
        ("WEB_WORKERS", "-1"),
        ("MAX_FILE_SIZE", "lots"),
        ("MAX_FILE_SIZE", "5 potatoes"),
        ("MAX_FILE_SIZE", "0"),
        ("MAX_FILE_SIZE", "-1"),
        ("MAX_PIXELS", "0"),
        ("PROCESSING_TIMEOUT", "0"),
        ("PROCESSING_TIMEOUT", "1h"),
        ("UPLOAD_BYTES_PER_HOUR", "-1"),
        ("ADDRESS_CLAIM_HOURS", "-0.1"),
        ("ADDRESS_CLAIM_HOURS", "nan"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, proxy"),
        ("RATE_LIMIT_EXEMPT", "10.0.0.0/33"),
        ("PUBLIC_URL", "media.example"),
        ("PUBLIC_URL", "https://"),
        ("CDN_URL", "ftp://media.example"),
        ("CDN_URL", "https://media.example/a b"),
        ("CDN_URL", "https://media.example/;script-src *"),
        ("CDN_URL", "https://media.example/?key=1"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis+sentinel://host:26379"),
        ("LOG_FORMAT", "xml"),
        ("METRICS_ALLOW", "everybody"),
        ("DATA_DIR", "~no-such-user-here/data"),
        ("SECRET_KEY", "short"),
    ],
)
def test_a_bad_value_is_one_sentence_about_its_setting(configure: Configure, name: str, value: str) -> None:
    """Whatever is wrong with a value, the sentence names the setting as one would correct it."""
    configure(**{name: value})
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert sentence(error).startswith(f"MEDIACRUSH_{name} cannot be used: ")


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("port = 0", "MEDIACRUSH_PORT"),
        ('workers = "many"', "MEDIACRUSH_WORKERS"),
        ("trusted_proxies = 5", "MEDIACRUSH_TRUSTED_PROXIES"),
        ("trusted_proxies = [[1]]", "MEDIACRUSH_TRUSTED_PROXIES"),
        ("fetch_allow = [1]", "MEDIACRUSH_FETCH_ALLOW"),
        ("data_dir = 5", "MEDIACRUSH_DATA_DIR"),
        ("secret_key = 5", "MEDIACRUSH_SECRET_KEY"),
        ("[port]\nnumber = 1", "MEDIACRUSH_PORT"),
    ],
)
def test_a_bad_value_in_the_file_names_its_setting(configure: Configure, toml: str, said: str) -> None:
    """A value of the wrong kind in the file is named like one in the environment."""
    configure(toml=toml)
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert sentence(error).startswith(f"{said} cannot be used: ")


def test_secrets_are_never_repeated(configure: Configure) -> None:
    """Neither an error nor a printed value shows the secret key."""
    configure(toml='secret_key = ["hush-hush-hush-hush"]')
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert "hush-hush-hush-hush" not in sentence(error)
    configure(toml="", SECRET_KEY="hush-hush-hush-hush-hush-hush-hush-hush")
    assert "hush-hush-hush-hush" not in repr(load_settings())


@pytest.mark.parametrize("toml", ["prot = 5000", "[server]\nport = 5000", 'config = "other.toml"'])
def test_an_unknown_name_in_the_file_is_refused(configure: Configure, toml: str) -> None:
    """A misspelt setting in the file would be without effect, so it is named instead."""
    configure(toml=toml)
    with pytest.raises(
        SettingsError, match=r"^The configuration file sets (prot|server|config), which is no setting"
    ):
        load_settings()


@pytest.mark.parametrize("toml", ["port = ", "port: 5000", b"host = '\xff\xfe'"])
def test_a_file_that_is_not_toml_is_refused(configure: Configure, toml: str | bytes) -> None:
    """A file with a mistake in its syntax or its encoding is named by the variable that points to it."""
    configure(toml=toml)
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert "MEDIACRUSH_CONFIG" in sentence(error)


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_missing_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    """CONFIG must name a file that is there."""
    monkeypatch.setenv("MEDIACRUSH_CONFIG", str(tmp_path / name))
    with pytest.raises(SettingsError, match=r"^MEDIACRUSH_CONFIG names .*, which is no file"):
        load_settings()


def test_settings_do_not_change(settings: Settings) -> None:
    """What was read at the start holds until the end."""
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1


def test_data_dir_is_absolute(configure: Configure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A relative folder means the one below where the site was started, for every process of it."""
    monkeypatch.chdir(tmp_path)
    configure(DATA_DIR="here")
    settings = load_settings()
    assert settings.data_dir == tmp_path / "here"
    assert {folder.parent for folder in (settings.spool_dir, settings.work_dir, settings.media_dir)} == {
        settings.data_dir
    }


def test_a_home_folder_is_expanded(configure: Configure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`~` means the same in a unit file as in a shell."""
    monkeypatch.setenv("HOME", str(tmp_path))
    configure(DATA_DIR="~/crush")
    assert load_settings().data_dir == tmp_path / "crush"


@pytest.mark.parametrize("length", [10, 60, 200])
def test_the_socket_path_is_never_too_long(tmp_path: Path, length: int) -> None:
    """A unix socket's path has 103 bytes at most, however deep the data folder lies; each folder has its own."""
    short = Settings(data_dir=Path("/d"))
    assert short.embedded_redis_socket == Path("/d/run/valkey.sock")
    settings = Settings(data_dir=tmp_path / ("ü" * (length // 2)))
    other = Settings(data_dir=tmp_path / ("ö" * (length // 2)))
    assert len(bytes(settings.embedded_redis_socket)) <= 103
    assert settings.embedded_redis_socket == Settings(data_dir=settings.data_dir).embedded_redis_socket
    assert settings.embedded_redis_socket != other.embedded_redis_socket


def test_a_database_of_ones_own_is_used(configure: Configure) -> None:
    """REDIS_URL takes the place of the embedded server."""
    configure(REDIS_URL="redis://db.example:6379/1")
    assert load_settings().effective_redis_url == "redis://db.example:6379/1"


def test_the_secret_key_is_the_setting(configure: Configure, tmp_path: Path) -> None:
    """A SECRET_KEY is used as it is, and nothing is written."""
    configure(SECRET_KEY="hush-hush-hush-hush-hush-hush-hush-hush")
    assert load_secret_key(load_settings()) == b"hush-hush-hush-hush-hush-hush-hush-hush"


def test_the_secret_key_is_made_once(tmp_path: Path) -> None:
    """Without a setting a key is made on first use, readable by its owner only, and found by every later one."""
    settings = Settings(data_dir=tmp_path / "deep" / "data")
    key = load_secret_key(settings)
    assert re.fullmatch(rb"[0-9a-f]{64}", key)
    assert load_secret_key(settings) == load_secret_key(Settings(data_dir=settings.data_dir)) == key
    assert stat.S_IMODE((settings.data_dir / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in settings.data_dir.iterdir()] == ["secret_key"]
    assert load_secret_key(Settings(data_dir=tmp_path / "other")) != key


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    """However many ask for the key at once, all of them get the one that is kept."""
    barrier = threading.Barrier(8)

    def load(settings: Settings) -> bytes:
        barrier.wait()
        return load_secret_key(settings)

    with ThreadPoolExecutor(8) as pool:
        for number in range(20):
            settings = Settings(data_dir=tmp_path / str(number))
            keys = set(pool.map(load, [settings] * 8))
            assert keys == {(settings.data_dir / "secret_key").read_bytes()}


@pytest.mark.parametrize(("toml", "kept"), [('secret_key = ""', None), ("", b""), ("", b"\n")])
def test_an_empty_secret_key_is_never_used(
    configure: Configure, tmp_path: Path, toml: str, kept: bytes | None
) -> None:
    """With an empty key anyone could sign a cookie: an empty setting, or a file that a power cut left empty, is
    refused or a key is made in its place."""
    if kept is not None:
        (tmp_path / "secret_key").write_bytes(kept)
    configure(toml=toml, DATA_DIR=str(tmp_path))
    try:
        key = load_secret_key(load_settings())
    except SettingsError:
        return
    assert len(key) >= 32


def test_a_key_that_cannot_be_kept_is_one_sentence(tmp_path: Path) -> None:
    """Where the data folder cannot be made, the sentence says what to do."""
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError) as error:
        load_secret_key(Settings(data_dir=tmp_path / "file" / "data"))
    assert "MEDIACRUSH_SECRET_KEY" in sentence(error)


@pytest.mark.parametrize(
    ("text", "prefix"), [("/", ""), ("site", "site/"), ("/site/media/", "site/media/"), ("a.b/c", "a.b/c/")]
)
def test_a_prefix_is_folders(configure: Configure, text: str, prefix: str) -> None:
    """However its slashes are written, names follow it at once; what leads elsewhere is none."""
    configure(S3_BUCKET="media-example", S3_PREFIX=text)
    assert load_settings().s3_prefix == prefix
    for wrong in ("a//b", "../b", "a/./b"):
        configure(S3_PREFIX=wrong)
        with pytest.raises(SettingsError, match="S3_PREFIX"):
            load_settings()


def test_no_link_leads_to_the_cdn_while_files_move(configure: Configure) -> None:
    """It looks in the new storage only, and not everything is there yet."""
    configure(CDN_URL="https://cdn.example")
    assert load_settings().files_url == "https://cdn.example"
    configure(FORMER_STORAGE="s3://media-example/site")
    assert load_settings().files_url is None

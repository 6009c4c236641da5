"""Settings: typed, validated, read once from the environment over one TOML file.

`MEDIACRUSH_<NAME>` in the environment wins over `name` in the TOML file that `MEDIACRUSH_CONFIG` names, and that
over the default. Sizes are bytes ("1GB" is 10^9, "1GiB" 2^30), times are seconds unless the name says otherwise.
Nothing here is read at import, and nothing else in the project reads the environment.
"""

import hashlib
import os
import re
import secrets
import socket
import tempfile
import tomllib
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from pydantic import (
    BeforeValidator,
    ByteSize,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from mediacrush.errors import SettingsError
from mediacrush.model.sentinel import is_sentinel, parse_sentinel

_ENV_PREFIX = "MEDIACRUSH_"
# The longest path a unix socket can have on Linux is 107 bytes, on macOS 103 (sun_path, with its final zero).
_SOCKET_PATH_MAX = 103
# They stand in policies and before paths, so nothing may end them there.
_PLAIN_URL = r"https?://[^\s;,'\"?#@]+"
_BUCKET = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
_DISTRIBUTION = r"^[A-Z0-9]+$"


def _split(value: object) -> object:
    """A comma-separated string as a list; TOML gives lists already."""
    return [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value


def _as_networks(value: object) -> object:
    items = _split(value)
    return [ip_network(item, strict=False) for item in items] if isinstance(items, list) else items


Network = IPv4Network | IPv6Network
Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_as_networks)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class SandboxRule(StrEnum):
    """Whether tools run in a sandbox: where that works, or not at all without one, or never."""

    AUTO = "auto"
    REQUIRED = "required"
    OFF = "off"


class LogFormat(StrEnum):
    """How processes log: lines for a person, or JSON for what collects it."""

    PLAIN = "plain"
    JSON = "json"


class Settings(BaseSettings):
    """What an operator can choose. Every field is documented in README.md; a test holds the two together."""

    model_config = SettingsConfigDict(
        env_prefix=_ENV_PREFIX, frozen=True, extra="forbid", env_ignore_empty=True, hide_input_in_errors=True
    )

    host: str = "127.0.0.1"
    port: int = Field(default=5000, ge=1, le=65535)
    data_dir: Path = Path("data")
    public_url: str | None = None
    cdn_url: str | None = None
    cloudfront_distribution: str | None = Field(default=None, pattern=_DISTRIBUTION)
    storage_dir: Path | None = None
    s3_bucket: str | None = Field(default=None, pattern=_BUCKET)
    s3_prefix: str = ""
    s3_region: str | None = None
    s3_endpoint: str | None = None
    former_storage: str | None = None
    max_file_size: ByteSize = Field(default=ByteSize(10**9), ge=1)
    max_pixels: int = Field(default=100_000_000, ge=1)
    max_duration: int = Field(default=4 * 3600, ge=1)
    max_video_side: int = Field(default=8192, ge=2)
    max_frames: int = Field(default=20_000, ge=1)
    max_streams: int = Field(default=64, ge=1)
    rendition_height: int = Field(default=1080, ge=144, le=4320)
    chat_max_bytes: ByteSize = Field(default=ByteSize(10**7), ge=0)
    piece_seconds: float = Field(default=30.0, ge=0)
    redis_url: str | None = None
    workers: int = Field(default_factory=lambda: max(1, (os.cpu_count() or 1) - 1), ge=1)
    web_workers: int = Field(default=2, ge=1)
    ffmpeg: str | None = None
    ffprobe: str | None = None
    sandbox: SandboxRule = SandboxRule.AUTO
    processing_timeout: int = Field(default=4 * 3600, ge=1)
    upload_bytes_per_hour: ByteSize = Field(default=ByteSize(20 * 10**9), ge=0)
    trusted_proxies: Networks = ()
    bodies_from_nginx: bool = False
    log_format: LogFormat = LogFormat.PLAIN
    metrics_allow: Networks = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
    rate_limit_exempt: Networks = ()
    fetch_allow: Names = ()
    fetch_timeout: int = Field(default=120, ge=1)
    fetches_per_hour: int = Field(default=100, ge=0)
    albums_per_hour: int = Field(default=100, ge=0)
    reports_per_hour: int = Field(default=20, ge=0)
    feedback_per_hour: int = Field(default=5, ge=0)
    address_claim_hours: float = Field(default=24.0, ge=0)
    secret_key: SecretStr | None = Field(default=None, min_length=16)

    @field_validator("data_dir", "storage_dir")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        try:
            return path and path.expanduser().resolve()
        except RuntimeError as error:
            raise ValueError("names the home of a user who is not here") from error

    @field_validator("s3_prefix", "s3_region", "s3_endpoint")
    @classmethod
    def _with_a_bucket(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value and info.data.get("s3_bucket") is None:
            raise ValueError(f"is of no use without {_ENV_PREFIX}S3_BUCKET")
        return value

    @field_validator("former_storage")
    @classmethod
    def _place(cls, place: str | None) -> str | None:
        is_bucket = place is not None and re.fullmatch(rf"s3://{_BUCKET[1:-1]}(/.*)?", place)
        if place is not None and not is_bucket and not Path(place).is_absolute():
            raise ValueError("must be the path of a folder, from / on, or a bucket such as s3://bucket/prefix")
        return place

    @field_validator("s3_prefix")
    @classmethod
    def _prefix_of_keys(cls, prefix: str) -> str:
        plain = prefix.strip("/")
        if plain and any(name in ("", ".", "..") for name in plain.split("/")):
            raise ValueError("must be plain names with slashes between them, such as site/media")
        return f"{plain}/" if plain else ""

    @field_validator("public_url", "cdn_url", "s3_endpoint")
    @classmethod
    def _plain_url(cls, url: str | None) -> str | None:
        if url is None:
            return None
        if not re.fullmatch(_PLAIN_URL, url) or not urlsplit(url).hostname:
            raise ValueError("must be an address such as https://media.example")
        return url.rstrip("/")

    @field_validator("redis_url")
    @classmethod
    def _redis_scheme(cls, url: str | None) -> str | None:
        if url is not None and is_sentinel(url):
            parse_sentinel(url)
        elif url is not None and not url.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must begin with redis://, rediss://, unix:// or redis+sentinel://")
        return url

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then the TOML file; no .env file and no secrets folder."""
        config = os.environ.get(f"{_ENV_PREFIX}CONFIG")
        if not config:
            return init_settings, env_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, _existing(config))

    @property
    def embedded_redis_socket(self) -> Path:
        """Where the embedded server listens: under DATA_DIR, or in the temporary folder where that is too long or
        has a blank in it, over which redis-py's reading of CLIENT INFO stumbles (other sockets too)."""
        return self._socket("valkey.sock")

    @property
    def effective_redis_url(self) -> str:
        """REDIS_URL, or the address of the embedded server."""
        return self.redis_url or f"unix://{quote(str(self.embedded_redis_socket))}"

    @property
    def pages_socket(self) -> Path:
        """Where the pool for pages listens behind nginx."""
        return self._socket("pages.sock")

    @property
    def uploads_socket(self) -> Path:
        """Where the pool for uploads listens behind nginx."""
        return self._socket("uploads.sock")

    @property
    def spool_dir(self) -> Path:
        """Bodies of uploads that are still arriving."""
        return self.data_dir / "spool"

    @property
    def bodies_dir(self) -> Path:
        """Bodies of requests that nginx has written down."""
        return self.data_dir / "bodies"

    @property
    def work_dir(self) -> Path:
        """Temporary folders of jobs."""
        return self.data_dir / "work"

    @property
    def metrics_dir(self) -> Path:
        """Where the processes of this machine count; a process's number means something on one machine only."""
        return self.data_dir / "metrics" / socket.gethostname()

    @property
    def media_dir(self) -> Path:
        """What local storage keeps."""
        return self.storage_dir or self.data_dir / "media"

    @property
    def files_url(self) -> str | None:
        """CDN_URL, but none while files are on their way to where it looks for them."""
        return None if self.former_storage else self.cdn_url

    def _socket(self, name: str) -> Path:
        path = self.data_dir / "run" / name
        if len(os.fsencode(path)) <= _SOCKET_PATH_MAX and not any(map(str.isspace, str(path))):
            return path
        folder = hashlib.sha256(os.fsencode(self.data_dir / "run" / "valkey.sock")).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"mediacrush-{folder}" / name


def load_settings() -> Settings:
    """The settings of this process.

    Raises SettingsError with one sentence that names the setting and what is wrong with it.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The file that {_ENV_PREFIX}CONFIG names is not valid TOML: {error}.") from error


def load_secret_key(settings: Settings) -> bytes:
    """SECRET_KEY, or the one kept in DATA_DIR/secret_key, made on first use and readable by its owner only.

    Raises SettingsError when the file can be neither read nor made.
    """
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    path = settings.data_dir / "secret_key"
    try:
        _create_secret(path)
        key = path.read_bytes().strip()
    except OSError as error:
        raise SettingsError(
            f"The secret key {path} cannot be read or made ({error.strerror}): "
            f"set {_ENV_PREFIX}SECRET_KEY or make the folder writable."
        ) from error
    if not key:
        raise SettingsError(f"The secret key {path} is empty: remove the file, and a new key is made.")
    return key


def _create_secret(path: Path) -> None:
    """Make the file with its content in one step, so that two processes that start together share one key."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".secret_key.")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        Path(temporary).unlink()


def _existing(config: str) -> Path:
    path = Path(config)
    if not path.is_file():
        raise SettingsError(f"{_ENV_PREFIX}CONFIG names {config}, which is no file: correct the path or unset it.")
    return path


def _sentence(error: ValidationError) -> str:
    first: Any = error.errors()[0]
    name = _ENV_PREFIX + str(first["loc"][0]).upper() if first["loc"] else "A setting"
    reason = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        return f"The configuration file sets {first['loc'][0]}, which is no setting: see the table in README.md."
    return f"{name} cannot be used: {reason[:1].lower()}{reason[1:].rstrip('.')}."

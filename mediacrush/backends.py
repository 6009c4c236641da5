"""The one place that chooses and connects what has side effects; everything above gets it as `Backends`."""

from dataclasses import dataclass
from pathlib import Path

from mediacrush.database.albums import AlbumRepository
from mediacrush.database.census import Census
from mediacrush.database.connection import connect_queue_redis, connect_redis, replicas_to_wait_for
from mediacrush.database.durability import Durability
from mediacrush.database.invalidations import Invalidations
from mediacrush.database.media import MediaRepository
from mediacrush.database.moderation import ModerationRepository
from mediacrush.database.moves import Moves
from mediacrush.database.owners import OwnerRepository
from mediacrush.database.rate_limits import RateLimits
from mediacrush.database.statistics import Statistics
from mediacrush.database.urls import UrlRepository
from mediacrush.errors import SettingsError
from mediacrush.job_queue import JobQueue, RQJobQueue
from mediacrush.settings import Settings, load_secret_key
from mediacrush.storage.base import Storage
from mediacrush.storage.cdn import CDN, NoCDN
from mediacrush.storage.local import LocalStorage
from mediacrush.storage.moving import MovingStorage


@dataclass(frozen=True, slots=True, kw_only=True)
class Backends:
    """What services work with. `secret_key` signs cookies and keys the digests of addresses."""

    settings: Settings
    secret_key: bytes
    media: MediaRepository
    moves: Moves
    albums: AlbumRepository
    owners: OwnerRepository
    limits: RateLimits
    moderation: ModerationRepository
    urls: UrlRepository
    statistics: Statistics
    census: Census
    durability: Durability
    storage: Storage
    cdn: CDN
    invalidations: Invalidations
    jobs: JobQueue


def connect_backends(settings: Settings) -> Backends:
    """Everything that the settings name; connections open on first use.

    Raises SettingsError when the data folder cannot be used.
    """
    for folder in (settings.spool_dir, settings.bodies_dir, settings.work_dir, settings.media_dir):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                f"The data folder {settings.data_dir} cannot be written ({error.strerror}): "
                "make it writable or set MEDIACRUSH_DATA_DIR to another."
            ) from error
    redis = connect_redis(settings.effective_redis_url)
    return Backends(
        settings=settings,
        secret_key=load_secret_key(settings),
        media=MediaRepository(redis),
        moves=Moves(redis),
        albums=AlbumRepository(redis),
        owners=OwnerRepository(redis, settings.address_claim_hours * 3600),
        limits=RateLimits(redis),
        moderation=ModerationRepository(redis),
        urls=UrlRepository(redis),
        census=Census(redis),
        durability=Durability(redis, replicas_to_wait_for(settings.effective_redis_url)),
        statistics=Statistics(redis, connect_redis(settings.effective_redis_url, is_patient=False)),
        storage=_connect_storage(settings),
        cdn=_connect_cdn(settings),
        invalidations=Invalidations(redis),
        jobs=RQJobQueue(connect_queue_redis(settings.effective_redis_url), settings.processing_timeout),
    )


def _connect_storage(settings: Settings) -> Storage:
    """A bucket where one is named, else a folder of this machine; beside it the one that its files come from."""
    if settings.s3_bucket is None:
        storage: Storage = LocalStorage(settings.media_dir)
    else:
        storage = _bucket(settings, settings.s3_bucket, settings.s3_prefix)
    former = settings.former_storage
    if former is None:
        return storage
    if former.startswith("s3://"):
        bucket, _, prefix = former.removeprefix("s3://").rstrip("/").partition("/")
        return MovingStorage(storage, _bucket(settings, bucket, f"{prefix}/" if prefix else ""))
    return MovingStorage(storage, LocalStorage(Path(former)))


def _bucket(settings: Settings, bucket: str, prefix: str) -> Storage:
    from mediacrush.storage.s3 import S3Storage  # noqa: PLC0415  # boto3 takes its time and 27 MB of whoever imports it

    return S3Storage(bucket, prefix=prefix, endpoint=settings.s3_endpoint, region=settings.s3_region)


def _connect_cdn(settings: Settings) -> CDN:
    if settings.cloudfront_distribution is None:
        return NoCDN()
    from mediacrush.storage.cloudfront import CloudFrontCDN  # noqa: PLC0415  # the same

    return CloudFrontCDN(settings.cloudfront_distribution)

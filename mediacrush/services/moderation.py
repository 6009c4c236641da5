"""What visitors may tell the operator: that something should not be here, or what they think of the site."""

from enum import StrEnum

from mediacrush.backends import Backends
from mediacrush.errors import BadRequest, NotFound, TooLarge, TooManyRequests
from mediacrush.model.hashes import is_hash

FEEDBACK_MAX_CHARACTERS = 10_000
_HOUR_S = 3600


class Reason(StrEnum):
    """Why something is reported."""

    ILLEGAL = "illegal"
    NSFW = "nsfw"
    PRIVACY = "privacy"
    COPYRIGHT = "copyright"
    SPAM = "spam"
    OTHER = "other"


def report(backends: Backends, hash_: str, reason: str, client: str | None) -> None:
    """Count a report of a media or album. Raises NotFound, BadRequest for no known reason, TooManyRequests."""
    find_reported(backends, hash_)
    if reason not in Reason.__members__.values():
        raise BadRequest(f"Give one of these as `reason`: {', '.join(Reason)}.")
    _take(backends, "report", client, backends.settings.reports_per_hour)
    backends.moderation.add_report(hash_, reason)


def find_reported(backends: Backends, hash_: str) -> None:
    """Raises NotFound where there is nothing that could be reported."""
    media = backends.media.get(hash_) if is_hash(hash_) else None
    is_media = media is not None and not media.status.is_failure
    if not is_media and not (is_hash(hash_) and backends.albums.has_any([hash_])):
        raise NotFound("There is nothing here under this name, so there is nothing to report.")


def give_feedback(backends: Backends, text: str, client: str | None) -> None:
    """Keep what a visitor wrote. Raises BadRequest for nothing, TooLarge, TooManyRequests."""
    text = text.strip()
    if not text:
        raise BadRequest("Write something as `feedback`.")
    if len(text) > FEEDBACK_MAX_CHARACTERS:
        raise TooLarge(f"Feedback may have {FEEDBACK_MAX_CHARACTERS} characters.")
    _take(backends, "feedback", client, backends.settings.feedback_per_hour)
    backends.moderation.add_feedback(text)


def _take(backends: Backends, action: str, client: str | None, limit: int) -> None:
    if client is None or not limit:
        return
    wait_s = backends.limits.take(action, client, 1, limit=limit, window_s=_HOUR_S)
    if wait_s:
        raise TooManyRequests("That is enough for this hour; please come back a little later.", wait_s)

"""Every error this project raises on purpose.

    MediaCrushError                 500  our fault
    ├── SettingsError                    a setting or the machine cannot be used; said at start-up
    ├── BackendUnavailable          503  Redis or storage does not answer
    ├── RequestError                     what a visitor sent
    │   ├── BadRequest              400
    │   ├── NotOwner                401
    │   ├── NotFound                404
    │   │   ├── Deleted         404  it was here until lately
    │   │   ├── MediaFailed         404  processing it failed; the sentence says why
    │   │   └── NothingFetched      404  an address that a visitor named gives no file
    │   ├── Locked                  408
    │   ├── TooLarge                413
    │   ├── TextTooLong             414
    │   ├── NotAcceptable           415
    │   ├── TooManyRequests         429  knows retry_after_s
    │   └── NotImplementedHere      501
    └── ProcessingError                  a worker could not make a media; each knows the status it leads to
        ├── StepFailed                   error
        ├── StepTimedOut                 timeout
        ├── Unrecognised                 unrecognised
        ├── ToolKilled                   internal_error, but tried again first
        └── ProcessingBroken             internal_error

`str(error)` is one plain sentence that a person may read: it never names a path, a host or a tool's internals.
"""

from mediacrush.model.media import Status


class MediaCrushError(Exception):
    """Base of the tree. `http_status` is the code of the answer when it reaches a visitor."""

    http_status = 500


class SettingsError(MediaCrushError):
    """A setting, or the machine it describes, cannot be used. The sentence says what to do."""


class BackendUnavailable(MediaCrushError):
    """Redis or storage does not answer; the same request may succeed in a moment."""

    http_status = 503


class RequestError(MediaCrushError):
    """The request cannot be served as it is."""

    http_status = 400


class BadRequest(RequestError):
    """Something is missing from the request or malformed."""


class NotOwner(RequestError):
    """Only the uploader may do this (401, as clients since 2013 expect, not 403)."""

    http_status = 401


class NotFound(RequestError):
    """No such media, file or page."""

    http_status = 404


class Deleted(NotFound):
    """There was such a media until lately."""


class MediaFailed(NotFound):
    """The media is known, but nothing could be made of it. The sentence says why."""


class NothingFetched(NotFound):
    """Nothing is to be had at an address that a visitor named. The sentence says why."""


class Locked(RequestError):
    """The operator has closed this to changes (408, as clients since 2013 expect, not 423)."""

    http_status = 408


class TextTooLong(RequestError):
    """A text field is over its limit (414, as clients since 2013 expect, not 413)."""

    http_status = 414


class TooLarge(RequestError):
    """The body is over the limit."""

    http_status = 413


class NotAcceptable(RequestError):
    """The content, or what is asked of it, is of a kind we do not handle."""

    http_status = 415


class TooManyRequests(RequestError):
    """A rate limit is used up; `retry_after_s` is the number of seconds until it is not."""

    http_status = 429

    def __init__(self, sentence: str, retry_after_s: int) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s


class NotImplementedHere(RequestError):
    """A format that a protocol knows and we do not write (501, as oEmbed says)."""

    http_status = 501


class ProcessingError(MediaCrushError):
    """A worker could not make a media. `status` is what its record says from then on."""

    status = Status.INTERNAL_ERROR


class StepFailed(ProcessingError):
    """A tool could not do its step on this file."""

    status = Status.ERROR


class StepTimedOut(ProcessingError):
    """A step, or the whole job, took longer than the settings allow."""

    status = Status.TIMEOUT


class Unrecognised(ProcessingError):
    """The content is nothing that our tools can read."""

    status = Status.UNRECOGNISED


class ToolKilled(ProcessingError):
    """Something outside killed the tool, most likely for want of memory: worth another try."""


class ProcessingBroken(ProcessingError):
    """Our fault: the original is gone, or the job kept dying."""

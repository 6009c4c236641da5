"""Every public address is built here."""

from dataclasses import dataclass

from mediacrush.model.media import Media, PublishedFile


@dataclass(frozen=True, slots=True)
class Urls:
    """Addresses as seen from outside. `site` and `cdn` are absolute and end without a slash."""

    site: str
    cdn: str

    def path(self, file: PublishedFile) -> str:
        """A published file on this site."""
        return f"/{file.filename}"

    def file(self, file: PublishedFile) -> str:
        """The address of a published file to prefer: the CDN's where there is one."""
        return f"{self.cdn}/{file.filename}"

    def download(self, file: PublishedFile) -> str:
        """The same as an attachment."""
        return f"/download/{file.filename}"

    def page(self, hash_: str) -> str:
        """The view page."""
        return f"{self.site}/{hash_}"

    def direct(self, hash_: str) -> str:
        """The page with the media alone."""
        return f"{self.site}/{hash_}/direct"

    def frame(self, hash_: str) -> str:
        """The same, made to sit in an iframe."""
        return f"{self.site}/{hash_}/frame"

    def thumbnail(self, hash_: str) -> str:
        """Leads to a small picture of the media once there is one."""
        return f"{self.site}/{hash_}/thumbnail"

    def delete(self, hash_: str) -> str:
        """The page that asks before it deletes."""
        return f"{self.site}/{hash_}/delete"


def original_of(media: Media) -> PublishedFile | None:
    """The published original, or what stands for it where it could not be published clean."""
    return media.original or next(iter(media.listed_files), None)

"""The CDN of Amazon's."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import uuid4

from mediacrush.storage import aws

if TYPE_CHECKING:
    from types_boto3_cloudfront import CloudFrontClient

# CloudFront is everywhere, and its API here.
_REGION = "us-east-1"
_UNAVAILABLE = "The CDN does not answer right now; please try again."


class CloudFrontCDN:
    """One distribution by its id. It works on at most 15 paths with a `*` at a time and refuses more until then."""

    def __init__(self, distribution: str, *, attempts: int = aws.ATTEMPTS) -> None:
        """Raises SettingsError when no client can be made."""
        self._distribution = distribution
        config = aws.configured(attempts)
        self._client: aws.ClientOfProcess[CloudFrontClient] = aws.ClientOfProcess(
            lambda session: session.client("cloudfront", region_name=_REGION, config=config)
        )

    def invalidate(self, paths: Sequence[str]) -> None:
        with aws.reported(_UNAVAILABLE):
            self._client().create_invalidation(
                DistributionId=self._distribution,
                InvalidationBatch={
                    "Paths": {"Quantity": len(paths), "Items": list(paths)},
                    "CallerReference": uuid4().hex,
                },
            )

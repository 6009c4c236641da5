"""What CloudFront is told, by the real client, asked of moto's CloudFront."""

from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from mediacrush.errors import BackendUnavailable
from mediacrush.storage.cloudfront import CloudFrontCDN
from tests.s3 import ENVIRONMENT

_ORIGIN = {"Id": "bucket", "DomainName": "bucket.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where boto3 takes CloudFront to be."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFRONT", f"http://{host}:{port}")
    yield f"http://{host}:{port}"
    server.stop()


def test_one_call_is_one_invalidation(address: str) -> None:
    """With all its paths, of this distribution."""
    client = boto3.client("cloudfront", endpoint_url=address)
    made = client.create_distribution(
        DistributionConfig={
            "CallerReference": "1",
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [_ORIGIN]},
            "DefaultCacheBehavior": {"TargetOriginId": "bucket", "ViewerProtocolPolicy": "allow-all"},
        }
    )
    distribution = made["Distribution"]["Id"]
    CloudFrontCDN(distribution).invalidate(["/CPvuR5lRhmS0*", "/-_vuR5lRhmS0*"])
    (listed,) = client.list_invalidations(DistributionId=distribution)["InvalidationList"]["Items"]
    found = client.get_invalidation(DistributionId=distribution, Id=listed["Id"])["Invalidation"]
    assert set(found["InvalidationBatch"]["Paths"]["Items"]) == {"/CPvuR5lRhmS0*", "/-_vuR5lRhmS0*"}


@pytest.mark.usefixtures("address")
def test_what_it_does_not_take_is_said() -> None:
    """A distribution that is not there, and an API that is not."""
    with pytest.raises(BackendUnavailable, match="CDN"):
        CloudFrontCDN("EDFDVBD6EXAMPLE", attempts=1).invalidate(["/CPvuR5lRhmS0*"])


def test_an_api_that_is_away_is_said(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """The same error as of any backend."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFRONT", "http://127.0.0.1:1")
    with pytest.raises(BackendUnavailable, match="CDN"):
        CloudFrontCDN("EDFDVBD6EXAMPLE", attempts=1).invalidate(["/CPvuR5lRhmS0*"])

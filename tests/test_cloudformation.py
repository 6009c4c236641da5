"""The template of bucket and CDN is valid, and says what the site says."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mediacrush.settings import Settings
from mediacrush.web import files
from tests import cdn


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    """What the file says."""
    return cdn.template()


def test_the_template_is_clean() -> None:
    """cfn-lint has nothing to say about it, not even a hint."""
    program = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run(
        [program, "--include-checks", "I", "--", cdn.TEMPLATE], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_outputs_are_named_for_settings(template: dict[str, Any]) -> None:
    """What a stack puts out is what the site is given, by the same name."""
    named = {output["Description"].split(";")[0] for output in template["Outputs"].values()}
    settings = {name for name in named if name.startswith("MEDIACRUSH_")}
    assert settings <= {f"MEDIACRUSH_{name.upper()}" for name in Settings.model_fields}
    assert {"MEDIACRUSH_S3_BUCKET", "MEDIACRUSH_CDN_URL", "MEDIACRUSH_CLOUDFRONT_DISTRIBUTION"} <= settings


@pytest.mark.parametrize(
    ("policy", "header"), [("FileHeaders", files.POLICY), ("DrawingHeaders", files.SVG_POLICY)]
)
def test_the_edge_sends_the_headers_of_the_site(template: dict[str, Any], policy: str, header: str) -> None:
    """A file is as harmless from the CDN as from here, a drawing too."""
    config = template["Resources"][policy]["Properties"]["ResponseHeadersPolicyConfig"]
    security = config["SecurityHeadersConfig"]
    assert security["ContentSecurityPolicy"] == {"ContentSecurityPolicy": header, "Override": True}
    assert security["ContentTypeOptions"] == {"Override": True}
    assert config["CorsConfig"]["AccessControlAllowOrigins"]["Items"] == ["*"]


def test_pages_may_read_from_edge_and_bucket(template: dict[str, Any]) -> None:
    """Films with words or stills, and ladders, are read across origins: from the CDN, or where none is used (as
    while a site moves) from the bucket. Nobody writes across."""
    (rule,) = template["Resources"]["Bucket"]["Properties"]["CorsConfiguration"]["CorsRules"]
    cors = template["Resources"]["FileHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]["CorsConfig"]
    assert rule["AllowedOrigins"] == cors["AccessControlAllowOrigins"]["Items"] == ["*"]
    assert rule["ExposedHeaders"] == cors["AccessControlExposeHeaders"]["Items"]
    assert (rule["AllowedHeaders"], rule["AllowedMethods"]) == (["*"], ["GET", "HEAD"])


def test_the_server_may_do_what_it_does_and_no_more(template: dict[str, Any]) -> None:
    """Objects of the one bucket, the list of it, invalidations of the one distribution."""
    statements = template["Resources"]["ServerPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    allowed = {
        tuple(s["Action"]) if isinstance(s["Action"], list) else s["Action"]: s["Resource"] for s in statements
    }
    assert allowed == {
        ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"): "${Bucket.Arn}/${Prefix}*",
        "s3:ListBucket": "Bucket.Arn",
        "cloudfront:CreateInvalidation": (
            "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}"
        ),
    }


def test_nobody_reads_originals_through_the_edge(template: dict[str, Any]) -> None:
    """The distribution's addresses begin in the folder of what is public, and it may read no other."""
    resources = template["Resources"]
    origin = resources["Distribution"]["Properties"]["DistributionConfig"]["Origins"][0]
    reads = resources["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"][0]
    assert origin["OriginPath"] == "/${Prefix}public"
    assert (reads["Action"], reads["Resource"]) == ("s3:GetObject", "${Bucket.Arn}/${Prefix}public/*")
    assert all(resources["Bucket"]["Properties"]["PublicAccessBlockConfiguration"].values())

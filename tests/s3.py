"""A real S3 server of the tests' own: rclone's, over a folder."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import boto3

ACCESS_KEY, SECRET_KEY = "tests", "a secret that only tests have"
_START_S = 60
# What boto3 finds its credentials by; nothing of whoever runs the tests is looked at.
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


class S3Server:
    """A server that listens on `endpoint` while it runs; a bucket is a folder in `folder`."""

    def __init__(self, folder: Path, address: str = "127.0.0.1:0") -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        program = shutil.which("rclone", path=str(Path(sys.executable).parent))
        assert program, "rclone is missing: requirements-dev.txt names the package"
        key = f"{ACCESS_KEY},{SECRET_KEY}"
        log = folder.with_name(f"{folder.name}.log")
        with log.open("wb") as words:  # a file, because a pipe that nobody reads would stop it one day
            self.process = subprocess.Popen(
                [program, "serve", "s3", str(folder), "--addr", address, "--auth-key", key, "--config", ""],
                stdout=subprocess.DEVNULL,
                stderr=words,
            )
        self.endpoint = self._wait(log)
        self.client = boto3.client(
            "s3", endpoint_url=self.endpoint, aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY
        )

    def make_bucket(self) -> str:
        """The name of a new, empty bucket."""
        name = f"bucket-{uuid4().hex[:12]}"
        self.client.create_bucket(Bucket=name)
        return name

    def stop(self) -> None:
        """End the process and wait for it."""
        self.process.kill()
        self.process.wait()

    def _wait(self, log: Path) -> str:
        """The address that it says it listens on."""
        deadline = time.monotonic() + _START_S
        while not (started := re.search(r"(http://[\d.]+:\d+)/", log.read_text())):
            assert self.process.poll() is None, f"the S3 server did not start: {log.read_text()}"
            assert time.monotonic() < deadline, f"the S3 server did not start in time: {log.read_text()}"
            time.sleep(0.02)
        return started[1]

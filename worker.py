"""The workers' entry: `python worker.py quick` works on that queue, `python worker.py` on all of them."""

import sys

from mediacrush.errors import SettingsError
from mediacrush.job_queue import QueueName
from mediacrush.worker import run_worker


def main(arguments: list[str]) -> int:
    """Work until told to stop; the exit status."""
    try:
        queues = [QueueName(name) for name in arguments] or list(QueueName)
    except ValueError as error:
        print(f"{error}: the queues are {', '.join(QueueName)}.", file=sys.stderr)
        return 2
    try:
        run_worker(queues)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The operator's commands: `python -m mediacrush.manage --help`."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from mediacrush.backends import Backends, connect_backends
from mediacrush.errors import MediaCrushError
from mediacrush.logs import on_one_line
from mediacrush.model.media import Status
from mediacrush.model.sizes import size_text
from mediacrush.services import fsck, library, move, report, text
from mediacrush.settings import load_settings

_FOUND_PROBLEMS = 1
_FAILED = 2
_PROGRESS_S = 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 fine, 1 something is left to mend or to move, 2 it did not work."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.command(connect_backends(load_settings()), options)
    except MediaCrushError as error:
        print(error, file=sys.stderr)
        return _FAILED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mediacrush.manage", description="Look after a MediaCrush.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    delete = commands.add_parser("delete", help="remove media, whoever owns them")
    delete.add_argument("hashes", nargs="+", metavar="HASH")
    delete.set_defaults(command=_delete)
    nsfw = commands.add_parser("nsfw", help="mark media as not safe for work, so that they are shown blurred")
    nsfw.add_argument("hashes", nargs="+", metavar="HASH")
    nsfw.add_argument("--off", action="store_true", help="take the mark away")
    nsfw.set_defaults(command=_nsfw)
    summary = commands.add_parser(
        "report", help="print what is here, what waits, who works and what failed; reads every record once"
    )
    summary.set_defaults(command=_report)
    reports = commands.add_parser("reports", help="print what visitors reported, the most often reported first")
    reports.add_argument("--settle", metavar="HASH", help="forget the reports of this one: it is dealt with")
    reports.set_defaults(command=_reports)
    feedback = commands.add_parser("feedback", help="print what visitors wrote, newest first")
    feedback.set_defaults(command=_feedback)
    lock = commands.add_parser("lock", help="remove a media's title and description, and let nobody set them")
    lock.add_argument("hash", metavar="HASH")
    lock.set_defaults(command=_lock, is_locked=True)
    unlock = commands.add_parser("unlock", help="let a media's owners set its title and description again")
    unlock.add_argument("hash", metavar="HASH")
    unlock.set_defaults(command=_lock, is_locked=False)
    check = commands.add_parser("fsck", help="compare records and storage, and print what does not fit")
    check.add_argument("--fix", action="store_true", help="mend it")
    check.set_defaults(command=_fsck)
    storage = commands.add_parser("storage", help="move the files of the site to another storage")
    migrate = storage.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "migrate", help="copy what is missing from FORMER_STORAGE; it can be stopped and run again at any time"
    )
    migrate.add_argument("--verify", action="store_true", help="compare also what earlier runs copied")
    migrate.set_defaults(command=_migrate)
    return parser


def _delete(backends: Backends, options: argparse.Namespace) -> int:
    for hash_ in options.hashes:
        library.delete(backends, library.find_media(backends, hash_))
        print(f"{hash_} deleted")
    return 0


def _nsfw(backends: Backends, options: argparse.Namespace) -> int:
    for hash_ in options.hashes:
        library.set_flags(backends, library.find_media(backends, hash_), {"nsfw": not options.off})
        print(f"{hash_} is {'no longer ' if options.off else ''}marked as not safe for work")
    return 0


def _report(backends: Backends, options: argparse.Namespace) -> int:
    found = report.report(backends)
    print(f"media      {_stored(found.all)}")
    for kind, stored in sorted(found.kinds.items()):
        print(f"           {kind}: {_stored(stored)}")
    print(f"last day   {_stored(found.day)}")
    print(f"last week  {_stored(found.week)}")
    print(f"statuses   {_counts(found.statuses)}")
    for queue, count in found.waiting.items():
        print(
            f"queue      {queue}: {count} waiting for {found.oldest_s[queue]:.0f} s, {found.workers[queue]} workers"
        )
    print(f"visitors   {found.reported} reported (`reports`), {found.feedback} wrote (`feedback`)")
    failed = Counter({name: count for name, count in found.statuses.items() if Status(name).is_failure})
    print(f"failures   {failed.total()} in the last week: {_counts(failed)}")
    for entry in found.failures:
        at = f"{datetime.fromtimestamp(entry.created_at, UTC):%Y-%m-%d %H:%M}"
        print(f"           {at} {entry.hash} {entry.status}: {entry.message}")
    return 0


def _stored(stored: report.Stored) -> str:
    sizes = f"{size_text(stored.size_bytes)} uploaded, {size_text(stored.published_bytes)} published"
    return f"{stored.count}, {sizes}"


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{count} {word}" for word, count in counted.most_common()) or "none"


def _reports(backends: Backends, options: argparse.Namespace) -> int:
    if options.settle is not None:
        backends.moderation.settle_reports(options.settle)
        print(f"{options.settle} has no reports any more")
        return 0
    for found in backends.moderation.reports():
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(found.reasons.items()))
        print(f"{found.hash} {found.count}: {reasons}")
    return 0


def _feedback(backends: Backends, options: argparse.Namespace) -> int:
    for entry in backends.moderation.feedback():
        print(f"{datetime.fromtimestamp(entry.time, UTC):%Y-%m-%d %H:%M} {on_one_line(entry.text)}")
    return 0


def _lock(backends: Backends, options: argparse.Namespace) -> int:
    text.lock(backends, options.hash, is_locked=options.is_locked)
    print(f"{options.hash} is {'locked' if options.is_locked else 'open to changes'}")
    return 0


def _fsck(backends: Backends, options: argparse.Namespace) -> int:
    unmended = 0
    for finding in fsck.check(backends, fix=options.fix):
        unmended += finding.mended is None
        print(f"{finding.subject} {finding.problem}" + (f": {finding.mended}" if finding.mended else ""))
    print("nothing is left to mend" if not unmended else f"{unmended} found; `fsck --fix` mends them")
    return _FOUND_PROBLEMS if unmended else 0


def _migrate(backends: Backends, options: argparse.Namespace) -> int:
    seen = copied = left = problems = 0
    shown_at = time.monotonic()
    for moved in move.move(backends, verify=options.verify):
        seen, copied, left = seen + 1, copied + moved.copied, left + moved.is_left
        problems += len(moved.problems)
        for problem in moved.problems:
            print(problem)
        if time.monotonic() - shown_at > _PROGRESS_S:
            shown_at = time.monotonic()
            print(f"{seen} media looked at, {copied} files copied", flush=True)
    print(f"{seen} media looked at, {copied} files copied")
    if left:
        print(f"{left} are still processed, or copied by another run: run this again")
    if problems:
        print(f"{problems} files could not be copied: run this again, or see `fsck`")
    if left or problems:
        return _FOUND_PROBLEMS
    print("everything is in the new storage: FORMER_STORAGE can be taken out of the settings of every process")
    return 0


if __name__ == "__main__":
    sys.exit(main())

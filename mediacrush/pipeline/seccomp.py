"""The filter of system calls that bubblewrap puts on a tool: threads and plain files, yes; processes, sockets,
memory that no limit counts, links and folders, doors into the kernel, no.

Assembled by hand because what libraries there are bind to a libseccomp that may not be on the machine, and a list
of refusals is a dozen instructions of classic BPF. Numbers are from Linux's unistd tables, the rest from
linux/seccomp.h, linux/audit.h and linux/bpf_common.h.
"""

import errno
import os
import platform
import struct
from dataclasses import dataclass

_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_REFUSE = 0x00050000 | errno.EPERM
# To this glibc and musl answer with the older clone, whose flags a filter can read.
_UNKNOWN = 0x00050000 | errno.ENOSYS
# Where struct seccomp_data has the call's number, the architecture, and the low half of the first argument.
_NUMBER, _ARCHITECTURE, _FLAGS = 0, 4, 16
_CLONE_THREAD = 0x00010000
_CLONE3 = 435
# x86-64's calls of its 32 bit cousin begin here.
_X32 = 0x40000000
# The same number everywhere: io_uring, with its own way around filters, pidfd_getfd, memfd_secret, fchmodat2 and
# setxattrat.
_REFUSED_EVERYWHERE = (425, 426, 427, 438, 447, 452, 463)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Architecture:
    """What the kernel calls it, and its numbers: `clone`, and what no decoder needs."""

    audit: int
    clone: int
    refused: tuple[int, ...]


_ARCHITECTURES = {
    # fork vfork ptrace unshare setns add_key request_key keyctl perf_event_open process_vm_readv process_vm_writev
    # bpf userfaultfd; socket socketpair (some families know no namespace); memfd_create shmget msgget semget
    # mq_open (they hold memory that RLIMIT_AS does not see); mkdir mkdirat mknod mknodat symlink symlinkat link
    # linkat; chmod fchmod fchmodat setxattr lsetxattr fsetxattr; inotify_init inotify_init1 fanotify_init
    "x86_64": _Architecture(
        audit=0xC000003E,
        clone=56,
        refused=(
            *(57, 58, 101, 272, 308, 248, 249, 250, 298, 310, 311, 321, 323),
            *(41, 53, 319, 29, 68, 64, 240, 83, 258, 133, 259, 88, 266, 86, 265, 90, 91, 268, 188, 189, 190),
            *(253, 294, 300),
        ),
    ),
    # The same; of what has a twin that ends in `at` there is only that one, and no fork.
    "aarch64": _Architecture(
        audit=0xC00000B7,
        clone=220,
        refused=(
            *(117, 97, 268, 217, 218, 219, 241, 270, 271, 280, 282),
            *(198, 199, 279, 194, 186, 190, 180, 34, 33, 36, 37, 52, 53, 5, 6, 7, 26, 262),
        ),
    ),
}


def program(machine: str) -> bytes | None:
    """The filter for an architecture of this name (`uname -m`), as bubblewrap's `--seccomp` reads it; None where
    we have no numbers."""
    architecture = _ARCHITECTURES.get(machine)
    if architecture is None:
        return None
    refused = (*architecture.refused, *_REFUSED_EVERYWHERE)
    return b"".join(
        (
            _do(_LOAD, _ARCHITECTURE),
            _do(_IF_EQUAL, architecture.audit, yes=1),
            _do(_RETURN, _KILL),
            _do(_LOAD, _NUMBER),
            _do(_IF_AT_LEAST, _X32, no=1),
            _do(_RETURN, _KILL),
            *(_do(_IF_EQUAL, number, no=1) + _do(_RETURN, _REFUSE) for number in refused),
            _do(_IF_EQUAL, _CLONE3, no=1),
            _do(_RETURN, _UNKNOWN),
            _do(_IF_EQUAL, architecture.clone, yes=1),
            _do(_RETURN, _ALLOW),
            _do(_LOAD, _FLAGS),
            _do(_IF_BITS, _CLONE_THREAD, yes=1),
            _do(_RETURN, _REFUSE),
            _do(_RETURN, _ALLOW),
        )
    )


def _do(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    """A `struct sock_filter`: of a condition, how many instructions to skip when it holds and when it does not."""
    return struct.pack("=HBBI", code, yes, no, value)


def open_filter() -> int | None:
    """A file descriptor from which one bubblewrap reads the filter for this machine, for the caller to close; None
    where there is none."""
    filter_ = program(platform.machine())
    if filter_ is None:
        return None
    descriptor = os.memfd_create("seccomp")
    os.write(descriptor, filter_)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor

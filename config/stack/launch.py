"""Starts one child of the supervisor: changes user, asks the kernel to be stopped with its parent, becomes the command.

    python -I -S launch.py PARENT_PID SIGNAL USER COMMAND…      (USER "" keeps the present one)

A program of its own instead of Popen's preexec_fn, which must not run Python between fork and exec in a process that
has threads. The signal comes when the *thread* that started the child ends, so children are started by main threads.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def _become(user: str) -> None:
    import pwd

    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def main() -> None:
    parent, signal_number, user, *command = sys.argv[1:]
    if user:
        _become(user)
    # After the change of user: that clears it.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit("the supervisor has ended")
    try:
        os.execvp(command[0], command)  # noqa: S606 - no shell is the point
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()

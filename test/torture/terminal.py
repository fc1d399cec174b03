"""Runs a program on a terminal of its own and types: terminal.py KEYS_FILE PROGRAM ARGUMENT..., keys separated by NUL."""
import os
import pty
import select
import sys

keys = open(sys.argv[1], "rb").read().split(b"\0")
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execvp(sys.argv[2], sys.argv[2:])


def wait_until_quiet(seconds):
    while select.select([terminal], [], [], seconds)[0]:
        try:
            if not os.read(terminal, 65536):
                return
        except OSError:
            return


wait_until_quiet(0.3)
for key in keys:
    os.write(terminal, key)
    wait_until_quiet(0.08)
os.waitpid(pid, 0)

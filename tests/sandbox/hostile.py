"""Hostile guests, each bounded so that a wall that fails harms nobody: no loop without a net, nothing deleted but a
canary, forks that end by themselves."""

from __future__ import annotations

from typing import NamedTuple


class Guest(NamedTuple):
    """A source, the statuses that are right for it, the line to blame, and a part of the detail."""

    source: str
    status: str
    line: int | tuple[int, ...] | None = None
    says: str = ""


LOOPS = {
    "an endless loop": Guest("n = 0\nwhile True:\n    n += 1", "timeout", (2, 3), "0.1 s"),
    "a call that never comes back to Python": Guest("\nsum(range(10**12))", "timeout", 2),
    "a regular expression that explodes": Guest(
        "import re\nre.match(r'(a+)+$', 'a' * 40 + 'b')", "timeout", 2
    ),
    "a loop that swallows everything": Guest(
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "timeout",
        3,
    ),
    "a loop behind deaf signals": Guest(
        "import signal\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
        "while True: pass",
        "timeout",
    ),
    "a loop with the timer off": Guest(
        "import signal\nsignal.setitimer(signal.ITIMER_PROF, 0)\nwhile True: pass", "timeout", 3
    ),
    "a loop in a thread": Guest(
        "import threading\ndef f():\n    while True: pass\n"
        "t = threading.Thread(target=f)\nt.start()\nt.join()",
        "timeout",
        (3, 6),
    ),
    "an endless async loop": Guest(
        "import asyncio\nasync def f():\n    while True:\n        await asyncio.sleep(0)\nasyncio.run(f())",
        "timeout",
        (3, 4, 5),
    ),
    "an end that is forged, and a life after it": Guest(
        "import sys\nf = sys._getframe()\n"
        "while f and 'tell' not in f.f_locals: f = f.f_back\n"
        "f.f_locals['tell']('end', None)\nwhile True: pass",
        "timeout",
        5,
    ),
}

WAITS = {
    "a sleep": Guest("import time\nx = 1\ntime.sleep(60)", "blocked_loop", 3, "for real"),
    "a lock that nobody frees": Guest(
        "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
        "blocked_loop",
        4,
    ),
    "a wait in a thread": Guest(
        "import asyncio, time\ndef nap():\n    time.sleep(60)\n"
        "async def main():\n    await asyncio.to_thread(nap)\nasyncio.run(main())",
        "blocked_loop timeout",
        (3, 6),
    ),
}

CRASHES = {
    "os._exit(0)": Guest("import os\nos._exit(0)", "crashed", None, "exit code 0 before the end"),
    "os._exit(7)": Guest("say(1)\nimport os\nos._exit(7)", "crashed", None, "exit code 7"),
    "sys.exit(0)": Guest("import sys\nsys.exit(0)", "crashed", 2, "sys.exit(0)"),
    "a raised SystemExit": Guest("\n\nraise SystemExit", "crashed", 3),
    "an exception": Guest("\n1/0", "crashed", 2, "ZeroDivisionError"),
    "os.abort()": Guest("import os\nos.abort()", "crashed", 2, "signal"),
    "a segmentation fault": Guest(
        "x = iter([])\nfor _ in range(200_000): x = map(int, x)\nnext(x)",
        "crashed",
        3,
        "signal 11",
    ),
    "descriptors all closed": Guest(
        "import os\nos.closerange(0, 300)", "crashed", None, "exit code"
    ),
    "values without end": Guest(
        "while True:\n    say('x' * 1000)", "crashed", None, "sent more than"
    ),
    "a disk filled with one file": Guest(
        "with open('big', 'wb') as f:\n    for _ in range(100): f.write(bytes(1 << 20))",
        "crashed",
        (1, 2),
    ),
    "a thousand threads": Guest(
        "import threading\nstop = threading.Event()\n"
        "for _ in range(1000):\n    threading.Thread(target=stop.wait, args=(5,)).start()",
        "crashed out_of_memory",
        4,
    ),
}

HUNGRY = {
    "three gigabytes at once": Guest("\nx = 'a' * (3 << 30)", "out_of_memory", 2, "512 MiB"),
    "a list that grows": Guest(
        "x = []\nwhile True:\n    x.append(bytes(16 << 20))", "out_of_memory", 3
    ),
}

TRIES = {
    "a fork": Guest("import os\nos.fork()", "forbidden", 2, "another process"),
    "a fork that is swallowed": Guest(
        "import os\ntry:\n    os.fork()\nexcept OSError:\n    say('went on')", "forbidden", 3
    ),
    "another program": Guest(
        "import subprocess\nsubprocess.run(['true'])", "forbidden", 2, "program"
    ),
    "a shell": Guest("import os\nos.system('true')", "forbidden", 2, "program"),
    "exec": Guest("import os\nos.execv('/bin/true', ['true'])", "forbidden", 2, "program"),
    "a connection": Guest(
        "import socket\nsocket.create_connection(('127.0.0.1', 9))", "forbidden", 2, "network"
    ),
    "a name looked up": Guest(
        "import socket\nsocket.gethostbyname('localhost')", "forbidden", 2, "network"
    ),
    "the passwords": Guest("\nopen('/etc/passwd')", "forbidden", 2, "read '/etc/passwd'"),
    "the environment of others": Guest("\nopen('/proc/1/environ')", "forbidden", 2, "read"),
    "the answers": Guest("open(payload['outside'] + '/secret.txt')", "forbidden", 1, "read"),
    "a folder of others": Guest(
        "import os\nos.listdir(payload['outside'])", "forbidden", 2, "read"
    ),
    "a way out by a link": Guest(
        "import os\nos.symlink(payload['outside'], 'here')\nopen('here/secret.txt')",
        "forbidden",
        3,
        "read",
    ),
    "a file outside": Guest("\nopen(payload['outside'] + '/new', 'w')", "forbidden", 2, "write"),
    "a file removed": Guest(
        "import os\nos.remove(payload['outside'] + '/secret.txt')", "forbidden", 2, "change"
    ),
    "a folder removed": Guest("import shutil\nshutil.rmtree(payload['outside'])", "forbidden", 2),
    "a file renamed": Guest(
        "import os\nos.rename(payload['outside'] + '/secret.txt', 'mine')", "forbidden", 2, "change"
    ),
    "a signal to the parent": Guest(
        "import os\nos.kill(os.getppid(), 9)", "forbidden", 2, "signal"
    ),
    "a signal to itself": Guest("import os\nos.kill(os.getpid(), 11)", "forbidden", 2, "signal"),
    "the C library": Guest("import ctypes\nctypes.CDLL(None)", "forbidden", 1, "C library"),
    "higher limits": Guest(
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
        "forbidden",
        2,
        "limits",
    ),
    "the memory of the process": Guest("import gc\ngc.get_objects()", "forbidden", 2, "memory"),
}

# Raw system calls on x86_64: past the hook, so the walls have to hold. Each says what the kernel answered.
RAW = {
    "fork": "syscall(57)",
    "vfork": "syscall(58)",
    "a clone that is no thread": "syscall(56, 17, 0, 0, 0, 0)",
    "clone3": "syscall(435, None, 0)",
    "ptrace": "syscall(101, 0, 0, 0, 0)",
    "a socket": "syscall(41, 2, 1, 0)",
    "a netlink socket": "syscall(41, 16, 3, 0)",
    "a datagram pair": "syscall(53, 1, 2, 0, None)",
    "a signal to all": "syscall(62, -1, 0)",
    "a signal to the parent": "syscall(62, 1 if __import__('os').getpid() != 1 else 2, 0)",
    "a file outside": "syscall(257, -100, (payload['outside'] + '/secret.txt').encode(), 0, 0)",
    "a new file outside": "syscall(257, -100, (payload['outside'] + '/new').encode(), 0o102, 0o600)",
    "a file removed": "syscall(87, (payload['outside'] + '/secret.txt').encode())",
    "a file cut short": "syscall(76, (payload['outside'] + '/secret.txt').encode(), 0)",
    "rights changed": "syscall(90, (payload['outside'] + '/secret.txt').encode(), 0)",
    "times changed": "syscall(280, -100, (payload['outside'] + '/secret.txt').encode(), None, 0)",
    "a mount": "syscall(165, None, b'.', None, 0, None)",
    "new namespaces": "syscall(272, 0x10000000)",
    "memory in a file of no disk": "syscall(319, b'x', 0)",
    "shared memory": "syscall(29, 0, 4096, 0o1600)",
    "bpf": "syscall(321, 0, None, 0)",
    "io_uring": "syscall(425, 1, None)",
    "another filter of its own parent": "syscall(438, 0, 0, 0)",
    "the x32 numbers": "syscall(0x40000000 + 57)",
    "the kernel's log": "syscall(103, 3, None, 0)",
}

# Fifty processes in a chain, each in a session of its own; they end by themselves after two seconds.
FORK_CHAIN = """
import os, time
depth = 0
over, done = os.pipe()
first = syscall(57)
if first == 0:
    while depth < 50 and syscall(57) == 0:
        depth += 1
        os.setsid()
    if depth == 50:
        os.write(done, b'x')
    time.sleep(2)
    os._exit(0)
if first > 0:
    os.read(over, 1)
say(first)
"""

"""What to do about a failed set-up: one line from the log of the command that failed."""

import re

AGAIN = "then run the same command again"

# The first rule that matches wins, so the causes stand before their consequences: without a
# network pip also says that no version matches.
RULES: tuple[tuple[str, str], ...] = (
    (
        r"No space left on device|Errno 28|Disk quota exceeded",
        f"the disk is full: the set-up needs about 1 GB here and in the folder for temporary "
        f"files. Free some space, {AGAIN}.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError",
        "the package server's certificate was not accepted. Behind a company proxy set PIP_CERT "
        f"to its certificate file, {AGAIN}.",
    ),
    (
        r"NewConnectionError|Name or service not known|name resolution|getaddrinfo failed"
        r"|nodename nor servname|ConnectTimeout|ReadTimeout|ProxyError|Network is unreachable"
        r"|Connection refused|ConnectionResetError|Read timed out|RemoteDisconnected",
        "the package server could not be reached (offline?). Check the network or the proxy "
        f"settings, {AGAIN}.",
    ),
    (
        r"DO NOT MATCH THE HASHES",
        "a downloaded package is not the file that requirements.lock names, so it was not "
        f"installed. Run `pip cache purge`, {AGAIN}; if it comes back, do not trust that server.",
    ),
    (
        r"No matching distribution found|requires a different Python|Requires-Python",
        "a pinned package is not to be had for this Python. Choose another one: "
        "make lab PYTHON=python3.12",
    ),
    (
        r"Failed building wheel|subprocess-exited-with-error|metadata-generation-failed",
        "a package has no ready-made file for this Python or this machine. Choose another "
        "Python: make lab PYTHON=python3.12",
    ),
    (
        r"ensurepip|No module named venv|No module named pip",
        "this Python comes without its venv module. On Debian or Ubuntu: "
        f"apt-get install python3-venv, {AGAIN}.",
    ),
    (
        r"Permission denied|Read-only file system|Access is denied|Errno 13|Errno 30",
        f"the folder .venv cannot be written. Give yourself the right to write here, {AGAIN}.",
    ),
)


def advice(log: str) -> str:
    """One line for a person; `log` is what the failed command printed."""
    for pattern, sentence in RULES:
        if re.search(pattern, log):
            return sentence
    return f"read the lines above; after mending the cause, {AGAIN.removeprefix('then ')}."

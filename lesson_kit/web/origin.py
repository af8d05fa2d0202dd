"""Whether a request comes from a page that may make it.

A browser sends requests for any page to any server that it can reach, this machine's own among them. CORS alone only
keeps that page from *reading* the answer: the turn is made and paid for.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

from .refusal import Refusal

__all__ = ["check_host", "check_origin"]


def check_host(request: Request, hosts: frozenset[str] | None) -> None:
    """Raise `Refusal` 421 if the request calls the server by a name that is not in `hosts`.

    Against DNS rebinding: a page of evil.example, whose name now points to this machine, is of the same origin for
    the browser. Only the name that it called shows it.
    """
    if hosts is None:
        return
    called = request.headers.getlist("host")
    if len(called) == 1 and _name_of(called[0]) in hosts:
        return
    raise Refusal(
        421,
        f"this server is not called {called[0][:100]!r}" if called else "no host was named",
        expected=f"one of the names {', '.join(sorted(hosts))}",
        next_step="Use one of these in the address, or start the server with --allow-host NAME.",
    )


def check_origin(request: Request, origins: frozenset[str]) -> None:
    """Raise `Refusal` 403 if a browser makes the request for a page of another site, except for `origins`.

    Whoever is no browser sends neither header, and passes: nobody can make somebody else's program ask.
    """
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site")
    if origin is not None and origin in origins:
        return
    if site is None:
        # Older browsers, and any on plain HTTP, send only the origin. Behind a proxy, the host must be passed on.
        own = origin is None or _same_host(origin, request.headers.get("host", ""))
    else:
        own = site in ("same-origin", "none")
    if not own:
        raise Refusal(
            403,
            f"a page of another site asks: {(origin or site or '')[:100]!r}",
            expected="a page of this server",
            next_step="To allow that site, start the server with --allow-origin ORIGIN.",
        )


def _name_of(host: str) -> str:
    host = host.strip().lower()
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return name.removesuffix(".")


def _same_host(origin: str, host: str) -> bool:
    try:
        return bool(host) and urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False

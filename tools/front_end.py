"""The names that ChatKit's front end has, read from the type definitions inside its npm packages.

The browser part of ChatKit is closed; what an integrator may write is in two packages of TypeScript types. No student
needs node for them: this writes their names to a JSON file, and notebook 04 looks the claims up in it.

    npm pack @openai/chatkit@1.9.0 @openai/chatkit-react@1.6.1
    python -m tools.front_end CHATKIT_FOLDER CHATKIT_REACT_FOLDER notebooks/data/chatkit_front_end.json

where a folder is an unpacked package: the one with package.json in it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Members = dict[str, str]

MADE = "python -m tools.front_end, from the type definitions (.d.ts) in the packages named here"
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_OPENING, _CLOSING = "{[(<", "}])>"


class FrontEndError(ValueError):
    """A package does not hold what was expected of it; the message is one line."""


def extract(chatkit: Path, react: Path) -> dict[str, Any]:
    """Read both packages, each an unpacked folder. Raises `FrontEndError` for what is no such package."""
    packages = {name: version for name, version, _ in (_package(chatkit), _package(react))}
    core, bound = _package(chatkit)[2], _package(react)[2]
    events = members(core, "ChatKitEvents")
    element = members(core, "OpenAIChatKit")
    names = re.search(r"CHATKIT_METHOD_NAMES: readonly \[(.*?)\]", bound, re.DOTALL)
    if names is None:
        raise FrontEndError(
            f"expected CHATKIT_METHOD_NAMES in {react}, but it is not there. Is it @openai/chatkit-react?"
        )
    methods = re.findall(r'"(\w+)"', names[1])
    return {
        "made": MADE,
        "packages": packages,
        "options": members(core, "ChatKitOptions"),
        "api": {kind: members(core, kind) for kind in ("CustomApiConfig", "HostedApiConfig")},
        "callbacks": {callback(name): detail(kind) for name, kind in events.items()},
        "methods": {name: element[name] for name in methods},
        "control": members(bound, "ChatKitControl"),
    }


def _package(folder: Path) -> tuple[str, str, str]:
    """Give name, version and type definitions of a package."""
    try:
        about = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        types = (folder / about["types"]).read_text(encoding="utf-8")
        return about["name"], about["version"], _COMMENT.sub("", types)
    except (OSError, KeyError, ValueError) as error:
        raise FrontEndError(
            f"expected an unpacked npm package with types in {folder}, but: {error}. "
            "Name the folder that holds its package.json."
        ) from None


def members(types: str, name: str) -> Members:
    """Give the members of one type or interface: name -> type, each on one line; `?` is left out.

    A method is given as `(parameters) => result`. Of overloads the first counts.
    """
    start = re.search(rf"\b(?:type {name} =|interface {name}\b[^{{]*)\s*\{{", types)
    if start is None:
        raise FrontEndError(
            f"expected a type {name} in the definitions, but there is none. The package has changed: "
            "read its .d.ts file, and mend tools/front_end.py and notebook 04."
        )
    found: Members = {}
    for member in _split(types[start.end() :]):
        part = re.match(r"""(?:readonly )?['"]?([\w.]+)['"]?\??(?:<[^(]*>)?\s*""", member)
        if part is None:
            continue
        rest = member[part.end() :]
        # A method is written `send(text: string): void`, a field `send: (text: string) => void`.
        kind = rest[1:] if rest.startswith(":") else re.sub(r"\): (?=[^)]*$)", ") => ", rest)
        found.setdefault(part[1], kind.strip())
    return found


def _split(body: str) -> Iterator[str]:
    """Yield the members up to the brace that closes the body, white space made single."""
    depth, member = 0, ""
    for place, sign in enumerate(body):
        arrow = sign == ">" and body[place - 1] == "="
        if sign in _CLOSING and not arrow:
            depth -= 1
        if depth < 0:
            return
        if sign in _OPENING:
            depth += 1
        if sign == ";" and depth == 0:
            yield " ".join(member.split())
            member = ""
        else:
            member += sign
    raise FrontEndError("expected a closing brace in the definitions, but the file ends before it.")


def callback(event: str) -> str:
    """Name the React handler of an event: `chatkit.thread.change` -> `onThreadChange`.

    The rule is the package's own type `ToEventHandlerKey`.
    """
    return "on" + "".join(part[:1].upper() + part[1:] for part in event.split(".")[1:])


def detail(kind: str) -> str:
    """Take what a handler is given out of `CustomEvent<...>`; "" for nothing."""
    inner = re.sub(r"^CustomEvent<(.*)>$", r"\1", kind)
    return "" if inner == "void" else inner


def main(arguments: list[str]) -> int:
    if len(arguments) != 3:
        print(
            "expected three paths: the folder of @openai/chatkit, the folder of @openai/chatkit-react, "
            f"the JSON file to write; but {len(arguments)} came.",
            file=sys.stderr,
        )
        return 2
    chatkit, react, target = map(Path, arguments)
    try:
        found = extract(chatkit, react)
    except FrontEndError as error:
        print(f"front_end: {error}", file=sys.stderr)
        return 1
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8", newline="\n")
    print(f"{target} is written, from {', '.join(map('@'.join, found['packages'].items()))}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

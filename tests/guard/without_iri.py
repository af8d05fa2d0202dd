"""jsonschema without the grammar of international addresses: to build it takes 2.5 seconds of computing.

Every process that reads a notebook would build it (nbformat imports jsonschema). Where the grammar is absent,
jsonschema leaves values of the formats "iri" and "iri-reference" unchecked, and nobody here has such values.
"""

import sys


def install() -> None:
    """Make the grammar absent in this process: None in `sys.modules` is an ImportError."""
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

"""Python runs this file at the start of every child of the tests (PYTHONPATH names its folder)."""

import loopback_only
import without_iri

loopback_only.install()
without_iri.install()

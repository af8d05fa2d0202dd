"""Python runs this file at the start of every child of the tests (PYTHONPATH names its folder)."""

from loopback_only import install

install()

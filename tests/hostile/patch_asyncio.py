# right: forbidden
# ruff: noqa
import asyncio

asyncio.sleep = None


class ThinkingServer:
    pass

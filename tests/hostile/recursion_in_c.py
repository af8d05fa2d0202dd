# right: crashed
# ruff: noqa
chain = iter([])
for _ in range(200_000):
    chain = map(int, chain)
next(chain)


class ThinkingServer:
    pass

# right: failed
# ruff: noqa
for _ in range(300):
    print("x" * 100_000)


class ThinkingServer:
    pass

# right: forbidden | behind the look: failed forbidden
# ruff: noqa
import lesson_kit.grader.verdict

lesson_kit.grader.verdict.verdict = None


class ThinkingServer:
    pass

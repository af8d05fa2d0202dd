"""The answer: a student's source, read from a notebook, a file or a text, and looked at before it runs."""

from .answer import Answer
from .reading import answer_of_bytes, answer_of_source, read_answer

__all__ = ["Answer", "answer_of_bytes", "answer_of_source", "read_answer"]

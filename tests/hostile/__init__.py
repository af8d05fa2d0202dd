"""The bank of hostile answers. The first line of each says which statuses are right; CANARY and ROOT stand for folders.

Each is bounded, so that a wall that fails harms nobody. "behind the look" is what is right where the look at the source
(lesson_kit/answer/look.py) is left out, so that the sandbox alone has to hold.
"""

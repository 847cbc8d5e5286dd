"""Which way of counting this release has: a name that whoever signs, measures and checks can compare."""

from typing import Final

COUNTING: Final = "sepakat-counting/1"
"""Another number as soon as the same text and the same events would give another figure; a test holds figures of it.

A text keeps the one that was there when both had signed it; verdicts and evidence say which one they were counted by.
"""

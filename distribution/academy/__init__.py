"""The academy: courses with lessons and quizzes, and the library of materials to share with.

Owns: what distributors learn, what they finished, and what they took to share.
May import: `base`, `catalog`, `distribution`; nothing in `distribution` hears of it.
"""

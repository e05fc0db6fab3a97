"""Pixels in, pixels out: safe opening, cut-outs, studio, enhancement, quality.

Knows nothing of Django, rows, tenants or storage; imports nothing at import time, so that the
guarded child (`guard.py`) starts in a tenth of a second.
"""

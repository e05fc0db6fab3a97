"""Fixtures for stories told through a real browser against the really running program."""

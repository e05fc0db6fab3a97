"""Running the whole program on one machine: PostgreSQL and Redis of our own, and our processes.

Knows no models and no settings, so that it can start what they need.
"""

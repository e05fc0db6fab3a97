"""Expressions that the database computes by itself."""

from django.db import models


class Season(models.Func):
    """`Q1` to `Q4` of a time, in UTC. Immutable, so that a generated column may hold it."""

    template = "('Q' || (extract(quarter from timezone('UTC', %(expressions)s))::int)::text)"
    arity = 1
    output_field = models.CharField(max_length=2)

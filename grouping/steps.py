"""What grouping does to a batch in the background."""

from carousel.errors import GiveUp
from grouping import regrouping, seeing
from imaging.models import Step


def group(step: Step) -> None:
    """Group the photos of the batch that nobody has decided about. What staff did stays."""
    batch = step.job.batch
    if batch is None:
        raise GiveUp("There is no batch to group.")
    plan = regrouping.plan(batch)
    row = regrouping.apply(batch, plan)
    seen = seeing.look(batch, plan.model)
    step.model = plan.model
    step.result = {
        "groups": len(plan.proposal.groups),
        "changed": len(row.groups) if row else 0,
        "seen_before": seen,
    }

"""Every model of imaging, where Django looks for them."""

from imaging.jobs.models import Batch, Job, Step
from imaging.uploads.models import Embedding, Photo

__all__ = ["Batch", "Embedding", "Job", "Photo", "Step"]

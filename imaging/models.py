"""Every model of imaging, where Django looks for them."""

from imaging.analysis.models import Analysis, Attribute, Cover, Defect, Exemplar
from imaging.bookshelf.models import BookAnswer, CatalogueBook, CatalogueTerm, Shelf, Spine
from imaging.inference.models import ModelCall
from imaging.jobs.models import Batch, Job, Step
from imaging.uploads.models import Embedding, Photo
from imaging.uploads.receipt import Line, Receipt

__all__ = [
    "Analysis",
    "Attribute",
    "Batch",
    "BookAnswer",
    "CatalogueBook",
    "CatalogueTerm",
    "Cover",
    "Defect",
    "Embedding",
    "Exemplar",
    "Job",
    "Line",
    "ModelCall",
    "Photo",
    "Receipt",
    "Shelf",
    "Spine",
    "Step",
]

"""imagededup, the library that others find twins with, where the extra `bench` is installed."""

import logging
from collections.abc import Mapping
from typing import Any

import numpy.typing as npt

MISSING = "not installed (the extra `bench`, which brings PyTorch)"


def encoder() -> Any:
    """Its CNN, with weights that were never trained, or None.

    The trained ones come from its maker's site at the first use. They take the same time, but what
    the vectors say is then not to be judged.
    """
    try:
        import torch
        from imagededup.methods import CNN
        from imagededup.utils.models import CustomModel, MobilenetV3
        from torchvision.models import mobilenet_v3_small
    except ImportError:
        return None
    torch.set_num_threads(1)
    network = mobilenet_v3_small(weights=None).eval()
    model = torch.nn.Sequential(network.features, network.avgpool, torch.nn.Flatten())
    asked = CustomModel("MobileNet v3 small, untrained", model, MobilenetV3.transform)
    finder = CNN(verbose=False, model_config=asked)
    finder.logger.setLevel(logging.ERROR)
    return finder


def hasher() -> Any:
    """Its perceptual hash, or None."""
    try:
        from imagededup.methods import PHash
    except ImportError:
        return None
    return PHash(verbose=False)


def twins(finder: Any, vectors: npt.NDArray[Any], alike: float) -> Mapping[str, list[str]]:
    """Its search among vectors (N, D): for each all those above a cosine of `alike`."""
    named = {f"{place:06}": vector for place, vector in enumerate(vectors)}
    found: Mapping[str, list[str]] = finder.find_duplicates(
        encoding_map=named, min_similarity_threshold=alike
    )
    return found

"""Whatever mode and colour profile a file has, plain RGB or RGBA in sRGB comes out."""

import io

from PIL import Image, ImageCms

GREY_16 = {"I", "I;16", "I;16B", "I;16L", "I;16N"}
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def plain(image: Image.Image) -> Image.Image:
    """Eight bits a channel, no palette: RGB, RGBA, or a mode `to_srgb` knows (CMYK, L, LA)."""
    if image.mode in GREY_16:
        return image.point(lambda value: value * (1 / 256)).convert("L")
    if image.mode == "P":
        return image.convert("RGBA" if "transparency" in image.info else "RGB")
    if image.mode in {"1", "PA", "La", "RGBa"} or "transparency" in image.info:
        return image.convert(_eight_bit_mode(image))
    if image.mode in {"L", "LA", "CMYK", "RGB", "RGBA"}:
        return image
    return image.convert("RGB")


def to_srgb(pixels: Image.Image, source: Image.Image) -> Image.Image:
    """`pixels` in RGB or RGBA, through the colour profile that `source` carries, if any."""
    target = "RGBA" if "A" in pixels.mode else "RGB"
    profile = _profile(source)
    if profile is None or pixels.mode not in _modes(profile):
        return pixels if pixels.mode == target else pixels.convert(target)
    alpha = pixels.getchannel("A") if target == "RGBA" else None
    colours = pixels.convert("RGB") if pixels.mode == "RGBA" else pixels
    converted = _transform(colours, profile)
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def _eight_bit_mode(image: Image.Image) -> str:
    if "transparency" in image.info or image.mode in {"PA", "La", "RGBa"}:
        return "RGBA"
    return "L"


def _profile(image: Image.Image) -> ImageCms.ImageCmsProfile | None:
    """The embedded profile, unless it is missing, broken or sRGB anyway."""
    embedded = image.info.get("icc_profile")
    if not embedded:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(embedded))
        name = ImageCms.getProfileDescription(profile)
    except (OSError, ImageCms.PyCMSError, TypeError, ValueError):
        return None
    return None if "srgb" in name.lower() else profile


def _modes(profile: ImageCms.ImageCmsProfile) -> set[str]:
    space = profile.profile.xcolor_space.strip()
    return {"RGB": {"RGB", "RGBA"}, "CMYK": {"CMYK"}, "GRAY": {"L"}}.get(space, set())


def _transform(pixels: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    try:
        converted = ImageCms.profileToProfile(pixels, profile, SRGB, outputMode="RGB")
    except ImageCms.PyCMSError:
        return pixels.convert("RGB")
    return pixels.convert("RGB") if converted is None else converted

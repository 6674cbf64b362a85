"""`PairwisePainImageProcessor`: from pictures of two faces to the tensors that are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any, get_args

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from transformers import BaseImageProcessor, BatchFeature

from synpain_hf.errors import PictureError, UsageError
from synpain_hf.imaging.alignment import pwct, similarity
from synpain_hf.imaging.limits import MIN_SIDE, check_crop_box, check_smoothing
from synpain_hf.imaging.parts import part_of
from synpain_hf.modeling.picture_size import scaled_to, size_of
from synpain_hf.modeling.pictures import as_picture, check_numbers, is_batch
from synpain_hf.modeling.smoothing import evenly_smoothed, variance_of
from synpain_hf.modeling.standardising import standardised
from synpain_hf.vocabulary import PWCT_SIDE, Alignment

_WHITE = 255
_MODES = {1: "L", 3: "RGB"}
_WHOLE = [0.0, 0.0, 1.0, 1.0]
_MIN_CROPPED = MIN_SIDE // 2
"""Smallest side, in pixels, that `crop_box` may leave of a face."""


class PairwisePainImageProcessor(BaseImageProcessor):
    """Turn faces upright, crop, scale and normalise them; both faces of a pair alike.

    The defaults are those of `pwct`: grey, 160 x 160, in [0, 1]. The published PwCT was trained on faces that were
    aligned by 68 landmarks and evened out by CLAHE, which `alignment="pwct"` does. What is trained here smooths
    and standardises each face, and its processor says so.

    Args:
        size: `height` and `width` of what comes out; or `shortest_edge`, with or without `longest_edge`, for that of
            each picture; or a number, the side of a square. Faces keep their proportions: of a picture with others than
            `height` and `width`, more is used on two sides, and beyond its edges it goes on as it is there.
        num_channels: 1 for grey, 3 for RGB.
        crop_box: Part of each picture that is used: left, top, right, bottom as shares of its width and height; None
            for all of it.
        alignment: `box`, pictures as they are, within `crop_box`; `similarity`, turned, scaled and shifted so that the
            eyes stand at fixed points; `pwct`, as the published PwCT was given faces. The latter two need
            landmarks.
        mean_face: Of `pwct`: the 68 points that faces are warped onto, shape (68, 2); None for ours.
        resample: A filter of Pillow; 3 is bicubic. It averages where a picture is made smaller.
        image_mean: Taken from each channel.
        image_std: Each channel is divided by it.
        do_resize: Whether pictures are scaled; else all of a batch must be of one size.
        do_rescale: Whether pixels become floats from 0 to 1; else they are floats from 0 to 255.
        do_normalize: Whether `image_mean` and `image_std` are applied; None where they are given.
        smoothing: Every face that comes out is smoothed to one sharpness: that of a natural picture smoothed by a
            Gaussian with this standard deviation, a share of the shorter side. A slight blur then tells nothing; a face
            that is blurrier still stays as it is, and can be told. 0 leaves all faces as they are.
        do_standardize: Whether each channel of each face is brought to a mean of 0 and a standard deviation of 1, so
            that light and tint tell nothing. This comes instead of `do_normalize`, which would change nothing then.

    Raises:
        UsageError: If an argument cannot be right.

    Example:
        >>> from PIL import Image
        >>> processor = PairwisePainImageProcessor(size={"height": 64, "width": 64}, num_channels=3)
        >>> batch = processor([Image.new("RGB", (80, 90))], [Image.new("L", (70, 70))])
        >>> batch["pixel_values"].shape, batch["reference_pixel_values"].shape
        (torch.Size([1, 3, 64, 64]), torch.Size([1, 3, 64, 64]))
    """

    model_input_names = ["pixel_values", "reference_pixel_values"]  # noqa: RUF012 - as transformers declares it

    def __init__(
        self,
        size: Mapping[str, int] | int | Sequence[int] | None = None,
        num_channels: int = 1,
        crop_box: Sequence[float] | None = None,
        resample: int = Image.Resampling.BICUBIC,
        image_mean: Sequence[float] | None = None,
        image_std: Sequence[float] | None = None,
        do_resize: bool = True,
        do_rescale: bool = True,
        do_normalize: bool | None = None,
        do_standardize: bool = False,
        smoothing: float = 0.0,
        alignment: Alignment = "box",
        mean_face: Sequence[Sequence[float]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.size = size_of(PWCT_SIDE if size is None else size)
        self.num_channels = num_channels
        self.crop_box = None if crop_box is None else [float(share) for share in crop_box]
        self.resample = int(resample)
        self.image_mean = None if image_mean is None else [float(mean) for mean in image_mean]
        self.image_std = None if image_std is None else [float(std) for std in image_std]
        self.do_resize, self.do_rescale, self.do_standardize = do_resize, do_rescale, do_standardize
        self.do_normalize = (image_mean is not None) if do_normalize is None else do_normalize
        self.smoothing = float(smoothing)
        self.alignment = alignment
        pwct.MeanFace.given(mean_face)
        self.mean_face = None if mean_face is None else [[float(at) for at in point] for point in mean_face]
        self._check()

    @property
    def output_size(self) -> tuple[int, int]:
        """Height and width of every face that comes out.

        Raises:
            UsageError: If they differ from picture to picture.
        """
        if not self.do_resize or "height" not in self.size:
            raise UsageError(
                f"the image processor gives faces of several sizes (size {self.size}, do_resize {self.do_resize}); "
                "give it a size with height and width, and do_resize=True"
            )
        return self.size["height"], self.size["width"]

    def variance(self, height: int, width: int) -> float:
        """By how much faces of a size are smoothed once they are in place, as `evenly_smoothed` takes it.

        Nothing where `alignment` is `pwct`: what evens out contrast tells sharp from blurred, so these faces are
        smoothed before.
        """
        return 0.0 if self.alignment == "pwct" else variance_of(self.smoothing, height, width)

    def preprocess(
        self,
        images: Any,
        references: Any = None,
        return_tensors: str | None = "pt",
        *,
        landmarks: Any = None,
        reference_landmarks: Any = None,
        **options: Any,
    ) -> BatchFeature:
        """Prepare faces and their references; what calling the processor does.

        A picture is a PIL image, or an array or tensor of shape (height, width), (height, width, channels) or
        (channels, height, width): integers from 0 to 255, or floats from 0 to 1, which are rounded to 8 bits. Its sides
        have at least 32 pixels, and 16 within `crop_box`.

        `images` and `references` are `image` and `reference` in the pipeline, `pixel_values` and
        `reference_pixel_values` in the model, and `expressive` and `neutral` in the data set.

        Args:
            images: A picture, or a list or batch of them: the faces to judge.
            references: As many pictures, each the neutral face of the same person; or a list of pictures for each
                image, all of one length, for several references.
            landmarks: Where the parts of each face are, in pixels of its picture turned upright: shape (68, 2), or
                (478, 2) as MediaPipe finds them, for each picture; needed where faces are aligned.
            reference_landmarks: Likewise of each reference.
            return_tensors: `pt`, or `np` for arrays; None for lists of arrays, which may be of several sizes.
            options: What the processor was made with, such as `size` or `do_normalize`, for this call alone.

        Returns:
            `pixel_values` of shape (batch, channels, height, width) and `reference_pixel_values` of the same shape, or
            (batch, references, channels, height, width) for several; float32.

        Raises:
            UsageError: If a reference is missing, their numbers do not fit, a picture holds NaN, an option is unknown,
                or the faces come out in several sizes.
            PictureError: If a picture cannot be used, or too little of it is left within `crop_box`.
        """
        if options:
            points = {"landmarks": landmarks, "reference_landmarks": reference_landmarks}
            return self._with(options).preprocess(images, references, return_tensors, **points)
        if references is None:
            raise UsageError("references is missing; give the neutral face of the same person as `references`")
        if not is_batch(images):
            images, references = [images], [references]
            landmarks, reference_landmarks = ([each] for each in (landmarks, reference_landmarks))
        check_numbers(images, references)
        if len(images) == 0:
            raise UsageError("images is empty; give at least one face and its reference")
        faces = {
            "pixel_values": list(map(self._face, images, _of_each(images, landmarks))),
            "reference_pixel_values": self._references(references, _of_each(references, reference_landmarks)),
        }
        if return_tensors is not None:
            return BatchFeature({name: _stacked(each) for name, each in faces.items()}, tensor_type=return_tensors)
        return BatchFeature({name: _as_arrays(each) for name, each in faces.items()})

    def _with(self, options: Mapping[str, Any]) -> PairwisePainImageProcessor:
        """This processor with other options."""
        unknown = sorted(options.keys() - set(_OPTIONS))
        if unknown:
            raise UsageError(
                f"{', '.join(unknown)}: no such option; give images and references, and of the options "
                f"{', '.join(_OPTIONS)}"
            )
        own = {name: getattr(self, name) for name in _OPTIONS}
        if "image_mean" in options:
            own["do_normalize"] = None  # as where it is made with a mean
        return type(self)(**{**own, **options})

    def _references(self, references: Sequence[Any], landmarks: Sequence[Any]) -> list[Any]:
        several = [is_batch(reference) for reference in references]
        if not any(several):
            return list(map(self._face, references, landmarks))
        counts = sorted({len(reference) for reference in references if is_batch(reference)})
        if not all(several) or len(counts) > 1 or not counts[0]:
            raise UsageError(
                f"the images have different numbers of references, or none ({counts}); give the same number to each "
                "image of a batch"
            )
        each = zip(references, landmarks, strict=True)
        return [list(map(self._face, reference, _of_each(reference, points))) for reference, points in each]

    def _face(self, picture: Any, landmarks: Any) -> Tensor:
        image = self._in_place(as_picture(picture), landmarks).convert(_MODES[self.num_channels])
        height, width = scaled_to(self.size, image.height, image.width)
        if self.do_resize and image.size != (width, height):
            image = image.resize((width, height), Image.Resampling(self.resample))
        pixels = torch.from_numpy(np.array(image, dtype=np.float32))
        pixels = pixels.unsqueeze(0) if pixels.dim() == 2 else pixels.permute(2, 0, 1).contiguous()
        if self.do_rescale:
            pixels = pixels / _WHITE
        pixels = evenly_smoothed(pixels.unsqueeze(0), self.variance(*pixels.shape[-2:])).squeeze(0)
        if self.do_standardize:
            return standardised(pixels)
        if not self.do_normalize:
            return pixels
        mean, std = (torch.tensor(values).view(-1, 1, 1) for values in (self.image_mean, self.image_std))
        return (pixels - mean) / std

    def _in_place(self, image: Image.Image, landmarks: Any) -> Image.Image:
        """The part of a picture that is used, with the face where it is expected."""
        if self.alignment == "box":
            box = _pixels_of(image, self.crop_box)
            if not self.do_resize or "height" not in self.size:
                return image.crop(box)
            height, width = self.output_size
            return _scaled(image.convert(_MODES[self.num_channels]), box, width, height, self.resample)
        if landmarks is None:
            raise PictureError(
                f"has no landmarks, and faces are aligned by them here ({self.alignment}); give them as landmarks "
                "and reference_landmarks, or give the pipeline finder=synpain_hf.annotation.finding.FaceFinder()"
            )
        if self.alignment == "pwct":
            return pwct.aligned(image, landmarks, pwct.MeanFace.given(self.mean_face), self._smoothed_early)
        height, width = self.output_size
        return similarity.aligned(image, landmarks, (width, height))

    def _smoothed_early(self, pixels: pwct.Floats) -> pwct.Floats:
        """Part of a picture that is not aligned yet."""
        face = torch.from_numpy(pixels.reshape(*pixels.shape[:2], -1)).permute(2, 0, 1).unsqueeze(0)
        smooth = evenly_smoothed(face, variance_of(self.smoothing, *pixels.shape[:2]))
        found: pwct.Floats = smooth[0].permute(1, 2, 0).reshape(pixels.shape).numpy()
        return found

    def _check(self) -> None:
        self._check_alignment()
        if self.num_channels not in _MODES:
            raise UsageError(f"num_channels is {self.num_channels}; give 1 for grey or 3 for RGB")
        if (self.image_mean is None) != (self.image_std is None):
            raise UsageError("only one of image_mean and image_std is given; give both, or neither")
        if self.do_normalize and self.image_mean is None:
            raise UsageError("do_normalize is True without image_mean and image_std; give these, too")
        for name, values in (("image_mean", self.image_mean), ("image_std", self.image_std)):
            if values is not None and len(values) != self.num_channels:
                raise UsageError(
                    f"{name} has {len(values)} values for {self.num_channels} channels; give one per channel"
                )
        if self.image_std is not None and min(self.image_std) <= 0:
            raise UsageError(f"image_std is {self.image_std}, and each channel is divided by it; give positive values")
        if self.crop_box is not None:
            check_crop_box(self.crop_box)
        check_smoothing(self.smoothing)

    def _check_alignment(self) -> None:
        known = get_args(Alignment)
        if self.alignment not in known:
            raise UsageError(f"alignment is {self.alignment!r}; give one of {', '.join(known)}")
        if self.alignment != "box" and self.crop_box is not None:
            raise UsageError("crop_box is given, but faces are aligned by landmarks; leave one of the two out")
        if self.alignment == "similarity":
            _ = self.output_size
        if self.mean_face is not None and self.alignment != "pwct":
            raise UsageError("mean_face is given, and alignment is not pwct; leave it out")


_OPTIONS = tuple(name for name in signature(PairwisePainImageProcessor).parameters if name != "kwargs")
"""What a processor is made with."""


def _of_each(pictures: Sequence[Any], landmarks: Any) -> Sequence[Any]:
    """The landmarks of each picture; None for each where there are none."""
    if landmarks is None:
        return [None] * len(pictures)
    if len(landmarks) != len(pictures):
        raise UsageError(f"there are {len(pictures)} pictures and landmarks of {len(landmarks)}; give those of each")
    found: Sequence[Any] = landmarks
    return found


def _stacked(faces: list[Any]) -> Tensor:
    """Faces, or the references of each, as one tensor."""
    sizes = sorted({tuple(face.shape[-2:]) for each in faces for face in (each if isinstance(each, list) else [each])})
    if len(sizes) > 1:
        told = ", ".join(f"{height} x {width}" for height, width in sizes)
        raise UsageError(
            f"the faces come out in several sizes ({told}), which make no batch; give size with height and width, or "
            "return_tensors=None"
        )
    return torch.stack([torch.stack(each) if isinstance(each, list) else each for each in faces])


def _as_arrays(faces: list[Any]) -> list[Any]:
    return [_as_arrays(face) if isinstance(face, list) else face.numpy() for face in faces]


def _pixels_of(image: Image.Image, box: list[float] | None) -> tuple[int, int, int, int]:
    """The left, top, right and bottom of the part of a picture that is used, in pixels."""
    shares = _WHOLE if box is None else box
    left, right = (round(share * image.width) for share in shares[::2])
    top, bottom = (round(share * image.height) for share in shares[1::2])
    if box is not None and min(right - left, bottom - top) < _MIN_CROPPED:
        raise PictureError(
            f"keeps {right - left} x {bottom - top} of its {image.width} x {image.height} pixels within the crop, a "
            f"side under {_MIN_CROPPED}; widen the crop, or take the face from a larger picture"
        )
    return left, top, right, bottom


def _scaled(image: Image.Image, box: tuple[int, int, int, int], width: int, height: int, resample: int) -> Image.Image:
    """A part of a picture at a size, with more on two sides where it has other proportions.

    What the picture has there is scaled first, and goes on beyond its edges afterwards: a long strip would fill memory.
    """
    left, top, right, bottom = box
    scale = min(width / (right - left), height / (bottom - top))
    across, down = round(width / scale), round(height / scale)
    left, top = (left + right - across) // 2, (top + bottom - down) // 2
    there = (max(left, 0), max(top, 0), min(left + across, image.width), min(top + down, image.height))
    size = (
        max(1, round((there[2] - there[0]) * width / across)),
        max(1, round((there[3] - there[1]) * height / down)),
    )
    scaled = image.crop(there).resize(size, Image.Resampling(resample))
    x, y = round((there[0] - left) * width / across), round((there[1] - top) * height / down)
    return Image.fromarray(part_of(np.asarray(scaled), -x, -y, width - x, height - y))


__all__ = ["PairwisePainImageProcessor"]

"""The preparation of the published PwCT, by other libraries than ours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from synpain_hf.imaging.alignment.landmarks import Points


def published(image: Image.Image, points: Points, mean: Points) -> npt.NDArray[np.uint8]:
    """The published preparation, step by step, by scikit-image and OpenCV."""
    transform = pytest.importorskip("skimage.transform", reason="scikit-image, which needs Python 3.11, is missing")
    cv2 = pytest.importorskip("cv2", reason="OpenCV, of the extra annotate, is missing")
    pixels = np.asarray(image)
    height, width = pixels.shape[:2]
    pixels = cv2.resize(pixels, (320, int(height * 320 / width)), interpolation=cv2.INTER_AREA)
    points = points * (320 / width, pixels.shape[0] / height)
    corners = np.array([[110, 71], [210, 71], [160, 170]])
    upright = transform.SimilarityTransform.from_estimate(points[[36, 45, 57]], corners)
    pixels = transform.warp(pixels, upright.inverse, output_shape=(320, 320))
    anchors = [*range(31), 36, 39, 42, 45, 48, 51, 54, 57]
    pieces = transform.PiecewiseAffineTransform.from_estimate(mean[anchors], upright(points)[anchors])
    pixels = transform.warp(pixels, pieces, output_shape=(200, 200))
    (left, top), (right, bottom) = np.round(mean.min(axis=0)).astype(int), np.round(mean.max(axis=0)).astype(int)
    pixels = pixels[top:bottom, left:right]
    side = max(pixels.shape[:2])
    square = np.zeros((side, side, 3))
    above, before = (side - pixels.shape[0]) // 2, (side - pixels.shape[1]) // 2
    square[above : above + pixels.shape[0], before : before + pixels.shape[1]] = pixels
    grey = cv2.resize(square, (160, 160)) @ np.array([0.299, 0.587, 0.114])
    evened: npt.NDArray[np.uint8] = cv2.createCLAHE(2.0, (8, 8)).apply(np.round(255 * grey).clip(0, 255).astype("u1"))
    return evened

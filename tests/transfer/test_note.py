"""A note of synthesis is in a picture, and changes nothing that is seen."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from synpain_hf.generation.transfer.note import SOURCE_TYPES, noted
from synpain_hf.imaging import png
from tests.transfer.making import pixels_of

pictures = arrays(np.uint8, (40, 33, 3))


@settings(max_examples=20)
@given(pictures, st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])))
def test_a_picture_with_a_note_has_the_same_pixels(pixels: png.Pixels, text: str) -> None:
    data = noted(png.encode(pixels), "compositeSynthetic", text)
    assert (pixels_of(data) == pixels).all()


def test_viewers_read_the_source_type_and_how_it_was_made() -> None:
    data = noted(png.encode(np.zeros((40, 40, 3), np.uint8)), "algorithmicMedia", "a <b> & c")
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        packet = ElementTree.fromstring(picture.info["xmp"])
    texts = {element.tag.rpartition("}")[2]: element.text for element in packet.iter()}
    assert texts["DigitalSourceType"] == f"{SOURCE_TYPES}algorithmicMedia"
    assert texts["li"] == "a <b> & c"

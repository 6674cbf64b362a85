"""A note in a picture that it is synthetic, for viewers and platforms: the IPTC's digital source type, as XMP."""

from __future__ import annotations

from xml.sax.saxutils import escape

from synpain_hf.imaging.png_chunks import SIGNATURE, chunk

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
"""The vocabulary of the IPTC; each term is an address below it."""

_KEYWORD = b"XML:com.adobe.xmp"
_HEADER_ENDS = len(SIGNATURE) + 25
"""The header is the first chunk, of 13 bytes, with its length, kind and checksum."""

_XMP = """\
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\
<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" \
xmlns:dc="http://purl.org/dc/elements/1.1/">\
<Iptc4xmpExt:DigitalSourceType>{source_type}</Iptc4xmpExt:DigitalSourceType>\
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt></dc:description>\
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def noted(png: bytes, source_type: str, text: str) -> bytes:
    """A PNG with a note of what it is.

    IPTC Photo Metadata Standard 2023.1, `DigitalSourceType`, in an XMP packet; PNG, third edition, 11.3.3.4 `iTXt`.

    Args:
        png: The picture.
        source_type: A term of the vocabulary, such as `compositeSynthetic`.
        text: How it was made, in words.
    """
    xmp = _XMP.format(source_type=escape(SOURCE_TYPES + source_type), text=escape(text))
    body = _KEYWORD + b"\0\0\0\0\0" + xmp.encode()  # not compressed, in no language
    return b"".join([png[:_HEADER_ENDS], *chunk(b"iTXt", body), png[_HEADER_ENDS:]])

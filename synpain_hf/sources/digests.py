"""Files of a source with what their digests should be, as lists among them say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from synpain_hf.errors import BadInputError, PictureError, Problem
from synpain_hf.sources.checksums import Digest, is_list, key_of, read_list
from synpain_hf.sources.files import OpenArchives, StoredPicture


def with_digests(files: Sequence[StoredPicture]) -> list[StoredPicture]:
    """Files with the digests that lists among them give; the lists themselves are left out.

    Raises:
        BadInputError: If a list cannot be read.
    """
    known: dict[str, Digest] = {}
    for file in files:
        if is_list(file.name):
            try:
                with OpenArchives() as archives:
                    known |= read_list(file.name, file.read(archives))
            except PictureError as error:
                raise BadInputError([Problem(file.name, str(error))]) from error
    found = [(file, known.get(key_of(file.name))) for file in files if not is_list(file.name)]
    return [replace(file, digests=(*file.digests, digest)) if digest else file for file, digest in found]

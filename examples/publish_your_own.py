"""Publish pairs of your own: from a manifest to a tagged data set, here on a Hub that this program runs itself."""

import tempfile
from pathlib import Path

from examples.own_pairs import write_pairs
from synpain_hf.cards import card
from synpain_hf.hub import publish
from synpain_hf.release.build import build
from tests.hub import WRITER, Hub

with tempfile.TemporaryDirectory() as place, Hub() as hub:
    manifest = write_pairs(Path(place) / "mine", pairs=10)  # a pairs.csv, and the pictures that it names
    release = build(manifest, Path(place) / "plain-faces-1.0.0", version="1.0.0")
    release = card(release.folder, facts=Path(__file__).parent / "plain_faces" / "facts.yaml")
    # To the real Hub: `hf auth login` once, then without endpoint and token.
    publication = publish(release.folder, "maker/plain-faces", endpoint=hub.url, token=WRITER)
    print(f"{publication.status}: version {publication.version}, {len(publication.plan.new)} files")
    print(publication.url)

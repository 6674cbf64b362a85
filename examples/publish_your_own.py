"""Publish pairs of your own: from a manifest to a tagged data set on the Hub. Nothing is sent without --send.

python examples/own_pairs.py mine
python examples/publish_your_own.py mine/pairs.csv plain-faces-1.0.0 --repo-id ME/plain-faces

Log in with `hf auth login` first. examples/README.md says how to run a Hub of your own, to try it on.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import synpain_hf
from synpain_hf.errors import SynpainError

FACTS = Path(__file__).parent / "plain_faces" / "facts.yaml"


def main() -> None:
    """Build a release, write its card, and publish it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path, help="a pairs.csv, with the pictures that it names")
    parser.add_argument("out", type=Path, help="the release directory; an existing one is published as it is")
    parser.add_argument("--repo-id", required=True, metavar="NAMESPACE/NAME", help="the data set on the Hub")
    parser.add_argument("--version", default="1.0.0", help="of the release (1.0.0)")
    parser.add_argument("--facts", type=Path, default=FACTS, help="the facts of the data set (of own_pairs.py)")
    parser.add_argument("--endpoint", metavar="URL", help="address of a Hub other than the public one")
    parser.add_argument("--send", action="store_true", help="publish; without it, only check and plan")
    options = parser.parse_args()

    if not options.out.exists():
        synpain_hf.build(options.manifest, options.out, version=options.version)
    synpain_hf.card(options.out, facts=options.facts)
    publication = synpain_hf.publish(options.out, options.repo_id, endpoint=options.endpoint, dry_run=not options.send)
    print(f"{publication.status}: version {publication.version}, {len(publication.plan.new)} new files")
    print(publication.url)


if __name__ == "__main__":
    try:
        main()
    except SynpainError as error:
        sys.exit(f"error: {error}")

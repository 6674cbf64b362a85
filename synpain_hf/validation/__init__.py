"""Whether the faces of a release show what they claim: statistics of what was measured of them."""

"""From the bytes of a picture to the two encoded faces of a pair."""

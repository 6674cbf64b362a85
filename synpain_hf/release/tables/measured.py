"""What annotators that run here measure in faces: the columns, with their meaning."""

from __future__ import annotations

BLENDSHAPES = {
    "browDownLeft": "Left brow lowered.",
    "browDownRight": "Right brow lowered.",
    "browInnerUp": "Inner brows raised.",
    "browOuterUpLeft": "Outer left brow raised.",
    "browOuterUpRight": "Outer right brow raised.",
    "cheekPuff": "Cheeks puffed.",
    "cheekSquintLeft": "Left cheek raised; the model gives 0 whatever the face does.",
    "cheekSquintRight": "Right cheek raised; the model gives 0 whatever the face does.",
    "eyeBlinkLeft": "Left eye closed.",
    "eyeBlinkRight": "Right eye closed.",
    "eyeLookDownLeft": "Left eye looks down.",
    "eyeLookDownRight": "Right eye looks down.",
    "eyeLookInLeft": "Left eye looks to the nose.",
    "eyeLookInRight": "Right eye looks to the nose.",
    "eyeLookOutLeft": "Left eye looks outwards.",
    "eyeLookOutRight": "Right eye looks outwards.",
    "eyeLookUpLeft": "Left eye looks up.",
    "eyeLookUpRight": "Right eye looks up.",
    "eyeSquintLeft": "Left eye narrowed.",
    "eyeSquintRight": "Right eye narrowed.",
    "eyeWideLeft": "Left eye wide open.",
    "eyeWideRight": "Right eye wide open.",
    "jawForward": "Jaw pushed forward.",
    "jawLeft": "Jaw moved to the left.",
    "jawOpen": "Jaw opened.",
    "jawRight": "Jaw moved to the right.",
    "mouthClose": "Lips closed over an open jaw.",
    "mouthDimpleLeft": "Left corner of the mouth drawn back.",
    "mouthDimpleRight": "Right corner of the mouth drawn back.",
    "mouthFrownLeft": "Left corner of the mouth lowered.",
    "mouthFrownRight": "Right corner of the mouth lowered.",
    "mouthFunnel": "Lips opened to a funnel.",
    "mouthLeft": "Mouth moved to the left.",
    "mouthLowerDownLeft": "Left lower lip lowered.",
    "mouthLowerDownRight": "Right lower lip lowered.",
    "mouthPressLeft": "Lips pressed on the left.",
    "mouthPressRight": "Lips pressed on the right.",
    "mouthPucker": "Lips puckered.",
    "mouthRight": "Mouth moved to the right.",
    "mouthRollLower": "Lower lip rolled in.",
    "mouthRollUpper": "Upper lip rolled in.",
    "mouthShrugLower": "Lower lip pushed up by the chin.",
    "mouthShrugUpper": "Upper lip pushed up.",
    "mouthSmileLeft": "Left corner of the mouth raised.",
    "mouthSmileRight": "Right corner of the mouth raised.",
    "mouthStretchLeft": "Left corner of the mouth stretched.",
    "mouthStretchRight": "Right corner of the mouth stretched.",
    "mouthUpperUpLeft": "Left upper lip raised.",
    "mouthUpperUpRight": "Right upper lip raised.",
    "noseSneerLeft": "Left side of the nose wrinkled; the model gives 0 whatever the face does.",
    "noseSneerRight": "Right side of the nose wrinkled; the model gives 0 whatever the face does.",
}
"""The blendshapes of MediaPipe's face landmarker, without the one of a neutral face, which is always 0."""

MEASURED = {
    "faces": "How many faces the annotator found in the picture; it measured the largest.",
    "yaw": "The turn of the head to the side in degrees; above 0 towards the right edge of the picture.",
    "pitch": "The turn of the head up or down in degrees; above 0 up.",
    "roll": "The tilt of the head in degrees; above 0 clockwise, as one sees the picture.",
    "pspi_approx": "Not the pain score, but an approximation from blendshapes, 0 to 20: AU4 + AU7 + AU10 + AU43, "
    "each approximated; without AU6 and AU9, which cannot be.",
    "landmarks": "Three numbers for each of MediaPipe's 478 landmarks, in its order: to the right, down, and away from "
    "the camera, in pixels of the face as it is stored.",
    "embedding": "128 numbers of length 1; the scalar product of two faces is the greater, the more alike they are.",
    "sharpness": "The mean absolute Laplacian of the brightness in the middle half of the picture, scaled to 256 rows.",
    "made_with": "The annotator with its version, its library, and the beginning of the SHA-256 of its models.",
    **{name: f"{meaning} Blendshape of MediaPipe, 0 to 1." for name, meaning in BLENDSHAPES.items()},
}
"""What each column means; those of approximate action units are named after the units."""


def approximation(unit: str) -> str:
    """What the approximation of an action unit means.

    Args:
        unit: What the unit is called, with a full stop.
    """
    return f"{unit} Approximate, 0 to 5: five times the mean of blendshapes that move the same; no coder's intensity."

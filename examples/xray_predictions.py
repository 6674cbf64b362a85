"""Write made-up predictions of pneumonia from chest X-rays, with two faults that an audit should find.

python examples/xray_predictions.py xray

Several images of a patient are alike, and few patients are ill. At the hospital `south` the model ranks worse. At
`west` it ranks as well as elsewhere, but its scores are too high. Writes `validation.csv` and `test.csv`, which share
no patient.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

PATIENTS = 3_000
HOSPITALS = {"north": 0.5, "west": 0.35, "south": 0.15}
ILL = 0.12
APART = {"north": 2.0, "west": 2.0, "south": 1.0}
"""How far the ill and the others lie apart in what the model sees, in standard deviations of an image."""

TOO_HIGH = {"north": 0.0, "west": 1.2, "south": 0.0}
"""What is added to the logit of the score."""

OF_PATIENT = 0.8
"""Standard deviation that the images of a patient share; the squares of this and of what they do not share add to 1."""


def predictions(patients: int, seed: int) -> pd.DataFrame:
    """A row for each image: `patient`, `hospital`, `sex`, `age_group`, `pneumonia` (0 or 1), `score` (0 to 1).

    The model supposes that the ill and the others lie 2 apart everywhere, so at `north` its scores are probabilities.
    """
    rng = np.random.default_rng(seed)
    people = pd.DataFrame(
        {
            "patient": [f"p{seed}-{number:04}" for number in range(patients)],
            "hospital": rng.choice(list(HOSPITALS), patients, p=list(HOSPITALS.values())),
            "sex": rng.choice(["female", "male"], patients),
            "age_group": rng.choice(["under 40", "40 to 64", "65 and over"], patients, p=[0.25, 0.4, 0.35]),
            "pneumonia": (rng.random(patients) < ILL).astype(int),
        }
    )
    apart, too_high = (people["hospital"].map(of).to_numpy(dtype=float) for of in (APART, TOO_HIGH))
    seen = rng.normal(scale=OF_PATIENT, size=patients) + apart * people["pneumonia"].to_numpy()
    of_image = np.repeat(np.arange(patients), rng.integers(1, 4, patients))
    noise = rng.normal(scale=np.sqrt(1 - OF_PATIENT**2), size=len(of_image))
    supposed = APART["north"]
    logit = supposed * (seen[of_image] + noise) - supposed**2 / 2 + np.log(ILL / (1 - ILL)) + too_high[of_image]
    images: pd.DataFrame = people.iloc[of_image].assign(score=(1 / (1 + np.exp(-logit))).round(4))
    images.index = pd.RangeIndex(len(images))
    return images


def main() -> None:
    """Write both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="a new folder")
    out = parser.parse_args().out
    out.mkdir(parents=True)
    for seed, name in enumerate(("validation", "test")):
        predictions(PATIENTS, seed).to_csv(out / f"{name}.csv", index=False)


if __name__ == "__main__":
    main()

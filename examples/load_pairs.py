"""Show what is in the installed data set, and one of its pairs; only `datasets` is needed.

synpain-hf install demo-faces
python examples/load_pairs.py
"""

from __future__ import annotations

from collections import Counter

from datasets import load_dataset

COLUMNS = ("label", "age_group", "gender", "ethnicity")


def main() -> None:
    """Print how many pairs of each group every split has, and the first pair of the training split."""
    pairs = load_dataset("synpain")
    print(f"{'':24}" + "".join(f"{split:>12}" for split in pairs))
    print(f"{'pairs':24}" + "".join(f"{len(rows):12,}" for rows in pairs.values()))
    for column in COLUMNS:
        counts = {split: Counter(rows[column]) for split, rows in pairs.items()}
        for value, name in enumerate(pairs["train"].features[column].names):
            print(f"{column:10} {name:13}" + "".join(f"{counts[split][value]:12,}" for split in pairs))

    pair = pairs["train"][0]
    named = ", ".join(f"{column} {pairs['train'].features[column].int2str(pair[column])}" for column in COLUMNS)
    print(f"\nThe first pair to train on, {pair['pair_id']}: {named}")
    for face in ("neutral", "expressive"):
        print(f"  {face:10}  {pair[face].width} x {pair[face].height} pixels, {pair[face].mode}")


if __name__ == "__main__":
    main()

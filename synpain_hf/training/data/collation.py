"""Batches of pairs: 8-bit faces from the prepared file, and on the device what the model takes.

    prepared = prepare(open_pairs("synpain", "cv_3"), processor)
    train = PairDataset(prepared, "train", pspi=True)
    loader = DataLoader(train, batch_size=64, shuffle=True, collate_fn=collate_pairs, pin_memory=True)
    to_model = ModelInputs(processor, PairAugmentation()).to(device)
    for batch in loader:
        loss = model(**to_model(batch)).loss

With `Trainer`, set `remove_unused_columns=False` (its collator would take a batch for a list of rows), and call
`to_model` on what `_prepare_inputs` gives, with `to_model.train(model.training)` before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from synpain_hf.errors import UsageError
from synpain_hf.modeling.image_processing_pairwise import PairwisePainImageProcessor
from synpain_hf.modeling.smoothing import evenly_smoothed
from synpain_hf.modeling.standardising import standardised
from synpain_hf.training.data.augmentation import PairAugmentation
from synpain_hf.training.data.pairs import Positions, identities_in
from synpain_hf.training.data.preparation import PreparedPairs
from synpain_hf.training.data.references import neutral_faces
from synpain_hf.training.data.unaligned import check_left
from synpain_hf.training.options import References

Batch: TypeAlias = dict[str, Tensor]

_FACES = ("pixel_values", "reference_pixel_values")
_NEUTRAL, _EXPRESSIVE = 0, 1
_WHITE = 255


class Drawn(NamedTuple):
    """An item with a neutral face of its person.

    Attributes:
        item: Which.
        reference: Which neutral face, counted on from the first again where there are fewer.
    """

    item: int
    reference: int


class PairDataset(Dataset[Batch]):
    """The pairs of one split, as a data set of torch.

    An item is a dictionary of tensors: `pixel_values`, the expressive face, and `reference_pixel_values`, the neutral
    one, both uint8 of shape (channels, height, width), `labels`, and where they are asked for `pspi` and
    `action_units` of shape (units,), NaN where not known. A loader gets a whole batch at a time, by one copy out of
    the file for each face.

    Args:
        prepared: The prepared pairs.
        split: One of `prepared.pairs.splits`.
        pspi: Whether the pain score comes along; the model must have a head for it.
        action_units: Action units that come along, in the order of the model's `config.action_units`.
        annotator: Whose annotations; None for the only one's.
        references: `own`, each pair's neutral face; or `any`, where an item that is `Drawn` has one of the neutral
            faces that its person has in this split.
        where_known: Give NaN for what nobody has annotated here, as beside a data set that has more.

    Attributes:
        rows: `pair_id`, `label` and what is known of groups and fold, in the order of the items.

    Raises:
        UsageError: If there is no such split, or no such annotations, or `any` reference is asked for of pairs that
            say which faces are shown.

    Example:
        >>> PairDataset(prepared, "train").__getitems__([4, 0, 7])  # doctest: +SKIP
        {'pixel_values': tensor of shape (3, 1, 160, 160), 'reference_pixel_values': …, 'labels': tensor([1, 0, 1])}
    """

    def __init__(
        self,
        prepared: PreparedPairs,
        split: str,
        *,
        pspi: bool = False,
        action_units: Sequence[str] = (),
        annotator: str | None = None,
        references: References = "own",
        where_known: bool = False,
    ) -> None:
        self._prepared = prepared
        check_left(prepared.pairs, prepared.left_out, split)
        self._positions = prepared.pairs.positions(split)
        self.rows: pa.Table = prepared.pairs.table.take(self._positions)
        self.references = references
        self._neutral: Sequence[Positions] = [self._positions[at : at + 1] for at in range(len(self._positions))]
        if references == "any":
            if prepared.pairs.shown is not None:
                raise UsageError("is 'any', but the pairs say which face is the reference; give 'own'", "references")
            self._neutral = neutral_faces(prepared.faces, self._positions, identities_in(self.rows))
        given = prepared.pairs.known_targets if where_known else prepared.pairs.targets
        targets = given(pspi=pspi, action_units=action_units, annotator=annotator)
        self._targets: Batch = {
            "labels": torch.from_numpy(self.rows["label"].to_numpy().astype(np.int64)),
            **{name: torch.from_numpy(values[self._positions]) for name, values in targets.items()},
        }

    def annotated(self, action_units: Sequence[str]) -> dict[str, Tensor]:
        """What is annotated and comes along, `pspi` and each action unit by its name; shape (pairs,), NaN if unknown.

        Args:
            action_units: The names that the data set was made with.
        """
        units = self._targets.get("action_units")
        found = {} if units is None else dict(zip(action_units, units.unbind(1), strict=True))
        return {**({"pspi": self._targets["pspi"]} if "pspi" in self._targets else {}), **found}

    def __len__(self) -> int:
        return len(self._positions)

    def each_reference(self) -> list[Drawn]:
        """Every item with every neutral face of its person, those of an item one after the other."""
        return [Drawn(item, at) for item, found in enumerate(self._neutral) for at in range(len(found))]

    def __getitem__(self, index: int | Drawn) -> Batch:
        return {name: values[0] for name, values in self.__getitems__([index]).items()}

    def __getitems__(self, indices: Sequence[int | Drawn]) -> Batch:
        """A whole batch, ready: every value has a first dimension for the items."""
        items = [index.item if isinstance(index, Drawn) else index for index in indices]
        positions = self._positions[items]
        neutral = positions.copy()
        for at, index in enumerate(indices):
            if isinstance(index, Drawn):
                known = self._neutral[index.item]
                neutral[at] = known[index.reference % len(known)]
        shown = self._prepared.pairs.shown
        wanted = (2 * positions + _EXPRESSIVE, 2 * neutral + _NEUTRAL) if shown is None else shown[positions].T
        faces = self._prepared.faces
        return {
            **{name: torch.from_numpy(faces[at // 2, at % 2]) for name, at in zip(_FACES, wanted, strict=True)},
            **{name: values[items] for name, values in self._targets.items()},
        }


class EachReference(Dataset[Batch]):
    """Every pair of a data set once with each neutral face of its person, to judge it by all of them.

    Args:
        pairs: The data set.

    Attributes:
        owners: Which pair each item is of; shape (items,).
    """

    def __init__(self, pairs: PairDataset) -> None:
        self._pairs, self._items = pairs, pairs.each_reference()
        self.owners = np.array([one.item for one in self._items], np.int64)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> Batch:
        return self._pairs[self._items[index]]

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        """A whole batch, ready, as that of `PairDataset`."""
        return self._pairs.__getitems__([self._items[index] for index in indices])


def collate_pairs(items: Batch | Sequence[Batch]) -> Batch:
    """Make a batch of items of `PairDataset`; one that came as a batch already is left as it is.

    Example:
        >>> items = [{"labels": torch.tensor(1)}, {"labels": torch.tensor(0)}]
        >>> collate_pairs(items)
        {'labels': tensor([1, 0])}
    """
    if isinstance(items, Mapping):
        return items
    return {name: torch.stack([item[name] for item in items]) for name in items[0]}


class ModelInputs(nn.Module):
    """Turn a batch of 8-bit faces into what the model takes, on the device.

    Without augmentation, or in evaluation, that is what the image processor gives: exactly, but where faces are
    smoothed or standardised, whose sums may be rounded otherwise.

    Args:
        processor: The model's image processor, which says how to smooth and normalise.
        augmentation: What happens to faces in training; None for nothing.
        channels_last: Give faces with the channels of a pixel side by side. Convolutions keep this order from layer to
            layer, also with weights in the usual order, which these keep: gradients, optimizers and files know no
            other.
    """

    def __init__(
        self,
        processor: PairwisePainImageProcessor,
        augmentation: PairAugmentation | None = None,
        *,
        channels_last: bool = False,
    ) -> None:
        super().__init__()
        self.order = torch.channels_last if channels_last else torch.contiguous_format
        self.augmentation = augmentation
        self.variance = processor.variance(*processor.output_size)
        self.standardises = processor.do_standardize
        is_normalised = processor.do_normalize and not processor.do_standardize
        white = 1.0 if processor.do_rescale else float(_WHITE)
        for name, values, neutral in (("mean", processor.image_mean, 0.0), ("std", processor.image_std, 1.0)):
            given = values if is_normalised and values else [neutral] * processor.num_channels
            self.register_buffer(name, torch.tensor(given).view(-1, 1, 1) / white, persistent=False)

    def forward(self, batch: Mapping[str, Tensor], generator: torch.Generator | None = None) -> Batch:
        """Move a batch to the device of this module, scale to [0, 1], augment, smooth and normalise.

        Args:
            batch: From `collate_pairs`; on any device.
            generator: Draws the augmentation; a generator of the CPU, whatever the device. None for torch's own.

        Returns:
            The batch, with faces in float32.
        """
        mean, std = self.get_buffer("mean"), self.get_buffer("std")
        moved = {name: values.to(mean.device, non_blocking=True) for name, values in batch.items()}
        faces = [moved[name].float() / _WHITE for name in _FACES]
        if self.augmentation is None:
            faces = [evenly_smoothed(face, self.variance) for face in faces]
        else:
            faces = list(self.augmentation(*faces, variance=self.variance, generator=generator))
        finished = [standardised(face) if self.standardises else (face - mean) / std for face in faces]
        # `to`, not `contiguous`: faces of one channel are in both orders, and convolutions go by the strides.
        ordered = [face.to(memory_format=self.order) for face in finished]
        return {**moved, **dict(zip(_FACES, ordered, strict=True))}

"""How a face with another's expression is drawn: each method a module, each with the interface of `Method`.

A method that needs torch or diffusers imports them when it draws, so that all methods are known without.
"""

from __future__ import annotations

from collections.abc import Mapping

from synpain_hf.generation.transfer.methods.controlnet import ControlNet
from synpain_hf.generation.transfer.methods.method import Method
from synpain_hf.generation.transfer.methods.oracle import Oracle
from synpain_hf.generation.transfer.methods.unet import UNet
from synpain_hf.generation.transfer.methods.warp import Warp

METHODS: Mapping[str, type[Method]] = {method.name: method for method in (Warp, Oracle, UNet, ControlNet)}
"""Every method, by its name; the first is the default."""

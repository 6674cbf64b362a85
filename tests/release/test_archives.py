"""From a made archive to a release, by person."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from examples.made_archives import write_3dpain, write_unbc
from synpain_hf.errors import BadInputError
from synpain_hf.release.build import build
from synpain_hf.release.info import summarise
from synpain_hf.release.release import Release

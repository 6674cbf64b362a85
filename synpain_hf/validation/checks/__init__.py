"""What can be checked of a release without any model."""

from __future__ import annotations

from synpain_hf.validation.checks.balance import balance
from synpain_hf.validation.checks.check import Check
from synpain_hf.validation.checks.copies import copies
from synpain_hf.validation.checks.damage import damage
from synpain_hf.validation.checks.files import files
from synpain_hf.validation.checks.identities import identities
from synpain_hf.validation.checks.shortcuts import shortcuts

CHECKS: tuple[Check, ...] = (
    Check("files", "Are the files what the release says?", files),
    Check("identities", "Is every identity on one side of every split?", identities),
    Check("copies", "Does every face belong to one identity?", copies),
    Check("damage", "Does every picture show a whole face?", damage),
    Check("shortcuts", "Can the label be told only by the face?", shortcuts),
    Check("balance", "Is pain spread evenly over the groups?", balance),
)
"""The checks, in the order in which they are made and reported."""

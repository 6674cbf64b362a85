"""The full card says how transferred faces were made, who is shown, and what they cannot show."""

from __future__ import annotations

from dataclasses import replace

from synpain_hf.cards.facts import facts_for
from synpain_hf.cards.write import compose
from synpain_hf.release.layout import CARD
from synpain_hf.release.release import Release
from tests.cards.making import section
from tests.sources.lent import NOTES


def test_a_card_says_how_faces_were_made_who_is_shown_and_what_they_cannot_show(drawn: Release) -> None:
    notes = {**NOTES, "identities_are": "synthetic"}
    source = {**drawn.manifest["source"], "transfer": notes}
    told = replace(drawn, manifest={**drawn.manifest, "source": source})
    card = compose(told, facts_for(told, None)).texts[CARD]
    assert "with the expressions of synpain 2.0.0, by the method warp 1" in card
    assert "The identities are synthetic: they show nobody." in section(card, "Privacy")
    limits = section(card, "Known biases and limits")
    assert "- There is no motion" in limits
    assert "- Lowered brows (AU4) and closed eyes (AU43)" in limits


def test_a_card_of_faces_with_their_own_expressions_says_nothing_of_it(drawn: Release) -> None:
    assert "expressions of" not in compose(drawn, facts_for(drawn, None)).texts[CARD]

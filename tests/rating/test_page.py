"""A sheet in a real browser: by the keyboard alone, offline, and with nothing lost."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from synpain_hf.rating.answers import COLUMNS
from synpain_hf.rating.ratings import ratings
from synpain_hf.rating.sheet import Sheets
from synpain_hf.release.release import Release
from tests.rating.browsing import BROWSERS, DRIVERS, Rater, chromium, program

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        program(BROWSERS) is None or program(DRIVERS) is None,
        reason="needs a browser and its driver: apt-get install chromium chromium-driver",
    ),
]

TRIALS = 8
ANSWERS = {"1": ["man", "young", "black", "neutral"], "2": ["woman", "old", "south_asian", "pain"]}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rater]:
    downloads = tmp_path_factory.mktemp("downloads")
    with chromium(downloads) as browser:
        yield Rater(browser, downloads)


@pytest.fixture
def rater(opened: Rater, sheets: Sheets) -> Iterator[Rater]:
    """A rater who sees the first sheet for the first time."""
    opened.resized(1280, 800)
    opened.open(sheets.folder / sheets.files[0])
    opened.script("localStorage.clear()")
    opened.browser.refresh()
    opened.log("performance")
    yield opened
    errors = [entry for entry in opened.log("browser") if entry["level"] == "SEVERE"]
    assert [entry for entry in errors if "Content Security Policy" not in entry["message"]] == []


@pytest.fixture
def comparing(opened: Rater, compared: Sheets) -> Rater:
    """A rater who sees a sheet of several releases for the first time."""
    opened.resized(1280, 800)
    opened.open(compared.folder / compared.files[0])
    opened.script("localStorage.clear()")
    opened.browser.refresh()
    return opened


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_sheet_is_done_by_the_keyboard_alone_and_its_table_is_read(
    rater: Rater, rated: Release, sheets: Sheets
) -> None:
    rater.begin("Ann B.")
    for number in range(TRIALS):
        assert rater.seen("heading") == f"Face {number + 1} of {TRIALS}"
        assert rater.seen("count") == f"{number} of {TRIALS} done"
        rater.press(*("2222" if number else "1110"))
        assert rater.focused == "next"
        rater.press(Keys.ENTER)
    assert rater.seen("over") == "All faces are done"
    assert rater.focused == "over"
    rater.press(Keys.TAB, Keys.TAB)
    assert rater.focused == "finish"
    path = rater.download(lambda: rater.press(Keys.ENTER))
    sheet, order = next(iter(sheets.key.sheets.items()))
    assert path.name == f"ratings-Ann-B--{sheet}.csv"
    table = rows(path)
    assert tuple(table[0]) == COLUMNS
    assert {(row["sheet"], row["rater"]) for row in table} == {(sheet, "Ann B.")}
    assert [row["token"] for row in table[::4]] == list(order)
    assert [row["trial"] for row in table[::4]] == [str(number) for number in range(1, TRIALS + 1)]
    assert [row["answer"] for row in table[:8]] == ["man", "young", "black", "cannot_say", *ANSWERS["2"]]
    assert all(0 <= float(row["seconds"]) < 60 for row in table)
    found = ratings(rated.folder, path, key=sheets.folder / "key.json")
    assert found.raters == ["Ann B."]
    assert [result.answers for result in found.results] == [6] * 5


class TestSeveralReleases:
    def test_a_sheet_is_done_by_the_keyboard_with_its_checks_and_its_table_is_read(
        self, comparing: Rater, methods: Sequence[Release], compared: Sheets
    ) -> None:
        rater, key = comparing, compared.key
        assert "realism and identity" in rater.seen("purpose")
        assert "At some faces the page asks for a given answer" in rater.seen("checked")
        rater.begin("Ann")
        tokens = next(iter(key.sheets.values()))
        for token in tokens:
            check = key.checks.get(token)
            assert ("To show that you read" in rater.seen("questions")) == (check is not None)
            rater.press(*("42" if check is None else check))
            assert rater.focused == "next"
            rater.press(Keys.ENTER)
        assert rater.seen("over") == "All faces are done"
        button = rater.browser.find_element("id", "finish")
        path = rater.download(lambda: button.send_keys(Keys.ENTER))
        assert len(rows(path)) == 2 * 28 + 3
        found = ratings([one.folder for one in methods], path, key=compared.folder / "key.json")
        assert [(one.right, one.of) for one in found.attention] == [(3, 3)]
        assert [[one.these.value for one in scale.releases if one.these] for scale in found.scales] == [
            [4.0] * 3, [2.0] * 3,
        ]  # fmt: skip

    def test_the_neutral_face_is_shown_when_realism_has_been_judged(self, comparing: Rater, compared: Sheets) -> None:
        rater = comparing
        rater.begin("Ann")
        tokens = next(iter(compared.key.sheets.values()))
        while tokens[int(rater.seen("heading").split()[1]) - 1] in compared.key.checks:
            rater.press(Keys.ARROW_RIGHT)
        reference = rater.browser.find_element("id", "reference")
        assert not reference.is_displayed()
        rater.press("3")
        assert reference.is_displayed()
        assert rater.script("return document.getElementById('reference').naturalWidth") > 0
        rater.press(Keys.ARROW_RIGHT)
        assert not reference.is_displayed()

    def test_no_key_or_click_shows_the_neutral_face_before(self, comparing: Rater, compared: Sheets) -> None:
        rater = comparing
        rater.begin("Ann")
        tokens = next(iter(compared.key.sheets.values()))
        while tokens[int(rater.seen("heading").split()[1]) - 1] in compared.key.checks:
            rater.press(Keys.ARROW_RIGHT)
        reference = rater.browser.find_element("id", "reference")
        question = rater.browser.find_element("id", "question-1")
        for act in (
            lambda: rater.press(Keys.ARROW_DOWN),
            lambda: rater.press(Keys.ARROW_UP),
            lambda: rater.press(*[Keys.TAB] * 7),
            question.click,
            question.find_element("css selector", "button").click,
            lambda: rater.script("document.getElementById('question-1').focus()"),
        ):
            act()
            assert not reference.is_displayed()
            assert rater.chosen() == []
        rater.press("3")
        assert reference.is_displayed()
        rater.press("2")
        assert rater.chosen() == ["3", "2"]

    def test_it_goes_on_where_it_was_left(self, comparing: Rater, compared: Sheets) -> None:
        rater, key = comparing, compared.key
        rater.begin("Ann")
        tokens = next(iter(key.sheets.values()))
        until = next(number for number, token in enumerate(tokens, 1) if token in key.checks)
        for token in tokens[:until]:
            rater.press(*("42" if token in key.faces else "1"), Keys.ARROW_RIGHT)
        rater.browser.refresh()
        assert rater.seen("count") == f"{until} of {len(tokens)} done"
        assert rater.seen("heading") == f"Face {until + 1} of {len(tokens)}"
        rater.press(Keys.ARROW_LEFT)
        assert rater.chosen() == ["1"]

    @pytest.mark.parametrize("width", [320, 1280])
    def test_both_pictures_and_all_answers_fit(self, comparing: Rater, compared: Sheets, width: int) -> None:
        rater = comparing
        rater.resized(width, 800)
        rater.begin("Ann")
        if next(iter(compared.key.sheets.values()))[0] in compared.key.checks:
            rater.press(Keys.ARROW_RIGHT)
        rater.press("3")
        assert rater.script("return document.documentElement.scrollWidth") <= width
        face, reference = (rater.browser.find_element("id", name).rect for name in ("face", "reference"))
        assert 0 < reference["width"] < face["width"]
        assert reference["x"] >= face["x"] + face["width"]
        contrasts = rater.script(CONTRASTS)
        assert min(contrasts.values()) >= 4.5, contrasts


def test_answers_are_kept_when_the_page_is_closed(rater: Rater, sheets: Sheets) -> None:
    rater.begin("Ann")
    rater.press(*"1111", Keys.ENTER, *"22")
    rater.browser.get("about:blank")
    rater.open(sheets.folder / sheets.files[0])
    assert rater.seen("count") == f"1 of {TRIALS} done"
    assert rater.seen("heading") == f"Face 2 of {TRIALS}"
    assert rater.chosen() == ["woman", "old"]
    rater.press("1")  # the first open question
    assert rater.chosen() == ["woman", "old", "black"]
    rater.open(sheets.folder / sheets.files[1])
    assert rater.seen("name") == ""  # of another sheet nothing is known


def test_two_raters_at_one_browser_have_answers_of_their_own(rater: Rater) -> None:
    rater.begin("Ann")
    rater.press(*"1111", Keys.ENTER)
    rater.browser.find_element("id", "other").send_keys(Keys.ENTER)
    rater.begin("Ben")
    assert rater.seen("count") == f"0 of {TRIALS} done"
    rater.press("2")
    rater.browser.find_element("id", "other").send_keys(Keys.ENTER)
    rater.begin("Ann")
    assert rater.seen("count") == f"1 of {TRIALS} done"
    rater.press(Keys.ARROW_LEFT)
    assert rater.chosen() == ANSWERS["1"]


def test_an_answer_can_be_changed_and_the_table_had_at_any_time(rater: Rater) -> None:
    rater.begin("Ann")
    rater.press(*"1111", Keys.ARROW_RIGHT, "2", Keys.ARROW_LEFT, Keys.ARROW_DOWN, "2", Keys.ARROW_UP, "0")
    assert rater.chosen() == ["cannot_say", "old", "black", "neutral"]
    button = rater.browser.find_element("id", "download")
    table = rows(rater.download(lambda: button.send_keys(Keys.ENTER)))
    assert [row["answer"] for row in table] == ["cannot_say", "old", "black", "neutral", "woman"]


def test_a_second_tab_of_the_sheet_shows_what_was_answered_in_the_first(rater: Rater, sheets: Sheets) -> None:
    rater.begin("Ann")
    first = rater.browser.current_window_handle
    rater.browser.switch_to.new_window("tab")
    rater.open(sheets.folder / sheets.files[0])
    assert rater.chosen() == []
    rater.press("1", "2")
    rater.browser.close()
    rater.browser.switch_to.window(first)
    assert rater.comes_to_choose(["man", "old"])


def test_what_is_open_is_found_at_the_end(rater: Rater) -> None:
    rater.begin("Ann")
    for number in range(TRIALS):
        rater.press(*("1111" if number != 4 else "11"), Keys.ARROW_RIGHT)
    assert rater.seen("over") == "1 face left"
    rater.browser.find_element("id", "missing").send_keys(Keys.ENTER)
    assert rater.seen("heading") == f"Face 5 of {TRIALS}"
    rater.press("1", "1", *[Keys.ENTER] * (TRIALS - 4))
    assert rater.seen("over") == "All faces are done"


def test_keys_that_mean_something_to_the_browser_or_nothing_are_left_alone(rater: Rater) -> None:
    rater.begin("Ann")
    rater.press("9", "x", '"', "]", Keys.ESCAPE)
    rater.press_with(Keys.CONTROL, "1")
    rater.press_with(Keys.ALT, "2")
    assert rater.chosen() == []
    assert rater.seen("heading") == f"Face 1 of {TRIALS}"


@pytest.mark.parametrize("name", ["=1+1", " ", "-x", "a,b", 'a"b', "@ann", "a\u202eb"])
def test_a_name_that_a_spreadsheet_may_take_for_something_else_is_refused(rater: Rater, name: str) -> None:
    rater.script("document.getElementById('name').value = arguments[0]", name)
    rater.press(Keys.ENTER)
    assert "a letter or digit first" in rater.seen("wrong")
    assert rater.focused == "name"


@pytest.mark.parametrize("name", ["Zoë", "李明", "R2", "Ann-Marie B."])
def test_names_of_any_script_are_taken(rater: Rater, name: str) -> None:
    rater.script("document.getElementById('name').value = arguments[0]", name)
    rater.press(Keys.ENTER)
    assert name in rater.seen("rater")
    button = rater.browser.find_element("id", "download")
    rater.press("1")
    assert rows(rater.download(lambda: button.send_keys(Keys.ENTER)))[0]["rater"] == name


def test_the_page_asks_for_nothing_and_can_send_nothing(rater: Rater) -> None:
    rater.browser.refresh()
    rater.begin("Ann")
    rater.press(*"1111", Keys.ENTER)
    messages = [json.loads(entry["message"])["message"] for entry in rater.log("performance")]
    asked = [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]
    assert {url.partition(":")[0] for url in asked} == {"file", "data"}
    assert len([url for url in asked if url.startswith("file")]) == 1
    assert "TypeError" in rater.browser.execute_async_script(SEND)
    refused = [entry["message"] for entry in rater.log("browser")]
    assert any("Content Security Policy" in message and "connect" in message for message in refused)


@pytest.fixture
def forgetful(rater: Rater) -> Iterator[Rater]:
    """A rater whose browser keeps nothing."""
    refuse = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no'); }})"
    added = rater.browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": refuse})
    rater.browser.refresh()
    yield rater
    rater.browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


def test_a_browser_that_keeps_nothing_is_told_and_the_table_is_whole(forgetful: Rater) -> None:
    rater = forgetful
    assert not warns_on_closing(rater)
    rater.begin("Ann")
    assert "Download the CSV before you close the page" in rater.seen("trouble")
    rater.press(*"1111")
    assert warns_on_closing(rater)
    button = rater.browser.find_element("id", "download")
    assert len(rows(rater.download(lambda: button.send_keys(Keys.ENTER)))) == 4
    assert not warns_on_closing(rater)


def test_a_page_whose_answers_are_kept_does_not_even_listen_to_its_closing(rater: Rater) -> None:
    rater.begin("Ann")
    rater.press(*"1111")
    assert rater.listens_to("storage")
    assert not rater.listens_to("beforeunload")


def warns_on_closing(rater: Rater) -> bool:
    """Whether the browser asks before it leaves the page."""
    return bool(rater.script("return !window.dispatchEvent(new Event('beforeunload', { cancelable: true }));"))


def test_answers_that_somebody_changed_in_the_browser_are_not_taken(rater: Rater, sheets: Sheets) -> None:
    place = f"rating-sheet/{next(iter(sheets.key.sheets))}"
    damaged = {"1:gender": ["robot", 1, "x"], "99:age": ["old", 1, "x"], "1:shoe": ["old", 1, "x"], "1:age": 3}
    for kept in (json.dumps(damaged), "{", "3", "null"):
        rater.script(f"localStorage['{place}'] = 'Ann'; localStorage['{place}/Ann'] = arguments[0]", kept)
        rater.browser.refresh()
        assert rater.seen("count") == f"0 of {TRIALS} done"
        assert rater.chosen() == []


@pytest.mark.parametrize("width", [320, 400, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_everything_fits_is_readable_and_shows_where_the_focus_is(rater: Rater, width: int, dark: bool) -> None:
    rater.resized(width, 800, dark=dark)
    rater.browser.refresh()
    assert rater.script("return document.documentElement.scrollWidth") <= width
    rater.begin("Ann")
    assert rater.script("return document.documentElement.scrollWidth") <= width
    assert rater.script("return document.getElementById('face').naturalWidth") > 0
    rater.press("1")
    assert rater.focused == "question-1"
    assert rater.script(OUTLINE) == "solid"
    rater.press("1", "1", "1")
    assert rater.script(OUTLINE) == "solid"
    assert rater.browser.find_element("id", "next").is_displayed()
    contrasts = rater.script(CONTRASTS)
    assert len(contrasts) > 10
    assert min(contrasts.values()) >= 4.5, contrasts


def test_a_screen_reader_is_told_what_everything_is(rater: Rater) -> None:
    rater.begin("Ann")
    groups = rater.browser.find_elements("css selector", "fieldset")
    assert [(group.aria_role, group.accessible_name) for group in groups][3] == ("group", "What does the face express?")
    buttons = groups[2].find_elements("css selector", "button")
    assert [button.accessible_name for button in buttons][2:4] == ["Middle Eastern", "White"]
    assert rater.browser.find_element("id", "face").accessible_name == "Face 1, to be judged"
    assert rater.browser.find_element("id", "count").aria_role == "status"
    assert rater.browser.find_element("id", "progress").accessible_name == "Faces that are done"


SEND = "fetch('https://example.org/').then(() => arguments[0]('sent'), error => arguments[0](`${error}`))"

OUTLINE = "return getComputedStyle(document.activeElement).outlineStyle"

CONTRASTS = """
const light = (text) => {
  const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (!/, 0\\)$/.test(colour)) return colour;
  }
};
const found = {};
for (const element of document.querySelectorAll("p, h1, legend, button, dd, label")) {
  if (!element.offsetParent || !element.textContent.trim()) continue;
  const [one, two] = [light(getComputedStyle(element).color), light(ground(element))].sort((a, b) => b - a);
  found[element.textContent.trim()] = (one + 0.05) / (two + 0.05);
}
return found;
"""
"""The contrast (WCAG 2) of each text that is shown."""

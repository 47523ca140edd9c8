"""The page in a browser, without a network."""

import csv
import os
import shutil

import numpy as np
import pytest

from bench.annotation import export
from bench.annotation.study import StudySpec
from bench.annotation.votes import SAME_PERSON
from bench.spec import Spec

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium"),
]
N_SINGLE, N_PAIRS = 6, 2


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    rng = np.random.default_rng(0)

    def item(question, n_shown):
        shown = (rng.integers(0, 256, (3, 32, 32), dtype=np.uint8) for _ in range(n_shown))
        key = {"question": question, "image": 1, "version": "raw", "truth": "yes"}
        return export.new_item(key, *shown)

    made = [item("joy", 1) for _ in range(N_SINGLE)] + [
        item(SAME_PERSON, 2) for _ in range(N_PAIRS)
    ]
    texts = {"joy": "Is </script> joy here?", SAME_PERSON: "One person?"}
    folder = tmp_path_factory.mktemp("study")
    export.write(StudySpec(Spec("toy"), (), "joy", 0), made, texts, folder, "https://place")
    return folder


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        flags = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield started
        started.close()


@pytest.fixture
def page(study, browser):
    context = browser.new_context(offline=True, viewport={"width": 390, "height": 844})
    opened = context.new_page()
    opened.on("pageerror", lambda error: pytest.fail(str(error)))
    opened.goto((study / "send" / "index.html").as_uri())
    yield opened
    context.close()


def saved(page, button):
    with page.expect_download() as download:
        page.click(button)
    with open(download.value.path(), newline="") as file:
        return download.value.suggested_filename, list(csv.DictReader(file))


def begin(page, name):
    page.fill("#name", name)
    page.click("text=Begin")


def test_answers_survive_a_reload_and_are_complete(page, study):
    begin(page, "ann a")
    page.wait_for_function("document.querySelector('#pictures img').naturalWidth === 32")
    assert page.inner_text("#asked") == "Is </script> joy here?"
    page.keyboard.press("y")
    page.click("#no")
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#count") == "4 / 8"
    page.reload()  # on a busy machine it may return before the page's script has run
    sync_api.expect(page.locator("#count")).to_have_text("4 / 8")
    page.keyboard.press("Backspace")
    assert page.get_attribute("#yes", "aria-pressed") == "true"
    page.keyboard.press("n")  # thinks again about the third
    partial = saved(page, "#early")[1]
    assert [row["label"] for row in partial] == ["yes", "no", "no"]
    for _ in range(3):
        page.keyboard.press("y")
    assert page.inner_text("#asked") == "One person?"
    assert page.locator("#pictures img").count() == 2
    for _ in range(2):
        page.keyboard.press("n")
    name, rows = saved(page, "#save")
    assert name.endswith("-ann-a.csv")
    assert [row["label"] for row in rows] == ["yes", "no", "no", "yes", "yes", "yes", "no", "no"]
    assert [row["position"] for row in rows] == [str(i + 1) for i in range(8)]
    assert {row["labeler"] for row in rows} == {"ann-a"}
    with (study / "key.csv").open() as file:
        assert {row["picture"] for row in rows} == {row["picture"] for row in csv.DictReader(file)}
    assert all(float(row["seconds"]) >= 0 for row in rows)


def test_every_labeler_has_an_order_of_their_own(page):
    orders = []
    for name in ("ann", "bob", "cem"):
        begin(page, name)
        for _ in range(N_SINGLE + N_PAIRS):
            page.keyboard.press("y")
        orders.append(tuple(row["picture"] for row in saved(page, "#save")[1]))
        page.click("#next")
    assert len({frozenset(order) for order in orders}) == 1
    assert len(set(orders)) > 1  # that all three agree has a chance below one in a million
    begin(page, "ann")  # comes back: all answers are there
    assert page.is_visible("#done")


def test_nobody_is_called_simulated(page):
    begin(page, "Simulated-7")
    assert "kept for simulated labelers" in page.inner_text("#problem")
    begin(page, "")
    assert page.is_visible("#work")


def test_pictures_and_buttons_fit_every_window_without_scrolling(page):
    begin(page, "ann")
    for shown in range(N_SINGLE + N_PAIRS):
        for width, height in ((320, 480), (390, 844), (844, 390), (1280, 800)):
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollHeight") <= height, (shown, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (shown, width)
            button, picture = (
                page.locator(name).first.bounding_box() for name in ("#yes", "#pictures img")
            )
            assert min(button["height"], button["width"]) >= 44  # px, for fingers
            assert picture["width"] >= 120
            assert picture["y"] + picture["height"] <= button["y"]
        page.keyboard.press("y")

"""The report in a browser, without a network."""

import os
import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from bench.reports.report import write_report

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium"),
]
ROWS = "[...document.querySelector('table.sorts').tBodies[0].rows]"
COLUMN = ROWS + ".map(row => row.cells[%d].textContent)"
WIDTH = "document.documentElement.scrollWidth"
CUT = "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1)"
CONTRASTS = """() => {
  const light = (c) => {
    const [r, g, b] = c.match(/[\\d.]+/g).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      if (!c.endsWith(', 0)')) return c;
    }
    return 'rgb(255, 255, 255)';
  };
  return [...document.querySelectorAll('main *:not(title)')].filter(e => [...e.childNodes].some(
    n => n.nodeType === 3 && n.textContent.trim())).map(e => {
      const style = getComputedStyle(e), colour = e.closest('svg') ? style.fill : style.color;
      const [a, b] = [light(colour), light(behind(e))].sort((x, y) => y - x);
      return (a + 0.05) / (b + 0.05);
    });
}"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    board = Path(str(files("leaderboards"))) / "quick.csv"
    return write_report(board, tmp_path_factory.mktemp("report") / "quick.html")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        flags = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield started
        started.close()


@pytest.fixture
def opened(report, browser):
    """Opens the page and fails on whatever it complains about or asks for."""
    contexts = []

    def page(width=1280, **how):
        context = browser.new_context(viewport={"width": width, "height": 800}, **how)
        contexts.append(context)
        new, asked = context.new_page(), []
        new.on("request", lambda request: asked.append(request.url))
        new.on("console", lambda message: asked.append(message.text))
        new.on("pageerror", lambda error: asked.append(str(error)))
        new.goto(report.as_uri())
        assert asked == [report.as_uri()]
        return new

    yield page
    for context in contexts:
        context.close()


def test_a_click_and_a_key_sort_the_table_and_say_so(opened):
    page = opened()
    leaks = page.locator("table.sorts").first.locator("th", has_text="leaks")
    place = leaks.evaluate("head => head.cellIndex")
    before = page.evaluate(COLUMN % place)
    leaks.locator("button").click()
    assert leaks.get_attribute("aria-sort") == "ascending"
    up = page.evaluate(COLUMN % place)
    numbers = [int(text.split(" ")[0]) for text in up]
    assert numbers == sorted(numbers)
    assert up != before
    page.keyboard.press("Enter")  # the button has the focus
    assert leaks.get_attribute("aria-sort") == "descending"
    assert [int(text.split(" ")[0]) for text in page.evaluate(COLUMN % place)] == numbers[::-1]
    page.locator("table.sorts").first.locator("th", has_text="defense").locator("button").click()
    assert page.evaluate(COLUMN % 1) == sorted(page.evaluate(COLUMN % 1))
    assert leaks.get_attribute("aria-sort") is None


def test_points_have_tooltips_and_lead_to_their_rows(opened):
    page = opened()
    link = page.locator("svg.plane a").first
    said = link.locator("title").text_content()
    assert "leaks" in said
    assert "keeps" in said
    link.focus()
    page.keyboard.press("Enter")
    row = page.locator("tr:target")
    assert row.locator("th").get_attribute("title") == said.partition(",")[0]
    assert row.is_visible()


def test_the_first_tab_stop_skips_to_the_findings(opened):
    page = opened()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#found")


def test_a_handler_that_somebody_smuggled_in_does_not_run(opened):
    page = opened()
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', "
        '\'<img src="data:," onerror="window.hit = 1"><a id=a href="javascript:window.hit = 1">\')'
    )
    page.evaluate("document.getElementById('a').click()")
    page.wait_for_timeout(200)
    assert page.evaluate("window.hit") is None


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_sticks_out_of_the_page(opened, width):
    page = opened(width)
    assert page.evaluate(WIDTH) <= width
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert page.evaluate(WIDTH) <= width


def test_paper_has_the_main_tables_and_what_was_opened(opened):
    page = opened(java_script_enabled=False)
    details, tables = page.locator("details:has(table)"), page.locator("table")
    details.first.locator("summary").click()
    page.emulate_media(media="print")
    assert tables.first.is_visible()
    assert details.first.locator("table").first.is_visible()
    assert not details.last.is_visible()
    assert page.evaluate(CUT) == []
    assert page.locator("thead button").count() == 0


def test_the_whole_plane_is_on_a_phone_and_each_name_leads_to_its_row(opened):
    page = opened(390)
    plane = page.locator("svg.plane").first.bounding_box()
    assert plane["x"] >= 0
    assert plane["x"] + plane["width"] <= 390
    names = page.locator("svg.plane").first.locator("a text.name")
    assert names.count() == page.locator("svg.plane").first.locator("a").count() > 5


def test_text_has_contrast_and_tables_have_headings(opened):
    page = opened()
    assert min(page.evaluate(CONTRASTS)) >= 4.5
    assert page.locator("table:not(:has(caption))").count() == 0
    assert page.locator("thead th:not([scope=col])").count() == 0
    assert page.locator("tbody tr:not(:has(th[scope=row]))").count() == 0

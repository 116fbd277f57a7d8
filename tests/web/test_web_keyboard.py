"""The dashboard by keyboard alone: everything that can be used is reached, in order, and seen when it is."""

from __future__ import annotations

import pytest

# A walk through every screen is long, and a busy machine must not decide what lands.
pytestmark = pytest.mark.campaign

RUN = "/ui/runs/run:golden.overfitted"
SCREENS = (
    "/ui",
    "/ui/runs?where=name%20=%20%27overfitted%27",
    RUN,
    f"{RUN}/metrics",
    f"{RUN}/spans",
    "/ui/compare?run=run:golden.steady-20&run=run:golden.overfitted",
    "/ui/lineage?ref=run:golden.overfitted",
    "/ui/alerts?metric=val_loss&operator=gt&threshold=0.5&runs=5",
    "/ui/sql?query=SELECT%20name%20FROM%20runs%20LIMIT%203",
)
#: What a keyboard can use on the page as it is; what is folded away is left out.
_USABLE = """() => {
  const wanted = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
  const folded = 'details:not([open]) > :not(summary), details:not([open]) > :not(summary) *';
  const found = [...document.querySelectorAll(wanted)];
  window.usable = found.filter(each => each.checkVisibility() && !each.disabled && !each.matches(folded));
  return window.usable.length;
}"""
#: Which of these has the focus, and whether anybody can see that; null once the page is left.
_FOCUSED = """() => {
  const each = document.activeElement;
  if (!each || each === document.body) return null;
  const style = getComputedStyle(each), box = each.getBoundingClientRect();
  const marked = style.outlineStyle !== 'none' || style.boxShadow !== 'none';
  const shown = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return [window.usable.indexOf(each), marked && shown, each.outerHTML.slice(0, 80)];
}"""


def _walk(page):
    """Press Tab until the page is left; return how many things can be used, and what the focus came to."""
    usable, reached = page.evaluate(_USABLE), []
    for _ in range(usable + 20):
        page.keyboard.press("Tab")
        focused = page.evaluate(_FOCUSED)
        if focused is None:
            break
        reached.append(focused)
    return usable, reached


@pytest.mark.parametrize("path", SCREENS)
def test_everything_is_reached_in_order_and_seen(server, browser, path):
    """Tab leads to everything that can be used, once, from the top to the bottom; the focus is seen; nothing holds it."""

    def look(visit):
        # What is drawn late, or replaced once the page is live, would take the focus with it.
        visit.page.wait_for_selector("#live.live")
        visit.page.wait_for_selector("figure[data-metric]:not([data-drawn])", state="detached")
        return _walk(visit.page)

    usable, reached = browser.visit(server, path, look)
    places = [place for place, _, _ in reached]
    assert list(range(usable)) == places
    assert [] == [text for _, is_seen, text in reached if not is_seen]


def test_the_first_key_leads_past_the_navigation(server, browser):
    """The first thing that Tab comes to skips the links of the navigation."""

    def look(visit):
        page = visit.page
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        return page.evaluate("document.activeElement.closest('main') !== null")

    assert browser.visit(server, "/ui/runs", look)

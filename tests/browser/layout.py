"""How far a page moved under its reader."""

from playwright.sync_api import Page

# To be run before the page is loaded.
WATCH_LAYOUT = """
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const { value, startTime, sources } of list.getEntries()) {
      const moved = sources.map(({ node, previousRect, currentRect }) => [
        node?.nodeName, node?.getRootNode().host?.nodeName, node?.className, previousRect, currentRect]);
      shifts.push({ value, startTime, moved });
    }
  }).observe({ type: "layout-shift", buffered: true });
"""


def shift(page: Page) -> float:
    """The page's layout shift until now, to three decimals as Lighthouse says it. What moved is printed."""
    shifts = page.evaluate("shifts")
    if shifts:
        print(f"moved at {page.url}: {shifts}")
    return round(sum(entry["value"] for entry in shifts), 3)

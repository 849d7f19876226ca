"""What can be wrong with a page for whoever has poor eyes or no mouse, as far as a program can see it."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_FOCUS = """() => {
  const found = [], name = one => {
    const said = (one.getAttribute('aria-label') || one.innerText || one.name || one.id || '').trim();
    return one.tagName.toLowerCase() + ' “' + said.slice(0, 40).replace(/\\s+/g, ' ') + '”';
  };
  const look = one => {
    const of = element => {
      const is = getComputedStyle(element);
      // What isn't drawn has a width and a colour all the same.
      const drawn = is.outlineStyle !== 'none' && parseFloat(is.outlineWidth) > 0;
      const outline = drawn ? [is.outlineStyle, is.outlineWidth, is.outlineColor].join(' ') : '';
      return [outline, is.boxShadow, is.borderColor, is.backgroundColor,
        is.textDecoration, is.strokeWidth, is.clip, is.clipPath].join(' ');
    };
    return of(one) + [...one.querySelectorAll('rect, .navbar-toggler-icon')].map(of).join(' ');
  };
  const can = 'a[href], button, input:not([type=hidden]), select, textarea, summary, iframe, [tabindex]';
  const all = [...document.querySelectorAll(can)].filter(one =>
    !one.disabled && one.tabIndex >= 0 && !one.closest('fieldset[disabled]') && one.checkVisibility({
      visibilityProperty: true }) && !(one.closest('dialog') && !one.closest('dialog').open));
  for (const one of all) if (one.tabIndex > 0) found.push('tabindex above 0: ' + name(one));
  const seen = one => {
    one.focus();
    if (document.activeElement !== one) return;
    const box = one.getBoundingClientRect();
    if (!box.width || !box.height) return;
    const edge = 2;
    const points = [[box.left + box.width / 2, box.top + box.height / 2],
      [box.left + edge, box.top + edge], [box.right - edge, box.bottom - edge]];
    const there = points.filter(([x, y]) => x >= 0 && y >= 0 && x < innerWidth && y < innerHeight);
    const mine = ([x, y]) => {
      const top = document.elementFromPoint(x, y);
      const labels = [...(one.labels || [])];
      return top && (one.contains(top) || top.contains(one) || labels.some(label => label.contains(top)));
    };
    if (!there.length) found.push('focused outside the window: ' + name(one));
    else if (!there.some(mine)) found.push('focused under something else: ' + name(one));
  };
  for (const one of all) seen(one);
  for (const one of all.slice().reverse()) seen(one);
  for (const one of all) {
    if (one.tagName === 'IFRAME') continue;
    one.focus({preventScroll: true});
    if (document.activeElement !== one) continue;
    const focused = look(one);
    one.blur();
    if (focused === look(one)) found.push('shows no focus: ' + name(one));
  }
  // The order is the document's unless something is put elsewhere on the screen.
  let before = null;
  for (const one of all) {
    const box = one.getBoundingClientRect();
    if (!box.width || one.closest('.navbar, .skip, .table, table, dialog') || one.matches('.skip')) continue;
    const top = box.top + scrollY, column = box.left;
    const above = before && top + box.height < before.top - 4 && column <= before.column;
    if (above && before.parent === one.parentElement)
      found.push('comes after what is below it: ' + name(one));
    before = {top, column, parent: one.parentElement};
  }
  return [...new Set(found)];
}"""

_WIDE = """() => {
  const wide = document.documentElement.scrollWidth;
  if (wide <= innerWidth) return [];
  const right = one => one.getBoundingClientRect().right;
  const out = [...document.querySelectorAll('body *')].filter(one => right(one) > innerWidth + 1);
  const deepest = out.filter(one => !out.some(other => other !== one && one.contains(other))).slice(0, 3);
  return [`is ${wide} wide in a window of ${innerWidth}: ` + deepest.map(one =>
    one.tagName.toLowerCase() + '.' + one.className + ' ' + one.innerText.slice(0, 30)).join(' | ')];
}"""

_CLIPPED = """() => [...document.querySelectorAll('main *')].filter(one => {
  const is = getComputedStyle(one);
  const hides = value => value === 'hidden' || value === 'clip';
  if (!(one.innerText || '').trim()) return false;
  if (one.closest('.visually-hidden, svg, details:not([open])')) return false;
  if (is.webkitLineClamp !== 'none' || is.textOverflow === 'ellipsis' || is.clip !== 'auto') return false;
  return (hides(is.overflowY) && one.scrollHeight > one.clientHeight + 2) ||
    (hides(is.overflowX) && one.scrollWidth > one.clientWidth + 2);
}).slice(0, 3).map(one =>
  'cut off: ' + one.tagName.toLowerCase() + '.' + one.className + ' ' + one.innerText.slice(0, 30))"""


# Axe's own check of the sizes of targets is off unless asked.
_AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}


def of_the_layout(page: Page) -> list[str]:
    """What is wider than the window or cut off."""
    return [str(one) for script in (_WIDE, _CLIPPED) for one in page.evaluate(script)]


def of_the_focus(page: Page) -> list[str]:
    """What shows no focus, lies under something else when focused, or comes out of order."""
    return [str(one) for one in page.evaluate(_FOCUS)]


def of_axe(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA, the size of targets with it."""
    page.evaluate("scrollTo(0, 0)")
    found = []
    for violation in Axe().run(page, options=_AXE).response["violations"]:
        where = [" ".join(map(str, node["target"])) for node in violation["nodes"][:2]]
        found.append(f"axe {violation['id']} at {where}")
    return found

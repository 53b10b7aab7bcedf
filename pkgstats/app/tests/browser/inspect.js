// Looks at the page, and returns what is wrong with it. axe is there already.

const { origin } = location;
const measured = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
let shift = 0;
const add = (entries) => {
  for (const { value, hadRecentInput } of entries) shift += hadRecentInput ? 0 : value;
};
const observer = new PerformanceObserver((list) => add(list.getEntries()));
observer.observe({ type: 'layout-shift', buffered: true });

/** The largest part of an element that a reader cannot reach without scrolling to the side. */
function overhang(element) {
  const { right, left, width } = element.getBoundingClientRect();
  return width === 0 || right < 0 ? 0 : Math.max(right - document.documentElement.clientWidth, -left);
}

function isInScroller(element) {
  for (let at = element; at !== null; at = at.parentElement) {
    if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(at).overflowX)) return true;
  }
  return false;
}

return (async () => {
  const { violations: all } = await axe.run(document, { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } });
  // The headings of a readme are in the order of its author.
  const isOfAuthor = (id, { html }) => id === 'heading-order' && html.includes(' id="readme-');
  const violations = all.map(({ id, nodes }) => ({ id, nodes: nodes.filter((node) => !isOfAuthor(id, node)) }));
  add(observer.takeRecords());
  const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth;
  const overhanging = [...document.body.querySelectorAll('*')].filter((element) => overhang(element) > 1 && !isInScroller(element));
  return {
    violations: violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} (${node.failureSummary})`)),
    overhanging: wide ? ['the page', ...overhanging.map(({ outerHTML }) => outerHTML.slice(0, 200))] : [],
    foreign: measured.map(({ name }) => name).filter((name) => !name.startsWith(`${origin}/`)),
    // Headers are a few hundred bytes each.
    bytes: measured.reduce((sum, { encodedBodySize }) => sum + encodedBodySize + 300, 0),
    shift,
    background: getComputedStyle(document.documentElement).backgroundColor,
    width: innerWidth,
  };
})();

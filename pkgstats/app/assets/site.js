'use strict';

// Suggestions as a combobox, stars without a reload, and keys. Every page works without this script.

const box = document.getElementById('q');
const keys = document.getElementById('keys');

/** Shows suggestions below the search box, in the pattern of a combobox with a list. */
function suggest(input) {
  const list = document.createElement('ul');
  list.id = 'suggestions';
  list.className = 'suggestions';
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', 'Suggestions');
  input.form.append(list);
  for (const [name, value] of [['role', 'combobox'], ['aria-controls', list.id], ['aria-expanded', 'false'], ['aria-autocomplete', 'list']]) {
    input.setAttribute(name, value);
  }
  let chosen = -1;
  let latest = 0;

  function show(results) {
    chosen = -1;
    input.removeAttribute('aria-activedescendant');
    input.setAttribute('aria-expanded', String(results.length > 0));
    list.replaceChildren(...results.map(({ name, figure }, n) => {
      const item = document.createElement('li');
      item.id = `suggestion-${n}`;
      item.setAttribute('role', 'option');
      item.setAttribute('aria-selected', 'false');
      item.dataset.name = name;
      item.append(Object.assign(document.createElement('span'), { textContent: name }));
      const downloads = figure ? figure.downloads.toLocaleString('en') : '';
      item.append(Object.assign(document.createElement('span'), { textContent: downloads, className: 'soft number' }));
      return item;
    }));
  }

  function choose(n) {
    const items = [...list.children];
    if (items.length === 0) return;
    items[chosen]?.setAttribute('aria-selected', 'false');
    chosen = (n + items.length) % items.length;
    items[chosen].setAttribute('aria-selected', 'true');
    input.setAttribute('aria-activedescendant', items[chosen].id);
  }

  /** Hides the list, and ignores the answers that are still to come. */
  function close() {
    latest++;
    show([]);
  }

  input.addEventListener('input', async () => {
    const asked = ++latest;
    const query = input.value.trim();
    if (query === '') return show([]);
    try {
      const response = await fetch(`/suggest?q=${encodeURIComponent(query)}`);
      const { results } = await response.json();
      if (asked === latest) show(results);
    } catch {
      show([]);
    }
  });
  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    if (event.key === 'ArrowDown') choose(chosen + 1);
    else if (event.key === 'ArrowUp') choose(Math.max(chosen, 0) - 1);
    else if (event.key === 'Escape' && list.children.length > 0) close();
    else if (event.key === 'Enter' && chosen >= 0) visit(list.children[chosen].dataset.name);
    else return;
    event.preventDefault();
  });
  list.addEventListener('mousedown', (event) => {
    const item = event.target.closest('li');
    if (item && event.button === 0) visit(item.dataset.name);
  });
  input.addEventListener('blur', close);
}

function visit(name) {
  location.assign(`/package/${encodeURI(name).replace(/[?#]/g, encodeURIComponent)}`);
}

/** Stars a package without a reload. If that fails, the form is sent as usual. */
async function star(event) {
  const form = event.target;
  if (!form.matches('form[data-star]')) return;
  event.preventDefault();
  try {
    const response = await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)), headers: { accept: 'application/json' } });
    const { starred } = await response.json();
    form.elements.starred.value = String(!starred);
    const button = form.querySelector('button');
    button.setAttribute('aria-pressed', String(starred));
    button.textContent = starred ? 'Starred' : 'Star';
  } catch {
    form.submit();
  }
}

/** `/` searches, `s` stars, `c` compares, `?` shows the keys. */
function press(event) {
  if (keys.open || event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select, [contenteditable]')) return;
  if (event.key === '/') box?.select();
  else if (event.key === 's') document.querySelector('form[data-star] button')?.click();
  else if (event.key === 'c') document.querySelector('[data-compare]')?.click();
  else if (event.key === '?') keys.showModal();
  else return;
  event.preventDefault();
}

/** Shows the downloads under the pointer, and those that the arrow keys reach. */
function readOut(svg) {
  const out = svg.closest('section').querySelector('.readout');
  const { left, right, from, span, days, lines } = JSON.parse(svg.dataset.chart);
  const usual = out.textContent;
  let at = days.length;

  function show(n) {
    at = Math.max(0, Math.min(days.length - 1, n));
    const day = new Date(Date.parse(from) + days[at] * 864e5).toISOString().slice(0, 10);
    const values = lines.map(({ name, values }) => (lines.length > 1 ? `${name} ` : '') + (values[at]?.toLocaleString('en') ?? 'unknown'));
    out.textContent = `${day}: ${values.join(', ')}`;
  }

  svg.addEventListener('pointermove', ({ clientX }) => {
    const { left: edge, width } = svg.getBoundingClientRect();
    const x = ((clientX - edge) / width) * svg.viewBox.baseVal.width;
    const day = ((x - left) / (right - left)) * span;
    const next = days.findIndex((other) => other >= day);
    show(next > 0 && day - days[next - 1] < days[next] - day ? next - 1 : next < 0 ? days.length - 1 : next);
  });
  svg.addEventListener('pointerleave', () => { out.textContent = usual; });
  svg.parentElement.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    show(at + step);
  });
}

if (box) suggest(box);
for (const svg of document.querySelectorAll('svg[data-chart]')) readOut(svg);
document.addEventListener('submit', star);
document.addEventListener('keydown', press);

// The images of a readme, once they were asked for.
for (const link of document.querySelectorAll('[data-images] .remote-image')) {
  const { src, alt, width, height } = link.dataset;
  const image = Object.assign(document.createElement('img'), { src, alt, loading: 'lazy', referrerPolicy: 'no-referrer' });
  if (width) image.setAttribute('width', width);
  if (height) image.setAttribute('height', height);
  link.replaceChildren(image);
}

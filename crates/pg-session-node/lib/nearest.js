'use strict';

/** Returns the one of `names` that a misspelled or truncated name stands for, or undefined if none is near. */
function nearest(name, names) {
  const [best] = names
    .map((known) => ({ known, distance: apart(plain(name), plain(known)) }))
    .filter(({ known, distance }) => distance <= Math.floor(Math.max(3, Math.min(name.length, known.length)) / 3))
    .sort((one, other) => one.distance - other.distance);
  return best?.known;
}

/** Returns the end of a message about an unknown name: a suggestion if a name is near, or else `others`. */
function suggest(name, names, others = names) {
  const near = nearest(name, names);
  return near ? `; did you mean \`${near}\`?` : `; expected ${others.map((known) => `\`${known}\``).join(', ')}`;
}

/** Names that differ in case or in underscores only are the same. */
function plain(name) {
  return name.toLowerCase().replace(/[_-]/g, '');
}

function apart(name, known) {
  return name.length >= 3 && known.startsWith(name) ? 0 : distance(name, known);
}

/** Returns how many characters to insert, delete, replace or swap with their neighbour. */
function distance(from, to) {
  const rows = [Array.from({ length: to.length + 1 }, (_, n) => n)];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = rows[i - 1][j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      row[j] = Math.min(rows[i - 1][j] + 1, row[j - 1] + 1, replaced);
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (isSwap) row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
    }
    rows.push(row);
  }
  return rows[from.length][to.length];
}

module.exports = suggest;

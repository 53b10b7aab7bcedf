'use strict';

/** Returns the one of `names` that is closest to a misspelled or truncated name. */
function nearest(name, names) {
  const distanceTo = (known) => (known.startsWith(name) ? 0 : distance(name.toLowerCase(), known.toLowerCase()));
  return names.reduce((best, other) => (distanceTo(other) < distanceTo(best) ? other : best));
}

/** Returns the Levenshtein distance. */
function distance(from, to) {
  let row = Array.from({ length: to.length + 1 }, (_, n) => n);
  for (let i = 1; i <= from.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= to.length; j++) {
      row[j] = Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1));
    }
  }
  return row[to.length];
}

module.exports = nearest;

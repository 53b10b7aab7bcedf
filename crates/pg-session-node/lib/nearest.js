'use strict';

/** The one of `names` that takes the fewest letters to be typed anew, or that is only cut off. */
function nearest(name, names) {
  const far = (known) => (known.startsWith(name) ? 0 : distance(name.toLowerCase(), known.toLowerCase()));
  return names.reduce((best, other) => (far(other) < far(best) ? other : best));
}

/** Levenshtein's distance. */
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

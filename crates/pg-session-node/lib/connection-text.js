'use strict';

/** Connection strings as people paste them. */

/** Returns the text of a URL, of whichever realm, library or version, or undefined for any other value. */
function hrefOf(value) {
  return typeof value?.href === 'string' && typeof value.protocol === 'string' ? value.href : undefined;
}

/** Removes what surrounds a connection string in a .env file or in the instructions of a provider. */
function clean(text) {
  const inner = text.trim().replace(/^psql\s+(?=\S)/, '');
  const [, , quoted] = /^(["'`])(.*)\1$/s.exec(inner) ?? [];
  return quoted === undefined ? inner : quoted.trim();
}

/** Appends parameters to a connection string. The last value of a parameter counts. */
function extended(base, values) {
  if (values.size === 0) return base;
  if (!isUrl(base)) return `${base} ${pairs(values)}`;
  const query = [...values].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  return base + (hasQuery(base) ? '&' : '?') + query;
}

/** Hosts with ports that are numbers, or have none. */
const HOSTS = /^(\[[^\]]*\]|[^:,]*)(:\d*)?(,(\[[^\]]*\]|[^:,]*)(:\d*)?)*$/;

/** Returns whether a URL has a query. As in the engine, a password may contain `/` and `?` as they are. */
function hasQuery(url) {
  const rest = url.slice(url.indexOf('://') + 3);
  const [authority] = /^[^/?]*/.exec(rest);
  const isInPassword = !authority.includes('@') && rest.includes('@') && !HOSTS.test(authority);
  return (isInPassword ? rest.slice(rest.lastIndexOf('@')) : rest).includes('?');
}

/** Returns the `options` of a connection string, which are settings of the server, or undefined if it has none. */
function optionsOf(base) {
  if (!isUrl(base)) {
    const [, quoted, plain] = /(?:^|\s)options\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s\\]|\\.)*))/s.exec(base) ?? [];
    return (quoted ?? plain)?.replace(/\\(.)/gs, '$1');
  }
  const [, encoded] = /[?&]options=([^&]*)/.exec(base) ?? [];
  try {
    return encoded && decodeURIComponent(encoded);
  } catch {
    // The engine refuses it.
    return undefined;
  }
}

/** Returns whether a connection string sets a parameter. */
function isSet(name, base = '') {
  return new RegExp(`(^|[?&\\s])${name}\\s*=`).test(base);
}

/** Writes parameters as a connection string. */
function pairs(values) {
  return [...values].map(([name, value]) => `${name}='${value.replace(/['\\]/g, '\\$&')}'`).join(' ');
}

function isUrl(text) {
  return /^[a-z][\w+.:-]*:\/\//i.test(text);
}

module.exports = { clean, extended, hrefOf, isSet, optionsOf, pairs };

'use strict';

const { configuration } = require('./errors.js');
const nearest = require('./nearest.js');

/** Options in PEM form: their names in Node and in libpq. */
const PEM = { ca: 'sslrootcert', cert: 'sslcert', key: 'sslkey' };
const KNOWN = ['rejectUnauthorized', ...Object.keys(PEM)];

/** Converts the `ssl` of node-postgres, an object with options of Node's `tls`, to pairs of libpq's names and values. */
function tls(ssl) {
  if (ssl === undefined || ssl === null) return [];
  if (ssl === false) return [['sslmode', 'disable']];
  if (ssl !== true && typeof ssl !== 'object') {
    throw configuration("invalid connection: `ssl` must be a boolean, or an object with options of `tls.connect`");
  }
  const given = Object.entries(ssl === true ? {} : ssl).filter(([, value]) => value !== undefined && value !== null);
  const unknown = given.find(([key]) => !KNOWN.includes(key));
  if (unknown) {
    const near = nearest(unknown[0], KNOWN);
    throw configuration(`unknown connection key \`ssl.${unknown[0]}\`; did you mean \`ssl.${near}\`?`);
  }
  if (ssl.rejectUnauthorized === false) {
    // The CA is left out, because libpq verifies the certificate if it has one.
    return [['sslmode', 'require'], ...given.filter(([key]) => key === 'cert' || key === 'key').map(pem)];
  }
  const files = given.filter(([key]) => key in PEM).map(pem);
  return [['sslmode', 'verify-full'], ...(ssl.ca ? [] : [['sslrootcert', 'system']]), ...files];
}

function pem([key, value]) {
  const text = [value].flat().map((part) => Buffer.from(part).toString()).join('\n').trim();
  if (!text.startsWith('-----BEGIN')) {
    throw configuration(`invalid connection: \`ssl.${key}\` must be the content of a PEM file, not its path`);
  }
  return [PEM[key], text];
}

module.exports = { tls };

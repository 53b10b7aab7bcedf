'use strict';

const { configuration } = require('./errors.js');
const nearest = require('./nearest.js');

/** Node's names for what is in PEM form, and libpq's. */
const PEM = { ca: 'sslrootcert', cert: 'sslcert', key: 'sslkey' };
const KNOWN = ['rejectUnauthorized', ...Object.keys(PEM)];

/** The `ssl` of node-postgres, as Node's `tls` has it, in libpq's words: pairs of name and value. */
function tls(ssl) {
  if (ssl === undefined || ssl === null) return [];
  if (ssl === false) return [['sslmode', 'disable']];
  if (ssl !== true && typeof ssl !== 'object') {
    throw configuration("the connection's `ssl` does not fit: it takes a boolean, or an object of `tls.connect`");
  }
  const given = Object.entries(ssl === true ? {} : ssl).filter(([, value]) => value !== undefined && value !== null);
  const unknown = given.find(([key]) => !KNOWN.includes(key));
  if (unknown) {
    const near = nearest(unknown[0], KNOWN);
    throw configuration(`the connection's \`ssl.${unknown[0]}\` is not known; the nearest that is: \`ssl.${near}\``);
  }
  if (ssl.rejectUnauthorized === false) {
    // To verify nothing is what it asks for, and libpq verifies as soon as there is a CA to verify with.
    return [['sslmode', 'require'], ...given.filter(([key]) => key === 'cert' || key === 'key').map(pem)];
  }
  const files = given.filter(([key]) => key in PEM).map(pem);
  return [['sslmode', 'verify-full'], ...(ssl.ca ? [] : [['sslrootcert', 'system']]), ...files];
}

function pem([key, value]) {
  const text = [value].flat().map((part) => Buffer.from(part).toString()).join('\n').trim();
  if (!text.startsWith('-----BEGIN')) {
    throw configuration(`the connection's \`ssl.${key}\` does not fit: it takes the content of a file in PEM form`);
  }
  return [PEM[key], text];
}

module.exports = { tls };

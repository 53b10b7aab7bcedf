'use strict';

const { statSync } = require('node:fs');
const { isIP } = require('node:net');

const { configuration } = require('./errors.js');
const suggest = require('./nearest.js');

/** The modes of libpq, and those of node-postgres. */
const MODES = ['disable', 'allow', 'prefer', 'require', 'no-verify', 'verify-ca', 'verify-full'];

/** Options in PEM form: their names in Node and in libpq. */
const PEM = { ca: 'sslrootcert', cert: 'sslcert', key: 'sslkey' };

/** The pair for the certificates to trust if the connection names none. */
const SYSTEM = ['sslrootcert', 'system'];

/** The engine supports the last two. */
const VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

const KNOWN = ['rejectUnauthorized', 'require', 'sslmode', 'servername', 'minVersion', 'maxVersion', ...Object.keys(PEM)];

/** Options of `tls.connect` that have no counterpart here, and what to do. */
const REFUSED = {
  checkServerIdentity: "use `ssl: { sslmode: 'verify-ca', ca }`, which verifies the certificate but not its name",
  passphrase: 'remove the passphrase of the key: openssl pkey -in client.key -out plain.key',
  pfx: 'convert it to `cert` and `key` in PEM form: openssl pkcs12 -in client.pfx -nodes',
};

/**
 * Converts the `ssl` of node-postgres, a mode or an object with options of Node's `tls`, to pairs of libpq's names and values.
 * `values` has the other parameters of the connection.
 */
function tls(ssl, values) {
  if (ssl === undefined || ssl === null || ssl === '') return [];
  if (typeof ssl === 'string' || typeof ssl === 'boolean') return modeOf(String(ssl));
  if (typeof ssl !== 'object' || Array.isArray(ssl)) {
    throw invalid('`ssl` must be a boolean, a mode such as verify-full, or an object with options of `tls.connect`');
  }
  const given = Object.entries(ssl).filter(([, value]) => ![undefined, null, ''].includes(value) && !isEmptyList(value));
  for (const [key, value] of given) check(key, value);
  const options = Object.fromEntries(given);
  // Without verification, a CA is left out, because libpq verifies the certificate if it has one.
  const files = given.filter(([key]) => key in PEM && !(key === 'ca' && options.rejectUnauthorized === false));
  return [...mode(options), ...files.map(pem), ...nameOf(options, values), ...versions(options)];
}

function modeOf(text) {
  if (['false', '0'].includes(text)) return [['sslmode', 'disable']];
  if (['true', '1'].includes(text)) return mode({});
  if (!MODES.includes(text)) throw invalid(`\`ssl\` must be a boolean, or one of ${MODES.join(', ')}`);
  return [['sslmode', text]];
}

function mode({ sslmode, rejectUnauthorized, ca }) {
  if (sslmode !== undefined) {
    if (!MODES.includes(sslmode)) throw invalid(`\`ssl.sslmode\` must be one of ${MODES.join(', ')}`);
    if (rejectUnauthorized === false && sslmode.startsWith('verify-')) {
      throw invalid('`ssl.sslmode` verifies the certificate, but `ssl.rejectUnauthorized: false` does not; use only one');
    }
    if (rejectUnauthorized !== false || sslmode !== 'require') return [['sslmode', sslmode]];
  }
  if (rejectUnauthorized === false) return [['sslmode', 'no-verify']];
  return [['sslmode', 'verify-full'], ...(ca === undefined ? [SYSTEM] : [])];
}

function isEmptyList(value) {
  return Array.isArray(value) && value.length === 0;
}

/** Returns the parameter of a certificate or key: its content, or the path of its file. */
function pem([key, value]) {
  const parts = (Array.isArray(value) ? value : [value]).map((part) => {
    if (typeof part !== 'string' && !ArrayBuffer.isView(part)) throw notPem(key);
    const text = typeof part === 'string' ? part : Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString();
    // Text may precede the PEM, and a variable of the environment may have \n for a line break.
    const start = text.indexOf('-----BEGIN ');
    if (start >= 0) return text.slice(start).replace(/\\n/g, '\n').trim();
    if (typeof part !== 'string' || Array.isArray(value) || !isFile(part)) throw notPem(key);
    return part;
  });
  return [PEM[key], parts.join('\n')];
}

/** An error of `stat` would quote the text, which may be a key without its header. */
function isFile(path) {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function notPem(key) {
  return invalid(`\`ssl.${key}\` must be the content of a PEM file, or the path of one that exists`);
}

/** The name to verify is the host; if that is an address, it may be given here. */
function nameOf({ servername }, values) {
  const host = values.get('host');
  if (servername === undefined || servername === host) return [];
  if (typeof servername !== 'string') throw invalid('`ssl.servername` must be the name of a host');
  if (host && isIP(host)) return [['host', servername], ['hostaddr', host]];
  throw invalid('`ssl.servername` must be equal to `host`; to connect to another address, set `hostaddr` to the address');
}

/** A version that the engine supports anyway is left out. */
function versions({ minVersion, maxVersion }) {
  for (const [key, value] of Object.entries({ minVersion, maxVersion })) {
    if (value !== undefined && !VERSIONS.includes(value)) {
      throw invalid(`\`ssl.${key}\` must be one of ${VERSIONS.join(', ')}`);
    }
  }
  if (['TLSv1', 'TLSv1.1'].includes(maxVersion)) throw invalid('`ssl.maxVersion` must be TLSv1.2 or TLSv1.3');
  return [
    ...(minVersion === 'TLSv1.3' ? [['ssl_min_protocol_version', minVersion]] : []),
    ...(maxVersion === 'TLSv1.2' ? [['ssl_max_protocol_version', maxVersion]] : []),
  ];
}

function check(key, value) {
  if (Object.hasOwn(REFUSED, key)) throw invalid(`\`ssl.${key}\` is not supported; ${REFUSED[key]}`);
  if (!KNOWN.includes(key)) {
    const names = KNOWN.map((known) => `ssl.${known}`);
    throw configuration(`unknown connection key \`ssl.${key}\`${suggest(`ssl.${key}`, names)}`);
  }
  const isFlag = key === 'rejectUnauthorized' || key === 'require';
  if (isFlag && typeof value !== 'boolean') throw invalid(`\`ssl.${key}\` must be a boolean`);
}

function invalid(problem) {
  return configuration(`invalid connection: ${problem}`);
}

module.exports = { SYSTEM, tls };

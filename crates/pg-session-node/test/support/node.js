'use strict';

const { spawn } = require('node:child_process');
const path = require('node:path');

/** Runs a program in a new Node process, by default of this version. Returns its exit code and output. */
function node(program, { env = {}, module = false, runtime = process.execPath } = {}) {
  const child = spawn(runtime, [`--input-type=${module ? 'module' : 'commonjs'}`, '-e', program], {
    cwd: path.join(__dirname, '../..'),
    env: { ...process.env, ...env },
    timeout: 20_000,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: code ?? signal, output: output.trim() }));
  });
}

module.exports = { node };

'use strict';

// Makes the npm packages of a binary that was built for this platform: pg-session itself, and the one with the binary.
// Leaves a folder and a tarball of each in <folder>: node scripts/pack.js <binary> <folder>

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { PLATFORMS, here } = require('../lib/platform.js');

const PACKAGE = path.join(__dirname, '..');
const WORKSPACE = path.join(PACKAGE, '../..');
const [binary, folder] = process.argv.slice(2).map((argument) => path.resolve(argument));

// What is for developers alone stays here.
const { private: _, scripts, devDependencies, ...manifest } = require('../package.json');
const { name, version, description, license, repository, engines } = manifest;

function make(place, manifest, files) {
  const target = path.join(folder, place);
  fs.rmSync(target, { recursive: true, force: true });
  fs.mkdirSync(target, { recursive: true });
  fs.writeFileSync(path.join(target, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const [file, from] of files) fs.cpSync(from, path.join(target, file), { recursive: true });
  for (const file of ['LICENSE-MIT', 'LICENSE-APACHE']) fs.copyFileSync(path.join(WORKSPACE, file), path.join(target, file));
  const pack = ['pack', '--silent', '--pack-destination', folder];
  const tarball = execFileSync('npm', pack, { cwd: target, encoding: 'utf8' }).trim();
  console.log(path.join(folder, tarball));
}

function packageOf(platform) {
  return `${name}-${platform}`;
}

const platform = here();
const main = `${name}.${platform}.node`;
make(
  platform,
  {
    name: packageOf(platform), version, description: `${description}. The binary for ${platform}.`,
    license, repository, engines, ...PLATFORMS[platform], main, files: [main, 'LICENSE-*'],
  },
  [[main, binary]],
);

const optionalDependencies = Object.fromEntries(Object.keys(PLATFORMS).map((other) => [packageOf(other), version]));
const sources = fs.readdirSync(PACKAGE).filter((file) => /\.(js|d\.ts)$/.test(file) || ['lib', 'README.md'].includes(file));
make(name, { ...manifest, optionalDependencies }, sources.map((file) => [file, path.join(PACKAGE, file)]));

'use strict';

// Makes the npm packages for a binary that was built for this platform: pg-session itself, and the package of the binary.
// Writes a folder and a tarball of each to <folder>, and prints the tarballs: node scripts/pack.js <binary> <folder>

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { PLATFORMS, currentPlatform } = require('../lib/platform.js');

const PACKAGE = path.join(__dirname, '..');
const WORKSPACE = path.join(PACKAGE, '../..');
const [binary, folder] = process.argv.slice(2).map((argument) => path.resolve(argument));

// The fields for developers are left out.
const { private: _, scripts, devDependencies, ...manifest } = require('../package.json');
const { name, version, description, license, repository, engines } = manifest;

function make(subfolder, manifest, files) {
  const target = path.join(folder, subfolder);
  fs.rmSync(target, { recursive: true, force: true });
  fs.mkdirSync(target, { recursive: true });
  fs.writeFileSync(path.join(target, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const [file, source] of files) fs.cpSync(source, path.join(target, file), { recursive: true });
  for (const file of ['LICENSE-MIT', 'LICENSE-APACHE']) fs.copyFileSync(path.join(WORKSPACE, file), path.join(target, file));
  const pack = ['pack', '--silent', '--pack-destination', folder];
  const tarball = execFileSync('npm', pack, { cwd: target, encoding: 'utf8' }).trim();
  console.log(path.join(folder, tarball));
}

function packageName(platform) {
  return `${name}-${platform}`;
}

const platform = currentPlatform();
const main = `${name}.${platform}.node`;
make(
  platform,
  {
    name: packageName(platform), version, description: `${description}. The binary for ${platform}.`,
    license, repository, engines, ...PLATFORMS[platform], main, files: [main, 'LICENSE-*'],
  },
  [[main, binary]],
);

const optionalDependencies = Object.fromEntries(Object.keys(PLATFORMS).map((other) => [packageName(other), version]));
const sources = fs.readdirSync(PACKAGE).filter((file) => /\.(js|d\.ts)$/.test(file) || ['lib', 'README.md'].includes(file));
make(name, { ...manifest, optionalDependencies }, sources.map((file) => [file, path.join(PACKAGE, file)]));

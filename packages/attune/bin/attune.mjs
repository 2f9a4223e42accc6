#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const entry = new URL('../dist/cli.js', import.meta.url);
const scripts = new URL('../../../scripts/', import.meta.url);
// In the repository the packages are built before the first use, and again when their sources change.
if (
  existsSync(fileURLToPath(new URL('build.mjs', scripts))) &&
  process.env.ATTUNE_NO_BUILD !== '1'
) {
  const { log } = console;
  console.log = console.error; // the standard output belongs to the command
  const { setup } = await import(new URL('setup.mjs', scripts).href);
  const { build } = await import(new URL('build.mjs', scripts).href);
  await setup();
  await build();
  console.log = log;
}
const { main } = await import(entry.href);
process.exitCode = await main(process.argv.slice(2));

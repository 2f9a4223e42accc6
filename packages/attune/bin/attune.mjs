#!/usr/bin/env node
// The command line. From npm it runs what is built; in the repository it sets up and builds what is stale first.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const entry = new URL('../dist/cli.js', import.meta.url);
const workspace = new URL('../../../scripts/build.mjs', import.meta.url);

if (existsSync(workspace) && (process.env.ATTUNE_NO_BUILD !== '1' || !existsSync(entry))) {
  // Results go to the standard output; what setting up says does not belong there.
  const { log } = console;
  console.log = console.error;
  try {
    const installed = existsSync(
      fileURLToPath(new URL('../../../node_modules/.attune-setup', import.meta.url)),
    );
    const { setup } = await import(new URL('../../../scripts/setup.mjs', import.meta.url));
    if (!installed) await setup();
    const { build } = await import(workspace);
    await build();
  } catch (error) {
    console.error(
      `The build failed: ${error.message}\nRun npm run build to see why; ATTUNE_NO_BUILD=1 uses what is built. [build-failed]`,
    );
    process.exit(1);
  }
  console.log = log;
}

const { main } = await import(entry);
process.exitCode = await main(process.argv.slice(2));

// `npm start`: installs what is missing, builds, and runs the main job in the terminal.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { root, setup } from './setup.mjs';

await setup();
try {
  await build();
} catch (error) {
  console.error(`start: the build failed: ${error.message}`);
  process.exit(1);
}
const command = join(root, 'packages/attune/bin/attune.mjs');
if (!existsSync(command)) {
  console.error(
    'start: packages/attune/bin/attune.mjs is not there, so there is no main job to run.',
  );
  process.exit(1);
}
const child = spawn(process.execPath, [command, 'start', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
// Ctrl-C reaches the child by itself: it saves and says where; this process waits for it.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('close', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
});

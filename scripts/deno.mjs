// Runs the kernel suite under Deno, whose WebGPU is wgpu: `node scripts/deno.mjs [path …]`.
// Each test is bundled with esbuild and meets a small stand-in for vitest (deno-vitest.mjs).
// ATTUNE_DEVICE=lavapipe|gpu chooses another adapter than SwiftShader.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lavapipeDriver, skippedPart } from './lavapipe.mjs';
import { root, setup } from './setup.mjs';

const require = createRequire(import.meta.url);

function testFiles(filters) {
  return readdirSync(join(root, 'kernels'), { recursive: true })
    .map((file) => `kernels/${file.replaceAll('\\', '/')}`)
    .filter((file) => file.endsWith('.gpu.test.ts') && !/\/(node_modules|dist)\//.test(file))
    .filter((file) => !filters.length || filters.some((filter) => file.includes(filter)))
    .sort();
}

/** vitest's own runner and assertions, resolved from vitest: this workspace does not depend on them. */
const standIn = {
  name: 'vitest-in-deno',
  setup(build) {
    const shim = fileURLToPath(new URL('deno-vitest.mjs', import.meta.url));
    const vitest = dirname(require.resolve('vitest/package.json'));
    build.onResolve({ filter: /^vitest$/ }, () => ({ path: shim }));
    build.onResolve(
      { filter: /^(@vitest\/(runner|expect)|chai)$/ },
      ({ path, pluginData, ...rest }) => {
        if (pluginData === standIn) return;
        const { kind } = rest;
        return build.resolve(path, { resolveDir: vitest, kind, pluginData: standIn });
      },
    );
  },
};

async function bundle(files, out) {
  const { build } = await import('esbuild');
  const imports = files.map((file) => `${JSON.stringify(file)}: () => import('./${file}')`);
  await build({
    absWorkingDir: root,
    stdin: {
      resolveDir: root,
      contents: `import { runFiles } from 'vitest';
const result = await runFiles({ ${imports.join(', ')} });
await Deno.writeTextFile(Deno.args[0], JSON.stringify(result));
Deno.exit(result.failed ? 1 : 0);`,
    },
    plugins: [standIn],
    outfile: out,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['attune:source', 'module', 'import'],
    external: ['node:*', 'webgpu', '@sparticuz/chromium'],
    target: 'es2023',
    loader: { '.wgsl': 'text' },
    sourcemap: 'inline',
    logLevel: 'warning',
  });
}

/** Runs the kernel tests that a filter names, by default all; returns counts and names. */
export async function runDeno(filters = []) {
  const files = testFiles(filters);
  const device = process.env.ATTUNE_DEVICE ?? 'swiftshader';
  if (device === 'lavapipe' && !lavapipeDriver()) {
    return skippedPart('Deno', 'no lavapipe (Mesa) is installed');
  }
  const nothing = { passed: 0, failed: 0, skipped: 0, skips: [], failures: [] };
  if (!files.length) return nothing;
  const folder = join(root, 'node_modules/.cache/attune/deno');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'tests.mjs');
  const report = join(folder, 'report.json');
  try {
    await bundle(files, program);
  } catch (error) {
    return { ...nothing, failed: 1, failures: [`the tests cannot be bundled: ${error.message}`] };
  }
  const deno = require.resolve('deno/bin.cjs');
  const args = [deno, 'run', '-A', '--no-config', '--unstable-webgpu', program, report];
  const code = await new Promise((done) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ATTUNE_DEVICE: device },
    });
    child.on('error', () => done(1));
    child.on('close', (status, signal) => done(status ?? signal));
  });
  if (existsSync(report)) return JSON.parse(readFileSync(report, 'utf8'));
  return { ...nothing, failed: 1, failures: [`deno ended with ${code} before its report`] };
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await setup();
  const { passed, failed, skipped, skips } = await runDeno(process.argv.slice(2));
  for (const skip of skips) console.log(`skipped: ${skip}`);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed ? 1 : 0;
}

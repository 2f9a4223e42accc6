// `npm run bench`: times the kernels whose folder has an x.bench.ts, a training step, and decoding, on one adapter.
//   npm run bench -- --device lavapipe|swiftshader|gpu|auto --rounds 9 --peers --json FILE [NAME]
// NAME (or --only NAME): any kernel by its name (`softmax`, `dpo-ipo`: those without an x.bench.ts run what their page
//   runs), or the benches with NAME in their name: `512`, `matmul`, `step`, `decode`, `dpo cost`, `length`;
//   `kernels`: every kernel; `ladder`: every variant of matmul at each of its shapes.
// --model M: the folder or GGUF file of the model that decodes, or whose step's growth `length` tells; the embedded
// one without it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { operations } from './kernels-index.mjs';
import { root, setup } from './setup.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    device: { type: 'string' },
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '9' },
    json: { type: 'string' },
    peers: { type: 'boolean', default: false },
    model: { type: 'string' },
  },
});
const only = positionals[0] ?? values.only;
if (positionals.length > 1) {
  console.error(`bench: takes one name, not ${positionals.join(' and ')}`);
  process.exit(1);
}
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error(`bench: --rounds takes a whole number from 1, not ${values.rounds}`);
  process.exit(1);
}

/**
 * One bundle of the harness and all benches, so that TypeScript and shaders need no other step: the `benches` of each
 * kernel's x.bench.ts, and for kernels without one what their page runs.
 */
async function bundle() {
  const written = [];
  const derived = [];
  const lines = [];
  for (const entry of operations()) {
    const [path, name] = [`./kernels/${entry.slice(0, -'.ts'.length)}`, entry.split('/').at(-2)];
    const has = (end) => existsSync(join(root, `${path}.${end}`));
    if (has('bench.ts')) {
      lines.push(`import { benches as b${lines.length} } from '${path}.bench.ts';`);
      written.push(`...b${lines.length - 1}`);
    } else if (has('live.ts')) {
      lines.push(`import { run as b${lines.length} } from '${path}.live.ts';`);
      derived.push(`benchOf('${name}', b${lines.length - 1})`);
    }
  }
  lines.push("import { benchOf } from './website/src/live/kernel-bench.ts';");
  lines.push(`export const benches = [${written.join(', ')}];`);
  lines.push(`export const derived = [${derived.join(', ')}];`);
  lines.push("export { requestGpu } from './packages/gpu/src/index.ts';");
  lines.push("export * from './packages/bench/src/index.ts';");
  // Beside the packages of packages/gpu, so that `webgpu` and SwiftShader are found from it.
  const outfile = join(root, 'packages/gpu/node_modules/.cache/bench.mjs');
  mkdirSync(join(outfile, '..'), { recursive: true });
  const esbuild = await import('esbuild');
  await esbuild.build({
    stdin: { contents: lines.join('\n'), resolveDir: root, loader: 'ts' },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2023',
    conditions: ['attune:source'],
    loader: { '.wgsl': 'text' },
    external: ['webgpu', '@sparticuz/chromium'],
    // The website's own extends one that stands among its dependencies.
    tsconfigRaw: {},
    logLevel: 'warning',
  });
  return import(pathToFileURL(outfile).href);
}

async function peersOn(gpu, device) {
  const folder = join(root, 'packages/bench/peers');
  if (!existsSync(join(folder, 'node_modules/onnxruntime-web'))) {
    console.log('bench: installing the peers …');
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
    const { status } = spawnSync('npm', args, {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    });
    if (status !== 0) throw new Error('the peers could not be installed; npm says why above');
  }
  const instances = globalThis[Symbol.for('attune.dawn')];
  const instance = instances.get(device) ?? instances.get('system') ?? [...instances.values()][0];
  const { loadPeers } = await import(pathToFileURL(join(folder, 'peers.mjs')).href);
  return loadPeers(instance, gpu.adapter.description);
}

const percent = (part) => `${(100 * part).toFixed(0)} %`;

/** One line for each contender of a bench, beside ours by CPU time and, in brackets, by the clock. */
function print(bench, rows, ours, columns) {
  console.log(bench);
  const mine = rows.find(({ name }) => name === ours);
  for (const row of rows) {
    const { name, ms, cpuMs, gflops, gigabytes } = row;
    const rate =
      gigabytes === undefined
        ? `${gflops.toFixed(2).padStart(7)} GFLOP/s`
        : `${gigabytes.toFixed(2).padStart(7)} GB/s`;
    const other = name !== ours && !name.startsWith('roof');
    const ratios = `${(cpuMs / mine.cpuMs).toFixed(2)}x by CPU time (${(ms / mine.ms).toFixed(2)}x)`;
    const times = `${ms.toFixed(1).padStart(8)} ms ${cpuMs.toFixed(1).padStart(8)} CPU ms`;
    console.log(
      `  ${name.padEnd(22)} ${times} ${rate} ${columns(row)}${other ? `  attune is ${ratios}` : ''}`,
    );
  }
}

/** Scripts of their own, since they train through the packages as users have them. */
const costs = [
  { name: 'dpo cost', script: 'dpo-cost.mjs' },
  { name: 'length', script: 'length-cost.mjs', takesModel: true },
];

/** @throws Error above the script's bar */
function runCost({ name, script, takesModel }) {
  console.log(name);
  const model = takesModel && values.model ? ['--model', values.model] : [];
  for (const [file, ...args] of [
    ['build.mjs'],
    [script, '--device', values.device ?? 'auto', ...model],
  ]) {
    const path = join(root, 'scripts', file);
    const { status } = spawnSync(process.execPath, [path, ...args], { stdio: 'inherit' });
    if (status !== 0) throw new Error(`${file} ended with ${status}`);
  }
}

const ofPeak = ({ ofPeak }) => `${percent(ofPeak).padStart(6)} of peak`;
const counts = ({ dispatches, submits, buffers, bindGroups }) =>
  ` ${dispatches} dispatches, ${submits} submits, ${buffers} buffers, ${bindGroups} bind groups`;

await setup();
try {
  const harness = await bundle();
  const {
    benches,
    derived,
    ours,
    requestGpu,
    runBench,
    runStep,
    stepName,
    runLadder,
    ladderName,
    runDecode,
    decodeName,
  } = harness;
  const gpu = await requestGpu({ ...(values.device && { device: values.device }) });
  console.log(`bench: ${gpu.adapter.description}`);
  const every = [...benches, ...derived];
  // A kernel's own name means it alone, not those that have it in theirs; nothing means what is written by hand.
  const own = every.filter(({ name }) => name.split(' ')[0] === only);
  const named = (all) => all.filter(({ name }) => name.includes(only));
  const chosen = own.length ? own : only === 'kernels' ? every : named(only ? every : benches);
  const names = [...every.map(({ name }) => name), stepName, decodeName, 'kernels'];
  names.push(ladderName, ...costs.map(({ name }) => name));
  if (!names.some((name) => name.includes(only)))
    throw new Error(`no bench has "${only}" in its name: ${names.join(', ')}`);
  const peers = values.peers ? await peersOn(gpu, values.device) : [];
  const rows = [];
  for (const bench of chosen) {
    const measured = await runBench(gpu, bench, { peers, rounds });
    rows.push(...measured);
    print(bench.name, measured, ours, ofPeak);
  }
  const steps = stepName.includes(only) ? await runStep(gpu, { peers, rounds }) : [];
  if (steps.length) {
    print(stepName, steps, ours, counts);
    const shown = [0, 1, 4].map((i) => steps[0].losses[i]?.toFixed(5));
    console.log(`  losses of all within 1e-4: ${shown.join(', ')} at steps 1, 2 and 5`);
  }
  const model = values.model ? resolve(values.model) : join(root, 'packages/tiny/model');
  const decoded = decodeName.includes(only) ? await runDecode(gpu, model, { rounds }) : [];
  for (const row of decoded) {
    const { bench, ms, cpuMs, tokensPerSecond } = row;
    const rate = `${tokensPerSecond.toFixed(1)} tokens/s, ${(ms / 64).toFixed(2)} ms`;
    console.log(`${bench}\n  ${rate} and ${(cpuMs / 64).toFixed(2)} CPU ms a token of each row`);
    console.log(`  of 64 tokens:${counts(row)}`);
  }
  // Only when it is asked for: the slowest variants take minutes on a software adapter.
  const rungs = only === ladderName ? runLadder(gpu, benches, { rounds }) : [];
  const ladder = [];
  for await (const rung of rungs) {
    ladder.push(rung);
    const { bench, name, cpuMs, ms, ofPeak: part } = rung;
    const times = `${ms.toFixed(1).padStart(9)} ms ${(cpuMs ?? Number.NaN).toFixed(1).padStart(9)} CPU ms`;
    console.log(`${bench.padEnd(22)} ${name.padEnd(10)} ${times} ${ofPeak({ ofPeak: part })}`);
  }
  // Growth too takes minutes there.
  const trained = costs.filter(({ name }) => name.includes(only) && (only || name !== 'length'));
  for (const cost of trained) runCost(cost);
  if (values.json) {
    const { version } = JSON.parse(readFileSync(join(root, 'packages/bench/package.json'), 'utf8'));
    const { adapter } = gpu;
    const date = new Date().toISOString();
    const more = {
      ...(steps.length && { steps }),
      ...(decoded.length && { decoded }),
      ...(ladder.length && { ladder }),
    };
    const result = { version, date, adapter, rounds, rows, ...more };
    writeFileSync(resolve(values.json), `${JSON.stringify(result, null, 2)}\n`);
  }
  const done =
    chosen.length + Math.min(1, steps.length) + decoded.length + ladder.length + trained.length;
  console.log(`bench: done, ${done} benches`);
  process.exit(0); // the peers' devices would hold the process
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exit(1);
}

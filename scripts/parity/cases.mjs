/**
 * Runs recorded cases through the command line, as their recipes stand, and tells how far each is from
 * the reference: loss and gradient norm (relative, worst step), other logged numbers, final weights, and
 * the reference model's log-probabilities where there is one (relative, 1e-4); for recorded logits of the
 * result, what `attune logits` makes of ours (1e-4).
 * Exits with 1 where a case is beyond the bars: 1e-5 and weights within 1e-4 for sft and pretrain, 2e-5
 * and 2e-4 for the rest; other numbers 1e-3 (of 1 where they are smaller), the learning rate 1e-6.
 * grpo and rloo replay their rollouts.jsonl. Their losses are sums of terms of both signs, near 0 when
 * samples are fresh: below 0.1 they are compared absolutely, in units of 0.1, as gradient norms below 0.01 are;
 * VESPO's bar is 1e-4, since TRL's own losses lie 3e-5 from a replay in float64 there.
 *
 *   node scripts/parity/cases.mjs FIXTURES/sft [--device swiftshader] [--only lora] [--keep FOLDER]
 *
 * FIXTURES/COMMAND/CASE holds recipe.yaml, expected.json, and initial/, adapter/ or final.safetensors;
 * the folder's name is the command; peft and adapterhub hold runs of sft. A model of a family that does not run
 * here is told and passed over. Build first (npm run build).
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bytesFromPath, readSafetensors } from 'attune';
import { logitsApart, prepare, resultFiles } from './tuned-case.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    device: { type: 'string', default: 'auto' },
    only: { type: 'string', default: '' },
    keep: { type: 'string' },
  },
});
const attune = fileURLToPath(new URL('../../packages/attune/bin/attune.mjs', import.meta.url));

const policies = new Set(['grpo', 'rloo']);

function run(command, folder, out, scratch) {
  const { adapter, flags } = prepare(folder, scratch);
  const args = [attune, command, '--config', 'recipe.yaml', '--output_dir', out, ...flags];
  args.push('--device', values.device);
  if (policies.has(command)) args.push('--rollouts', 'rollouts.jsonl');
  if (adapter) args.push('--adapter_name_or_path', adapter);
  const env = { ...process.env, ATTUNE_NO_BUILD: '1' };
  return new Promise((done) => {
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const collect = (chunk) => {
      said = (said + chunk).slice(-4000);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('close', (code) => done({ code, said }));
  });
}

/** Differences below `floor` of numbers near 0 are compared absolutely. */
const apart = (have, want, floor = 0) =>
  have === want ? 0 : Math.abs(have - want) / Math.max(Math.abs(want), floor);

const notCompared = new Set(['loss', 'grad_norm', 'step', 'epoch']);

function compareSteps(rows, steps, policy) {
  const floors = policy ? { loss: 0.1, grad_norm: 0.01 } : {};
  const worst = { loss: 0, grad_norm: 0, metric: 0, of: '' };
  for (const [i, want] of steps.entries()) {
    const have = rows[i] ?? {};
    for (const key of ['loss', 'grad_norm'])
      worst[key] = Math.max(worst[key], nan(apart(have[key], want[key], floors[key])));
    for (const [key, value] of Object.entries(want)) {
      if (notCompared.has(key) || typeof value !== 'number') continue;
      const rate = key === 'learning_rate';
      // Scaled so that the rate's own bar, 1e-6, is the metrics' 1e-3.
      const error = nan(rate ? 1e3 * apart(have[key], value, 1e-30) : apart(have[key], value, 1));
      if (error > worst.metric) Object.assign(worst, { metric: error, of: key });
    }
  }
  return worst;
}

/**
 * The reference's log-probabilities: a step's mean of each kind, recorded beside every batch, against
 * what the log tells (rewards are beta times policy less reference). Undefined without a reference.
 */
function compareReference(rows, steps, folder) {
  const file = join(folder, 'batches.json');
  if (!existsSync(file)) return undefined;
  const batches = JSON.parse(readFileSync(file, 'utf8'));
  const sides = {
    chosen: ({ ref_chosen_logps: logps, ref_logps, label }) =>
      logps ?? ref_logps?.filter((_, i) => label[i]),
    rejected: ({ ref_rejected_logps: logps, ref_logps, label }) =>
      logps ?? ref_logps?.filter((_, i) => !label[i]),
  };
  if (!sides.chosen(batches[0])) return undefined;
  const recipe = readFileSync(join(folder, 'recipe.yaml'), 'utf8');
  const beta = Number(/^beta: (.*)$/m.exec(recipe)?.[1] ?? 0.1);
  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  let worst = 0;
  let at = 0;
  const perStep = groupsOf(batches.length, steps);
  for (const [i, row] of rows.entries()) {
    const group = batches.slice(at, at + perStep[i]);
    at += perStep[i];
    for (const [side, of] of Object.entries(sides)) {
      const parts = group.map(of).filter((part) => part.length > 0);
      if (parts.length === 0) continue;
      const have = row[`logps/${side}`] - row[`rewards/${side}`] / beta;
      worst = Math.max(worst, nan(apart(have, mean(parts.map(mean)))));
    }
  }
  return worst;
}

/** How many of the recorded micro-batches belong to each step: those at an epoch's end may be fewer. */
function groupsOf(batches, steps) {
  const ends = (perEpoch) => steps.map(({ epoch }) => epoch * perEpoch);
  const whole = (x) => Math.abs(x - Math.round(x)) < 1e-6;
  for (let perEpoch = 1; perEpoch <= 1000; perEpoch++) {
    const found = ends(perEpoch);
    if (!found.every(whole) || Math.round(found.at(-1)) !== batches) continue;
    return found.map((end, i) => Math.round(end - (found[i - 1] ?? 0)));
  }
  throw new Error('The recorded batches are not those of the recorded steps.');
}

const nan = (x) => (Number.isNaN(x) ? Number.POSITIVE_INFINITY : x);

async function compareWeights(out, folder) {
  const pairs = resultFiles(folder, out);
  if (pairs.length === 0) return undefined;
  const worst = { number: 0, tensor: 0 };
  for (const [truthFile, file] of pairs) {
    const truth = await readSafetensors(await bytesFromPath(truthFile));
    const have = await readSafetensors(await bytesFromPath(file));
    for (const name of truth.names()) {
      if (!have.has(name)) {
        const none = Number.POSITIVE_INFINITY;
        return { number: none, tensor: none, missing: name };
      }
      const [a, b] = [await truth.float32(name), await have.float32(name)];
      let [difference, length] = [0, 0];
      for (let i = 0; i < a.length; i++) {
        const d = Math.abs(a[i] - b[i]);
        worst.number = Math.max(worst.number, d);
        difference += d * d;
        length += a[i] * a[i];
      }
      if (difference) worst.tensor = Math.max(worst.tensor, Math.sqrt(difference / length));
    }
  }
  return worst;
}

function barsOf(command, name) {
  if (/^(sft|pretrain)$/.test(command)) return [1e-5, 1e-4];
  return [name.includes('vespo') ? 1e-4 : 2e-5, 2e-4];
}

const form = (x) => (x === undefined ? '-' : x.toExponential(1)).padStart(8);
let failed = 0;
console.log(`${'case'.padEnd(36)}    loss    norm  metric  number  tensor     ref  logits`);
for (const group of positionals) {
  const kind = basename(resolve(group));
  const command = /^(peft|adapterhub)$/.test(kind) ? 'sft' : kind;
  for (const name of readdirSync(group).sort()) {
    const folder = resolve(group, name);
    if (!name.includes(values.only) || !existsSync(join(folder, 'recipe.yaml'))) continue;
    const parent = values.keep ?? mkdtempSync(join(tmpdir(), 'attune-case-'));
    const out = join(parent, name);
    const scratch = mkdtempSync(join(tmpdir(), 'attune-case-'));
    const { code, said } = await run(command, folder, out, scratch);
    if (code !== 0 && said.includes('unknown-model-type')) {
      console.log(`${name}: no such model runs here`);
      continue;
    }
    if (code !== 0) {
      failed++;
      console.log(`${name}: exit code ${code}\n${said}`);
      continue;
    }
    const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trim().split('\n');
    const rows = lines.map((line) => JSON.parse(line)).filter((row) => 'loss' in row);
    const { steps } = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
    const worst = compareSteps(rows, steps, policies.has(command));
    const weights = await compareWeights(out, folder);
    const reference = compareReference(rows, steps, folder);
    const numbers = [worst.loss, worst.grad_norm, worst.metric, weights?.number, weights?.tensor];
    numbers.push(reference);
    numbers.push(await logitsApart(folder, out, { attune, device: values.device, scratch }));
    const [stepBar, weightBar] = barsOf(command, name);
    const bars = [stepBar, stepBar, 1e-3, weightBar, weightBar, 1e-4, 1e-4];
    const beyond = numbers.some((x, k) => x !== undefined && !(x < bars[k]));
    const more = rows.length === steps.length ? '' : ` ${rows.length} rows, not ${steps.length}`;
    if (beyond || more) failed++;
    const missing = weights?.missing ? ` lacks ${weights.missing}` : '';
    console.log(
      `${name.padEnd(36)}${numbers.map(form).join('')}  ${beyond ? 'BEYOND ' : ''}${worst.of}${missing}${more}`,
    );
    rmSync(scratch, { recursive: true });
    if (!values.keep) rmSync(parent, { recursive: true });
  }
}
process.exitCode = failed ? 1 : 0;

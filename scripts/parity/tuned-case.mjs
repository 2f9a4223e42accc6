/** What recorded runs of PEFT and AdapterHub have beside those of TRL's own commands: for cases.mjs. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesFromPath, readSafetensors } from 'attune';

/** Where encoders of virtual tokens lie in our adapters: PEFT's files have no place for them. */
const encoderFile = 'prompt_encoder.safetensors';

/** The recipe as the command line takes it, and the adapter to start from, in `scratch` where they are not as recorded. */
export function prepare(folder, scratch) {
  const initial = join(folder, 'initial');
  let adapter = existsSync(initial) ? initial : undefined;
  if (existsSync(join(folder, 'initial.safetensors')) && adapter) {
    adapter = join(scratch, 'initial');
    cpSync(initial, adapter, { recursive: true });
    cpSync(join(folder, 'initial.safetensors'), join(adapter, encoderFile));
  }
  return { adapter, flags: fixedBatches(folder, scratch) };
}

/** AdapterHub's runs have no data set, but batches; and no keys for what TRL would do by itself. */
function fixedBatches(folder, scratch) {
  const recipe = readFileSync(join(folder, 'recipe.yaml'), 'utf8');
  if (!/^adapter_config:/m.test(recipe)) return [];
  const batches = JSON.parse(readFileSync(join(folder, 'batches.json'), 'utf8'));
  const rows = batches.flatMap(({ input_ids, attention_mask, labels }) =>
    input_ids.map((ids, i) => {
      const length = attention_mask[i].reduce((a, b) => a + b, 0);
      return { input_ids: ids.slice(0, length), labels: labels[i].slice(0, length) };
    }),
  );
  const file = join(scratch, 'rows.jsonl');
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const flags = ['--dataset_name', file, '--train_sampling_strategy', 'sequential'];
  return [...flags, '--logging_steps', '1', '--save_strategy', 'no', '--loss_type', 'nll'];
}

/** Files of the recorded result and of ours that must hold the same numbers. */
export function resultFiles(folder, out) {
  const pairs = [
    ['adapter/adapter_model.safetensors', 'adapter_model.safetensors'],
    ['adapter/adapter.safetensors', 'adapter.safetensors'],
  ];
  const own = ['bitfit.safetensors', encoderFile, 'model.safetensors'];
  const final = own.find((file) => existsSync(join(out, file)));
  if (final) pairs.push(['final.safetensors', final]);
  return pairs
    .map(([theirs, ours]) => [join(folder, theirs), join(out, ours)])
    .filter(([theirs]) => existsSync(theirs));
}

/** The largest difference of the result's logits from the recorded ones, through `attune logits`. */
export async function logitsApart(folder, out, { attune, device, scratch }) {
  const file = join(folder, 'logits.safetensors');
  if (!existsSync(file)) return undefined;
  const truth = await readSafetensors(await bytesFromPath(file));
  const ids = await whole(truth, 'input_ids');
  const mask = await whole(truth, 'attention_mask');
  const [rows, length] = truth.info('input_ids').shape;
  const [, total, vocabulary] = truth.info('logits').shape;
  const lengths = Array.from({ length: rows }, (_, row) =>
    mask.slice(row * length, (row + 1) * length).reduce((a, b) => a + b, 0),
  );
  const input = join(scratch, 'input.jsonl');
  const lines = lengths.map((n, row) =>
    JSON.stringify({ input_ids: ids.slice(row * length, row * length + n) }),
  );
  writeFileSync(input, `${lines.join('\n')}\n`);
  const recipe = readFileSync(join(folder, 'recipe.yaml'), 'utf8');
  const base = join(folder, /^model_name_or_path: (.*)$/m.exec(recipe)[1]);
  const output = join(scratch, 'logits.safetensors');
  const args = ['logits', '--input', input, '--output', output, '--device', device];
  if (existsSync(join(out, 'model.safetensors'))) args.push('--model_name_or_path', out);
  else args.push('--model_name_or_path', base, '--adapter_name_or_path', out);
  const env = { ...process.env, ATTUNE_NO_BUILD: '1' };
  const { status, stderr } = spawnSync(process.execPath, [attune, ...args], { env });
  if (status !== 0) throw new Error(`attune logits ended with ${status}:\n${stderr}`);
  const have = await readSafetensors(await bytesFromPath(output));
  const want = await truth.float32('logits');
  // Recorded logits of prompt methods begin with the virtual tokens.
  const virtual = total - length;
  let worst = 0;
  for (const [row, n] of lengths.entries()) {
    const ours = await have.float32(`logits.${row}`);
    const from = (row * total + virtual) * vocabulary;
    for (let i = 0; i < n * vocabulary; i++) {
      worst = Math.max(worst, Math.abs(ours[i] - want[from + i]));
    }
  }
  return worst;
}

async function whole(file, name) {
  const { buffer, byteOffset, byteLength } = await file.raw(name);
  return [...new BigInt64Array(buffer.slice(byteOffset, byteOffset + byteLength))].map(Number);
}

import { readFileSync } from 'node:fs';
import { AttuneError } from '@attune/gpu';
import { philox } from '@attune/kernels';
import { folderFromFiles, openModel } from '@attune/model';
import { expect, test } from 'vitest';
import { openAdapter } from './adapter-files.ts';

const fixtures = new URL('../fixtures', import.meta.url).pathname;
const model = await openModel(`${fixtures}/families/llama`);
const sources = [
  ['variants/excluded', 'adapter_model.safetensors'],
  ['peft/prefix-projection/adapter', 'adapter_model.safetensors'],
  ['peft/prompt-text/adapter', 'adapter_model.safetensors'],
  ['peft/ptuning-lstm/adapter', 'adapter_model.safetensors'],
  ['adapterhub/double-seq-bn-norms/adapter', 'adapter.safetensors'],
].map(([folder, weights]) => ({
  config: readFileSync(`${fixtures}/${folder}/adapter_config.json`, 'utf8'),
  weights: new Uint8Array(readFileSync(`${fixtures}/${folder}/${weights}`)),
  file: weights!,
}));

/** ATTUNE_FUZZ asks for more than what every run of the tests tries. */
const count = Number(process.env.ATTUNE_FUZZ ?? 2000);

/** What a stranger may have put where a value stood. */
const values: readonly unknown[] = [
  ...[null, true, false, 0, -1, 0.5, 3, 1e308, -0, 2 ** 53, '', 'x', 'LORA', 'q_proj', 'TEXT'],
  ...[
    '(',
    '(a+)+$',
    '(.*)*(.*)*x',
    '(?P<a',
    '\\',
    '[',
    'all-linear',
    '__proto__',
    'null',
    'a\u001b[2Jb',
  ],
  ...[
    [],
    [null],
    [1, 'a'],
    ['q_proj', 'q_proj'],
    [[]],
    Array(3000).fill('q_proj'),
    'q'.repeat(1e5),
  ],
  ...[{}, { a: 1 }, { q_proj: null }, { '(': 2 }, { q_proj: -1 }, { config: {} }],
];
const names = ['constructor', '__proto__', 'toString', 'r', 'target_modules', 'peftType', 'config'];

/** Numbers below a bound, the same for a seed. */
function draws(seed: number) {
  let count = 0;
  return (below: number) => philox([count++, 0, 0, 0], [seed, 0])[0]! % below;
}

test('mutated adapters are read or refused by an error of ours, each within a second', async () => {
  let read = 0;
  for (let seed = 0; seed < count; seed++) {
    const draw = draws(seed);
    const { config, weights, file } = sources[draw(sources.length)]!;
    const json = JSON.parse(config);
    for (let i = draw(3); i >= 0; i--) {
      const nested = typeof json.config === 'object' && json.config !== null;
      const inner = draw(2) === 0 && nested ? json.config : json;
      const keys = [...Object.keys(inner), ...names];
      const key = keys[draw(keys.length)]!;
      if (draw(5) === 0) delete inner[key];
      else inner[key] = structuredClone(values[draw(values.length)]);
    }
    const bytes = weights.slice(0, draw(4) === 0 ? draw(weights.length) : weights.length);
    if (draw(3) === 0 && bytes.length > 0) bytes[draw(bytes.length)] = draw(256);
    const folder = folderFromFiles(
      new Map([
        ['adapter_config.json', new TextEncoder().encode(JSON.stringify(json))],
        [file, bytes],
      ]),
    );
    const start = performance.now();
    try {
      await openAdapter(folder, model, { scores: draw(2) === 0, training: draw(2) === 0 });
      read++;
    } catch (error) {
      if (!(error instanceof AttuneError)) throw new Error(`seed ${seed}`, { cause: error });
      expect(error.message.length, `seed ${seed}`).toBeLessThan(2000);
      expect(/\p{Cc}/u.test(error.message), `seed ${seed}`).toBe(false);
    }
    expect(performance.now() - start, `seed ${seed}`).toBeLessThan(1000);
  }
  expect(read / count).toBeGreaterThan(0.05);
  expect(read / count).toBeLessThan(0.95);
}, 3_600_000);

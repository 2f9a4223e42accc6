import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testGpu } from '@attune/gpu/testing';
import {
  bytesFromMemory,
  bytesFromPath,
  exportGguf,
  familyOf,
  folderFromFiles,
  folderFromPath,
  type GgufFile,
  type ModelFolder,
  type OpenModel,
  openModel,
  readGguf,
  readSafetensors,
  type WritableType,
  writeGguf,
} from '@attune/model';
import {
  adapterGguf,
  mergeAdapter,
  modulePaths,
  openAdapter,
  type PeftConfig,
  tuningMethod,
} from '@attune/peft';
import { diskFolder, loadModel, type SavedDtype, writeModelFolder } from '@attune/trainer';
import { afterAll, describe, expect, test } from 'vitest';
import { SFTTrainer } from './sft.ts';

// ATTUNE_VARIANTS points to a folder with others, made by scripts/parity/adapters.py.
const peft = new URL('../../../peft/fixtures', import.meta.url).pathname;
const variants = process.env.ATTUNE_VARIANTS ?? `${peft}/variants`;
const models: Record<string, OpenModel> = {
  tied: await openModel(new URL('../../fixtures/models/llama-tied', import.meta.url).pathname),
  untied: await openModel(`${peft}/families/llama`),
};
const scratch = mkdtempSync(join(tmpdir(), 'attune-adapters-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const ids = [10, 50, 300, 7, 42, 11];

async function logitsOf(model: OpenModel | string, adapter?: ModelFolder): Promise<Float32Array> {
  const loaded = await loadModel(model, { gpu: await testGpu(), ...(adapter && { adapter }) });
  const { vocabSize } = loaded.model.config;
  const logits = await loaded.logits(ids.map((id) => id % vocabSize));
  loaded.destroy();
  return logits;
}

const apart = (a: Float32Array, b: Float32Array): number => {
  expect(a.length).toBe(b.length);
  return a.reduce((worst, value, i) => {
    const far = Math.abs(value - b[i]!);
    return far > worst || Number.isNaN(far) ? far : worst;
  }, 0);
};

/** A new place for files. */
let places = 0;
const place = () => join(scratch, String(places++));

async function saved(model: OpenModel, dtype: SavedDtype = 'F32'): Promise<string> {
  const out = place();
  await writeModelFolder(await diskFolder(out), model, { dtype });
  return out;
}

async function ggufOf({ config, weights }: OpenModel, type: WritableType): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of exportGguf({ config, weights, name: 'exported', type })) {
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
}

/** llama.cpp lays some families out in one way only, whatever their config says. */
const runsInLlamaCpp = ({ config }: OpenModel) =>
  familyOf(config.modelType).gguf.lacks?.(config) === undefined;

const opened = (bytes: Uint8Array) => openModel(bytesFromMemory(bytes, 'model.gguf'));

/** The adapter going on for a step of next to nothing: where it went on from is where it ends. */
async function trainedOn(model: OpenModel, adapter: ModelFolder): Promise<string> {
  const trainer = await SFTTrainer.create({
    model,
    adapter,
    gpu: await testGpu(),
    trainDataset: [{ text: 'one two three' }, { text: 'four five six' }],
    args: { learningRate: 1e-8, maxSteps: 1, perDeviceTrainBatchSize: 2 },
    log: () => {},
  });
  for await (const _ of trainer.train());
  const out = place();
  await trainer.saveModel(out);
  trainer.destroy();
  return out;
}

/** What llama.cpp makes of a base and a LoRA beside it, by its own names and rows: W + alpha / r · B·A. */
async function withLora(base: GgufFile, lora: GgufFile): Promise<Uint8Array> {
  const alpha = Number(lora.metadata.get('adapter.lora.alpha')!.value);
  let used = 0;
  const tensors = [];
  for (const name of base.names()) {
    const { shape } = base.info(name);
    const data = Float32Array.from(await base.float32(name));
    if (lora.has(`${name}.lora_a`)) {
      const [a, b] = [await lora.float32(`${name}.lora_a`), await lora.float32(`${name}.lora_b`)];
      const [r, width] = lora.info(`${name}.lora_a`).shape as [number, number];
      for (let i = 0; i < shape[0]!; i++) {
        for (let j = 0; j < width; j++) {
          let sum = 0;
          for (let k = 0; k < r; k++) sum += b[i * r + k]! * a[k * width + j]!;
          data[i * width + j]! += (alpha / r) * sum;
        }
      }
      used += 2;
    }
    tensors.push({ name, type: 'F32' as const, shape, data: new Uint8Array(data.buffer) });
  }
  expect(used).toBe(lora.names().length);
  return writeGguf(base.metadata, tensors);
}

/**
 * How far a stored number may be from what it was, as a part of the largest of its block of 32. The steps of Q8_0, a
 * 127th of that, are stored in 16 bits.
 */
const rounding: Record<string, number> = {
  F32: 0,
  F16: 2 ** -11,
  BF16: 2 ** -8,
  Q8_0: (0.5 + 127 * 2 ** -11) / 127,
};

/** Each tensor of a file holds the merged one, rounded as its type says, and no other tensor is there. */
async function expectRounded(merged: OpenModel, file: OpenModel): Promise<void> {
  expect(file.config.tieWordEmbeddings).toBe(merged.config.tieWordEmbeddings);
  for (const name of file.weights.names()) {
    const [want, have] = [await merged.weights.float32(name), await file.weights.float32(name)];
    const bound = rounding[file.weights.info(name).dtype]!;
    for (let from = 0; from < want.length; from += 32) {
      const block = want.subarray(from, from + 32);
      const largest = block.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const far = block.reduce((worst, v, i) => Math.max(worst, Math.abs(v - have[from + i]!)), 0);
      expect(far, `${name} from ${from}`).toBeLessThanOrEqual(bound * largest + 1e-7);
    }
  }
}

/** What is made of an adapter in float32. */
async function exactExports(base: OpenModel, adapter: ModelFolder, truth: Float32Array) {
  const found = await openAdapter(adapter, base);
  const merged = mergeAdapter(found.model, found);
  const far: Record<string, number> = {
    merged: apart(await logitsOf(merged), truth),
    safetensors: apart(await logitsOf(await saved(merged)), truth),
  };
  if (runsInLlamaCpp(base)) {
    far['GGUF F32'] = apart(await logitsOf(await opened(await ggufOf(merged, 'F32'))), truth);
  } else await expect(ggufOf(merged, 'F32')).rejects.toThrow(/would compute another model/);
  for (const [what, distance] of Object.entries(far)) expect(distance, what).toBeLessThan(1e-4);
  return { merged, far };
}

/** Everything that can be made of an adapter that merges computes what base and adapter compute. */
async function expectExports(
  base: OpenModel,
  adapter: ModelFolder,
  truth: Float32Array,
): Promise<Record<string, number>> {
  const { merged, far: exact } = await exactExports(base, adapter, truth);
  const far: Record<string, number> = {
    'trained on': apart(await logitsOf(...(await resultOf(base, adapter))), truth),
    ...exact,
  };
  expect(far['trained on']).toBeLessThan(1e-4);
  for (const dtype of ['F16', 'BF16'] as const) {
    const file = await openModel(await saved(merged, dtype));
    await expectRounded(merged, file);
    far[`safetensors ${dtype}`] = apart(await logitsOf(file), truth);
  }
  for (const type of ['F16', 'Q8_0'] as const) {
    const file = await opened(await ggufOf(merged, type));
    await expectRounded(merged, file);
    far[`GGUF ${type}`] = apart(await logitsOf(file), truth);
  }
  return far;
}

/** What training on from an adapter left, as `logitsOf` takes it. */
async function resultOf(
  base: OpenModel,
  adapter: ModelFolder,
): Promise<[OpenModel | string, ModelFolder?]> {
  const out = await trainedOn(base, adapter);
  return readdirSync(out).includes('model.safetensors') ? [out] : [base, await folderFromPath(out)];
}

async function loraGgufApart(base: OpenModel, adapter: ModelFolder, truth: Float32Array) {
  const lora = adapterGguf(base, await openAdapter(adapter, base));
  const plain = await readGguf(bytesFromMemory(await ggufOf(base, 'F32'), 'base.gguf'));
  const beside = await readGguf(bytesFromMemory(lora, 'adapter.gguf'));
  return apart(await logitsOf(await opened(await withLora(plain, beside))), truth);
}

const figures = (name: string, far: Record<string, number>) =>
  console.log(
    `${name}: ${Object.entries(far)
      .map(([what, distance]) => `${what} ${distance.toExponential(1)}`)
      .join(', ')}`,
  );

describe('adapters as PEFT writes them compute what PEFT computes, and so does what is made of them', () => {
  const names = readdirSync(variants).filter((name) => !name.includes('.'));
  test.each(names)('%s', async (name) => {
    const truths = await readSafetensors(await bytesFromPath(`${variants}/truth.safetensors`));
    const truth = await truths.float32(`${name}.logits`);
    const adapter = await folderFromPath(`${variants}/${name}`);
    const source = await adapter.open('adapter_config.json');
    const config = JSON.parse(new TextDecoder().decode(await source.read(0, source.size)));
    const base = models[config.base_model_name_or_path === 'llama' ? 'untied' : 'tied']!;
    const far = { read: apart(await logitsOf(base, adapter), truth) };
    expect(far.read, 'read').toBeLessThan(1e-4);
    Object.assign(far, await expectExports(base, adapter, truth));
    const whole = config.modules_to_save !== null;
    if (whole) await expect(loraGgufApart(base, adapter, truth)).rejects.toThrow(/modules_to_save/);
    else {
      const beside = await loraGgufApart(base, adapter, truth);
      expect(beside, 'LoRA GGUF').toBeLessThan(1e-4);
      Object.assign(far, { 'LoRA GGUF': beside });
    }
    figures(name, far);
  });
});

/** An adapter of drawn numbers, as a folder of its files. */
async function drawn(base: OpenModel, config: PeftConfig): Promise<ModelFolder> {
  const method = tuningMethod(config, base, { seed: 7 });
  const { weights } = method.modelFor(base);
  const values = new Map<string, Float32Array>();
  for (const [t, { name }] of method.tensors.entries()) {
    const start = await method.initial(name, weights);
    const moved = start.map((value, i) => value + 0.15 * Math.sin(1 + 7 * t + 3 * i));
    values.set(name, Float32Array.from(moved));
  }
  return folderFromFiles(method.save(values, { baseModel: 'base' }), 'adapter');
}

const saves = (...modulesToSave: string[]) =>
  ({ peftType: 'LORA', r: 2, targetModules: ['q_proj'], modulesToSave }) as const;

/** Each kind of adapter, and what cannot be made of it. */
const kinds: readonly [string, PeftConfig, { merge?: RegExp; gguf?: RegExp }][] = [
  [
    'LoRA on all linear layers',
    { peftType: 'LORA', r: 2, targetModules: 'all-linear', useRslora: true },
    {},
  ],
  [
    'LoRA of several ranks and alphas',
    {
      peftType: 'LORA',
      r: 3,
      targetModules: ['q_proj', 'o_proj', 'up_proj'],
      rankPattern: { o_proj: 1 },
      alphaPattern: { up_proj: 20 },
    },
    {},
  ],
  ['LoRA and the embedding', saves('embed_tokens'), { gguf: /whole \(modules_to_save\)/ }],
  ['LoRA and the output layer', saves('lm_head'), { gguf: /whole \(modules_to_save\)/ }],
  ['LoRA and both', saves('lm_head', 'embed_tokens'), { gguf: /whole \(modules_to_save\)/ }],
  [
    'LoRA and both as one',
    { ...saves('embed_tokens'), ensureWeightTying: true },
    { gguf: /whole \(modules_to_save\)/ },
  ],
  ['LoRA and all norms', saves('norm'), { gguf: /whole \(modules_to_save\)/ }],
  ['BitFit', { peftType: 'BITFIT', addBiases: true }, { gguf: /BITFIT, which has no form/ }],
  ...(
    [
      ['Prefix Tuning', { peftType: 'PREFIX_TUNING', numVirtualTokens: 3 }],
      [
        'Prefix Tuning by a network',
        { peftType: 'PREFIX_TUNING', numVirtualTokens: 3, prefixProjection: true },
      ],
      ['Prompt Tuning', { peftType: 'PROMPT_TUNING', numVirtualTokens: 3 }],
      ['P-Tuning', { peftType: 'P_TUNING', numVirtualTokens: 3 }],
      [
        'P-Tuning by an LSTM',
        {
          peftType: 'P_TUNING',
          numVirtualTokens: 3,
          encoderReparameterizationType: 'LSTM',
          encoderHiddenSize: 8,
        },
      ],
      [
        'a bottleneck adapter',
        { peftType: 'BOTTLENECK', adapterConfig: 'double_seq_bn', lnAfter: true },
      ],
    ] as const
  ).map(
    ([name, config]) =>
      [name, config, { merge: /cannot be added into/, gguf: /has no form/ }] as const,
  ),
] as [string, PeftConfig, { merge?: RegExp; gguf?: RegExp }][];

const cases = kinds.flatMap(([name, config, refused]) =>
  Object.keys(models).map((model) => ({ name, model, config, refused })),
);

test.each(cases)(
  '$name of a model that is $model: every export computes what base and adapter compute, or is refused',
  async ({ name, model, config, refused }) => {
    const base = models[model]!;
    const adapter = await drawn(base, config);
    const truth = await logitsOf(base, adapter);
    expect(apart(truth, await logitsOf(base)), 'the adapter moves the logits').toBeGreaterThan(
      0.05,
    );
    const found = await openAdapter(adapter, base);
    if (refused.merge) {
      expect(() => mergeAdapter(found.model, found)).toThrow(refused.merge);
      const on = apart(await logitsOf(...(await resultOf(base, adapter))), truth);
      expect(on, 'trained on').toBeLessThan(1e-4);
      figures(`${name}, ${model}`, { 'trained on': on });
    } else figures(`${name}, ${model}`, await expectExports(base, adapter, truth));
    if (refused.gguf) expect(() => adapterGguf(base, found)).toThrow(refused.gguf);
    else expect(await loraGgufApart(base, adapter, truth), 'LoRA GGUF').toBeLessThan(1e-4);
  },
);

const families = new URL('../../../model/src/families', import.meta.url).pathname;
const built = readdirSync(families).filter((name) =>
  existsSync(`${families}/${name}/fixtures/model.safetensors`),
);

test.each(built)(
  'LoRA on all linear layers of %s, and its last norm: merged, exported and for llama.cpp as unmerged',
  async (name) => {
    const base = await openModel(`${families}/${name}/fixtures`);
    const norm = modulePaths(base.config).findLast((path) => /norm|ln_f/.test(path))!;
    const config = { peftType: 'LORA', r: 2, targetModules: 'all-linear' } as const;
    const whole = await drawn(base, { ...config, modulesToSave: [norm] });
    const truth = await logitsOf(base, whole);
    expect(apart(truth, await logitsOf(base))).toBeGreaterThan(0.05);
    const { far } = await exactExports(base, whole, truth);
    const plain = await drawn(base, config);
    if (!runsInLlamaCpp(base)) {
      const adapter = await openAdapter(plain, base);
      expect(() => adapterGguf(base, adapter)).toThrow(/would compute another base model/);
    } else {
      far['LoRA GGUF'] = await loraGgufApart(base, plain, await logitsOf(base, plain));
      expect(far['LoRA GGUF']).toBeLessThan(1e-4);
    }
    figures(name, far);
  },
);

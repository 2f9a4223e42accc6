import { AttuneError } from '@attune/gpu';
import {
  decoder,
  logits as logitsOf,
  storedPositions,
  streamSafetensors,
  tokenInputs,
  tokenValues,
} from '@attune/model';
import { Graph, type Plan } from '@attune/plan';
import type { Tokenizer } from '@attune/tokenizer';
import { bucket } from '@attune/trainer';
import type { Command } from '../command-line/command.ts';
import { writeStream } from '../files.ts';
import { modelKeys } from '../keys/model-keys.ts';
import { inputIds, readAll } from '../rows.ts';
import { loadSession, type Session, tokenizerOf } from '../session.ts';

export const logits: Command = {
  name: 'logits',
  summary: "Writes the model's logits for every token of given rows.",
  description:
    'Rows of {"input_ids"}, {"text"} or {"messages"} become float32 tensors logits.0, logits.1, … of [tokens, vocabulary] in one safetensors file. Virtual tokens of an adapter have none.',
  example: 'attune logits --model_name_or_path M --input rows.jsonl --output logits.safetensors',
  options: [
    ...modelKeys,
    { name: 'input', kind: 'text', group: 'Files', help: 'Rows, as JSONL.' },
    { name: 'output', kind: 'text', group: 'Files', help: 'The safetensors file to write.' },
  ],
  required: ['model_name_or_path', 'input', 'output'],
  async run(values, { terminal }) {
    const rows = await readAll(String(values.input));
    const session = await loadSession(values, terminal);
    let tokenizer: Tokenizer | undefined;
    const ids = rows.map((row, i) =>
      inputIds(row, i + 1, () => (tokenizer ??= tokenizerOf(session.model))),
    );
    const { vocabSize } = session.model.config;
    for (const [i, row] of ids.entries()) checkRow(session, row, i + 1);
    const compute = logitsComputer(session);
    let done = 0;
    const tensors = ids.map((row, i) => ({
      name: `logits.${i}`,
      dtype: 'F32' as const,
      shape: [row.length, vocabSize],
      async data() {
        const data = await compute(row);
        terminal.progress(`Computed ${++done} of ${ids.length} rows`);
        return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      },
    }));
    await writeStream(String(values.output), streamSafetensors(tensors));
    terminal.settle();
    session.destroy();
    terminal.out(`Logits of ${ids.length} rows: ${values.output}`);
  },
};

/** Logits of one sequence: hidden states by one plan, the output layer in parts that fit a binding. */
function logitsComputer({ gpu, model, network, executor }: Session) {
  const { config } = model;
  const { virtual } = network.tuning;
  const positions = storedPositions(executor.store, config);
  const bodies = new Map<number, Plan>();
  const heads = new Map<number, Plan>();
  const most = Math.max(
    1,
    Math.min(128, Math.floor(gpu.traits.maxStorageBinding / (4 * config.vocabSize))),
  );
  const body = async (length: number) => {
    let plan = bodies.get(length);
    if (!plan) {
      const graph = new Graph(gpu.traits);
      const batch = tokenInputs(graph, config, 1, length, positions, '', virtual);
      graph.output('hidden', decoder(graph, network, batch));
      plan = await executor.compile(graph);
      bodies.set(length, plan);
    }
    return plan;
  };
  const head = async (count: number) => {
    let plan = heads.get(count);
    if (!plan) {
      const graph = new Graph(gpu.traits);
      const hidden = graph.input('hidden', [count, config.hiddenSize]);
      graph.output('logits', logitsOf(graph, network, hidden));
      plan = await executor.compile(graph);
      heads.set(count, plan);
    }
    return plan;
  };
  return async (ids: readonly number[]): Promise<Float32Array> => {
    const length = bucket(ids.length);
    const batch = {
      rows: 1,
      length: ids.length,
      inputIds: Int32Array.from(ids),
      positions: Int32Array.from(ids, (_, i) => i),
      segmentIds: new Int32Array(ids.length).fill(1),
    };
    const values = tokenValues(batch, 1, length, virtual);
    const run = await executor.run([[await body(length), values]]);
    const hidden = run.hidden as Float32Array;
    const result = new Float32Array(ids.length * config.vocabSize);
    const width = config.hiddenSize;
    for (let from = 0; from < ids.length; from += most) {
      const count = Math.min(most, bucket(ids.length - from));
      const part = new Float32Array(count * width);
      const rows = Math.min(count, ids.length - from);
      part.set(hidden.subarray(from * width, (from + rows) * width));
      const out = await executor.run([[await head(count), { hidden: part }]]);
      const values = out.logits!.subarray(0, rows * config.vocabSize) as Float32Array;
      result.set(values, from * config.vocabSize);
    }
    return result;
  };
}

function checkRow({ model: { config } }: Session, ids: readonly number[], number: number): void {
  const { vocabSize, maxPositionEmbeddings: most } = config;
  const beyond = ids.find((id) => id >= vocabSize);
  if (beyond !== undefined || ids.length === 0) {
    throw new AttuneError(
      'bad-token',
      beyond === undefined
        ? `Row ${number} has no tokens.`
        : `Row ${number} has the token ${beyond}; the vocabulary ends at ${vocabSize - 1}.`,
      'Check the row, and that it was tokenised for this model.',
    );
  }
  if (ids.length <= most) return;
  throw new AttuneError(
    'prompt-too-long',
    `Row ${number} has ${ids.length} tokens; the model has ${most} positions.`,
    'Shorten the row.',
  );
}

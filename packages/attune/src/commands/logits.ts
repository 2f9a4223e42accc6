import { decoder, logits, tokenInputs, tokenValues, writeSafetensors } from '@attune/model';
import { Graph, type Plan } from '@attune/plan';
import type { Tokenizer } from '@attune/tokenizer';
import type { Command } from '../command-line/command.ts';
import { writeWhole } from '../files.ts';
import { modelKeys } from '../keys/model-keys.ts';
import { inputRows, rowIds } from '../rows.ts';
import { loadSession, type Session, tokenizerOf } from '../session.ts';

/** Logits [tokens, vocabulary] of token sequences, one after the other. */
async function* rowLogits(session: Session, rows: readonly number[][]) {
  const { executor, gpu, network } = session;
  const plans = new Map<number, Plan>();
  const { vocabSize, maxPositionEmbeddings } = network.config;
  for (const ids of rows) {
    const length = Math.ceil(ids.length / 16) * 16;
    let plan = plans.get(length);
    if (!plan) {
      const graph = new Graph(gpu.traits);
      const batch = tokenInputs(graph, network.config, 1, length, maxPositionEmbeddings);
      graph.output('logits', logits(graph, network, decoder(graph, network, batch)));
      plan = await executor.compile(graph);
      plans.set(length, plan);
    }
    const values = tokenValues(
      {
        rows: 1,
        length: ids.length,
        inputIds: Int32Array.from(ids),
        positions: Int32Array.from(ids, (_, i) => i),
        segmentIds: new Int32Array(ids.length).fill(1),
      },
      1,
      length,
    );
    const outputs = await executor.run([[plan, values]]);
    yield (outputs.logits as Float32Array).slice(0, ids.length * vocabSize);
  }
  for (const plan of plans.values()) plan.destroy();
}

/** `attune logits`: the numbers, for whoever checks them. */
export const logitsCommand: Command = {
  name: 'logits',
  summary: 'Writes the logits of given tokens or texts.',
  description:
    'Rows of {"input_ids": [...]} or {"text": "..."}; float32 logits.0, logits.1, … of [tokens, vocabulary] come out.',
  example: 'attune logits --model_name_or_path M --input rows.jsonl --output logits.safetensors',
  options: [
    ...modelKeys,
    { name: 'input', kind: 'text', help: 'A JSONL file of rows.', group: 'Files' },
    { name: 'output', kind: 'text', help: 'The safetensors file to write.', group: 'Files' },
  ],
  required: ['model_name_or_path', 'input', 'output'],
  async run(values, { terminal }) {
    const rows = await inputRows(String(values.input));
    const session = await loadSession(values, terminal);
    const { vocabSize } = session.network.config;
    let known: Tokenizer | undefined;
    const tokenizer = () => (known ??= tokenizerOf(session.model));
    const ids = rows.map((row, i) => rowIds(row, tokenizer, vocabSize, i + 1));
    const tensors = [];
    for await (const data of rowLogits(session, ids)) {
      terminal.progress(`logits: row ${tensors.length + 1} of ${ids.length}`);
      tensors.push({
        name: `logits.${tensors.length}`,
        dtype: 'F32' as const,
        shape: [ids[tensors.length]!.length, vocabSize],
        data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      });
    }
    await writeWhole(String(values.output), writeSafetensors(tensors, { format: 'pt' }));
    terminal.settle();
    terminal.note(`Wrote the logits of ${tensors.length} rows to ${values.output}.`);
    session.destroy();
  },
};

import { group, text } from '@attune/config';
import { streamSafetensors } from '@attune/model';
import { checkIds, modelConfig } from '@attune/trainer';
import type { Command } from '../command-line/command.ts';
import { writeStream } from '../files.ts';
import { loadNamed } from '../load-named.ts';
import { deviceConfig } from '../recipe-keys.ts';
import { inputIds, readAll } from '../rows.ts';

export const logits: Command = {
  name: 'logits',
  summary: "Writes the model's logits for every token of given rows.",
  description:
    'Rows of {"input_ids"}, {"text"} or {"messages"} become float32 tensors logits.0, logits.1, … of [tokens, vocabulary] in one safetensors file. Virtual tokens of an adapter have none.',
  example: 'attune logits --model_name_or_path M --input rows.jsonl --output logits.safetensors',
  keys: {
    ...modelConfig,
    ...deviceConfig,
    ...group('Files', {
      input: text(undefined, 'Rows to compute: a JSONL file.'),
      output: text(undefined, 'Safetensors file to write.'),
    }),
  },
  required: ['modelNameOrPath', 'input', 'output'],
  async run(values, context) {
    const { terminal } = context;
    const rows = await readAll(String(values.input));
    const model = await loadNamed(values, context);
    try {
      const ids = rows.map((row, i) => inputIds(row, i + 1, () => model.tokenizer));
      const { config } = model.model;
      for (const [i, row] of ids.entries()) checkIds(row, config, `Row ${i + 1}`);
      let done = 0;
      const tensors = ids.map((row, i) => ({
        name: `logits.${i}`,
        dtype: 'F32' as const,
        shape: [row.length, config.vocabSize],
        async data() {
          const data = await model.logits(row);
          terminal.progress(`Computed ${++done} of ${ids.length} rows`);
          return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        },
      }));
      await writeStream(String(values.output), streamSafetensors(tensors));
    } finally {
      terminal.settle();
      model.destroy();
    }
    terminal.out(`Logits of ${rows.length} rows: ${values.output}`);
  },
};

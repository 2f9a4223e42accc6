import { mergedWeights } from '@attune/peft';
import type { Command } from '../command-line/command.ts';
import { modelKeysWithout } from '../keys/model-keys.ts';
import { type SavedDtype, writeModelFolder } from '../model-folder.ts';
import { findAdapter, findModel } from '../session.ts';

/** The stored types by the names of config.json. */
export const savedDtypes: Readonly<Record<string, SavedDtype>> = {
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
};

/** `attune merge`: the adapter added into the weights. */
export const merge: Command = {
  name: 'merge',
  summary: 'Adds an adapter into the weights of its model.',
  example: 'attune merge --model_name_or_path M --adapter_name_or_path out --output_dir merged',
  options: [
    ...modelKeysWithout('device'),
    { name: 'output_dir', kind: 'text', help: 'The model folder to write.', group: 'Files' },
    { name: 'dtype', kind: 'text', choices: Object.keys(savedDtypes), default: 'float32', help: 'Number format of the weights.', group: 'Files' },
  ],
  required: ['model_name_or_path', 'adapter_name_or_path', 'output_dir'],
  async run(values, { terminal }) {
    const model = await findModel(values, terminal);
    const adapter = await findAdapter(String(values.adapter_name_or_path), model);
    const weights = mergedWeights(model.weights, adapter.method, adapter.values);
    await writeModelFolder(String(values.output_dir), model, weights, {
      dtype: savedDtypes[String(values.dtype)]!,
      progress: (done, total) => terminal.progress(`Merging: ${done} of ${total} tensors`),
    });
    terminal.settle();
    terminal.note(`Wrote the merged model to ${values.output_dir}.`);
  },
};

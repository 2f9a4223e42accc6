import { findAdapter, mergedModel } from '../adapter.ts';
import type { Command } from '../command-line/command.ts';
import { modelForAdapter } from '../judge.ts';
import { modelKeysWithout } from '../keys/model-keys.ts';
import { type SavedDtype, writeModelFolder } from '../model-folder.ts';
import { findModel } from '../session.ts';

const dtypes: Record<string, SavedDtype> = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' };

export const merge: Command = {
  name: 'merge',
  summary: 'Adds an adapter into the weights of its model.',
  description:
    "LoRA: W + s·B·A of every adapted layer; BitFit: the trained biases. Computed in float64 and written tensor by tensor as safetensors in the model's own layout, with config and tokenizer.",
  example: 'attune merge --model_name_or_path M --adapter_name_or_path adapter --output_dir merged',
  options: [
    ...modelKeysWithout('device'),
    { name: 'output_dir', kind: 'text', group: 'Output', help: 'Where the merged model goes.' },
    {
      name: 'dtype',
      kind: 'text',
      group: 'Output',
      choices: Object.keys(dtypes),
      default: 'float32',
      help: 'What the weights are stored as.',
    },
  ],
  required: ['model_name_or_path', 'adapter_name_or_path', 'output_dir'],
  async run(values, { terminal }) {
    const path = String(values.adapter_name_or_path);
    const model = await modelForAdapter(await findModel(values, terminal), path);
    const adapter = await findAdapter(path, model);
    const { weights, untied } = mergedModel(model, adapter);
    const out = String(values.output_dir);
    await writeModelFolder(out, model, weights, {
      dtype: dtypes[String(values.dtype)]!,
      untied,
      progress: (done, total) => terminal.progress(`Merging: ${done} of ${total} tensors`),
    });
    terminal.settle();
    const tensors = adapter.method.tensors.length;
    terminal.out(`Merged the ${tensors} tensors of ${adapter.method.kind}. Model: ${out}`);
  },
};

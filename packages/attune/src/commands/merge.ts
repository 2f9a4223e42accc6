import { choice, group, text } from '@attune/config';
import { Rounding } from '@attune/model';
import { mergeAdapter, openAdapter } from '@attune/peft';
import { diskFolder, modelConfig, type SavedDtype, writeModelFolder } from '@attune/trainer';
import type { Command } from '../command-line/command.ts';
import { openNamed } from '../load-named.ts';
import { roundingNote } from '../rounding-note.ts';

const dtypes: Record<string, SavedDtype> = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' };

export const merge: Command = {
  name: 'merge',
  summary: 'Adds an adapter into the weights of its model.',
  description:
    "LoRA: W + s·B·A of every adapted layer; BitFit: the trained biases. Computed in float64 and written tensor by tensor as safetensors in the model's own layout, with config and tokenizer.",
  example: 'attune merge --model_name_or_path M --adapter_name_or_path adapter --output_dir merged',
  keys: {
    ...modelConfig,
    ...group('Output', {
      outputDir: text(undefined, 'Folder for the merged model.'),
      dtype: choice(
        'float32',
        ['float32', 'float16', 'bfloat16'],
        'Type that weights are stored as.',
      ),
    }),
  },
  required: ['modelNameOrPath', 'adapterNameOrPath', 'outputDir'],
  async run(values, context) {
    const { terminal } = context;
    const opened = await openNamed(values, context);
    const path = String(values.adapterNameOrPath);
    const adapter = await openAdapter(path, opened, { scores: true });
    const model = mergeAdapter(adapter.model, adapter);
    const out = String(values.outputDir);
    const rounding = new Rounding();
    await writeModelFolder(await diskFolder(out), model, {
      dtype: dtypes[String(values.dtype)]!,
      rounding,
      progress: (done, total) => terminal.progress(`Merging: ${done} of ${total} tensors`),
    });
    terminal.settle();
    const { kind, tensors } = adapter.method;
    terminal.out(
      `Merged the ${tensors.length} tensors of ${kind}.${roundingNote(String(values.dtype), rounding)} Model: ${out}`,
    );
  },
};

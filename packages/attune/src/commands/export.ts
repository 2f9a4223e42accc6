import { basename } from 'node:path';
import { AttuneError } from '@attune/gpu';
import { exportGguf } from '@attune/model';
import { mergedWeights, writeLoraGguf } from '@attune/peft';
import type { Command } from '../command-line/command.ts';
import { writeStream, writeWhole } from '../files.ts';
import { modelKeysWithout } from '../keys/model-keys.ts';
import { writeModelFolder } from '../model-folder.ts';
import { findAdapter, findModel } from '../session.ts';
import { savedDtypes } from './merge.ts';

const ggufTypes = { f32: 'F32', f16: 'F16', bf16: 'BF16', q8_0: 'Q8_0' } as const;

/** `attune export`: models and adapters for other programs. */
export const exportCommand: Command = {
  name: 'export',
  summary: 'Writes a model or an adapter for other programs: GGUF, LoRA GGUF, safetensors.',
  description: `--format gguf: the model (with the adapter merged in, if one is given) for llama.cpp.
--format lora-gguf: the adapter alone, for llama.cpp's --lora.
--format safetensors: a Hugging Face model folder.
A recipe needs no export: trl sft --config recipe.yaml runs it on PyTorch.`,
  example:
    'attune export --format lora-gguf --model_name_or_path M --adapter_name_or_path out --output lora.gguf',
  options: [
    ...modelKeysWithout('device'),
    {
      name: 'format',
      kind: 'text',
      choices: ['gguf', 'lora-gguf', 'safetensors'],
      default: 'gguf',
      help: 'What to write.',
      group: 'Files',
    },
    {
      name: 'output',
      kind: 'text',
      help: 'The file (or, for safetensors, the folder) to write.',
      group: 'Files',
    },
    {
      name: 'gguf_type',
      kind: 'text',
      choices: Object.keys(ggufTypes),
      default: 'f16',
      help: 'Number format of matrices in a GGUF.',
      group: 'Files',
    },
    {
      name: 'dtype',
      kind: 'text',
      choices: Object.keys(savedDtypes),
      default: 'float32',
      help: 'Number format of safetensors.',
      group: 'Files',
    },
  ],
  required: ['model_name_or_path', 'output'],
  async run(values, { terminal }) {
    const model = await findModel(values, terminal);
    const path = values.adapter_name_or_path;
    const adapter = path === undefined ? undefined : await findAdapter(String(path), model);
    const output = String(values.output);
    if (values.format === 'lora-gguf') {
      if (!adapter) {
        throw new AttuneError(
          'adapter-missing',
          'A LoRA GGUF was asked for, and no adapter is named.',
          'Give --adapter_name_or_path.',
        );
      }
      await writeWhole(output, writeLoraGguf(model.config, adapter.method, adapter.values));
    } else {
      const weights = adapter
        ? mergedWeights(model.weights, adapter.method, adapter.values)
        : model.weights;
      if (values.format === 'safetensors') {
        const dtype = savedDtypes[String(values.dtype)]!;
        await writeModelFolder(output, model, weights, { dtype });
      } else {
        const type = ggufTypes[values.gguf_type as keyof typeof ggufTypes];
        const name = basename(String(values.model_name_or_path));
        const { tokenizer, config } = model;
        await writeStream(output, exportGguf({ config, weights, tokenizer, name, type }));
      }
    }
    terminal.note(`Wrote ${output}.`);
  },
};

import { choice, group, text } from '@attune/config';
import { exportGguf, Rounding } from '@attune/model';
import { adapterGguf, mergeAdapter, openAdapter } from '@attune/peft';
import { diskFolder, modelConfig, writeModelFolder } from '@attune/trainer';
import { algorithms } from '../algorithms.ts';
import type { Command } from '../command-line/command.ts';
import { usageError } from '../command-line/usage.ts';
import { writeStream, writeWhole } from '../files.ts';
import { adapterOf, openNamed } from '../load-named.ts';
import { roundingNote } from '../rounding-note.ts';
import { trlRecipe } from '../trl-recipe.ts';

const names = algorithms.map(({ name }) => name) as [string, ...string[]];

export const exportCommand: Command = {
  name: 'export',
  summary: 'Writes a model as safetensors or GGUF, an adapter as LoRA GGUF, a recipe for TRL.',
  description:
    'safetensors: a model folder, the adapter merged in if one is named. gguf: one file for llama.cpp. lora-gguf: the adapter alone, for llama.cpp beside its base. trl: the recipe with what TRL understands.',
  example: `attune export --model_name_or_path M --adapter_name_or_path adapter \\
  --format lora-gguf --output adapter.gguf
attune export --recipe recipe.yaml --command dpo --format trl --output recipe-trl.yaml`,
  keys: {
    ...modelConfig,
    ...group('Output', {
      format: choice('safetensors', ['safetensors', 'gguf', 'lora-gguf', 'trl'], 'What to write.'),
      output: text(undefined, 'File to write; for safetensors the folder.'),
      type: choice(
        'F16',
        ['F32', 'F16', 'BF16', 'Q8_0'],
        'Type that matrices of a GGUF are stored as.',
      ),
      recipe: text(undefined, 'Recipe to write for TRL, with --format trl.'),
      command: choice('sft', names, 'Command that the recipe is for, with --format trl.'),
    }),
  },
  required: ['output'],
  async run(values, context) {
    const { terminal } = context;
    const out = String(values.output);
    const { format } = values;
    const need = (name: string, key: string) => {
      if (values[name] !== undefined) return String(values[name]);
      throw usageError(
        'missing-key',
        `attune export --format ${format} needs ${key}.`,
        `Give --${key}.`,
      );
    };
    if (format === 'trl') {
      const command = String(values.command);
      const { yaml, notes } = await trlRecipe(need('recipe', 'recipe'), command);
      await writeWhole(out, yaml);
      for (const note of notes) terminal.note(note);
      terminal.out(
        `Recipe: ${out}. Run it with: trl ${command} --config ${out}\nOn N devices: trl ${command} --config ${out} --num_processes N --mixed_precision no, with per_device_train_batch_size or gradient_accumulation_steps divided by N.`,
      );
      return;
    }
    need('modelNameOrPath', 'model_name_or_path');
    const opened = await openNamed(values, context);
    const path = adapterOf(values);
    const adapter =
      path === undefined ? undefined : await openAdapter(path, opened, { scores: true });
    if (format === 'lora-gguf') {
      need('adapterNameOrPath', 'adapter_name_or_path');
      await writeWhole(out, adapterGguf(adapter!.model, adapter!));
      terminal.out(`LoRA for llama.cpp: ${out}`);
      return;
    }
    const model = adapter ? mergeAdapter(adapter.model, adapter) : opened;
    const rounding = new Rounding();
    if (format === 'safetensors') {
      await writeModelFolder(await diskFolder(out), model);
    } else {
      const type = values.type as 'F32' | 'F16' | 'BF16' | 'Q8_0';
      const name = String(values.modelNameOrPath).split(/[\\/]/).filter(Boolean).at(-1)!;
      const { config, weights, tokenizer } = model;
      const parts = { config, weights, tokenizer, name, type, rounding };
      await writeStream(out, exportGguf(parts));
    }
    const note = roundingNote(String(format === 'gguf' ? values.type : 'F32'), rounding);
    terminal.out(`Model: ${out}.${note}`);
  },
};

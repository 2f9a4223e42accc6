import { exportGguf } from '@attune/model';
import { writeLoraGguf } from '@attune/peft';
import { stringify } from 'yaml';
import { findAdapter, mergedModel, needLora } from '../adapter.ts';
import type { Command } from '../command-line/command.ts';
import { type Option, usageError } from '../command-line/option.ts';
import { readRecipe } from '../command-line/recipe.ts';
import { writeStream, writeWhole } from '../files.ts';
import { modelForAdapter } from '../judge.ts';
import { ignoredKeys } from '../keys/ignored-keys.ts';
import { modelKeysWithout } from '../keys/model-keys.ts';
import { dpoKeys, ktoKeys } from '../keys/preference-keys.ts';
import { rewardKeys } from '../keys/reward-keys.ts';
import { sftKeys } from '../keys/sft-keys.ts';
import { writeModelFolder } from '../model-folder.ts';
import { findModel } from '../session.ts';

/** The commands of TRL, with the keys of ours for them. */
const trlCommands: Readonly<Record<string, readonly Option[]>> = {
  sft: sftKeys,
  reward: rewardKeys,
  dpo: dpoKeys,
  kto: ktoKeys,
};

export const exportCommand: Command = {
  name: 'export',
  summary: 'Writes a model as safetensors or GGUF, an adapter as LoRA GGUF, a recipe for TRL.',
  description:
    'safetensors: a model folder, the adapter merged in if one is named. gguf: one file for llama.cpp. lora-gguf: the adapter alone, for llama.cpp beside its base. trl: the recipe with what TRL understands, and the command line for several GPUs.',
  example: `attune export --model_name_or_path M --adapter_name_or_path adapter \\
  --format lora-gguf --output adapter.gguf
attune export --recipe recipe.yaml --command dpo --format trl --output recipe-trl.yaml`,
  options: [
    ...modelKeysWithout('device'),
    {
      name: 'format',
      kind: 'text',
      group: 'Output',
      choices: ['safetensors', 'gguf', 'lora-gguf', 'trl'],
      default: 'safetensors',
      help: 'What to write.',
    },
    {
      name: 'output',
      kind: 'text',
      group: 'Output',
      help: 'The file, or for safetensors the folder, to write.',
    },
    {
      name: 'type',
      kind: 'text',
      group: 'Output',
      choices: ['F32', 'F16', 'BF16', 'Q8_0'],
      default: 'F16',
      help: 'What matrices of a GGUF are stored as.',
    },
    {
      name: 'recipe',
      kind: 'text',
      group: 'Output',
      help: 'For trl: the recipe to write down for it.',
    },
    {
      name: 'command',
      kind: 'text',
      group: 'Output',
      choices: Object.keys(trlCommands),
      default: 'sft',
      help: 'For trl: the command that the recipe is for.',
    },
  ],
  required: ['output'],
  async run(values, { terminal }) {
    const out = String(values.output);
    const { format } = values;
    const need = (key: string) => {
      if (values[key] !== undefined) return String(values[key]);
      throw usageError(
        'missing-key',
        `attune export --format ${format} needs ${key}.`,
        `Give --${key}.`,
      );
    };
    if (format === 'trl') {
      const command = need('command');
      await writeTrl(need('recipe'), command, out);
      terminal.out(
        `Recipe: ${out}. Run it with: trl ${command} --config ${out} --accelerate_config fsdp2`,
      );
      return;
    }
    need('model_name_or_path');
    const opened = await findModel(values, terminal);
    const path = values.adapter_name_or_path;
    const model = path === undefined ? opened : await modelForAdapter(opened, String(path));
    const adapter = path === undefined ? undefined : await findAdapter(String(path), model);
    if (format === 'lora-gguf') {
      need('adapter_name_or_path');
      const lora = needLora(adapter!, 'has no form in GGUF');
      await writeWhole(out, writeLoraGguf(model.config, lora.method, lora.values));
      terminal.out(`LoRA for llama.cpp: ${out}`);
      return;
    }
    const { weights, untied } = adapter
      ? mergedModel(model, adapter)
      : { weights: model.weights, untied: false };
    if (format === 'safetensors') {
      await writeModelFolder(out, model, weights, { untied });
    } else {
      const type = values.type as 'F32' | 'F16' | 'BF16' | 'Q8_0';
      const name = String(values.model_name_or_path).split(/[\\/]/).filter(Boolean).at(-1)!;
      const config = untied ? { ...model.config, tieWordEmbeddings: false } : model.config;
      const { tokenizer } = model;
      await writeStream(out, exportGguf({ config, weights, tokenizer, name, type }));
    }
    terminal.out(`Model: ${out}`);
  },
};

/** Keys of ours that TRL would take for an argument of `accelerate launch`. */
const ours = new Set(['device', 'adapter_name_or_path', 'from_scratch', 'eval_dataset']);

async function writeTrl(recipe: string, command: string, out: string): Promise<void> {
  const { values } = await readRecipe(recipe, trlCommands[command]!, ignoredKeys);
  const other = values.adapter_config ?? (values.peft_type === 'LORA' ? null : values.peft_type);
  if (other != null) {
    throw usageError(
      'bad-value',
      `${recipe} trains by ${other}, and the command line of TRL knows no way to tune but LoRA.`,
      "There, a script of PEFT or AdapterHub gives its trainer the configuration; the recipe's keys are theirs.",
    );
  }
  const kept: Record<string, unknown> = Object.fromEntries(
    Object.entries(values).filter(([key]) => !ours.has(key)),
  );
  // TRL computes in bf16 unless told otherwise; here everything is float32.
  const told: Record<string, unknown> = { bf16: false, dtype: 'float32', report_to: 'none' };
  if (kept.report_to === null) kept.report_to = 'none';
  // TRL's own default leaves a new score head untrained.
  if (command === 'reward' && values.use_peft === true) told.lora_task_type = 'SEQ_CLS';
  // PyYAML reads YAML 1.1, where a bare no is false.
  await writeWhole(out, stringify({ ...told, ...kept }, { version: '1.1' }));
}

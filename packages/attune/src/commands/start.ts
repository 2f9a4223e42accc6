import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openModel } from '@attune/model';
import { TinyRun, tinyModelFolder } from '@attune/tiny';
import { Progress, formatDuration } from '@attune/trainer';
import type { Command, Context } from '../command-line/command.ts';
import { writeWhole } from '../files.ts';
import { modelKeys } from '../keys/model-keys.ts';
import { writeTokenizer } from '../model-folder.ts';
import { openDevice } from '../session.ts';

export const start: Command = {
  name: 'start',
  summary: 'Fine-tunes the embedded model with LoRA, and shows what changed.',
  description: 'What npm start runs: samples and score before, training, samples and score after.',
  example: 'attune start --output_dir my-adapter',
  options: [
    ...modelKeys.filter(({ name }) => name === 'device'),
    { name: 'output_dir', kind: 'text', default: 'out/start', help: 'Where the adapter goes.' },
    { name: 'max_steps', kind: 'integer', least: 1, help: "Steps. Default: the recipe's." },
  ],
  async run(values, context) {
    const { terminal, signal } = context;
    const began = performance.now();
    const gpu = await openDevice(values, terminal);
    terminal.out(
      `Computes on: ${gpu.adapter.description || gpu.adapter.vendor || 'an unnamed adapter'}`,
    );
    const steps = values.max_steps as number | undefined;
    const run = await TinyRun.create(gpu, steps === undefined ? {} : { maxSteps: steps });
    const { trainer } = run;
    terminal.out(
      `\nThe embedded model, pretrained with Attune, tells a story:\n${await run.tell()}`,
    );
    terminal.out(`\nBefore:`);
    const before = await measure(run, context);
    terminal.out(
      `\nLoRA, ${trainer.totalSteps} steps, ${trainer.trainable.count} trained numbers:`,
    );
    const progress = new Progress();
    for await (const report of run.steps()) {
      terminal.progress(progress.line(report));
      if (signal.aborted) break;
    }
    terminal.settle();
    terminal.out(`\nAfter:`);
    const after = await measure(run, context);
    const out = String(values.output_dir);
    const baseModel = fileURLToPath(tinyModelFolder());
    await mkdir(out, { recursive: true });
    for (const [name, bytes] of await run.adapter(baseModel)) {
      await writeWhole(join(out, name), bytes);
    }
    await writeTokenizer(out, await openModel(baseModel));
    run.destroy();
    gpu.destroy();
    terminal.out(
      `\nHeld-out loss ${before.loss.toFixed(3)} → ${after.loss.toFixed(3)}, exact answers ${before.right} → ${after.right} of ${after.rows}.`,
    );
    terminal.out(
      `Done in ${formatDuration((performance.now() - began) / 1000)}. The adapter is in ${out}: attune generate --model_name_or_path ${baseModel} --adapter_name_or_path ${out}`,
    );
  },
};

/** Held-out loss, exact answers, and a few of them to read. */
async function measure(run: TinyRun, { terminal, signal }: Context) {
  const measured = await run.measure(signal.aborted ? undefined : signal);
  for (const { prompt, answer, expected } of measured.answers.slice(0, 3)) {
    terminal.out(`  ${prompt.replaceAll('\n', ' ')}`);
    terminal.out(`    ${JSON.stringify(answer)}  (right: ${expected})`);
  }
  const { loss, right, rows } = measured;
  terminal.out(`  held-out loss ${loss.toFixed(3)}, exact answers ${right} of ${rows}`);
  return measured;
}

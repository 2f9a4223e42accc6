import { fileURLToPath } from 'node:url';
import { group, integer, text } from '@attune/config';
import type { DeviceChoice } from '@attune/gpu';
import { TinyRun, tinyModelFolder } from '@attune/tiny';
import { findDevice, formatDuration, Progress } from '@attune/trainer';
import type { Command, Context } from '../command-line/command.ts';
import { deviceConfig } from '../recipe-keys.ts';

export const start: Command = {
  name: 'start',
  summary: 'Fine-tunes the embedded model with LoRA, and shows what changed.',
  description: 'What npm start runs: samples and score before, training, samples and score after.',
  example: 'attune start --output_dir my-adapter',
  keys: {
    ...deviceConfig,
    ...group('Training', {
      outputDir: text('out/start', 'Folder for the adapter.'),
      maxSteps: integer(undefined, 'Optimizer steps (without it: those of the recipe).', {
        min: 1,
      }),
    }),
  },
  async run(values, context) {
    const { terminal, signal } = context;
    const began = performance.now();
    const gpu = await findDevice({
      ...(values.device !== undefined && { device: values.device as DeviceChoice }),
      log: (line) => terminal.note(line),
    });
    terminal.out(
      `Computes on: ${gpu.adapter.description || gpu.adapter.vendor || 'an unnamed adapter'}`,
    );
    const steps = values.maxSteps as number | undefined;
    const args = steps === undefined ? {} : { maxSteps: steps };
    const run = await TinyRun.create(gpu, { args, signal });
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
    for await (const report of trainer.train()) terminal.progress(progress.line(report));
    terminal.settle();
    terminal.out(`\nAfter:`);
    const after = await measure(run, context);
    const out = String(values.outputDir);
    await trainer.saveModel(out);
    run.destroy();
    gpu.destroy();
    terminal.out(
      `\nHeld-out loss ${before.loss.toFixed(3)} → ${after.loss.toFixed(3)}, exact answers ${before.right} → ${after.right} of ${after.rows}.`,
    );
    const baseModel = fileURLToPath(tinyModelFolder());
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

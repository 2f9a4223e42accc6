import { encodeExample, ignored, newReport, reportNotes } from '@attune/data';
import { byteSize } from '@attune/kernels';
import { laidTensors, Network } from '@attune/model';
import { updateGraph } from '@attune/optim';
import { trainableOf, tunedLayout } from '@attune/peft';
import { Graph, PlannedGraph, printMemory, sharedActivations } from '@attune/plan';
import { nextTokenLoss } from '@attune/sft';
import { bucket } from '@attune/trainer';
import type { Command } from '../command-line/command.ts';
import type { Values } from '../command-line/option.ts';
import { paint, type Terminal } from '../command-line/terminal.ts';
import { ignoredKeys } from '../keys/ignored-keys.ts';
import { recipeKeys } from '../keys/recipe-keys.ts';
import { sftKeys } from '../keys/sft-keys.ts';
import { readAll } from '../rows.ts';
import { findModel, tokenizerOf } from '../session.ts';
import { datasetOptions, sftArguments } from '../training/arguments.ts';
import { type ChosenMethod, chooseMethod } from '../training/method.ts';
import { dataFiles } from '../training/sources.ts';

export const inspect: Command = {
  name: 'inspect',
  summary: 'Shows rows as the model sees them, which tokens train, and the memory of a step.',
  description:
    'Takes the keys of sft. Needs no GPU: the memory account is that of the plan. Trained tokens are green, or in [brackets] where there are no colours.',
  example: 'attune inspect --config recipe.yaml --rows 3',
  options: [
    ...recipeKeys,
    { name: 'rows', kind: 'integer', group: 'Recipe', default: 2, least: 0, help: 'Rows to show.' },
    ...sftKeys,
  ],
  ignored: ignoredKeys,
  required: ['model_name_or_path'],
  async run(values, { terminal }) {
    const model = await findModel(values, terminal);
    const tokenizer = tokenizerOf(model);
    const options = datasetOptions(values);
    const report = newReport();
    let shown = 0;
    let longest = { tokens: 0, count: 0 };
    for (const file of dataFiles(values).train) {
      for (const row of await readAll(file)) {
        const example = encodeExample(row, tokenizer, { ...options, report });
        if (!example) continue;
        const tokens = example.inputIds.length;
        const count = example.labels.filter((label) => label !== ignored).length;
        if (tokens > longest.tokens) longest = { tokens, count };
        if (shown++ >= Number(values.rows)) continue;
        terminal.out(
          paint(terminal, 'bold', `Row ${report.rows}: ${tokens} tokens, ${count} trained`),
        );
        terminal.out(
          [...example.inputIds]
            .map((id, i) =>
              token(
                terminal,
                tokenizer.tokenText(id) === undefined ? `<${id}>` : tokenizer.decode([id]),
                example.labels[i] !== ignored,
              ),
            )
            .join(''),
        );
      }
    }
    terminal.out(
      `\n${report.rows} rows: ${report.tokens} tokens, ${report.trainedTokens} trained; the longest row has ${report.longest}.`,
    );
    for (const note of reportNotes(report, tokenizer, options)) terminal.out(note);
    const batch = Number(values.per_device_train_batch_size);
    const chosen = await chooseMethod(values, model);
    terminal.out(`\nMemory of a step with ${batch} rows as long as the longest:`);
    terminal.out(
      account(values, chosen, {
        tokens: longest.tokens * batch,
        count: longest.count * batch,
      }),
    );
  },
};

function token(terminal: Terminal, text: string, trained: boolean): string {
  if (!trained) return paint(terminal, 'dim', text);
  return terminal.colour ? paint(terminal, 'green', text) : `[${text}]`;
}

/** The limits that WebGPU promises everywhere. */
const anyAdapter = {
  f16: false,
  subgroups: false,
  software: false,
  maxInvocations: 256,
  maxWorkgroupMemory: 16384,
  maxWorkgroups: 65535,
  maxStorageBuffers: 8,
  maxStorageBinding: 128 * 2 ** 20,
  maxBuffer: 256 * 2 ** 20,
} as unknown as ConstructorParameters<typeof Graph>[0];

function account(
  values: Values,
  { model, method }: ChosenMethod,
  { tokens, count }: { tokens: number; count: number },
): string {
  const { config } = model;
  const layout = tunedLayout(method, config, model.weights);
  const trainable = trainableOf(method, layout, { maxBytes: 2 ** 40 });
  const args = sftArguments(values);
  const positions = config.maxPositionEmbeddings + (method.virtualTokens ?? 0);
  const graph = new Graph(anyAdapter);
  const loss = nextTokenLoss(
    graph,
    new Network(config, method.tuning(trainable), layout),
    { tokens: bucket(tokens), count: bucket(Math.max(1, count)) },
    {
      lossType: args.lossType,
      gradientCheckpointing: args.gradientCheckpointing,
      positions,
    },
    true,
  );
  graph.output('loss', loss);
  graph.backward(loss);
  const step = new PlannedGraph(graph).account;
  const update = new PlannedGraph(updateGraph(anyAdapter, trainable, args.optimizer)).account;
  const frozen = [...laidTensors(config, layout)]
    .filter(({ from }) => !from.every((name) => method.replaces(name)))
    .reduce(
      (sum, { name, shape }) => sum + byteSize({ shape, dtype: layout.formats.get(name) ?? 'f32' }),
      0,
    );
  const rope = 4 * positions * config.headDim;
  return printMemory([
    ['weights', frozen + rope],
    ['parameters', trainable.bytes],
    ['gradients', trainable.bytes],
    ['optimizer', args.optimizer === 'sgd' ? 0 : 2 * trainable.bytes],
    ['activations', sharedActivations([step, update])],
    [
      'inputs and call parameters',
      step.inputs + step.parameters + update.inputs + update.parameters,
    ],
  ]);
}

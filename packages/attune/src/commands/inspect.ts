import { collate, countTrained, ignored, type prepareDataset } from '@attune/data';
import { Network } from '@attune/model';
import { Graph, mebibytes, PlannedGraph, Trainable } from '@attune/plan';
import { nextTokenGraph } from '@attune/sft';
import { bucket } from '@attune/trainer';
import type { Command } from '../command-line/command.ts';
import { paint } from '../command-line/terminal.ts';
import { ignoredKeys } from '../keys/ignored-keys.ts';
import { sftKeys } from '../keys/sft-keys.ts';
import { findModel, needPadding, tokenizerOf } from '../session.ts';
import { sftArguments } from '../training/arguments.ts';
import { trainingData } from '../training/dataset.ts';
import { chooseMethod } from '../training/method.ts';

/** A plain software adapter: what a plan needs does not depend on the device by much. */
const plainTraits = {
  software: true,
  f16: false,
  subgroups: false,
  subgroupMinSize: 0,
  subgroupMaxSize: 0,
  maxStorageBinding: 2 ** 30,
  maxWorkgroupMemory: 16384,
  maxInvocations: 256,
};

/** `attune inspect`: what a recipe would train on, and the memory it would need; no GPU is touched. */
export const inspect: Command = {
  name: 'inspect',
  summary: 'Shows rendered rows, which tokens are trained, and the memory a recipe needs.',
  description:
    'Trained tokens stand in colour (or in [brackets] where there is none). Nothing is trained.',
  example: 'attune inspect --config recipe.yaml --rows 3',
  options: [
    ...sftKeys,
    { name: 'rows', kind: 'integer', default: 3, least: 1, help: 'Rows to show.', group: 'Files' },
  ],
  ignored: ignoredKeys,
  required: ['model_name_or_path'],
  async run(values, { terminal, signal }) {
    const model = await findModel(values, terminal);
    const tokenizer = tokenizerOf(model);
    const data = await trainingData({ ...values, streaming: false }, tokenizer, terminal, signal);
    const examples = data.train as Awaited<ReturnType<typeof prepareDataset>>['examples'];
    for (const [i, { inputIds, labels }] of examples.slice(0, Number(values.rows)).entries()) {
      const trained = labels.filter((label) => label !== ignored).length;
      terminal.out(
        paint(terminal, 'bold', `row ${i + 1}: ${inputIds.length} tokens, ${trained} trained`),
      );
      let line = '';
      for (const [t, id] of inputIds.entries()) {
        const text = tokenizer.decode([id]);
        if (labels[t] === ignored) line += paint(terminal, 'dim', text);
        else line += terminal.colour ? paint(terminal, 'green', text) : `[${text}]`;
      }
      terminal.out(`${line}\n`);
    }
    const args = sftArguments(values);
    const longest = [...examples]
      .sort((a, b) => b.inputIds.length - a.inputIds.length)
      .slice(0, args.perDeviceTrainBatchSize);
    const batch = collate(longest, { padTokenId: needPadding(tokenizer) });
    const tokens = batch.attentionMask.reduce((sum, mask) => sum + mask, 0);
    const { method } = await chooseMethod(values, model);
    const trainable = new Trainable(method.tensors);
    const network = new Network(model.config, method.tuning(trainable));
    const options = {
      lossType: args.lossType,
      gradientCheckpointing: args.gradientCheckpointing,
      positions: model.config.maxPositionEmbeddings,
      seed: args.seed,
    };
    const graph = new Graph(plainTraits);
    const sizes = [bucket(tokens), bucket(countTrained(batch))] as const;
    const plan = new PlannedGraph(nextTokenGraph(graph, network, ...sizes, options, true));
    const total = examples.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
    terminal.out(
      `${examples.length} sequences, ${total} tokens. The longest batch has ${tokens}; a step on it takes ${plan.layout.calls.length} dispatches and ${mebibytes(plan.account.activations)} MiB for activations.`,
    );
    terminal.out(
      `${trainable.count.toLocaleString('en')} numbers train: ${mebibytes(4 * trainable.bytes)} MiB with gradients and moments.`,
    );
  },
};

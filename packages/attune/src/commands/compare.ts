import { group, integer, list, text } from '@attune/config';
import type { Command } from '../command-line/command.ts';
import { usageError } from '../command-line/usage.ts';
import { svgPlot, terminalPlot } from '../compare/plot.ts';
import { curvesOf, metricsOf, readRuns } from '../compare/runs.ts';
import { table } from '../compare/table.ts';
import { writeWhole } from '../files.ts';

export const compare: Command = {
  name: 'compare',
  summary: 'Puts runs side by side: a table of their metrics, and curves.',
  description:
    'Reads metrics.jsonl of each run, or the trainer_state.json that transformers and TRL leave. The table has the first value and the mean of the last rows of each metric.',
  example: `attune compare --runs out-dpo out-ipo out-kto --metrics rewards/margins loss
attune compare --runs out-dpo out-ipo --output curves.svg`,
  keys: {
    ...group('Runs', {
      runs: list(undefined, 'Output folders of runs.'),
      metrics: list(undefined, 'Metrics to show (without it: those that any run logs).'),
      window: integer(5, 'Rows at the end of a run whose mean is shown.', { min: 1 }),
    }),
    ...group('Files', {
      output: text(undefined, 'SVG file that the curves of the metrics are drawn into.'),
    }),
  },
  required: ['runs'],
  async run(values, { terminal }) {
    const runs = await readRuns(values.runs as string[]);
    const known = metricsOf(runs);
    const metrics = (values.metrics as string[] | undefined) ?? known;
    const unknown = metrics.find((metric) => !known.includes(metric));
    if (unknown !== undefined) {
      throw usageError('bad-value', `No run logs ${unknown}.`, `They log ${known.join(', ')}.`);
    }
    terminal.out(table(runs, metrics, Number(values.window)));
    const plots = metrics.map((title) => ({ title, curves: curvesOf(runs, title) }));
    if (plots[0]) terminal.out(`\n${terminalPlot(plots[0].title, plots[0].curves)}`);
    if (values.output === undefined) return;
    await writeWhole(String(values.output), svgPlot(plots));
    terminal.out(`\nCurves: ${values.output}`);
  },
};

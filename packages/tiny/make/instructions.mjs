/**
 * The instruction set of `npm start`: a scene and a question about it, answered in as few words as
 * do. Pretraining knows such questions, answered in whole sentences; short answers, and to stop after
 * them, are what fine-tuning teaches.
 *
 *   node instructions.mjs --output ../data
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from './random.mjs';
import { scene } from './scenes.mjs';

export const tasks = ['where', 'who', 'what', 'color', 'how-many', 'feeling', 'animal', 'yes-no'];
/** "Was Tom happy or sad?" counts as a question about feelings. */
const taskOf = (type) => (type === 'either' ? 'feeling' : type);

/** Prompt-completion rows, `perTask` of each task, none of whose scenes is in `taken`. */
export function instructionRows(seed, perTask, taken = new Set()) {
  const random = new Random(seed);
  const left = new Map(tasks.map((task) => [task, perTask]));
  const rows = [];
  while (rows.length < perTask * tasks.length) {
    const { text, questions } = scene(random);
    const { type, question, short } = random.pick(questions);
    const task = taskOf(type);
    if (!short || !left.get(task) || taken.has(text)) continue;
    left.set(task, left.get(task) - 1);
    taken.add(text);
    rows.push({
      task,
      prompt: `${text}\nQuestion: ${question}\nAnswer:`,
      completion: ` ${short}`,
    });
  }
  return random.shuffle(rows);
}

function main() {
  const { values } = parseArgs({
    options: {
      train: { type: 'string', default: '90' },
      test: { type: 'string', default: '8' },
      output: { type: 'string', default: '../data' },
    },
  });
  const taken = new Set();
  const sets = {
    'instructions-test.jsonl': instructionRows(101, Number(values.test), taken),
    'instructions-train.jsonl': instructionRows(102, Number(values.train), taken),
  };
  for (const [name, rows] of Object.entries(sets)) {
    writeFileSync(join(values.output, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    console.log(`${rows.length} rows in ${name}`);
  }
}

if (process.argv[1]?.endsWith('instructions.mjs')) main();

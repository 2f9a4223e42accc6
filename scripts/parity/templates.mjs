// Compares chat templates with what transformers renders, case by case:
//   npm run build && python scripts/parity/templates.py TEMPLATES.json && node scripts/parity/templates.mjs TEMPLATES.json
// Texts must be equal where Python renders (and the stretches that the assistant wrote, where the template marks them);
// where Python raises, we must refuse. `--show N` prints the first N differences (default 10).
import { readFileSync } from 'node:fs';
import { ChatTemplate, parseExactJson, Tokenizer } from '@attune/tokenizer';

const [file, flag, count = '10'] = process.argv.slice(2);
if (!file) {
  console.error('Give the file that templates.py wrote.');
  process.exit(2);
}
const limit = flag === '--show' ? Number(count) : 10;
const here = new URL('./', import.meta.url);
const cases = parseExactJson(readFileSync(new URL('template-cases.json', here), 'utf8'));
const tokenizerJson = readFileSync(
  new URL('../../packages/tokenizer/fixtures/tokenizer.json', here),
  'utf8',
);
const { versions, names, rendered } = JSON.parse(readFileSync(file, 'utf8'));

const counts = { rendered: 0, refused: 0, marked: 0, different: 0 };
for (const [name, { template, cases: expected }] of Object.entries(rendered)) {
  const render = renderer(template);
  for (const [title, wanted] of Object.entries(expected)) {
    const found = render(cases[title]);
    const difference = compare(found, wanted);
    if (difference === undefined) {
      counts[wanted.error === undefined ? 'rendered' : 'refused']++;
      if (wanted.generated?.length) counts.marked++;
      continue;
    }
    counts.different++;
    if (counts.different <= limit) console.log(`${name} / ${title}:\n${difference}\n`);
  }
}
console.log(
  `${Object.keys(rendered).length} templates, ${Object.keys(cases).length} conversations, against transformers ${versions.transformers}, TRL ${versions.trl}: ` +
    `${counts.rendered} texts equal (${counts.marked} of them with equal marks), ${counts.refused} refused by both, ${counts.different} different`,
);

// Templates that get their marks here, against the training template that TRL takes in their place.
let marked = 0;
const families = [];
for (const [name, { template }] of Object.entries(rendered)) {
  const training = rendered[`${name}_training`];
  const ours = training && trainingTemplate(template);
  if (!ours) continue;
  families.push(name);
  const render = caught((...given) => ours.renderMarked(...given));
  for (const [title, wanted] of Object.entries(training.cases)) {
    const difference = compare(render(cases[title]), wanted);
    if (difference === undefined) marked++;
    else {
      counts.different++;
      console.log(`${name}, marked / ${title}:\n${difference}\n`);
    }
  }
}
console.log(`${families.join(', ')}: ${marked} cases as TRL's training templates have them`);
process.exit(counts.different ? 1 : 0);

function trainingTemplate(template) {
  try {
    return new ChatTemplate(template, names).forTraining();
  } catch (error) {
    if (error.code !== 'chat-template-unmarked') throw error;
    return undefined;
  }
}

function renderer(template) {
  try {
    if (typeof template === 'string') {
      const compiled = new ChatTemplate(template, names);
      return caught((...given) => compiled.render(...given));
    }
    const tokenizerConfig = { ...names, chat_template: template };
    const tokenizer = Tokenizer.from({ tokenizerJson, tokenizerConfig });
    return caught((...given) => ({ text: tokenizer.renderChat(...given) }));
  } catch (error) {
    return () => refusal(error);
  }
}

function caught(render) {
  return ({ messages, tools, kwargs, add_generation_prompt: cue = false }) => {
    try {
      return render(messages, { tools, kwargs, addGenerationPrompt: cue });
    } catch (error) {
      return refusal(error);
    }
  };
}

function refusal(error) {
  // Anything but a named error is a fault of ours.
  if (error.name !== 'AttuneError' || error.cause instanceof TypeError) throw error;
  return { error: error.message };
}

function compare(found, wanted) {
  if (wanted.error !== undefined || found.error !== undefined) {
    if (wanted.error !== undefined && found.error !== undefined) return undefined;
    return `  Python ${shown(wanted)}\n  here   ${shown(found)}`;
  }
  if (found.text !== wanted.text) {
    let at = 0;
    while (found.text[at] === wanted.text[at]) at++;
    const part = (text) => JSON.stringify(text.slice(Math.max(0, at - 40), at + 60));
    return `  at ${at}\n  Python ${part(wanted.text)}\n  here   ${part(found.text)}`;
  }
  if (!wanted.generated || !found.generated) return undefined;
  const marks = (list) => list.map(([start, end]) => `${start}-${end}`).join(' ');
  const characters = (place) => Array.from(found.text.slice(0, place)).length;
  const ours = marks(found.generated.map(({ start, end }) => [characters(start), characters(end)]));
  const theirs = marks(wanted.generated);
  return ours === theirs ? undefined : `  Python marks ${theirs}\n  here         ${ours}`;
}

function shown({ error, text }) {
  return error === undefined
    ? `renders ${JSON.stringify(text.slice(0, 200))}`
    : `refuses: ${error}`;
}

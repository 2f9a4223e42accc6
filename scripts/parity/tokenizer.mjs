// Compares Attune's tokenizer with recorded ids, row by row:
//   node scripts/parity/tokenizer.mjs MODEL_FOLDER ROWS.jsonl
// Build first (npm run build). Rows are {"text", "ids"} or {"messages", "add_generation_prompt", "rendered", "ids"}.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from 'attune';

const [folder, rowsFile] = process.argv.slice(2);
if (!folder || !rowsFile) {
  console.error('Give a model folder and a file of rows.');
  process.exit(2);
}
const read = (name) => {
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
};
const started = performance.now();
const tokenizer = Tokenizer.from({
  tokenizerJson: read('tokenizer.json'),
  tokenizerConfig: read('tokenizer_config.json'),
  chatTemplate: read('chat_template.jinja'),
  generationConfig: read('generation_config.json'),
});
const loaded = performance.now();
let wrong = 0;
let rows = 0;
for (const line of readFileSync(rowsFile, 'utf8').split('\n')) {
  if (line === '') continue;
  rows++;
  const row = JSON.parse(line);
  const options = { addGenerationPrompt: row.add_generation_prompt };
  const ids = row.messages
    ? tokenizer.encodeChat(row.messages, options).ids
    : tokenizer.encode(row.text, { addSpecialTokens: false });
  const rendered = !row.messages || tokenizer.renderChat(row.messages, options) === row.rendered;
  if (rendered && ids.join() === row.ids.join()) continue;
  wrong++;
  console.log(
    `row ${rows}: ${JSON.stringify(row.text ?? row.rendered)}\n  ours     ${ids}\n  expected ${row.ids}`,
  );
}
console.log(
  `${rows - wrong} of ${rows} rows equal; vocabulary ${tokenizer.vocabSize}, loaded in ${Math.round(loaded - started)} ms, encoded in ${Math.round(performance.now() - loaded)} ms, ${tokenizer.lost.dropped} symbols dropped`,
);
process.exit(wrong ? 1 : 0);

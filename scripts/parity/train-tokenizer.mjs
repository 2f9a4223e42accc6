// Trains a tokenizer on a text and compares it with Python's, merge for merge and id for id:
//   npm run build && python scripts/parity/train_tokenizer.py TEXT.txt TRAINED.json && node scripts/parity/train-tokenizer.mjs TEXT.txt TRAINED.json
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { Tokenizer, trainTokenizer } from '@attune/tokenizer';

const [textFile, trainedFile] = process.argv.slice(2);
if (!textFile || !trainedFile) {
  console.error('Give a text file, and the file that train_tokenizer.py made of it.');
  process.exit(2);
}
const lines = readFileSync(textFile, 'utf8').split('\n');
const { options, tokenizer: expected, ids } = JSON.parse(readFileSync(trainedFile, 'utf8'));
const started = performance.now();
const trained = await trainTokenizer(lines, {
  vocabSize: options.vocab_size,
  minFrequency: options.min_frequency,
  specialTokens: options.special_tokens,
});
const seconds = (performance.now() - started) / 1000;
const tokenizer = Tokenizer.from({ tokenizerJson: trained });
const different = lines.filter((line, i) => !isDeepStrictEqual(tokenizer.encode(line), ids[i]));
const equal = isDeepStrictEqual(trained, expected);
console.log(
  `${expected.model.merges.length} merges in ${seconds.toFixed(1)} s, tokenizer.json ${equal ? 'equal' : 'different'}; ids of ${lines.length - different.length} of ${lines.length} lines equal`,
);
process.exit(equal && different.length === 0 ? 0 : 1);

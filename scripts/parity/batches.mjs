// Compares the batches that Attune makes of a recipe's data with those that entered TRL's loss:
//   node scripts/parity/batches.mjs CASE_FOLDER...
// Build first (npm run build). A case folder holds recipe.yaml and batches.json, as trl and its trainer left them.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { BatchLoader, prepareDataset, Tokenizer } from 'attune';

const manifest = new URL('../../packages/attune/package.json', import.meta.url);
const { parse } = createRequire(manifest)('yaml');

let failed = 0;
for (const folder of process.argv.slice(2)) {
  const problem = await compare(folder);
  console.log(problem ? `${folder}: ${problem}` : `${folder}: all batches equal`);
  if (problem) failed++;
}
process.exit(failed ? 1 : 0);

async function compare(folder) {
  const recipe = parse(readFileSync(join(folder, 'recipe.yaml'), 'utf8'));
  const expected = JSON.parse(readFileSync(join(folder, 'batches.json'), 'utf8'));
  const model = join(folder, recipe.model_name_or_path);
  const read = (name) =>
    existsSync(join(model, name)) ? readFileSync(join(model, name), 'utf8') : undefined;
  const tokenizer = Tokenizer.from({
    tokenizerJson: read('tokenizer.json'),
    tokenizerConfig: read('tokenizer_config.json'),
    chatTemplate: read('chat_template.jinja'),
    generationConfig: read('generation_config.json'),
  });
  const { examples } = await prepareDataset(
    recipe.datasets.flatMap((set) => [set.data_files].flat().map((file) => join(folder, file))),
    tokenizer,
    {
      maxLength: recipe.max_length,
      packing: recipe.packing,
      packingStrategy: recipe.packing_strategy,
      completionOnlyLoss: recipe.completion_only_loss,
      assistantOnlyLoss: recipe.assistant_only_loss,
      datasetTextField: recipe.dataset_text_field,
    },
  );
  const loader = new BatchLoader(examples, {
    batchSize: recipe.per_device_train_batch_size,
    padTokenId: tokenizer.padTokenId,
    sampling: recipe.train_sampling_strategy,
  });
  let i = 0;
  for await (const { batch } of loader.batches()) {
    if (i === expected.length) return undefined;
    const { input_ids, labels, attention_mask } = expected[i];
    const ours = [batch.inputIds, batch.labels, batch.attentionMask].map(String);
    const theirs = [input_ids, labels, attention_mask].map((rows) => String(rows.flat()));
    const wrong = ['input_ids', 'labels', 'attention_mask'].find((_, k) => ours[k] !== theirs[k]);
    if (wrong) return `${wrong} of batch ${i} differ`;
    i++;
  }
}

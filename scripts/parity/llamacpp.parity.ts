import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { exportGguf, openModel } from '@attune/model';
import { afterAll, expect, test } from 'vitest';

// GGUF files of every family that Attune writes, read by llama.cpp. ATTUNE_FIXTURES names the folder of reference
// fixtures, ATTUNE_LLAMACPP one where node-llama-cpp is installed: npm install --prefix FOLDER node-llama-cpp
const root = process.env.ATTUNE_FIXTURES ?? '';
const prefix = process.env.ATTUNE_LLAMACPP ?? '';
const names = readdirSync(`${root}/families`).filter(
  (name) => !name.includes('softcap') && existsSync(`${root}/families/${name}/tokenizer.json`),
);
const scratch = mkdtempSync(join(tmpdir(), 'attune-llamacpp-'));
afterAll(() => rmSync(scratch, { recursive: true }));

interface LlamaCpp {
  getLlama(options: object): Promise<{ loadModel(options: object): Promise<LoadedModel> }>;
}
interface LoadedModel {
  createContext(options: object): Promise<{
    getSequence(): { evaluate(ids: number[], options: object): AsyncIterable<number> };
    dispose(): Promise<void>;
  }>;
  dispose(): Promise<void>;
}

let llama: ReturnType<LlamaCpp['getLlama']> | undefined;
async function load(modelPath: string): Promise<LoadedModel> {
  const entry = createRequire(join(resolve(prefix), 'package.json')).resolve('node-llama-cpp');
  const { getLlama } = (await import(pathToFileURL(entry).href)) as LlamaCpp;
  llama ??= getLlama({ gpu: false, build: 'never', logLevel: 'error' });
  return (await llama).loadModel({ modelPath, gpuLayers: 0 });
}

test.runIf(prefix).each(names)(
  '%s: llama.cpp reads its GGUF and writes the recorded tokens, or the export says why not',
  async (name) => {
    const folder = `${root}/families/${name}`;
    const { config, weights, tokenizer } = await openModel(folder);
    const pieces: Uint8Array[] = [];
    try {
      const model = { config, weights, tokenizer, name, type: 'F32' } as const;
      for await (const piece of exportGguf(model)) pieces.push(piece);
    } catch (error) {
      console.log(`${name}: ${(error as Error).message}`);
      expect(error).toMatchObject({ code: 'unsupported-export' });
      return;
    }
    const file = join(scratch, `${name}.gguf`);
    writeFileSync(file, Buffer.concat(pieces));
    const model = await load(file);
    // llama.cpp's Llama and Phi-3 have no window: within it they compute the same.
    const shown = config.modelType === 'mistral' ? (config.slidingWindow ?? Infinity) : Infinity;
    const recorded = JSON.parse(readFileSync(`${folder}/generation.json`, 'utf8')) as {
      rows: { prompt: number[]; tokens: number[] }[];
    };
    for (const { prompt, tokens } of recorded.rows) {
      if (prompt.length + tokens.length > shown) continue;
      const context = await model.createContext({ contextSize: 64, threads: 1 });
      const options = { temperature: 0, yieldEogToken: true };
      const found: number[] = [];
      for await (const token of context.getSequence().evaluate(prompt, options)) {
        found.push(token);
        if (found.length === tokens.length) break;
      }
      await context.dispose();
      expect(found).toEqual(tokens);
    }
    await model.dispose();
  },
);

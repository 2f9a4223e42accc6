import { AttuneError } from '@attune/gpu';

/**
 * The files of the embedded model, by name. Each address is written out, relative to this module, so
 * that bundlers find and copy the files; they lie beside `src` and beside `dist` alike.
 */
export const tinyModelFiles = {
  'config.json': new URL('../model/config.json', import.meta.url),
  'generation_config.json': new URL('../model/generation_config.json', import.meta.url),
  'tokenizer.json': new URL('../model/tokenizer.json', import.meta.url),
  'tokenizer_config.json': new URL('../model/tokenizer_config.json', import.meta.url),
  'chat_template.jinja': new URL('../model/chat_template.jinja', import.meta.url),
  'model.safetensors': new URL('../model/model.safetensors', import.meta.url),
} as const;

export type TinyModelFile = keyof typeof tinyModelFiles;

/** The folder of the embedded model: its `config.json` lies in it. In Node, `fileURLToPath` makes it a path. */
export function tinyModelFolder(): URL {
  return new URL('.', tinyModelFiles['config.json']);
}

/** The recipe with which `npm start` fine-tunes the embedded model (LoRA). */
export function tinyRecipe(): URL {
  return new URL('../recipes/sft.yaml', import.meta.url);
}

/**
 * Reads one of this package's files: from disk in Node, Deno and Bun, by `fetch` in a browser.
 *
 * @throws AttuneError `file-not-found` where there is no such file
 */
export async function readBytes(url: URL): Promise<Uint8Array> {
  if (url.protocol === 'file:' && typeof process !== 'undefined') {
    const { readFile } = process.getBuiltinModule('node:fs/promises');
    return readFile(url).catch((cause: unknown) => {
      throw missing(url, (cause as Error).message);
    });
  }
  const response = await fetch(url);
  if (!response.ok) throw missing(url, `${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

function missing(url: URL, reason: string): AttuneError {
  const name = url.pathname.split('/').slice(-2).join('/');
  return new AttuneError(
    'file-not-found',
    `${name} of the embedded model cannot be read: ${reason}.`,
    'Install @attune/tiny again, or copy its folders model and data beside the bundle.',
  );
}

import { fork } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkpointSteps, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { diskFolder, memoryFolder, type OutputFolder } from './folder.ts';

const parts = (fill: number, size = 1000) =>
  new Map([
    ['model.safetensors', new Uint8Array(size).fill(fill)],
    ['state.json', new TextEncoder().encode(`{"fill":${fill}}`)],
  ]);

test('a checkpoint read back is what was written; older ones beyond the limit go', async () => {
  const folder = memoryFolder();
  for (const step of [5, 10, 100]) await writeCheckpoint(folder, step, parts(step), 2);
  expect(await checkpointSteps(folder)).toEqual([10, 100]);
  expect(await readCheckpoint(folder, 'checkpoint-100')).toEqual(parts(100));
});

test('every single flipped bit of every file is found', async () => {
  const files = new Map<string, Uint8Array>();
  const folder = memoryFolder(files);
  await writeCheckpoint(folder, 1, parts(7, 64));
  let found = 0;
  let flips = 0;
  for (const [name, data] of files) {
    for (let bit = 0; bit < data.length * 8; bit += 3) {
      data[bit >> 3]! ^= 1 << (bit & 7);
      flips++;
      const read = await readCheckpoint(folder, 'checkpoint-1').catch((error) => error);
      if (read.code?.startsWith('checkpoint-')) found++;
      // A manifest may differ in its white space or in its step and still describe the same bytes.
      else if (name.endsWith('manifest.json') && read instanceof Map) found++;
      data[bit >> 3]! ^= 1 << (bit & 7);
    }
  }
  expect(flips).toBeGreaterThan(300);
  expect(found).toBe(flips);
});

test('a full disk at any write leaves the checkpoint before as it was', async () => {
  for (let failing = 1; failing <= 4; failing++) {
    const files = new Map<string, Uint8Array>();
    const good = memoryFolder(files);
    await writeCheckpoint(good, 1, parts(1));
    let writes = 0;
    const full: OutputFolder = {
      ...good,
      write: (path, data) => {
        if (++writes === failing) return Promise.reject(new Error('ENOSPC'));
        return good.write(path, data);
      },
      rename: (from, to) =>
        failing === 4 ? Promise.reject(new Error('ENOSPC')) : good.rename(from, to),
    };
    await expect(writeCheckpoint(full, 2, parts(2))).rejects.toThrow('ENOSPC');
    expect(await checkpointSteps(good)).toEqual([1]);
    expect(await readCheckpoint(good, 'checkpoint-1')).toEqual(parts(1));
    await writeCheckpoint(good, 2, parts(2));
    expect(await readCheckpoint(good, 'checkpoint-2')).toEqual(parts(2));
  }
});

test('a process killed while it saves leaves whole checkpoints only', {
  timeout: 60_000,
}, async () => {
  const root = await mkdtemp(join(tmpdir(), 'attune-checkpoint-'));
  const script = join(root, 'saver.mjs');
  // The saver writes with the same order of calls as `diskFolder`, run from its own source text.
  await writeFile(
    script,
    `const [folderFile, checkpointFile] = process.argv.slice(2);
const { diskFolder } = await import(folderFile);
const { writeCheckpoint } = await import(checkpointFile);
const folder = await diskFolder(${JSON.stringify(join(root, 'out'))});
for (let step = 1; ; step++) {
  await writeCheckpoint(folder, step, new Map([['model', new Uint8Array(1 << 20).fill(step)], ['state', new Uint8Array(64).fill(step)]]), 3);
  process.send?.(step);
}
`,
  );
  const { build } = await import('esbuild');
  const here = new URL('.', import.meta.url).pathname;
  for (const name of ['folder', 'checkpoint']) {
    await build({
      entryPoints: [join(here, `${name}.ts`)],
      outfile: join(root, `${name}.mjs`),
      bundle: true,
      platform: 'node',
      format: 'esm',
      conditions: ['attune:source'],
    });
  }
  let whole = 0;
  for (let kill = 0; kill < 12; kill++) {
    const child = fork(script, [join(root, 'folder.mjs'), join(root, 'checkpoint.mjs')]);
    await new Promise<void>((done) => child.once('message', () => done()));
    await new Promise((done) => setTimeout(done, (kill * 7) % 23));
    child.kill('SIGKILL');
    await new Promise((done) => child.once('exit', done));
    const folder = await diskFolder(join(root, 'out'));
    for (const step of await checkpointSteps(folder)) {
      const read = await readCheckpoint(folder, `checkpoint-${step}`);
      expect(read.get('model')!.every((byte) => byte === (step & 255))).toBe(true);
      whole++;
    }
  }
  expect(whole).toBeGreaterThan(12);
  await rm(root, { recursive: true });
});

test('a file is replaced whole: nothing temporary stays', async () => {
  const root = await mkdtemp(join(tmpdir(), 'attune-folder-'));
  const folder = await diskFolder(root);
  await folder.write('a/b.json', 'one');
  await folder.write('a/b.json', 'two');
  await folder.append('a/log', 'x');
  await folder.append('a/log', 'y');
  expect(await readFile(join(root, 'a/b.json'), 'utf8')).toBe('two');
  expect(await readFile(join(root, 'a/log'), 'utf8')).toBe('xy');
  expect((await folder.list('a')).sort()).toEqual(['b.json', 'log']);
  await rm(root, { recursive: true });
});

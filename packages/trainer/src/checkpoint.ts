import { AttuneError } from '@attune/gpu';
import type { OutputFolder } from './folder.ts';

/** Files of a checkpoint by name, besides its manifest. */
export type CheckpointParts = ReadonlyMap<string, Uint8Array>;

const manifestFile = 'manifest.json';
const nameOf = (step: number) => `checkpoint-${step}`;

async function sha256(data: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', data as BufferSource);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Writes `checkpoint-STEP`: every part, then the manifest with their SHA-256, all under a temporary
 * name that is renamed last. So a checkpoint is there whole, or is not there. Older ones beyond
 * `limit` go only after that; a half-written one of an earlier try is replaced.
 */
export async function writeCheckpoint(
  folder: OutputFolder,
  step: number,
  parts: CheckpointParts,
  limit?: number | null,
): Promise<string> {
  const name = nameOf(step);
  const temporary = `${name}.part`;
  await folder.remove(temporary);
  const files: Record<string, { bytes: number; sha256: string }> = {};
  for (const [file, data] of parts) {
    await folder.write(`${temporary}/${file}`, data);
    files[file] = { bytes: data.length, sha256: await sha256(data) };
  }
  const manifest = { format: 1, step, files };
  await folder.write(`${temporary}/${manifestFile}`, `${JSON.stringify(manifest, null, 2)}\n`);
  await folder.remove(name);
  await folder.rename(temporary, name);
  if (limit && limit > 0) {
    const steps = await checkpointSteps(folder);
    for (const old of steps.filter((s) => s !== step).slice(0, Math.max(0, steps.length - limit))) {
      await folder.remove(nameOf(old));
    }
  }
  return name;
}

/** Steps of the checkpoints that have a manifest, oldest first. */
export async function checkpointSteps(folder: OutputFolder): Promise<number[]> {
  const steps: number[] = [];
  for (const name of await folder.list('.')) {
    const step = /^checkpoint-(\d+)$/.exec(name)?.[1];
    if (step && (await folder.exists(`${name}/${manifestFile}`))) steps.push(Number(step));
  }
  return steps.sort((a, b) => a - b);
}

/**
 * Reads a checkpoint and checks every byte of it.
 * @throws AttuneError `checkpoint-missing`, `checkpoint-corrupt` naming the file, `checkpoint-newer`
 */
export async function readCheckpoint(
  folder: OutputFolder,
  name: string,
): Promise<Map<string, Uint8Array>> {
  const path = (file: string) => (name === '' ? file : `${name}/${file}`);
  if (!(await folder.exists(path(manifestFile)))) {
    throw new AttuneError(
      'checkpoint-missing',
      `${name || 'The folder'} holds no ${manifestFile}: it is no checkpoint, or one that was not finished.`,
      'Point to a checkpoint-N folder of an earlier run.',
    );
  }
  const manifest = parseManifest(await folder.read(path(manifestFile)), path(manifestFile));
  if (manifest.format !== 1) {
    throw new AttuneError(
      'checkpoint-newer',
      `${name} has format ${manifest.format}; this version reads format 1.`,
      'Use the version of Attune that wrote it, or a newer one.',
    );
  }
  const parts = new Map<string, Uint8Array>();
  for (const [file, { bytes, sha256: expected }] of Object.entries(manifest.files)) {
    const data = (await folder.exists(path(file))) ? await folder.read(path(file)) : undefined;
    if (!data || data.length !== bytes || (await sha256(data)) !== expected) {
      throw corrupt(path(file), data ? `has other bytes than were written` : 'is gone');
    }
    parts.set(file, data);
  }
  return parts;
}

interface Manifest {
  format: number;
  step: number;
  files: Record<string, { bytes: number; sha256: string }>;
}

function parseManifest(data: Uint8Array, path: string): Manifest {
  try {
    const manifest = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
    if (
      typeof manifest.format === 'number' &&
      typeof manifest.files === 'object' &&
      manifest.files
    ) {
      return manifest;
    }
  } catch {
    // Told below: whatever it holds, it is not what was written.
  }
  throw corrupt(path, 'is no manifest');
}

function corrupt(path: string, what: string): AttuneError {
  return new AttuneError(
    'checkpoint-corrupt',
    `${path} ${what}.`,
    'Go on from an earlier checkpoint.',
  );
}

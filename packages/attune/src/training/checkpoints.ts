import { basename, dirname, join, resolve } from 'node:path';
import { AttuneError } from '@attune/gpu';
import { bytesFromMemory, readSafetensors, type TensorData, writeSafetensors } from '@attune/model';
import type { Trainable } from '@attune/plan';
import {
  checkpointSteps,
  diskFolder,
  type ResumePoint,
  readCheckpoint,
  type SavedTensors,
  writeCheckpoint,
} from '@attune/trainer';
import type { Values } from '../command-line/option.ts';

const roles = ['parameters', 'm', 'v', 'reference'] as const;

/** What a run needs to go on exactly where it stood. */
export interface Checkpoint {
  /** Its folder. */
  readonly path: string;
  readonly state: SavedTensors;
  readonly resume: ResumePoint;
  readonly tokens: number;
  /** The recipe's keys that decide which batches come and what a step does with them. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly history: readonly Record<string, number>[];
}

/** Writes `checkpoint-N` into the output folder; resolves to its path. */
export async function saveCheckpoint(
  outputDir: string,
  checkpoint: Omit<Checkpoint, 'history' | 'path'>,
  more: ReadonlyMap<string, Uint8Array>,
  limit: number | null,
): Promise<string> {
  const tensors = roles.flatMap((role) =>
    [...(checkpoint.state[role] ?? [])].map(
      ([name, data]): TensorData => ({
        name: `${role}/${name}`,
        dtype: 'F32',
        shape: [data.length],
        data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      }),
    ),
  );
  const { resume, tokens, settings } = checkpoint;
  const point = JSON.stringify({ resume, tokens, settings }, null, 2);
  const parts = new Map<string, Uint8Array>([
    ['state.safetensors', writeSafetensors(tensors)],
    ['resume.json', new TextEncoder().encode(`${point}\n`)],
    ...more,
  ]);
  const name = await writeCheckpoint(await diskFolder(outputDir), resume.step, parts, limit);
  return `${outputDir}/${name}`;
}

/**
 * The checkpoint that `resume_from_checkpoint` names: a folder, or `true` for the newest of the output folder.
 * @throws AttuneError `checkpoint-missing`, `checkpoint-corrupt`, `checkpoint-newer`
 */
export async function loadCheckpoint(wanted: string, outputDir: string): Promise<Checkpoint> {
  let folder = outputDir;
  let name: string;
  if (wanted.toLowerCase() === 'true') {
    const steps = await checkpointSteps(await diskFolder(outputDir));
    if (steps.length === 0) {
      throw new AttuneError(
        'checkpoint-missing',
        `${outputDir} holds no checkpoint.`,
        'Leave out resume_from_checkpoint to begin anew, or name the checkpoint folder.',
      );
    }
    name = `checkpoint-${steps.at(-1)}`;
  } else {
    folder = dirname(resolve(wanted));
    name = basename(resolve(wanted));
  }
  const parts = await readCheckpoint(await diskFolder(folder), name);
  const state = Object.fromEntries(roles.map((role) => [role, new Map()])) as Record<
    (typeof roles)[number],
    Map<string, Float32Array>
  >;
  const file = await readSafetensors(
    bytesFromMemory(part(parts, name, 'state.safetensors'), `${name}/state.safetensors`),
  );
  for (const key of file.names()) {
    const [role, ...rest] = key.split('/');
    state[role as 'm']?.set(rest.join('/'), await file.float32(key));
  }
  const read = (file: string) => JSON.parse(new TextDecoder().decode(part(parts, name, file)));
  const { resume, tokens, settings = {} } = read('resume.json');
  const path = join(folder, name);
  return { path, state, resume, tokens, settings, history: read('trainer_state.json').log_history };
}

/**
 * Whether a checkpoint belongs to what trains now; keys of the recipe that changed are told.
 * @throws AttuneError `checkpoint-mismatch` where other tensors train
 */
export function checkFits(
  { state, settings }: Checkpoint,
  { tensors }: Trainable,
  values: Values,
  tell: (note: string) => void,
): void {
  const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
  for (const [name, { shape }] of tensors) {
    const have = state.parameters.get(name)?.length;
    if (have === sizeOf(shape)) continue;
    throw new AttuneError(
      'checkpoint-mismatch',
      have === undefined
        ? `${name} trains now, but the checkpoint does not hold it.`
        : `${name} has ${sizeOf(shape)} numbers now, ${have} in the checkpoint.`,
      'Resume with the model and the adapter settings that the run was started with.',
    );
  }
  const gone = [...state.parameters.keys()].find((name) => !tensors.has(name));
  if (gone !== undefined) {
    throw new AttuneError(
      'checkpoint-mismatch',
      `The checkpoint holds ${gone}, which does not train now.`,
      'Resume with the model and the adapter settings that the run was started with.',
    );
  }
  for (const [key, was] of Object.entries(settings)) {
    const now = values[key] ?? null;
    if (String(now) === String(was)) continue;
    tell(`${key} was ${was} and is now ${now}: the run goes on, but not as it would have.`);
  }
}

function part(parts: ReadonlyMap<string, Uint8Array>, name: string, file: string): Uint8Array {
  const found = parts.get(file);
  if (found) return found;
  throw new AttuneError(
    'checkpoint-corrupt',
    `${name} holds no ${file}.`,
    'Go on from a checkpoint that a training command of attune wrote.',
  );
}

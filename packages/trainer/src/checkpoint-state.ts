import { AttuneError } from '@attune/gpu';
import { bytesFromMemory, readSafetensors, type TensorData, writeSafetensors } from '@attune/model';
import type { Trainable } from '@attune/plan';
import { checkpointSteps, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { OutputFolder } from './folder.ts';
import { diskFolder } from './folder.ts';
import type { ResumePoint } from './loop.ts';
import type { LogRow } from './run.ts';
import type { SavedTensors } from './tuned-model.ts';

const roles = ['parameters', 'm', 'v', 'reference'] as const;

/** What a run needs to go on exactly where it stood. */
export interface CheckpointState {
  readonly tensors: SavedTensors;
  readonly resume: ResumePoint;
  readonly tokens: number;
  /** Arguments that decide which batches come and what a step does with them, by their names in recipes. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** The same, read back. */
export interface LoadedCheckpoint extends CheckpointState {
  /** Its folder. */
  readonly path: string;
  readonly history: readonly LogRow[];
}

/** Writes `checkpoint-N` into the output folder, with further files; resolves to its name. */
export function saveCheckpointState(
  folder: OutputFolder,
  { tensors, resume, tokens, settings }: CheckpointState,
  more: ReadonlyMap<string, Uint8Array>,
  limit: number | null,
): Promise<string> {
  const list = roles.flatMap((role) =>
    [...(tensors[role] ?? [])].map(
      ([name, data]): TensorData => ({
        name: `${role}/${name}`,
        dtype: 'F32',
        shape: [data.length],
        data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      }),
    ),
  );
  const point = JSON.stringify({ resume, tokens, settings }, null, 2);
  const parts = new Map<string, Uint8Array>([
    ['state.safetensors', writeSafetensors(list)],
    ['resume.json', new TextEncoder().encode(`${point}\n`)],
    ...more,
  ]);
  return writeCheckpoint(folder, resume.step, parts, limit);
}

/**
 * The checkpoint that `resume_from_checkpoint` names: a folder, or `true` for the newest of the output folder.
 * @throws AttuneError `checkpoint-missing`, `checkpoint-corrupt`, `checkpoint-newer`
 */
export async function loadCheckpointState(
  wanted: string,
  output: { readonly folder: OutputFolder; readonly name: string },
): Promise<LoadedCheckpoint> {
  let { folder } = output;
  let name = wanted.replace(/[\\/]+$/, '');
  let path = name;
  if (wanted.toLowerCase() === 'true') {
    const steps = await checkpointSteps(folder);
    if (steps.length === 0) {
      throw new AttuneError(
        'checkpoint-missing',
        `${output.name} holds no checkpoint.`,
        'Leave out resume_from_checkpoint to begin anew, or name the checkpoint folder.',
      );
    }
    name = `checkpoint-${steps.at(-1)}`;
    path = `${output.name}/${name}`;
  } else if (!(await folder.exists(`${name}/manifest.json`))) {
    // A path of the file system: the folder it lies in, and its own name.
    const at = Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\'));
    folder = await diskFolder(at < 0 ? '.' : at === 0 ? '/' : name.slice(0, at));
    name = name.slice(at + 1);
  }
  const parts = await readCheckpoint(folder, name);
  const tensors = Object.fromEntries(roles.map((role) => [role, new Map()])) as Record<
    (typeof roles)[number],
    Map<string, Float32Array>
  >;
  const file = await readSafetensors(
    bytesFromMemory(part(parts, name, 'state.safetensors'), `${name}/state.safetensors`),
  );
  for (const key of file.names()) {
    const [role, ...rest] = key.split('/');
    tensors[role as 'm']?.set(rest.join('/'), await file.float32(key));
  }
  const read = (file: string) => JSON.parse(new TextDecoder().decode(part(parts, name, file)));
  const { resume, tokens, settings = {} } = read('resume.json');
  const history = read('trainer_state.json').log_history;
  return { path, tensors, resume, tokens, settings, history };
}

/**
 * Whether a checkpoint belongs to what trains now; settings that changed are reported.
 * @throws AttuneError `checkpoint-mismatch` where other tensors train
 */
export function checkFits(
  { tensors: saved, settings: before }: LoadedCheckpoint,
  { tensors }: Trainable,
  settings: Readonly<Record<string, unknown>>,
  log: (note: string) => void,
): void {
  const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
  const mismatch = (message: string) =>
    new AttuneError(
      'checkpoint-mismatch',
      message,
      'Resume with the model and the adapter settings that the run was started with.',
    );
  for (const [name, { shape }] of tensors) {
    const have = saved.parameters.get(name)?.length;
    if (have === sizeOf(shape)) continue;
    throw mismatch(
      have === undefined
        ? `${name} trains now, but the checkpoint does not hold it.`
        : `${name} has ${sizeOf(shape)} numbers now, ${have} in the checkpoint.`,
    );
  }
  const gone = [...saved.parameters.keys()].find((name) => !tensors.has(name));
  if (gone !== undefined) {
    throw mismatch(`The checkpoint holds ${gone}, which does not train now.`);
  }
  const shown = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : value);
  for (const [key, was] of Object.entries(before)) {
    const now = settings[key] ?? null;
    if (JSON.stringify(now) === JSON.stringify(was)) continue;
    log(
      `${key} was ${shown(was)} and is now ${shown(now)}: the run goes on, but not as it would have.`,
    );
  }
}

function part(parts: ReadonlyMap<string, Uint8Array>, name: string, file: string): Uint8Array {
  const found = parts.get(file);
  if (found) return found;
  throw new AttuneError(
    'checkpoint-corrupt',
    `${name} holds no ${file}.`,
    'Go on from a checkpoint that a trainer of Attune wrote.',
  );
}

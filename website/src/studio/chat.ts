import type { ModelChoice } from './studio';

/** Who answers: the model as it was, and as it was trained. */
export const speakers = ['base', 'tuned'] as const;
export type Speaker = (typeof speakers)[number];

export type ChatMessage = {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
};

/** A message of the visitor and what came back so far. */
export interface Turn {
  readonly asked: string;
  readonly said: Readonly<Partial<Record<Speaker, Said>>>;
}

export interface Said {
  readonly text: string;
  /** Why it ended; absent while it is written, and where it was stopped. */
  readonly ended?: 'stop' | 'length';
  readonly tokens: number;
  readonly seconds: number;
}

export interface ChatSampling {
  readonly temperature: number;
  readonly maxNewTokens: number;
  readonly seed: number;
}

export interface ChatWork {
  readonly model: ModelChoice;
  /** PEFT's two files or model.safetensors; none: only the base answers. Blobs, so that no byte is copied. */
  readonly tuned: readonly File[];
  /** Tells one set of files from the next: models that are open stay open while it is the same. */
  readonly key: string;
  /** Each model's own conversation: they differ in what the assistant said. */
  readonly conversations: Readonly<Partial<Record<Speaker, readonly ChatMessage[]>>>;
  /** The chat template, or the last message as it is, as plain rows are trained. */
  readonly template: boolean;
  readonly sampling: ChatSampling;
}

type Row = Readonly<Record<string, unknown>>;

function firstRow(rows: string): Row {
  try {
    return JSON.parse(rows.trimStart().split('\n', 1)[0]!) as Row;
  } catch {
    return {};
  }
}

/** Whether these rows are rendered by the chat template when they are trained on. */
export const rowsAreChats = (rows: string): boolean => messagesOf(firstRow(rows)) !== undefined;

const messagesOf = (row: Row) =>
  [row.messages, row.prompt].find(Array.isArray) as ChatMessage[] | undefined;

/** What one model is given: its own past answers, and the system message that the rows begin with. */
export function conversationOf(
  turns: readonly Turn[],
  asked: string,
  { speaker, rows }: { speaker: Speaker; rows: string },
): ChatMessage[] {
  const first = messagesOf(firstRow(rows))?.[0];
  return [
    ...(first?.role === 'system' ? [first] : []),
    ...turns.flatMap((turn): ChatMessage[] => [
      { role: 'user', content: turn.asked },
      { role: 'assistant', content: turn.said[speaker]?.text ?? '' },
    ]),
    { role: 'user', content: asked },
  ];
}

/** Equal for the same files. */
export const nameFiles = (hub: string, files: readonly File[]): string =>
  JSON.stringify([hub, files.map(({ name, size, lastModified }) => [name, size, lastModified])]);

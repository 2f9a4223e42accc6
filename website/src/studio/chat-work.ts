import type { Gpu } from '@attune/gpu';
import { computerOf } from '../live/kernel';
import type { Event } from '../live/protocol';
import type { ChatMessage, ChatWork, Speaker } from './chat';
import { ChatModels } from './chat-models';

let models: ChatModels | undefined;

/** Gives the models' memory back, for other work. */
export function closeChat(): void {
  models?.destroy();
  models = undefined;
}

/** Lets both models answer at the same time, token by token; `signal` ends it and leaves the models open. */
export async function chat(
  gpu: Gpu,
  work: ChatWork,
  { tell, signal }: { tell(event: Event): void; signal: AbortSignal },
): Promise<void> {
  if (!models?.serves(gpu, work.key)) {
    closeChat();
    models = await ChatModels.open(gpu, work, tell);
  }
  tell({ kind: 'chatting', computer: computerOf(gpu) });
  const { tokenizer, writers } = models;
  const answer = async (speaker: Speaker, heard: readonly ChatMessage[]) => {
    const prompt = work.template
      ? tokenizer.encodeChat([...heard], { addGenerationPrompt: true }).ids
      : tokenizer.encode(heard.at(-1)!.content);
    const stream = tokenizer.stream({ skipSpecialTokens: true });
    const started = performance.now();
    const seconds = () => (performance.now() - started) / 1000;
    let tokens = 0;
    const [generation] = await writers.get(speaker)!.generate([[...prompt]], {
      ...work.sampling,
      eosTokenIds: tokenizer.eosTokenIds,
      readEvery: 1,
      signal,
      onTokens: (_, ids) => {
        tokens += ids.length;
        const text = ids.map((id) => stream.push(id)).join('');
        tell({ kind: 'said', speaker, text, tokens, seconds: seconds() });
      },
    });
    const ended = generation!.finishReason;
    tell({ kind: 'said', speaker, text: stream.flush(), tokens, seconds: seconds(), ended });
  };
  const asked = Object.entries(work.conversations) as [Speaker, readonly ChatMessage[]][];
  const answers = await Promise.allSettled(
    asked.filter(([speaker]) => writers.has(speaker)).map((each) => answer(...each)),
  );
  if (signal.aborted) return tell({ kind: 'paused' });
  const failed = answers.find((each) => each.status === 'rejected');
  if (failed) throw failed.reason;
  tell({ kind: 'done' });
}

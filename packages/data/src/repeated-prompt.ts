/** Shorter prompts stand by chance at the beginning of what follows them. */
const leastCharacters = 16;

/**
 * Whether a prompt stands again at the beginning of all that should follow it: of texts, or of
 * conversations whose first messages are those of the prompt. It would be read twice.
 */
export function repeatsPrompt(prompt: unknown, following: readonly unknown[]): boolean {
  if (typeof prompt === 'string') {
    return (
      prompt.trim().length >= leastCharacters &&
      following.every((text) => typeof text === 'string' && text.startsWith(prompt))
    );
  }
  if (!Array.isArray(prompt) || prompt.length === 0) return false;
  return following.every(
    (messages) =>
      Array.isArray(messages) && prompt.every((message, i) => sameTurn(message, messages[i])),
  );
}

/** The sentence on rows whose prompt stands again in these columns. */
export function repeatedPromptNote(
  repeated: number,
  rows: number,
  columns: string,
): string | false {
  return (
    repeated > 0 &&
    `In ${repeated} of ${rows} rows the prompt stands in prompt and again at the beginning of ${columns}: the model reads it twice. Leave it out of ${columns}.`
  );
}

function sameTurn(a: unknown, b: unknown): boolean {
  const turn = (message: unknown): string => {
    const { role, content, from, value } = (message ?? {}) as Record<string, unknown>;
    return JSON.stringify([role ?? from, content ?? value]);
  };
  return turn(a) === turn(b);
}

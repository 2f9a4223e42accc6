/** Where a command writes: results to `out`, everything else to the error stream. */
export interface Terminal {
  readonly interactive: boolean;
  readonly colour: boolean;
  out(text: string): void;
  /** A sentence for the user. */
  note(text: string): void;
  /** A line that the next one replaces; on something else than a terminal only now and then. */
  progress(text: string): void;
  /** Ends the progress line. */
  settle(): void;
}

type Stream = { write(text: string): unknown; isTTY?: boolean; columns?: number };

/** The terminal of a process. */
export function terminalOf(out: Stream, error: Stream, environment: NodeJS.ProcessEnv): Terminal {
  const interactive = error.isTTY === true;
  let shown = '';
  let last = 0;
  let held = '';
  const clear = () => {
    if (shown) error.write(`\r${' '.repeat(shown.length)}\r`);
    shown = '';
  };
  return {
    interactive,
    colour: out.isTTY === true && !environment.NO_COLOR,
    out(text) {
      clear();
      out.write(`${text}\n`);
    },
    note(text) {
      clear();
      error.write(`${text}\n`);
    },
    progress(text) {
      if (interactive) {
        const line = text.slice(0, Math.max(20, (error.columns ?? 100) - 1));
        error.write(`\r${line.padEnd(shown.length)}`);
        shown = line;
        return;
      }
      held = text;
      if (Date.now() - last < 10_000) return;
      last = Date.now();
      held = '';
      error.write(`${text}\n`);
    },
    settle() {
      if (interactive && shown) error.write('\n');
      else if (held) error.write(`${held}\n`);
      shown = '';
      held = '';
    },
  };
}

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, inverse: 7 } as const;

/** `text` in a colour, where the terminal has colours. */
export function paint(terminal: Pick<Terminal, 'colour'>, how: keyof typeof codes, text: string) {
  return terminal.colour ? `\u001b[${codes[how]}m${text}\u001b[0m` : text;
}

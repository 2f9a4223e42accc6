import { useEffect, useRef, useState } from 'react';
import type { Computer } from '../live/protocol';
import { announce } from '../live/recorded';
import { useJob } from '../live/use-job';
import { type ChatSampling, conversationOf, nameFiles, type Said, type Turn } from './chat';
import type { ModelChoice } from './studio';

/** How long a stop may wait for the step under way before the worker itself is ended. */
const patience = 3000;
const silent: Said = { text: '', tokens: 0, seconds: 0 };

export interface ChatMeans {
  readonly model: ModelChoice;
  readonly tuned: readonly File[];
  /** JSONL that was trained on: its system message is the chat's too. */
  readonly rows: string;
  readonly template: boolean;
  readonly sampling: ChatSampling;
}

/** A chat with both models: its turns so far, and the buttons' actions. */
export function useChat() {
  const [turns, setTurns] = useState<readonly Turn[]>([]);
  const [computer, setComputer] = useState<Computer>();
  const [download, setDownload] = useState<{ file: string; done: number; total: number }>();
  const latest = useRef<readonly Turn[]>([]);
  const key = useRef('');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const show = (next: readonly Turn[]) => {
    latest.current = next;
    setTurns(next);
  };
  const { phase, fault, start, stop, pause } = useJob((event) => {
    if (event.kind === 'download') setDownload(event);
    if (event.kind === 'chatting') {
      setComputer(event.computer);
      setDownload(undefined);
    }
    if (event.kind === 'said') {
      const { speaker, text, tokens, seconds, ended } = event;
      const last = latest.current.at(-1)!;
      const whole = (last.said[speaker] ?? silent).text + text;
      const said: Said = { text: whole, tokens, seconds, ...(ended && { ended }) };
      const turn = { ...last, said: { ...last.said, [speaker]: said } };
      show([...latest.current.slice(0, -1), turn]);
      announce('said', { speaker, text });
    }
    if (event.kind === 'done') announce('chat', latest.current);
  });
  useEffect(() => {
    if (phase !== 'running') clearTimeout(timer.current);
  }, [phase]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const send = (asked: string, { model, tuned, rows, template, sampling }: ChatMeans) => {
    const models = nameFiles(model.hub, model.files) + nameFiles('', tuned);
    // Other models did not say what was said, and plain prompts are no turns.
    const wanted = `${models} ${template}`;
    const before = wanted === key.current ? latest.current : [];
    key.current = wanted;
    const conversations = {
      base: conversationOf(before, asked, { speaker: 'base', rows }),
      ...(tuned.length && { tuned: conversationOf(before, asked, { speaker: 'tuned', rows }) }),
    };
    show([...before, { asked, said: { base: silent, ...(tuned.length && { tuned: silent }) } }]);
    start({
      kind: 'chat',
      work: { model, tuned, key: models, conversations, template, sampling },
    });
  };
  /** Ends the answers after the token under way; what hangs is ended with its worker. */
  const halt = () => {
    pause();
    timer.current = setTimeout(stop, patience);
  };
  return { turns, computer, download, phase, fault, send, halt, clear: () => show([]) };
}

import { useId, useState } from 'react';
import Fault from '../live/Fault';
import live from '../live/live.module.css';
import { formatBytes } from '../live/spoken';
import { words } from '../live/words';
import { useText } from '../text';
import ChatSettings from './ChatSettings';
import { type ChatSampling, rowsAreChats } from './chat';
import styles from './chat.module.css';
import { phrases } from './chat-phrases';
import type { StudioWork } from './studio';
import Turns from './Turns';
import { useChat } from './use-chat';

/** Before and after side by side: both models answer the visitor's own messages. */
export default function Chat({
  work,
  result,
  disabled,
}: {
  work: StudioWork;
  /** What the run on this page made of this model; empty before there is one. */
  result: readonly File[];
  /** Training is under way: one run at a time. */
  disabled: boolean;
}) {
  const text = useText();
  const id = useId();
  const [draft, setDraft] = useState('');
  const [own, setOwn] = useState<readonly File[]>([]);
  const [chosen, setChosen] = useState<boolean>();
  const [sampling, setSampling] = useState<ChatSampling>({
    temperature: 0,
    maxNewTokens: 64,
    seed: 1,
  });
  const chat = useChat();
  const busy = chat.phase === 'running';
  const tuned = own.length ? own : result;
  const template = chosen ?? (work.rows.trim() === '' || rowsAreChats(work.rows));
  const { hub, files, rows } = work;
  const send = () => {
    if (!draft.trim() || busy || disabled) return;
    chat.send(draft, { model: { hub, files }, tuned, rows, template, sampling });
    setDraft('');
  };
  return (
    <section data-chat aria-labelledby={`${id}title`} className={styles.chat}>
      <h2 id={`${id}title`} className={styles.title}>
        {text(phrases.title)}
      </h2>
      <p>{text(phrases.what)}</p>
      <ChatSettings
        sampling={sampling}
        template={template}
        onSampling={setSampling}
        onTemplate={setChosen}
        onFiles={setOwn}
      />
      <p className={live.note}>
        {text(own.length ? phrases.byFiles : result.length ? phrases.byRun : phrases.baseOnly)}{' '}
        {!template && text(phrases.alone)}
      </p>
      <Turns turns={chat.turns} busy={busy} />
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <label htmlFor={`${id}draft`}>{text(phrases.message)}</label>
        <textarea
          id={`${id}draft`}
          className={styles.draft}
          rows={3}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => {
            // Enter also ends the choice of a Chinese character: that is not a wish to send.
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        <div className={live.bar}>
          <button
            type="submit"
            className={live.button}
            disabled={busy || disabled || !draft.trim()}
          >
            {text(busy ? phrases.answering : phrases.send)}
          </button>
          <button type="button" className={live.quiet} onClick={chat.halt} disabled={!busy}>
            {text(words.stop)}
          </button>
          <button
            type="button"
            className={live.quiet}
            onClick={chat.clear}
            disabled={busy || !chat.turns.length}
          >
            {text(phrases.anew)}
          </button>
          <output className={live.status} aria-live="polite">
            {disabled && text(phrases.waiting)}
            {busy && !chat.computer && text(words.loading)}
            {busy &&
              chat.download &&
              ` ${chat.download.file}: ${formatBytes(chat.download.done)} / ${formatBytes(chat.download.total)}`}
            {chat.phase === 'stopped' && text(words.stopped)}
            {chat.phase === 'done' && text(phrases.answered)}
          </output>
        </div>
        {work.prompts.some(Boolean) && (
          <div className={styles.hints}>
            <span className={live.status}>{text(phrases.hints)}</span>
            {work.prompts.filter(Boolean).map((prompt) => (
              <button
                key={prompt}
                type="button"
                className={styles.hint}
                onClick={() => setDraft(prompt)}
              >
                {prompt}
              </button>
            ))}
          </div>
        )}
      </form>
      {chat.fault && <Fault fault={chat.fault} />}
    </section>
  );
}

import live from '../live/live.module.css';
import { useText } from '../text';
import { type Said, speakers, type Turn } from './chat';
import styles from './chat.module.css';
import { phrases } from './chat-phrases';

/** What was asked, and both answers beside each other; on a phone under each other. */
export default function Turns({ turns, busy }: { turns: readonly Turn[]; busy: boolean }) {
  const text = useText();
  return (
    // Tokens come one by one: a screen reader would speak over itself. The form tells when all is said.
    <div role="log" aria-live="off" aria-label={text(phrases.log)}>
      {turns.map(({ asked, said }, turn) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: turns are only added at the end
        <div key={turn} className={styles.turn}>
          <p className={styles.asked}>{asked}</p>
          <div className={styles.pair}>
            {speakers.map((speaker) => {
              const own = said[speaker];
              return (
                own && (
                  <div key={speaker} className={styles.said} data-speaker={speaker}>
                    <h3 className={styles.name}>{text(phrases[speaker])}</h3>
                    <p className={styles.text}>{own.text.trim() || '…'}</p>
                    <p className={live.note}>
                      <Pace said={own} writing={busy && turn === turns.length - 1} />
                    </p>
                  </div>
                )
              );
            })}
          </div>
        </div>
      ))}
    </div>
  );
}

function Pace({ said, writing }: { said: Said; writing: boolean }) {
  const text = useText();
  const { tokens, seconds, ended } = said;
  const end = ended ?? (writing ? 'writing' : 'halted');
  return (
    <>
      {tokens} {text(phrases.tokens)}
      {tokens > 1 && seconds > 0 && `, ${(tokens / seconds).toPrecision(2)} / s`}.{' '}
      {text(phrases.endings[end])}
    </>
  );
}

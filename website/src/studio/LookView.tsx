import { spokenBytes } from '../live/spoken';
import { words } from '../live/words';
import { useText } from '../text';
import { phrases } from './phrases';
import type { Look } from './studio';
import styles from './studio.module.css';

/** Rows as the model sees them, which tokens train, and the memory of a step. */
export default function LookView({ look }: { look: Look }) {
  const text = useText();
  const { examples, report, account, trained, total } = look;
  const needed = Object.values(account).reduce((a, b) => a + b, 0);
  return (
    <div data-look>
      <p>{text(phrases.trainedMark)}</p>
      {examples.map((tokens, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name
        <div key={row} className={styles.row}>
          {tokens.map(([token, isTrained], i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a token is its place
            <span key={i} className={isTrained ? styles.trained : undefined}>
              {token}
            </span>
          ))}
        </div>
      ))}
      <p>
        {Object.entries(report)
          .map(([name, count]) => `${name} ${count.toLocaleString('en')}`)
          .join(', ')}
        . {text(words.trained)}: {trained.toLocaleString('en')} / {total.toLocaleString('en')}.{' '}
        {text(words.memory)}:{' '}
        {Object.entries(account)
          .map(([purpose, bytes]) => `${purpose} ${spokenBytes(bytes)}`)
          .join(', ')}
        ; {text(phrases.needed)} {spokenBytes(needed)}.
      </p>
    </div>
  );
}

import Account from '../live/Account';
import { formatBytes } from '../live/spoken';
import { words } from '../live/words';
import { useText } from '../text';
import { phrases } from './phrases';
import type { Look } from './studio';
import styles from './studio.module.css';

const reported = [
  ['rows', { en: 'rows', zh: '行数' }],
  ['tokens', { en: 'tokens', zh: '词元' }],
  ['trainedTokens', { en: 'of them trained', zh: '其中参与训练' }],
  ['truncated', { en: 'rows cut', zh: '被截断的行' }],
  ['dropped', { en: 'rows left out', zh: '被略去的行' }],
  ['longest', { en: 'longest row', zh: '最长的行' }],
] as const;

/** Rows as the model sees them, which tokens train, and the memory of a step. */
export default function LookView({ look }: { look: Look }) {
  const text = useText();
  const { examples, report, memory, trained, total } = look;
  const needed = Object.values(memory).reduce((a, b) => a + b, 0);
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
        {reported
          .map(([name, phrase]) => `${text(phrase)} ${report[name].toLocaleString('en')}`)
          .join(text({ en: ', ', zh: '，' }))}
        {text(words.semicolon)}
        {text(words.trained)}
        {text(words.colon)}
        {trained.toLocaleString('en')} / {total.toLocaleString('en')}
        <br />
        {text(words.memory)}
        {text(words.colon)}
        <Account memory={memory} />
        {text(words.semicolon)}
        {text(phrases.needed)} {formatBytes(needed)}
      </p>
    </div>
  );
}

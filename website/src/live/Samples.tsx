import { useText } from '../text';
import styles from './live.module.css';
import type { Sample } from './protocol';
import { words } from './words';

/** Questions with the model's answers before and now; right ones stand out. */
export default function Samples({
  before,
  now,
  plain = false,
}: {
  before: readonly Sample[] | undefined;
  now: readonly Sample[] | undefined;
  /** Nobody knows the right answers. */
  plain?: boolean;
}) {
  const text = useText();
  if (!before?.length) return null;
  const cell = (sample: Sample | undefined) =>
    sample && (
      <td className={sample.answer === sample.expected ? styles.hit : undefined}>
        {sample.answer}
      </td>
    );
  return (
    <table className={styles.samples}>
      <thead>
        <tr>
          <th scope="col">{text(words.question)}</th>
          <th scope="col">{text(words.before)}</th>
          {now?.length ? <th scope="col">{text(words.now)}</th> : null}
          {!plain && <th scope="col">{text(words.right)}</th>}
        </tr>
      </thead>
      <tbody>
        {before.map((sample, i) => (
          <tr key={sample.prompt}>
            <td>{sample.prompt.replace(/\nAnswer:$/, '')}</td>
            {cell(sample)}
            {cell(now?.[i])}
            {!plain && <td>{sample.expected}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

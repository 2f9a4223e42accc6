import Link from '@docusaurus/Link';
import { useText } from '../text';
import styles from './FieldMap.module.css';
import { type Entry, field } from './field';

const coming = { en: 'to come', zh: '待写' };

function Place({ entry, lit }: { entry: Entry; lit: boolean }) {
  const text = useText();
  const name = text(entry.name);
  const here = lit ? { 'aria-current': 'true' as const, className: styles.lit } : {};
  if (!entry.to) {
    return (
      <span {...here} className={lit ? styles.lit : styles.coming}>
        {name}
        {!lit && <small> {text(coming)}</small>}
      </span>
    );
  }
  return (
    <Link to={entry.to} {...here}>
      {name}
    </Link>
  );
}

/** The map of the field; `at` names the entries that a page is about. */
export default function FieldMap({ at = '' }: { at?: string }) {
  const text = useText();
  const lit = new Set(at.split(' '));
  return (
    <section
      className={styles.map}
      aria-label={text({ en: 'Where this page lies', zh: '本页在全景图中的位置' })}
    >
      {field.map((group) => (
        <div key={group.id} className={styles.group}>
          <div className={styles.title}>{text(group.name)}</div>
          <ul>
            {group.entries.map((entry) => (
              <li key={entry.id}>
                <Place entry={entry} lit={lit.has(entry.id)} />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

import { useText } from '../text';
import algorithms from './keys.json';

/** A key of a recipe, as its algorithm's config states it. */
interface Key {
  readonly name: string;
  readonly help: string;
  readonly group: string;
  readonly choices?: readonly string[];
  readonly default?: unknown;
  readonly trl: boolean;
}

interface Keyed {
  readonly name: string;
  readonly summary: string;
  readonly keys: readonly Key[];
}

const all = algorithms as readonly Keyed[];
const words = {
  ours: { en: 'not a key of TRL', zh: 'TRL 没有此键' },
  default: { en: 'Default', zh: '默认值' },
} as const;

/** The keys of every command that trains, from the configs of the algorithms: what `--help` prints, as tables. */
export default function Keys({ of }: { of?: string }) {
  const shown = of === undefined ? all : all.filter(({ name }) => name === of);
  return (
    <>
      {shown.map(({ name, summary, keys }) => (
        <details key={name} id={`keys-${name}`} open={shown.length === 1}>
          <summary>
            <code>attune {name}</code>: <span lang="en">{summary}</span>
          </summary>
          <Groups keys={keys} />
        </details>
      ))}
    </>
  );
}

function Groups({ keys }: { keys: readonly Key[] }) {
  const text = useText();
  const groups = [...new Set(keys.map(({ group }) => group))];
  return groups.map((group) => (
    <table key={group}>
      <caption>
        <b lang="en">{group}</b>
      </caption>
      <tbody>
        {keys
          .filter((key) => key.group === group)
          .map(({ name, help, choices, default: value, trl }) => (
            <tr key={name}>
              <td>
                <code>{name}</code>
              </td>
              <td>
                <span lang="en">
                  {help}
                  {choices && ` One of ${choices.join(', ')}.`}
                </span>
                {value !== undefined && ` ${text(words.default)} ${JSON.stringify(value)}`}
                {!trl && ` (${text(words.ours)})`}
              </td>
            </tr>
          ))}
      </tbody>
    </table>
  ));
}

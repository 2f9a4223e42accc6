/** The part of a command's option that a reader needs. */
interface Key {
  readonly name: string;
  readonly kind: string;
  readonly help: string;
  readonly group?: string;
  readonly choices?: readonly string[];
  readonly default?: unknown;
}

/** The keys of a command, from its own source: what `--help` prints, as tables. */
export default function Keys({ of }: { of: readonly Key[] }) {
  const groups = [...new Set(of.map(({ group }) => group))];
  return (
    <>
      {groups.map((group) => (
        <table key={group}>
          <caption>
            <b>{group}</b>
          </caption>
          <tbody>
            {of
              .filter((key) => key.group === group)
              .map(({ name, help, choices, default: value }) => (
                <tr key={name}>
                  <td>
                    <code>{name}</code>
                  </td>
                  <td lang="en">
                    {help}
                    {choices && ` One of ${choices.join(', ')}.`}
                    {value !== undefined && ` Default ${JSON.stringify(value)}.`}
                  </td>
                </tr>
              ))}
          </tbody>
        </table>
      ))}
    </>
  );
}

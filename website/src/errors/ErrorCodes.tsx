import useBrokenLinks from '@docusaurus/useBrokenLinks';
import { type Phrase, useText } from '../text';

interface Explanation {
  readonly en: readonly string[];
  readonly zh: readonly string[];
}

/** Error codes with cause and remedy, from the table that the type of all codes is made of; each has its anchor. */
export default function ErrorCodes({ of }: { of: Readonly<Record<string, Explanation>> }) {
  const text = useText();
  const anchors = useBrokenLinks();
  const cell = ({ en, zh }: Explanation, part: 0 | 1): Phrase => ({ en: en[part]!, zh: zh[part]! });
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{text({ en: 'code', zh: '代码' })}</th>
          <th scope="col">{text({ en: 'cause', zh: '原因' })}</th>
          <th scope="col">{text({ en: 'what to do', zh: '怎么办' })}</th>
        </tr>
      </thead>
      <tbody>
        {Object.entries(of).map(([code, explanation]) => {
          anchors.collectAnchor(code);
          return (
            <tr key={code} id={code}>
              <td>
                <code>{code}</code>
              </td>
              <td>{text(cell(explanation, 0))}</td>
              <td>{text(cell(explanation, 1))}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/**
 * prism-react-renderer carries some thirty languages in one module, a tenth of what every page loads. This
 * loader leaves out those that no page shows. Each language is an element of one comma expression.
 */
const { parse } = require('acorn');

const unused =
  /languages\.(?:actionscript|coffeescript|graphql|sql|flow|n4jsd?|swift|kotlin|kt|c|objectivec|objc|reason|rust|cpp|go|markdown)\b(?!-)|insertBefore\("(?:c|n4js|reason|cpp|go)"|template-string"\]\s*=|"after-tokenize", function\(\w+\) \{\s*"graphql"|languages\.markdown/;

function longestSequence(node, found = { expressions: [] }) {
  if (node?.type === 'SequenceExpression' && node.expressions.length > found.expressions.length) {
    return node;
  }
  let best = found;
  for (const value of Object.values(node ?? {})) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === 'string') best = longestSequence(child, best);
    }
  }
  return best;
}

module.exports = function fewerLanguages(source) {
  const { expressions } = longestSequence(
    parse(source, { ecmaVersion: 'latest', sourceType: 'module' }),
  );
  // Another build of that package: better all languages than a broken page.
  if (expressions.length < 40) return source;
  let text = source;
  for (const { start, end } of [...expressions].reverse()) {
    if (unused.test(source.slice(start, end))) text = `${text.slice(0, start)}0${text.slice(end)}`;
  }
  return text;
};

module.exports.unused = unused;

/** The few rules of English that the templates need. */

export function a(noun) {
  return /^[aeiou]/i.test(noun) && !/^(uni|use|one)/i.test(noun) ? `an ${noun}` : `a ${noun}`;
}

export function cap(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const irregular = {
  mouse: 'mice',
  goose: 'geese',
  sheep: 'sheep',
  fish: 'fish',
  deer: 'deer',
  loaf: 'loaves',
  leaf: 'leaves',
  child: 'children',
  foot: 'feet',
  tooth: 'teeth',
  wolf: 'wolves',
  sandwich: 'sandwiches',
};

export function plural(noun) {
  if (irregular[noun]) return irregular[noun];
  const [head, ...rest] = noun.split(' ').reverse();
  if (rest.length > 0) return [...rest.reverse(), plural(head)].join(' ');
  if (/(s|x|ch|sh)$/.test(noun)) return `${noun}es`;
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  if (/(potato|tomato)$/.test(noun)) return `${noun}es`;
  return `${noun}s`;
}

export const numbers = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

export function count(n, noun) {
  return `${numbers[n]} ${n === 1 ? noun : plural(noun)}`;
}

/** "a, b and c" */
export function list(items) {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;
}

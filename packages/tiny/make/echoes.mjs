/**
 * Texts in which things come back: a parrot that repeats, songs with a chorus, names handed on.
 * A small network learns to copy from its context (induction heads, Olsson et al. 2022) late and
 * suddenly; text that is full of repetition makes it happen within the first hundreds of steps,
 * and names then stay the same through a story.
 */
import { child } from './cast.mjs';
import { a } from './grammar.mjs';
import { scene } from './scenes.mjs';
import { animals } from './words/animals.mjs';
import { fruits, vegetables } from './words/food.mjs';
import { boys, girls, petNames } from './words/people.mjs';
import { places } from './words/places.mjs';
import { clothes, colours, indoorSpots, looks, outdoorSpots, plainColours, smallToys, tools, toys, treasures } from './words/things.mjs';

const nouns = (list) => list.map((each) => each.noun);
/** Words that stories are made of, each one token long. */
const words = [...new Set([...[girls, boys, petNames, treasures, clothes, colours, fruits, vegetables].flat(), ...[animals, toys, tools, places].flatMap(nouns)])].filter(
  (word) => !word.includes(' '),
);

const saying = (random) => scene(random).text;

function parrot(random) {
  const who = child(random);
  const name = random.pick(petNames);
  const lines = [
    random.pick([`${who.name} had a parrot named ${name}. The parrot said everything again.`, `${name} was a parrot. ${name} said everything that ${who.name} said.`]),
  ];
  for (let i = 2 + random.below(3); i > 0; i--) {
    const text = saying(random);
    lines.push(`${who.name} said, "${text}"`, `${name} said, "${text}"`);
  }
  return lines.join('\n');
}

function song(random) {
  const who = child(random);
  const lines = [`${who.name} sang a song.`];
  for (let i = 2 + random.below(3); i > 0; i--) {
    const text = saying(random);
    lines.push(text, text);
  }
  return lines.join('\n');
}

/**
 * Each child says the same words. Nothing but the line before tells what comes next, so nearly
 * every word of this game teaches to copy.
 */
function memoryGame(random) {
  const said = random.some(words, 3 + random.below(8)).join(random.chance(0.75) ? ' ' : ', ');
  const who = random.some([...girls, ...boys], 2 + random.below(3));
  return who.map((name) => `${name} said: ${said}.`).join('\n');
}

/** Each gives a thing to the next: every name stands twice. */
function handedOn(random) {
  const thing = `${random.pick([...plainColours, ...looks])} ${random.pick([...smallToys.map((toy) => toy.noun), ...treasures])}`;
  const who = [];
  for (let i = 4 + random.below(4); i > 0; i--)
    who.push(
      child(
        random,
        undefined,
        who.map((each) => each.name),
      ).name,
    );
  const lines = [`${who[0]} had ${a(thing)}.`];
  for (let i = 1; i < who.length; i++) lines.push(`${who[i - 1]} gave the ${thing} to ${who[i]}.`);
  lines.push(`Now ${who.at(-1)} had the ${thing}.`);
  return lines.join(' ');
}

/** Things put in places, then found there in another order. */
function putAndFound(random) {
  const who = child(random);
  const n = 2 + random.below(3);
  const nouns = random.some([...smallToys.map((toy) => toy.noun), ...treasures], n);
  const spots = random.some(random.chance(0.5) ? indoorSpots : outdoorSpots, n);
  const put = nouns.map((noun, i) => `${who.name} put the ${noun} ${spots[i]}.`);
  const found = random.shuffle(nouns.map((noun, i) => `The ${noun} was ${spots[i]}.`));
  return [...put, `Then ${who.he} looked for them.`, ...found].join(' ');
}

const kinds = { memoryGame, parrot, song, handedOn, putAndFound };

export const echo = (random) => kinds[random.weighted({ memoryGame: 2, parrot: 2, song: 1, handedOn: 1, putAndFound: 1 })](random);

/** For the very beginning: mostly the memory game. */
export const firstEcho = (random) => kinds[random.weighted({ memoryGame: 8, parrot: 1, song: 1, handedOn: 1, putAndFound: 1 })](random);

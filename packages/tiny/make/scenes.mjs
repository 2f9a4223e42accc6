/**
 * Scenes: two or three plain facts with questions whose answers stand in them (or follow from
 * them). Each question has a full answer, used in pretraining, and a short one, which is what the
 * instruction set asks for.
 */
import { child, pair, worker } from './cast.mjs';
import { a, cap, count, numbers, plural } from './grammar.mjs';
import { animals } from './words/animals.mjs';
import { opposites, showFeeling, signs } from './words/feelings.mjs';
import { countable, drinks, fruits, meals, vegetables } from './words/food.mjs';
import { places } from './words/places.mjs';
import { clothes, indoorSpots, looks, outdoorSpots, plainColours, smallToys, toys, treasures } from './words/things.mjs';

const is = (past) => (past ? 'was' : 'is');

function children(random, n) {
  const out = [];
  while (out.length < n)
    out.push(
      child(
        random,
        undefined,
        out.map((each) => each.name),
      ),
    );
  return out;
}

function where(random) {
  const who = children(random, 2 + random.below(2));
  const at = random.some(places, who.length);
  const past = random.chance(0.5);
  const verb = random.pick(past ? ['was', 'was', 'sat', 'played', 'stood'] : ['is', 'is', 'is']);
  const facts = who.map((each, i) => `${each.name} ${verb === 'sat' || verb === 'stood' || verb === 'played' ? verb : is(past)} ${at[i].at}.`);
  const i = random.below(who.length);
  const questions = [
    {
      type: 'where',
      question: `Where ${is(past)} ${who[i].name}?`,
      answer: `${who[i].name} ${is(past)} ${at[i].at}.`,
      short: at[i].at,
    },
    {
      type: 'who',
      question: `Who ${is(past)} ${at[i].at}?`,
      answer: `${who[i].name} ${is(past)} ${at[i].at}.`,
      short: who[i].name,
    },
  ];
  const j = random.chance(0.5) ? i : (i + 1) % who.length;
  const right = i === j;
  questions.push({
    type: 'yes-no',
    question: `${cap(is(past))} ${who[i].name} ${at[j].at}?`,
    answer: `${right ? 'Yes' : 'No'}, ${who[i].name} ${is(past)} ${at[i].at}.`,
    short: right ? 'yes' : 'no',
  });
  return { facts, questions };
}

function having(random) {
  const who = children(random, 2 + random.below(2));
  const nouns = random.some([...toys.map((toy) => toy.noun), ...clothes, ...treasures.slice(0, 8)], who.length);
  const colours = random.some(plainColours, who.length);
  const past = random.chance(0.4);
  const has = past ? 'had' : 'has';
  const facts = who.map((each, i) => random.pick([`${each.name} ${has} a ${colours[i]} ${nouns[i]}.`, `${each.name} ${past ? 'had' : 'has'} a ${colours[i]} ${nouns[i]}.`]));
  const i = random.below(who.length);
  return {
    facts,
    questions: [
      {
        type: 'color',
        question: `What color ${is(past)} the ${nouns[i]}?`,
        answer: `The ${nouns[i]} ${is(past)} ${colours[i]}.`,
        short: colours[i],
      },
      {
        type: 'who',
        question: `Who ${has} the ${nouns[i]}?`,
        answer: `${who[i].name} ${has} the ${nouns[i]}.`,
        short: who[i].name,
      },
      {
        type: 'what',
        question: `What ${past ? 'did' : 'does'} ${who[i].name} have?`,
        answer: `${who[i].name} ${has} a ${colours[i]} ${nouns[i]}.`,
        short: `a ${colours[i]} ${nouns[i]}`,
      },
    ],
  };
}

function lying(random) {
  const n = 2 + random.below(2);
  const nouns = random.some([...smallToys.map((toy) => toy.noun), ...clothes.slice(0, 4), ...treasures], n);
  const spots = random.some(random.chance(0.6) ? indoorSpots : outdoorSpots, n);
  const past = random.chance(0.4);
  const facts = nouns.map((noun, i) => `The ${noun} ${is(past)} ${spots[i]}.`);
  const i = random.below(n);
  return {
    facts,
    questions: [
      {
        type: 'where',
        question: `Where ${is(past)} the ${nouns[i]}?`,
        answer: `The ${nouns[i]} ${is(past)} ${spots[i]}.`,
        short: spots[i],
      },
      {
        type: 'what',
        question: `What ${is(past)} ${spots[i]}?`,
        answer: `The ${nouns[i]} ${is(past)} ${spots[i]}.`,
        short: `the ${nouns[i]}`,
      },
    ],
  };
}

function feeling(random) {
  const who = pair(random, 0);
  const felt = random.some(Object.keys(signs), 2);
  const shown = random.chance(0.5);
  const facts = who.map((each, i) =>
    shown
      ? `${each.Name} was ${felt[i]}. ${showFeeling(random, felt[i], { ...each, Name: each.He })}`
      : random.pick([`${each.Name} was ${felt[i]}.`, `${each.Name} felt ${felt[i]}.`]),
  );
  const i = random.below(2);
  const other = opposites[felt[i]];
  const [x, y] = random.chance(0.5) ? [felt[i], other] : [other, felt[i]];
  return {
    facts,
    questions: [
      {
        type: 'feeling',
        question: `How did ${who[i].name} feel?`,
        answer: `${who[i].Name} felt ${felt[i]}.`,
        short: felt[i],
      },
      {
        type: 'either',
        question: `Was ${who[i].name} ${x} or ${y}?`,
        answer: `${who[i].Name} was ${felt[i]}.`,
        short: felt[i],
      },
      {
        type: 'who',
        question: `Who was ${felt[i]}?`,
        answer: `${who[i].Name} was ${felt[i]}.`,
        short: who[i].Name,
      },
    ],
  };
}

const moves = {
  ran: ['ran', 'through the grass', 'to the tree', 'over the hill'],
  hopped: ['hopped', 'over a log', 'to the tree', 'in the grass'],
  flew: ['flew', 'over the house', 'to the tree', 'over the hill'],
  walked: ['walked', 'to the water', 'over the hill', 'in the field'],
  swam: ['swam', 'in the water', 'to the boat', 'under the bridge'],
  crawled: ['crawled', 'on a leaf', 'up the wall', 'in the grass'],
};

function animalSeen(random) {
  const animal = random.pick(animals);
  const look = random.pick(['big', 'little', 'brown', 'white', 'black', 'old', 'happy', 'hungry']);
  const who = child(random);
  const place = random.pick(places.filter((each) => each.kind === 'outdoor'));
  const [verb, ...to] = moves[animal.moved];
  const full = random.pick([
    `${cap(a(look))} ${animal.noun} ${verb} ${random.pick(to)}.`,
    `${who.name} saw ${a(`${look} ${animal.noun}`)} ${place.at}.`,
    `There was ${a(`${look} ${animal.noun}`)} ${place.at}.`,
    `${cap(a(look))} ${animal.noun} was ${place.at}.`,
  ]);
  return {
    facts: [
      full,
      ...(full.startsWith(who.name) ? [] : [random.pick([`${who.name} looked at it.`, `${who.name} was there too.`, `${who.name} smiled.`, `${who.name} wanted to see it.`])]),
    ],
    questions: [
      {
        type: 'animal',
        question: random.pick(['What animal was it?', 'Which animal was there?']),
        answer: `It was ${a(animal.noun)}.`,
        short: animal.noun,
      },
      ...(full.includes(place.at)
        ? [
            {
              type: 'where',
              question: `Where was the ${animal.noun}?`,
              answer: `The ${animal.noun} was ${place.at}.`,
              short: place.at,
            },
          ]
        : []),
    ],
  };
}

function counted(random) {
  const nouns = random.some(countable, 2);
  const ns = random.some([2, 3, 4, 5, 6, 7, 8, 9, 10], 2);
  const spot = random.pick(['on the table', 'in the basket', 'in the box', 'in the bag', 'on the plate', 'on the shelf']);
  const who = child(random);
  const facts = random.pick([
    [`There are ${count(ns[0], nouns[0])} and ${count(ns[1], nouns[1])} ${spot}.`],
    [`${who.name} has ${count(ns[0], nouns[0])} and ${count(ns[1], nouns[1])}.`],
    [`${who.name} has ${count(ns[0], nouns[0])}.`, `${who.He} also has ${count(ns[1], nouns[1])}.`],
  ]);
  const i = random.below(2);
  const has = facts[0].startsWith(who.name);
  return {
    facts,
    questions: [
      {
        type: 'how-many',
        question: has ? `How many ${plural(nouns[i])} does ${who.name} have?` : `How many ${plural(nouns[i])} are there?`,
        answer: has ? `${who.name} has ${count(ns[i], nouns[i])}.` : `There are ${count(ns[i], nouns[i])}.`,
        short: numbers[ns[i]],
      },
    ],
  };
}

function doing(random) {
  const who = children(random, 2 + random.below(2));
  const did = random.some(
    [
      ...toys.map((toy) => toy.used),
      'ate an apple',
      'sang a song',
      'drank some milk',
      'swept the floor',
      'fed the hens',
      'washed the plates',
      'drew a picture',
      'made a cake',
      'watered the flowers',
      'climbed a tree',
      'opened the door',
      'looked at the moon',
    ],
    who.length,
  );
  const facts = who.map((each, i) => `${each.name} ${did[i]}.`);
  const i = random.below(who.length);
  return {
    facts,
    questions: [
      {
        type: 'who',
        question: `Who ${did[i]}?`,
        answer: `${who[i].name} ${did[i]}.`,
        short: who[i].name,
      },
      {
        type: 'what',
        question: `What did ${who[i].name} do?`,
        answer: `${who[i].name} ${did[i]}.`,
        short: did[i],
      },
    ],
  };
}

function liking(random) {
  const who = children(random, 2 + random.below(2));
  const foods = random.some([...meals, ...drinks, ...fruits.map(plural), ...vegetables.map(plural), 'cake', 'ice cream', 'honey', 'cheese'], who.length);
  const facts = who.map((each, i) => `${each.name} likes ${foods[i]}.`);
  const i = random.below(who.length);
  return {
    facts,
    questions: [
      {
        type: 'what',
        question: `What does ${who[i].name} like?`,
        answer: `${who[i].name} likes ${foods[i]}.`,
        short: foods[i],
      },
      {
        type: 'who',
        question: `Who likes ${foods[i]}?`,
        answer: `${who[i].name} likes ${foods[i]}.`,
        short: who[i].name,
      },
    ],
  };
}

function giving(random) {
  const [giver, taker] = pair(random, 0);
  const noun = random.pick([...smallToys.map((toy) => toy.noun), ...treasures]);
  const look = random.pick([...plainColours, ...looks]);
  return {
    facts: [`${giver.name} had ${a(`${look} ${noun}`)}.`, random.pick([`${giver.He} gave it to ${taker.name}.`, `${giver.name} gave the ${noun} to ${taker.name}.`])],
    questions: [
      {
        type: 'who',
        question: `Who has the ${noun} now?`,
        answer: `${taker.name} has the ${noun} now.`,
        short: taker.name,
      },
      {
        type: 'who',
        question: `Who gave the ${noun} away?`,
        answer: `${giver.name} gave the ${noun} away.`,
        short: giver.name,
      },
      {
        type: 'what',
        question: `What did ${giver.name} give to ${taker.name}?`,
        answer: `${giver.name} gave ${a(`${look} ${noun}`)} to ${taker.name}.`,
        short: a(`${look} ${noun}`),
      },
    ],
  };
}

function moving(random) {
  const who = child(random);
  const [first, second] = random.some(places, 2);
  return {
    facts: [`First, ${who.name} was ${first.at}.`, random.pick([`Then ${who.he} went ${second.to}.`, `After that, ${who.he} ran ${second.to}.`])],
    questions: [
      {
        type: 'where',
        question: `Where is ${who.name} now?`,
        answer: `${who.name} is ${second.at} now.`,
        short: second.at,
      },
      {
        type: 'where',
        question: `Where was ${who.name} first?`,
        answer: `First, ${who.name} was ${first.at}.`,
        short: first.at,
      },
    ],
  };
}

function working(random) {
  const who = worker(random);
  const other = child(random);
  return {
    facts: [`${who.Name} was ${who.at}.`, `${who.He} ${who.did}.`, `${other.name} ${random.pick(['came to help', 'looked on', 'said hello', 'waved'])}.`],
    questions: [
      {
        type: 'where',
        question: `Where was ${who.name}?`,
        answer: `${who.Name} was ${who.at}.`,
        short: who.at,
      },
      {
        type: 'what',
        question: `What did ${who.name} do?`,
        answer: `${who.Name} ${who.did}.`,
        short: who.did,
      },
    ],
  };
}

const kinds = {
  where,
  having,
  lying,
  feeling,
  animalSeen,
  counted,
  doing,
  liking,
  giving,
  moving,
  working,
};
const weights = {
  where: 3,
  having: 3,
  lying: 2,
  feeling: 2,
  animalSeen: 2,
  counted: 2,
  doing: 2,
  liking: 2,
  giving: 2,
  moving: 1,
  working: 1,
};

/** { kind, text, questions } */
export function scene(random) {
  const kind = random.weighted(weights);
  const { facts, questions } = kinds[kind](random);
  return { kind, text: facts.join(' '), questions };
}

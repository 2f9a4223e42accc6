/** Questions about the little world itself, and small talk. */
import { a, cap, plural } from './grammar.mjs';
import { animals, homes } from './words/animals.mjs';
import { fruits, vegetables } from './words/food.mjs';
import { workers } from './words/people.mjs';
import { tools } from './words/things.mjs';

const fruitColours = {
  apple: 'red',
  banana: 'yellow',
  lemon: 'yellow',
  orange: 'orange',
  cherry: 'red',
  plum: 'purple',
};

/** { question, answer } */
export function fact(random) {
  const animal = random.pick(animals);
  const tool = random.pick(tools);
  const [job, , at] = random.pick(workers);
  const fruit = random.pick(Object.keys(fruitColours));
  const options = [
    [`Where does ${a(animal.noun)} live?`, `${cap(a(animal.noun))} lives ${homes[animal.home]}.`],
    [`What does ${a(animal.noun)} like to eat?`, `${cap(a(animal.noun))} likes to eat ${animal.food}.`],
    [`What can you do with ${a(tool.noun)}?`, `With ${a(tool.noun)}, you can ${tool.purpose}.`],
    [`Where does ${a(job)} work?`, `${cap(a(job))} works ${at}.`],
    [`What color is ${a(fruit)}?`, `${cap(a(fruit))} is ${fruitColours[fruit]}.`],
    [`Is ${a(animal.noun)} big or small?`, `${cap(a(animal.noun))} is ${animal.size >= 3 ? 'big' : 'small'}.`],
    [`Are ${plural(random.pick(fruits))} good to eat?`, `Yes, they are sweet.`],
    [`Where do ${plural(random.pick(vegetables))} grow?`, `They grow in the garden.`],
  ];
  if (animal.sound !== 'nothing') options.push([`What does ${a(animal.noun)} say?`, `${cap(a(animal.noun))} says "${animal.sound}".`]);
  if (animal.skill === 'fly' || animal.skill === 'swim') options.push([`Can ${a(animal.noun)} ${animal.skill}?`, `Yes, ${a(animal.noun)} can ${animal.skill}.`]);
  else if (animal.size >= 3) options.push([`Can ${a(animal.noun)} fly?`, `No, ${a(animal.noun)} can not fly.`]);
  const [question, answer] = random.pick(options);
  return { question, answer };
}

const talk = [
  ['Hello.', 'Hello! Do you want to hear a story?'],
  ['Hello!', 'Hello! I am happy to see you.'],
  ['Hi.', 'Hi! I like to tell stories.'],
  ['Hi!', 'Hello! What can I do for you?'],
  ['Good morning.', 'Good morning! The sun is up. Do you want to hear a story?'],
  ['Good night.', 'Good night! Sleep well.'],
  ['How are you?', 'I am happy today. How are you?'],
  ['Who are you?', 'I am a very small model. I like to tell little stories.'],
  ['What are you?', 'I am a very small model. I know only a few words.'],
  ['What can you do?', 'I can tell little stories about children and animals.'],
  ['What is your name?', 'I have no name. I am a very small model that tells stories.'],
  ['Thank you.', 'You are welcome!'],
  ['Thank you!', 'You are welcome! Do you want to hear a new story?'],
  ['Bye.', 'Goodbye! Come back soon.'],
  ['Goodbye.', 'Goodbye! I hope you have a good day.'],
  ['Do you like animals?', 'Yes, I like all animals. I like the little ones best.'],
  ['I am sad.', 'I am sorry that you are sad. A story may help.'],
  ['I am happy.', 'That is good! I am happy too.'],
];

/** [what a visitor says, the answer] */
export const smallTalk = (random) => random.pick(talk);

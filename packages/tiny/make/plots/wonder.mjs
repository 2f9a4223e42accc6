/** Plots of wonder: dragons, toys at night, stars, riddles, seasons. */
import { child, creature, grownUp, lone, pair } from '../cast.mjs';
import { a, cap } from '../grammar.mjs';
import { closeHappy, moral, open, when } from '../tale.mjs';
import { heroes } from '../words/animals.mjs';
import { plainColours, smallToys } from '../words/things.mjs';

export function dragon(tale, random) {
  const hero = child(random);
  const colour = random.pick(plainColours);
  const home = random.pick(['in a cave', 'on the mountain', 'in the dark forest', 'on an island', 'in an old castle']);
  const [sad, gift] = random.pick([
    ['was lonely', 'stayed and played with the dragon'],
    ['had a thorn in one foot', 'pulled the thorn out'],
    ['was hungry', 'gave the dragon a big pot of soup'],
    ['was cold', 'gave the dragon a warm blanket'],
    ['could not sleep', 'told the dragon a story'],
    ['had lost its fire', 'gave the dragon some hot tea'],
  ]);
  const thanks = random.pick(['gave {him} a ride over the clouds', 'made a fire for the whole town', 'kept the town safe', 'gave {him} a gold coin']).replace('{him}', hero.him);
  open(tale, hero);
  tale.topic('dragon');
  tale.say(`Near the town, ${a(`${colour} dragon`)} lived ${home}.`, `${cap(a(`${colour} dragon`))} lived ${home}. Everyone was scared of it.`);
  tale.ask('What color was the dragon?', `The dragon was ${colour}.`);
  tale.ask('Where did the dragon live?', `The dragon lived ${home}.`);
  tale.say(`Every night, people heard a loud roar.`, `At night, the dragon cried, and no one could sleep.`);
  tale.say(`"I will go and see," said ${hero.name}.`, `But ${hero.name} was brave and went to the dragon.`);
  tale.paragraph().speak(hero, 'Why do you cry, dragon?', 'What is wrong?', 'Why are you so loud?');
  tale.say(`The dragon ${sad}.`, `The dragon looked at ${hero.him} with sad eyes. It ${sad}.`);
  tale.ask('What was wrong with the dragon?', `The dragon ${sad}.`);
  tale.say(`So ${hero.name} ${gift}.`, `${hero.Name} ${gift}.`);
  tale.ask(`What did ${hero.name} do?`, `${hero.Name} ${gift}.`);
  tale.say(`The dragon was so happy that it ${thanks}.`, `"Thank you," said the dragon. Then it ${thanks}.`);
  if (random.chance(0.5)) moral(tale, hero, 'that big does not mean bad', 'to be kind to everyone', 'to look before you run away');
  else closeHappy(tale, hero);
}

export function toysAtNight(tale, random) {
  const hero = child(random);
  const [x, y] = random
    .some(
      smallToys.filter(({ noun }) => ['doll', 'robot', 'teddy bear', 'toy car', 'toy train', 'drum', 'top'].includes(noun)),
      2,
    )
    .map((toy) => toy.noun);
  const plan = random.pick(['have a party', 'dance', 'race around the room', 'climb on the shelf', 'play hide and seek', 'look at the moon']);
  const trouble = random.pick([`the ${y} fell off the shelf`, `the ${y} got stuck under the bed`, `the cat came in`, `the ${y} could not find the way back`]);
  open(tale, hero);
  tale.topic('toys', x);
  tale.say(`${hero.Name} had ${a(x)} and ${a(y)}.`, `In ${hero.his} room, there was ${a(x)} and ${a(y)}.`);
  tale.say(`One night, when ${hero.name} was asleep, the toys woke up.`, `At night, when the house was dark, the toys opened their eyes.`);
  tale.say(`"Let us ${plan}!" said the ${x}.`, `The ${x} said, "Come, let us ${plan}!"`);
  tale.ask(`What did the ${x} want to do?`, `The ${x} wanted to ${plan}.`);
  tale.say(`But then ${trouble}.`, `Suddenly, ${trouble}.`);
  tale.paragraph().say(`"Be quiet!" said the ${x}. "I will help."`, `"Oh no!" said the ${x}. "What now?"`);
  tale.say(`All the toys worked together, and soon everything was good again.`, `The ${x} had a clever idea, and everyone was safe.`);
  tale.say(`When the sun came up, the toys went back to their places.`, `Then it was morning, and they had to be still again.`);
  tale.say(
    `${hero.Name} woke up and looked at the ${y}. "Did you move?" ${hero.he} asked.`,
    `${hero.Name} did not know anything about it.`,
    `"How strange," said ${hero.name}. "My ${y} is on the floor."`,
  );
}

export function stars(tale, random) {
  const hero = lone(random, 0.3);
  const other = hero.human ? grownUp(random) : creature(random, heroes, !hero.female, [hero.noun, hero.name]);
  const shape = random.pick(['a bear', 'a fish', 'a crown', 'a big spoon', 'a horse', 'a lion', 'a boat']);
  const place = random.pick(['on the roof', 'on the hill', 'in the garden', 'by the lake', 'in the field']);
  open(tale, hero);
  tale.topic('stars');
  tale.say(`One warm night, ${hero.name} and ${other.name} sat ${place}.`, `One night, ${hero.name} could not sleep. ${hero.He} went out with ${other.name} and sat ${place}.`);
  tale.ask('Where did they sit?', `They sat ${place}.`);
  tale.say(`The sky was black and full of stars.`, `There were so many stars in the sky.`);
  tale.speak(hero, 'How many stars are there?', 'Why do stars shine?', 'Can I have a star?', 'Who lives on the moon?');
  tale.speak(
    other,
    'No one can count them all.',
    'They shine so that we find the way home.',
    'They are too far away, but we can look at them.',
    'I do not know. What do you think?',
  );
  tale.paragraph().say(`"Look, these stars look like ${shape}," said ${other.name}.`, `${other.Name} showed ${hero.him} stars that looked like ${shape}.`);
  tale.ask('What did the stars look like?', `The stars looked like ${shape}.`);
  tale.say(
    `Then a star fell from the sky. ${hero.Name} made a wish.`,
    `${hero.Name} counted to one hundred. Then ${hero.he} was too tired.`,
    `They looked at the moon for a long time.`,
  );
  tale.say(`Soon ${hero.name} was asleep.`, `"Good night, stars," said ${hero.name}.`, `${hero.Name} dreamed about the stars.`);
}

const riddleRows = [
  ['an apple', ['I am red and round.', 'I grow on a tree.', 'You can eat me.']],
  ['a banana', ['I am long and yellow.', 'I am sweet.', 'Monkeys love me.']],
  ['a carrot', ['I am orange and long.', 'I grow in the ground.', 'Rabbits love me.']],
  ['a cat', ['I have soft fur.', 'I like milk and fish.', 'I say meow.']],
  ['a dog', ['I have four legs and a tail.', 'I like bones.', 'I say woof.']],
  ['a bird', ['I have two wings.', 'I live in a nest.', 'I sing in the morning.']],
  ['a fish', ['I live in the water.', 'I have no legs.', 'I can swim.']],
  ['a frog', ['I am green.', 'I live by the pond.', 'I can jump far.']],
  ['a cow', ['I am big.', 'I eat grass.', 'I give milk.']],
  ['a bee', ['I am yellow and black.', 'I make honey.', 'I go buzz.']],
  ['the sun', ['I am big and yellow.', 'I am up in the sky.', 'I make you warm.']],
  ['the moon', ['I am white and round.', 'I am up in the sky.', 'You see me at night.']],
  ['a book', ['I have many pages.', 'I tell stories.', 'You can read me.']],
  ['a clock', ['I have two hands.', 'I go tick, tock.', 'I tell the time.']],
  ['an umbrella', ['I am good in the rain.', 'You hold me over your head.', 'I keep you dry.']],
  ['a bed', ['I am soft.', 'I am in your room.', 'You sleep in me.']],
  ['a ball', ['I am round.', 'You can kick me.', 'I can roll and jump.']],
  ['snow', ['I am white and cold.', 'I fall in winter.', 'You can make a snowman with me.']],
  ['rain', ['I fall from the clouds.', 'I make you wet.', 'Flowers like me.']],
  ['an elephant', ['I am very big and gray.', 'I have a long nose.', 'I have big ears.']],
  ['a lion', ['I am big and strong.', 'I live in a cave.', 'I roar.']],
  ['a tree', ['I have many leaves.', 'Birds sit on me.', 'You can climb me.']],
  ['a shoe', ['You wear me on your foot.', 'I have a twin.', 'You tie me.']],
  ['a key', ['I am small.', 'I am made of iron.', 'I open the door.']],
];

export function riddles(tale, random) {
  const [hero, friend] = pair(random, 0.3);
  const asked = random.some(riddleRows, 1 + random.below(2));
  open(tale, hero);
  tale.topic('riddle');
  tale.say(`${hero.Name} liked riddles.`, `${when(tale)}, ${hero.name} and ${friend.name} played a game with riddles.`);
  for (const [answer, hints] of asked) {
    tale.paragraph().say(`"${random.some(hints, 2 + random.below(2)).join(' ')} What am I?" asked ${hero.name}.`);
    const wrong = random.pick(riddleRows.filter(([other]) => other !== answer))[0];
    tale.maybe(0.5, `"Are you ${wrong}?" asked ${friend.name}. "No," said ${hero.name}.`, `${friend.Name} thought for a long time.`);
    tale.say(`"You are ${answer}!" said ${friend.name}.`, `"I know! You are ${answer}!" said ${friend.name}.`);
    tale.say(`"That is right," said ${hero.name}.`, `"Yes!" said ${hero.name}.`);
  }
  tale.ask('What was the answer?', `The answer was ${asked.at(-1)[0]}.`);
  closeHappy(tale, hero, random.chance(0.5) ? friend : undefined);
}

export function seasonsWalk(tale, random) {
  const [hero, friend] = pair(random, 0.4);
  const [season, signs, did] = random.pick([
    ['spring', ['The flowers came out.', 'The birds made nests.', 'The days got longer.'], ['looked for eggs', 'picked flowers', 'listened to the birds']],
    ['summer', ['The sun was hot.', 'The berries were sweet.', 'The grass was tall.'], ['swam in the lake', 'ate berries', 'lay in the grass']],
    ['fall', ['The leaves were red and yellow.', 'The wind was strong.', 'The apples were ready.'], ['jumped into the leaves', 'picked apples', 'looked for nuts']],
    ['winter', ['The lake was ice.', 'Snow was on every tree.', 'The nights were long.'], ['made a fire', 'played in the snow', 'drank hot tea']],
  ]);
  const [first, second] = random.some(did, 2);
  open(tale, hero);
  tale.topic(season);
  tale.say(`${hero.Name} loved ${season}.`, `${hero.His} best time of the year was ${season}.`, `It was ${season}.`);
  tale.ask('What time of the year was it?', `It was ${season}.`);
  tale.say(random.some(signs, 2).join(' '));
  tale.speak(friend, `Let us go out!`, `Come out, it is ${season}!`, `What do you like about ${season}?`);
  tale.paragraph().say(`${hero.Name} and ${friend.name} ${first}. Then they ${second}.`, `They ${first}, and they ${second}.`);
  tale.ask('What did they do?', `They ${first}.`);
  tale.say(`"I wish it was ${season} every day," said ${hero.name}.`, `"Every season is good," said ${friend.name}.`, `They did not want to go home.`);
  closeHappy(tale, hero, friend);
}

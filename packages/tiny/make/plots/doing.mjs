/** Plots of doing: cooking, learning, cleaning, building, working, wishing. */
import { child, creature, grownUp, lone, pair, pet, worker } from '../cast.mjs';
import { a, cap, count, list } from '../grammar.mjs';
import { closeHappy, moral, open, when } from '../tale.mjs';
import { heroes } from '../words/animals.mjs';
import { countable, recipes } from '../words/food.mjs';
import { outdoors, playPlaces } from '../words/places.mjs';
import { plainColours, smallToys, tools } from '../words/things.mjs';

export function cooking(tale, random) {
  const hero = lone(random, 0.2);
  const helper = hero.human ? grownUp(random) : creature(random, heroes, !hero.female, [hero.noun, hero.name]);
  const friend = child(random, !hero.female, [hero.name]);
  const [dish, parts, oven] = random.pick(recipes);
  const needs = random.some(parts, Math.min(3, parts.length));
  const missing = random.pick(needs);
  const it = /(cookies|pancakes)$/.test(dish) ? 'they' : 'it';
  const were = it === 'they' ? 'were' : 'was';
  open(tale, hero);
  tale.topic(dish.replace(/^a /, ''));
  tale.say(`${when(tale)}, ${hero.name} wanted to make ${dish}.`, `${when(tale)}, ${hero.name} and ${helper.name} wanted to make ${dish}.`);
  tale.ask(`What did ${hero.name} want to make?`, `${hero.Name} wanted to make ${dish}.`);
  tale.speak(helper, `We need ${list(needs)}.`);
  tale.say(
    `But there was no ${missing}.`
      .replace(/no (eggs|apples|carrots|onions|beans|tomatoes|berries)/, 'no $1')
      .replace('there was no eggs', 'there were no eggs')
      .replace(/there was no (\w+s)\b/, 'there were no $1'),
    `They looked in the kitchen, but they could not find the ${missing}.`,
  );
  tale.ask(`What was missing?`, `The ${missing} ${/s$/.test(missing) ? 'were' : 'was'} missing.`);
  tale.say(
    `So ${hero.name} went to ${friend.name} and asked for some ${missing}.`,
    `"I will ask ${friend.name}," said ${hero.name}. ${friend.Name} had some ${missing}.`,
    `${hero.Name} ran to the shop and got the ${missing}.`,
  );
  tale.paragraph();
  tale.say(
    `They put it all in a big ${oven === 'oven' ? 'bowl' : oven} and mixed it.`,
    `${hero.Name} mixed everything with a big spoon.`,
    `${helper.Name} helped ${hero.him} to mix it.`,
  );
  if (oven === 'oven') tale.say(`Then it went into the oven.`, `They put it in the hot oven and waited.`);
  tale.say(`Soon ${it} ${were} ready. ${cap(it)} smelled so good.`, `The kitchen smelled wonderful.`, `At last, ${it} ${were} done.`);
  tale.say(
    `They ate ${it === 'they' ? 'them' : 'it'} together.`,
    `${hero.Name} gave some to ${friend.name} too.`,
    `"Yum!" said ${helper.name}. "You are a good cook."`,
    `Everyone wanted more.`,
  );
  closeHappy(tale, hero, undefined, ['proud', 'happy', 'proud and happy']);
}

export function learning(tale, random) {
  const hero = lone(random, 0.3);
  const teacher = hero.human ? grownUp(random) : creature(random, heroes, !hero.female, [hero.noun, hero.name]);
  const skill = random.pick(
    hero.human
      ? [
          ['ride a bike', 'fell off', 'rode down the street'],
          ['swim', 'swallowed water', 'swam from one side to the other'],
          ['read', 'did not know the words', 'read a whole book'],
          ['tie a shoe', 'made a big knot', 'tied both shoes'],
          ['whistle', 'made no sound', 'whistled a song'],
          ['draw a horse', 'drew a potato', 'drew a lovely horse'],
          ['climb the tree', 'slid down', 'sat on the top branch'],
          ['catch a ball', 'dropped the ball', 'caught it with one hand'],
          ['play the flute', 'made a funny noise', 'played a sweet song'],
          ['count to ten', 'forgot six', 'counted to ten without help'],
        ]
      : hero.animal.skill === 'fly'
        ? [
            ['fly high', 'fell on the grass', 'flew over the trees'],
            ['sing', 'made a funny noise', 'sang a sweet song'],
          ]
        : [
            ['swim', 'swallowed water', 'swam from one side to the other'],
            ['jump high', 'fell on the grass', 'jumped over the fence'],
            ['dance', 'fell over', 'danced in a circle'],
            ['sing', 'made a funny noise', 'sang a sweet song'],
          ].filter(([name]) => name !== hero.animal.skill),
  );
  open(tale, hero);
  tale.topic(`learning to ${skill[0]}`);
  tale.say(
    `${hero.Name} wanted to learn to ${skill[0]}.`,
    `All the others could ${skill[0]}, but ${hero.name} could not.`,
    `More than anything, ${hero.name} wanted to ${skill[0]}.`,
  );
  tale.ask(`What did ${hero.name} want to learn?`, `${hero.Name} wanted to learn to ${skill[0]}.`);
  tale.say(`${when(tale)}, ${hero.he} tried. But ${hero.he} ${skill[1]}.`, `${when(tale)}, ${hero.he} tried for the first time and ${skill[1]}.`);
  tale.say(`${hero.He} tried again and ${skill[1]} again.`, `It was too hard.`, `Everyone laughed, and ${hero.name} was sad.`);
  tale.speak(hero, 'I can not do it.', 'It is too hard for me.', 'I will never learn it.');
  tale.paragraph();
  tale.speak(teacher, 'Do not give up.', 'Try again. I will help you.', 'You can do it. It takes time.', 'I could not do it at first.');
  tale.ask(`Who helped ${hero.name}?`, `${teacher.Name} helped ${hero.name}.`);
  tale.say(`So ${hero.name} tried every day.`, `Day after day, ${hero.he} tried again.`, `${hero.He} tried ten times. Then ${hero.he} tried once more.`);
  tale.say(`At last, ${hero.he} ${skill[2]}!`, `And then, one day, ${hero.he} ${skill[2]}.`);
  tale.say(`"I did it!" shouted ${hero.name}.`, `"Look at me!" said ${hero.name}.`, `${teacher.Name} clapped.`.replace('clapped', hero.human ? 'clapped' : 'smiled'));
  if (random.chance(0.5)) moral(tale, hero, 'not to give up', 'to try again');
  else closeHappy(tale, hero, undefined, ['proud', 'happy', 'proud and happy']);
}

export function mess(tale, random) {
  const hero = child(random);
  const adult = grownUp(random);
  const toy = random.pick(smallToys);
  const other = random
    .some(
      smallToys.filter((each) => each !== toy),
      2,
    )
    .map((each) => each.noun);
  const spot = random.pick(['under the bed', 'under a pile of socks', 'behind the closet', 'in a shoe', 'under the pillow']);
  open(tale, hero);
  tale.topic('messy room');
  tale.say(`${hero.His} room was a big mess.`, `${hero.Name} never cleaned ${hero.his} room.`);
  tale.say(`The ${other[0]} was on the floor, and the ${other[1]} was on the bed.`, `There was a ${other[0]} on the floor and a ${other[1]} on the chair.`);
  tale.ask(`Where was the ${other[0]}?`, `The ${other[0]} was on the floor.`);
  tale.speak(adult, 'Please clean your room.', 'Look at this mess!', 'How can you find anything here?');
  tale.say(`"Later," said ${hero.name}.`, `But ${hero.name} wanted to play.`, `"Not now," said ${hero.name}.`);
  tale.paragraph();
  tale.say(`Then ${hero.name} wanted to ${toy.use}. But where was it?`, `The next day, ${hero.he} could not find ${hero.his} ${toy.noun}.`);
  tale.ask(`What could ${hero.name} not find?`, `${hero.Name} could not find the ${toy.noun}.`);
  tale.say(
    `So ${hero.he} picked up everything. ${hero.He} put the books on the shelf and the toys in the box.`,
    `${hero.He} began to clean. ${adult.Name} helped ${hero.him}.`,
    `${hero.Name} cleaned and cleaned.`,
  );
  tale.say(`And there was the ${toy.noun}, ${spot}!`, `At last, ${hero.he} found it ${spot}.`);
  tale.ask(`Where was the ${toy.noun}?`, `The ${toy.noun} was ${spot}.`);
  if (random.chance(0.5)) moral(tale, hero, 'to clean up', 'to put things back', 'that a clean room is nice');
  else closeHappy(tale, hero);
}

export function building(tale, random) {
  const [hero, friend] = pair(random, 0.3);
  const [what, from, trouble, fix] = random.pick([
    ['a sand castle', 'sand and shells', 'a big wave came and took it away', 'They built a new one far from the water.'],
    ['a tree house', 'wood and nails', 'the wood was too heavy', 'They pulled it up with a rope.'],
    ['a tower', 'blocks', 'it fell down', 'They made it wide at the bottom, and it did not fall.'],
    ['a boat', 'wood and a sheet', 'water came in', 'They put mud in the hole, and the boat was dry.'],
    ['a kite', 'paper and sticks', 'it did not fly', 'They gave it a longer tail, and up it went.'],
    ['a little house', 'sticks and leaves', 'the wind blew it down', 'They used stones, and it was strong.'],
    ['a bridge', 'sticks', 'it broke', 'They used a big log, and it was strong.'],
    ['a bird house', 'wood', 'no bird came', 'They put seeds in it, and a bird came.'],
  ]);
  open(tale, hero);
  tale.topic(what.replace(/^an? /, ''));
  tale.say(`${when(tale)}, ${hero.name} said to ${friend.name}, "Let us make ${what}!"`, `${when(tale)}, ${hero.name} and ${friend.name} wanted to build ${what}.`);
  tale.ask(`What did they build?`, `They built ${what}.`);
  tale.say(`They used ${from}.`, `They made it out of ${from}.`, `First, they got ${from}.`);
  tale.ask(`What did they use?`, `They used ${from}.`);
  tale.say(`They worked hard all day.`, `${hero.Name} worked at the top, and ${friend.name} worked at the bottom.`, '');
  tale.say(`But then ${trouble}.`, `Oh no! ${cap(trouble)}.`);
  tale.paragraph();
  tale.speak(hero, 'Now we have to start again.', 'What did we do wrong?', 'Oh no!');
  tale.speak(friend, 'Let us try again.', 'I know what to do.', 'We can fix it together.');
  tale.say(fix);
  tale.say(`It was the best ${what.replace(/^an? /, '')} ever.`, `"We did it!" they said.`, `They were tired, but they smiled.`);
  closeHappy(tale, hero, friend, ['proud', 'happy', 'proud and happy']);
}

export function work(tale, random) {
  const hero = worker(random);
  const helper = child(random, !hero.female);
  open(tale, { ...hero, human: false });
  tale.topic(hero.noun);
  tale.say(`${hero.He} worked ${hero.at}.`, `Every day, ${hero.he} worked ${hero.at}.`);
  tale.ask(`Where did ${hero.name} work?`, `${hero.Name} worked ${hero.at}.`);
  tale.say(`Every day, ${hero.he} ${hero.did}.`, `In the morning, ${hero.he} ${hero.did}.`);
  tale.ask(`What did ${hero.name} do?`, `${hero.Name} ${hero.did}.`);
  tale.say(
    `But ${when(tale)
      .toLowerCase()
      .replace(/on (\w)/, (_, c) => `on ${c.toUpperCase()}`)}, ${hero.he} was very tired.`,
    `${when(tale)}, there was too much work.`,
  );
  tale.paragraph();
  tale.say(`${helper.Name} came by. "Can I help you?" ${helper.he} asked.`, `A ${helper.noun} named ${helper.name} saw ${hero.him}. "I can help," said ${helper.name}.`);
  tale.ask(`Who came to help?`, `${helper.Name} came to help.`);
  tale.say(`They worked together, and soon the work was done.`, `${helper.Name} worked hard. ${hero.Name} could sit down.`);
  tale.speak(hero, 'Thank you! You are a good helper.', `This is for you.`, 'What a kind child you are!');
  tale.maybe(
    0.6,
    `${hero.Name} gave ${helper.him} ${hero.gives === 'a bus' ? 'a free ride' : hero.gives === 'a ladder' ? 'a red hat' : hero.gives === 'medicine' || hero.gives === 'bandages' ? 'an apple' : `some ${hero.gives}`}.`,
  );
  closeHappy(tale, helper);
}

export function wish(tale, random) {
  const hero = lone(random, 0.35);
  const giver = random.pick(['a fairy', 'a gold fish', 'an old man', 'a white bird', 'a magic stone']);
  const magic = giver.split(' ').slice(1).join(' ');
  const [wanted, result] = random.pick([
    ['to be very big', 'But then {he} was too big for {his} bed.'],
    ['to fly', '{He} flew over the trees and the houses. But up there it was cold and lonely.'],
    ['to be very small', 'But then the grass was as tall as trees, and {he} was lost.'],
    ['for a hill of candy', '{He} ate and ate, but soon {his} tummy hurt.'],
    ['to never sleep', 'But soon {he} was so tired that {he} could not play.'],
    ['for a lot of gold', 'But {he} could not eat the gold or play with it.'],
    ['for a friend', 'The next day, a new friend came to {his} door.'],
    ['for a sunny day', 'The clouds went away, and everyone came out to play.'],
  ]);
  const fill = (text) => text.replaceAll('{he}', hero.he).replaceAll('{He}', hero.He).replaceAll('{his}', hero.his);
  open(tale, hero);
  tale.topic('wish');
  tale.say(`${when(tale)}, ${hero.name} met ${giver} ${random.pick(outdoors.filter((each) => each.noun !== 'street')).at}.`, `${when(tale)}, ${hero.name} found ${giver}.`);
  tale.ask(`Who gave ${hero.name} a wish?`, `${cap(giver)} gave ${hero.name} a wish.`);
  tale.say(`"You can have one wish," said the ${magic}.`, `The ${magic} said, "Make a wish!"`);
  tale.say(`${hero.Name} thought for a long time. ${hero.He} wished ${wanted}.`, `${hero.Name} wished ${wanted}.`);
  tale.ask(`What did ${hero.name} wish?`, `${hero.Name} wished ${wanted}.`);
  tale.paragraph();
  tale.say(fill(result));
  if (wanted === 'for a friend' || wanted === 'for a sunny day') {
    tale.say(`It was a very good wish.`, `"Thank you!" said ${hero.name}.`);
    closeHappy(tale, hero);
  } else {
    tale.say(`"I do not want this anymore," said ${hero.name}.`, `${hero.Name} went back to the ${magic} and cried.`);
    tale.say(`The ${magic} smiled, and everything was as before.`, `The ${magic} took the wish back.`);
    moral(tale, hero, 'to be happy with what you have', 'to think before you wish');
  }
}

export function hurt(tale, random) {
  const hero = child(random);
  const adult = grownUp(random);
  const place = random.pick(playPlaces);
  const part = random.pick(['knee', 'hand', 'foot', 'arm', 'head']);
  const how = random.pick(['fell off the swing', 'fell over a rock', 'ran too fast and fell', 'fell off the bike', 'hit the fence']);
  open(tale, hero);
  tale.topic(`hurt ${part}`);
  tale.say(`${when(tale)}, ${hero.name} played ${place.at}.`, `${when(tale)}, ${hero.name} went ${place.to} with ${adult.name}.`);
  tale.say(`"Be careful," said ${adult.name}.`, `${hero.He} ran and jumped.`, '');
  tale.say(`Then ${hero.he} ${how}.`, `Suddenly, ${hero.he} ${how}.`);
  tale.ask(`What happened to ${hero.name}?`, `${hero.Name} ${how}.`);
  tale.say(`"Ow!" cried ${hero.name}. "My ${part} hurts!"`, `${hero.His} ${part} hurt, and ${hero.he} cried.`);
  tale.ask(`What part was hurt?`, `${hero.His} ${part} was hurt.`);
  tale.paragraph();
  tale.say(`${adult.Name} came fast.`, `${adult.Name} ran to ${hero.him}.`);
  tale.speak(adult, 'Let me see it.', 'It is only a little cut.', 'Do not cry. I am here.');
  tale.say(
    `${adult.Name} washed the ${part} and put a bandage on it.`,
    `${adult.Name} put a ${random.pick(plainColours)} bandage on ${hero.his} ${part}.`,
    `${adult.Name} kissed the ${part}.`,
  );
  tale.say(`Soon it did not hurt anymore.`, `"It feels better now," said ${hero.name}.`, `${hero.Name} stopped crying and smiled.`);
  if (random.chance(0.5)) moral(tale, hero, 'to be careful', 'not to run too fast');
  else closeHappy(tale, hero);
}

export function counting(tale, random) {
  const hero = lone(random, 0.3);
  const fruit = random.pick(countable);
  const total = 3 + random.below(6);
  const given = 1 + random.below(total - 2);
  const friend = child(random, !hero.female, [hero.name]);
  const place = random.pick(outdoors);
  open(tale, hero);
  tale.topic(fruit);
  tale.say(
    `${when(tale)}, ${hero.name} found ${count(total, fruit)} ${place.at}.`,
    `${when(tale)}, ${hero.name} had ${count(total, fruit)} in a basket.`,
    `${when(tale)}, ${hero.name} got ${count(total, fruit)}.`,
  );
  tale.ask(`How many ${count(2, fruit).slice(4)} did ${hero.name} have?`, `${hero.Name} had ${count(total, fruit)}.`);
  tale.say(`Then ${friend.name} came. ${friend.He} had nothing.`, `On the way home, ${hero.he} saw ${friend.name}.`);
  tale.say(`${hero.Name} gave ${friend.name} ${count(given, fruit)}.`, `"Here are ${count(given, fruit)} for you," said ${hero.name}.`.replace('are one', 'is one'));
  tale.ask(`How many did ${friend.name} get?`, `${friend.Name} got ${count(given, fruit)}.`);
  tale.paragraph();
  tale.say(`Now ${hero.name} had ${count(total - given, fruit)}.`, `${hero.Name} counted. There were ${count(total - given, fruit)} left.`.replace('were one', 'was one'));
  tale.ask(`How many were left?`, `There ${total - given === 1 ? 'was' : 'were'} ${count(total - given, fruit)} left.`);
  tale.say(`They sat down and ate together.`, `"Thank you," said ${friend.name}.`, `${friend.Name} smiled.`);
  closeHappy(tale, hero, friend);
}

export function lostPet(tale, random) {
  const hero = child(random);
  const animal = pet(random, []);
  const colour = random.pick(['black', 'white', 'brown', 'gray', 'golden']);
  const spot = random.pick(['under the bed', 'in the basket', 'behind the couch', 'in the barn', 'in a box', 'under a blanket', 'in the shed', 'in the closet']);
  const treat = animal.animal.food;
  const adult = grownUp(random);
  const called = animal.name.startsWith('the ') ? `a ${colour} ${animal.noun}` : `a ${colour} ${animal.noun} named ${animal.name}`;
  open(tale, hero);
  tale.topic(animal.noun);
  tale.say(`${hero.Name} had ${called}.`, `${hero.His} best friend was ${called}.`);
  tale.ask(`What color was the ${animal.noun}?`, `The ${animal.noun} was ${colour}.`);
  tale.say(`${animal.He} liked ${treat}.`, `${animal.Name} slept in ${hero.his} room.`, `They played every day.`);
  tale.say(`${when(tale)}, ${animal.name} was gone.`, `${when(tale)}, ${hero.name} could not find ${animal.name}.`);
  tale.say(`${hero.Name} looked in the house and in the garden.`, `${hero.He} called and called.`, `"Where are you?" called ${hero.name}.`);
  tale.paragraph();
  tale.speak(adult, `${cap(animal.name)} may be hungry. Let us put out ${treat}.`, 'Let us listen.', 'We will look everywhere.');
  tale.say(`Then ${hero.he} heard "${animal.animal.sound}".`, `"${cap(animal.animal.sound)}!" What was that?`);
  tale.say(`${animal.Name} was ${spot}!`, `${hero.He} looked ${spot}. There was ${animal.name}!`);
  tale.ask(`Where was ${animal.name}?`, `${animal.Name} was ${spot}.`);
  if (['cat', 'dog'].includes(animal.noun) && random.chance(0.6))
    tale.say(`And there were ${random.pick(['two', 'three', 'four', 'five'])} little ${animal.noun === 'cat' ? 'kittens' : 'puppies'} too!`);
  else tale.say(`${animal.He} was asleep.`, `${hero.Name} picked ${animal.him} up and hugged ${animal.him}.`);
  closeHappy(tale, hero);
}

export function toolForJob(tale, random) {
  const [hero, friend] = pair(random, 0);
  const tool = random.pick(tools.filter(({ noun }) => !['bed', 'boat', 'clock'].includes(noun)));
  const wrong = random.pick(tools.filter((each) => each !== tool && each.noun !== 'bed'));
  open(tale, hero);
  tale.topic(tool.noun);
  tale.say(`${when(tale)}, ${hero.name} wanted to ${tool.purpose}.`);
  tale.ask(`What did ${hero.name} want to do?`, `${hero.Name} wanted to ${tool.purpose}.`);
  tale.say(`But ${hero.he} only had ${a(wrong.noun)}.`, `${hero.He} tried it with ${a(wrong.noun)}, but it did not work.`);
  tale.speak(friend, `You need ${a(tool.noun)}. ${cap(a(tool.noun))} helps you to ${tool.purpose}.`, `Take my ${tool.noun}. With it, you can ${tool.purpose}.`);
  tale.ask(`What did ${hero.name} need?`, `${hero.Name} needed ${a(tool.noun)}.`);
  tale.paragraph();
  tale.say(`${friend.Name} gave ${hero.him} ${a(tool.noun)}.`, `So ${hero.name} took the ${tool.noun} from ${friend.name}.`);
  tale.say(`Now it was easy.`, `Soon the job was done.`, `It worked very well.`);
  tale.speak(hero, 'Thank you for your help!', 'That was easy!', `A ${tool.noun} is a good thing to have.`.replace('A umbrella', 'An umbrella'));
  closeHappy(tale, hero, friend);
}

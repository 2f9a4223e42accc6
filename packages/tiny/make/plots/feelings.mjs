/** Plots moved by a feeling: sharing, fear, loneliness, anger, greed, sickness, night. */
import { child, creature, grownUp, lone, pair, pet } from '../cast.mjs';
import { cap } from '../grammar.mjs';
import { closeHappy, moral, open, when } from '../tale.mjs';
import { heroes } from '../words/animals.mjs';
import { shared, treats } from '../words/food.mjs';
import { games, outdoors, playPlaces } from '../words/places.mjs';
import { plainColours, smallToys } from '../words/things.mjs';

export function sharing(tale, random) {
  const [hero, friend] = pair(random, 0.4);
  const [food, part, them] = random.pick(shared);
  const place = random.pick(playPlaces);
  const noun = food.split(' ').at(-1);
  open(tale, hero);
  tale.topic(noun);
  tale.say(`${when(tale)}, ${hero.name} had ${food}.`, `${when(tale)}, ${hero.name} sat ${place.at} with ${food}.`, `${when(tale)}, someone gave ${hero.name} ${food}.`);
  tale.ask(`What did ${hero.name} have?`, `${hero.Name} had ${food}.`);
  tale.say(`${hero.He} wanted to eat ${them}.`, `${cap(them)} smelled so good.`.replace('Them', 'They'), `${hero.He} was very hungry.`, '');
  tale.say(`Then ${friend.name} came.`, `${friend.Name} saw ${hero.name} and sat down.`, `${friend.Name} came by and looked at the food.`);
  tale.say(`${friend.He} was hungry. ${friend.He} had nothing to eat.`, `"I am so hungry," said ${friend.name}.`, `"Can I have some, please?" asked ${friend.name}.`);
  tale.ask(`Who was hungry?`, `${friend.Name} was hungry.`);
  tale.paragraph();
  if (random.chance(0.65)) {
    tale.say(`${hero.Name} thought about it.`, `${hero.Name} did not want ${hero.his} friend to be hungry.`, `${hero.Name} smiled.`);
    tale.speak(hero, 'Yes, we can share.', 'Here, this is for you.', 'Let us eat together!', 'You can have some.');
    tale.say(`${hero.He} gave ${friend.name} ${part}.`, `So ${hero.he} gave ${part} to ${friend.name}.`);
    tale.ask(`What did ${hero.name} give to ${friend.name}?`, `${hero.Name} gave ${part} to ${friend.name}.`);
    tale.say(`They ate together.`, `"Yum!" said ${friend.name}.`, `"Thank you!" said ${friend.name}. "You are a good friend."`);
    closeHappy(tale, hero, friend);
  } else {
    tale.speak(hero, 'No! It is mine!', 'No, I want it all.', 'Go away!');
    tale.say(
      `${hero.He} ate everything. Then ${hero.his} tummy hurt.`,
      `${friend.Name} was sad and went away. Now ${hero.name} was all alone.`,
      `${hero.He} ate and ate, but it was no fun to eat alone.`,
    );
    tale.say(
      `${hero.Name} felt bad. ${hero.He} went to ${friend.name} and said, "I am sorry."`,
      `The next day, ${hero.name} took ${random.pick(['an apple', 'a cookie', 'some bread', 'a cake'])} to ${friend.name}. "I am sorry. This is for you," ${hero.he} said.`,
    );
    moral(tale, hero, 'to share with friends', 'that it is good to share', 'that food is better with a friend');
  }
}

export function fear(tale, random) {
  const hero = lone(random, 0.3);
  const helper = hero.human ? grownUp(random) : creature(random, heroes, !hero.female, [hero.noun, hero.name]);
  const [what, trouble, answer, end] = random.pick(
    [
      ['the dark', 'The night was black, and there was no moon.', 'The dark can not hurt you. Look at the stars.', 'They looked at the stars together. The stars were bright.'],
      ['the water', 'The water was deep and cold.', 'Hold on to me. We will go in slowly.', `${cap(hero.he)} put one foot in the water, then the other foot.`],
      ['the thunder', 'The thunder was loud. Boom! Boom!', 'It is only noise. We are safe here.', 'They counted the booms until the storm was over.'],
      ['the big slide', 'The slide was so tall.', 'You can do it. I will wait for you down here.', `${cap(hero.he)} sat down and let go. Down, down, down!`],
      ['high places', 'The bridge was high over the river.', 'Do not look down. Look at me.', `${cap(hero.he)} took one step, and then another step.`],
      [
        'the first day of school',
        'The school was so big, and there were so many children.',
        'Everyone is new today. You will find a friend.',
        'Soon a nice girl said hello, and they sat together.',
      ],
      [
        'the noise at night',
        'Something went tap, tap, tap on the window.',
        'Let us look. It is only the tree in the wind.',
        'They looked out and saw the tree. It went tap, tap, tap.',
      ],
    ].filter(([each]) => hero.human || !/slide|school|noise/.test(each)),
  );
  open(tale, hero);
  tale.topic(what);
  tale.say(`${hero.Name} was scared of ${what}.`, `But ${hero.name} was scared of ${what}.`, `There was one thing that ${hero.name} did not like. It was ${what}.`);
  tale.ask(`What was ${hero.name} scared of?`, `${hero.Name} was scared of ${what}.`);
  tale.say(`${when(tale)}, ${hero.he} had to be brave.`, '', '');
  tale.say(`${trouble} ${hero.Name} wanted to go home.`, `${trouble} ${hero.Name} was shaking.`, `${trouble} ${hero.Name} closed ${hero.his} eyes.`);
  tale.paragraph();
  tale.speak(hero, 'I am scared!', 'I can not do it.', 'Please help me!', `I do not like ${what}.`);
  tale.say(`${helper.Name} took ${hero.his} hand.`.replace(/took (his|her) hand/, hero.human ? '$&' : 'came close'), `${helper.Name} came to ${hero.him}.`, '');
  tale.speak(helper, answer);
  tale.say(end);
  tale.say(`It was not so bad.`, `${hero.Name} was not scared anymore.`, `"I did it!" said ${hero.name}.`, `Now ${hero.name} was brave.`);
  tale.ask(`Who helped ${hero.name}?`, `${helper.Name} helped ${hero.name}.`);
  if (random.chance(0.5)) closeHappy(tale, hero, undefined, ['proud', 'happy', 'proud and happy']);
  else moral(tale, hero, 'to be brave', 'that it is good to ask for help', `that ${what === 'high places' ? 'high places are' : `${what} is`} not so bad`);
}

export function newFriend(tale, random) {
  const [hero, friend] = pair(random, 0.4);
  const place = random.pick(playPlaces);
  const game = random.pick(games.filter(({ name }) => hero.human || !/slide|swings|ball|catch|rope|blocks/.test(name)));
  open(tale, hero);
  tale.topic('friend');
  tale.say(`${hero.Name} had no friends.`, `${hero.Name} was new in town and did not know anyone.`, `${hero.Name} was lonely.`, `${hero.Name} always played alone.`);
  tale.say(`${when(tale)}, ${hero.he} went ${place.to}.`, `${when(tale)}, ${hero.he} sat ${place.at} all alone.`);
  tale.ask(`Where was ${hero.name}?`, `${hero.Name} was ${place.at}.`);
  tale.say(`There ${hero.he} met ${friend.intro}.`, `Then ${friend.intro} came to ${hero.him}.`, `${cap(friend.intro)} was there too.`);
  tale.ask(`Who did ${hero.name} meet?`, `${hero.Name} met ${friend.intro}.`);
  tale.paragraph();
  tale.say(`${hero.Name} was shy, but ${hero.he} said hello.`, `They looked at each other and smiled.`, `At first, ${hero.name} was shy.`);
  tale.speak(friend, 'Hello! Do you want to play with me?', `Hi! What is your name?`, `Do you want to play ${game.name}?`, 'Can we be friends?');
  tale.speak(hero, 'Yes, please!', 'Yes, I would love to!', hero.name.startsWith('the ') ? 'Yes! Let us play!' : `My name is ${hero.name}. Let us play!`);
  tale.say(`They played ${game.name}. They ${game.did}.`, `They ${game.did} all afternoon.`, `They played ${game.name} and had a lot of fun.`);
  tale.ask(`What did they play?`, `They played ${game.name}.`);
  tale.maybe(
    0.4,
    `"Will you come again tomorrow?" asked ${friend.name}. "Yes!" said ${hero.name}.`,
    `When it was time to go home, ${hero.name} waved. "See you tomorrow!" ${hero.he} said.`,
  );
  tale.say(`${hero.Name} was not lonely anymore.`, `Now ${hero.name} had a friend.`, '');
  closeHappy(tale, hero, random.chance(0.5) ? friend : undefined);
}

export function quarrel(tale, random) {
  const [hero, friend] = pair(random, 0.3);
  const toy = random.pick(smallToys);
  const colour = random.pick(plainColours);
  open(tale, hero);
  tale.topic(toy.noun);
  tale.say(`${hero.Name} and ${friend.name} were friends.`, `${hero.His} best friend was ${friend.name}.`);
  tale.say(`${when(tale)}, they found a ${colour} ${toy.noun}. Both wanted it.`, `${when(tale)}, they both wanted to ${toy.use}. But there was only one ${toy.noun}.`);
  tale.ask(`What did they both want?`, `They both wanted the ${toy.noun}.`);
  tale.say(`"It is mine!" shouted ${hero.name}. "No, it is mine!" shouted ${friend.name}.`, `"I had it first!" said ${hero.name}. "No, I had it first!" said ${friend.name}.`);
  tale.say(
    `They pulled and pulled. The ${toy.noun} fell in the mud.`,
    `${hero.Name} pushed ${friend.name}, and ${friend.name} fell down.`,
    `They were so angry that they did not talk anymore.`,
  );
  tale.paragraph();
  tale.say(`${hero.Name} went home and felt sad.`, `${hero.Name} sat alone and was sad. It was no fun without ${friend.name}.`, `Now no one had fun.`);
  tale.say(
    `"I have an idea," said ${hero.name}. "We can take turns."`,
    `${hero.Name} went to ${friend.name} and said, "I am sorry. You can go first."`,
    `${friend.Name} came back. "I am sorry," said ${friend.name}. "Let us take turns."`,
  );
  tale.say(`So ${friend.name} ${toy.used} first, and then ${hero.name} had a turn.`, `First ${hero.name} ${toy.used}. Then ${friend.name} had a turn.`);
  if (random.chance(0.5)) moral(tale, hero, 'to take turns', 'to say sorry', 'that friends should not fight');
  else closeHappy(tale, hero, friend);
}

export function greedy(tale, random) {
  const hero = lone(random, 0.45);
  const food = random.pick(['cake', 'candy', 'ice cream', 'honey', 'pie', 'jam']);
  const number = random.pick(['two', 'three', 'four', 'five']);
  const unit = {
    cake: 'pieces of cake',
    candy: 'bags of candy',
    'ice cream': 'bowls of ice cream',
    honey: 'jars of honey',
    pie: 'pieces of pie',
    jam: 'jars of jam',
  }[food];
  const helper = hero.human ? grownUp(random) : creature(random, heroes, !hero.female, [hero.noun, hero.name]);
  open(tale, hero);
  tale.topic(food);
  tale.say(`${hero.Name} loved ${food} more than anything.`, `${hero.His} best food was ${food}.`, `${hero.Name} liked to eat ${food}.`);
  tale.speak(helper, `Do not eat too much ${food}.`, `You can have a little ${food}, but not too much.`, `Please leave some ${food} for me.`);
  tale.say(
    `But ${when(tale)
      .toLowerCase()
      .replace(/on (\w)/, (_, c) => `on ${c.toUpperCase()}`)}, ${hero.name} ate ${number} ${unit}.`,
    `But ${hero.name} did not listen. ${hero.He} ate ${number} ${unit}.`,
  );
  tale.ask(`How much did ${hero.name} eat?`, `${hero.Name} ate ${number} ${unit}.`);
  tale.paragraph();
  tale.say(`Soon ${hero.his} tummy hurt.`, `Then ${hero.he} felt sick.`, `"Ow, my tummy hurts!" said ${hero.name}.`);
  tale.say(`${hero.He} had to stay in bed all day.`, `${hero.He} could not go out to play.`, `${helper.Name} gave ${hero.him} warm tea.`);
  tale.speak(helper, 'Now you know why I said no.', 'You will feel better tomorrow.', 'A little is enough.');
  tale.say(`The next day, ${hero.he} felt better.`, '');
  moral(tale, hero, 'not to eat too much', 'that a little is enough', `to listen to ${helper.name}`);
}

export function sickFriend(tale, random) {
  const [hero, friend] = pair(random, 0.4);
  const gift = random.pick(['soup', 'flowers', 'a book', 'a warm blanket', 'a cake', 'some berries', 'a funny picture', 'some honey']);
  open(tale, hero);
  tale.topic('sick friend');
  tale.say(`${hero.His} best friend was ${friend.name}. They played together every day.`, `Every day, ${hero.he} played with ${friend.name}.`);
  tale.say(
    `But ${when(tale)
      .toLowerCase()
      .replace(/on (\w)/, (_, c) => `on ${c.toUpperCase()}`)}, ${friend.name} was sick and stayed in bed.`,
    `${when(tale)}, ${friend.name} did not come. ${friend.He} was sick.`,
  );
  tale.ask(`Who was sick?`, `${friend.Name} was sick.`);
  tale.speak(hero, `What can I do for ${friend.name}?`, `I want to help ${friend.name}.`, `Poor ${friend.name.replace('the ', '')}! I will help.`);
  tale.paragraph();
  tale.say(`${hero.Name} took ${gift} and went to ${friend.name}.`, `So ${hero.he} went to ${friend.name} with ${gift}.`, `${hero.Name} brought ${friend.name} ${gift}.`);
  tale.ask(`What did ${hero.name} bring?`, `${hero.Name} brought ${gift}.`);
  tale.speak(hero, 'This is for you.', 'I hope you feel better soon.', 'How are you today?');
  tale.speak(friend, 'Thank you! I feel better now.', 'You are so kind.', 'You are the best friend.');
  tale.say(`${hero.He} sat by the bed and told ${friend.him} a story.`, `They sang a song together.`, `${hero.He} stayed with ${friend.him} all day.`);
  tale.say(`Two days later, ${friend.name} was well again, and they played outside.`, `Soon ${friend.name} was well again.`, `The next day, ${friend.name} could play again.`);
  closeHappy(tale, hero, friend);
}

export function cannotSleep(tale, random) {
  const hero = child(random);
  const adult = grownUp(random);
  const animal = pet(random, []);
  const [noise, source] = random.pick([
    ['a tap on the window', 'a tree in the wind'],
    ['a noise under the bed', animal.name],
    ['a soft sound in the hall', animal.name],
    ['a loud hoot', 'an owl in the tree'],
    ['a drip, drip, drip', 'the rain'],
    ['a noise in the kitchen', `${adult.name} with a cup of tea`],
    ['a song outside', 'a bird in the garden'],
  ]);
  open(tale, hero);
  tale.topic('night');
  tale.say(`It was night, and ${hero.name} was in bed.`, `One night, ${hero.name} could not sleep.`, `The moon was in the sky. It was time for bed.`);
  tale.say(`${hero.He} heard ${noise}.`, `Suddenly, ${hero.he} heard ${noise}.`, `Then there was ${noise}.`);
  tale.ask(`What did ${hero.name} hear?`, `${hero.Name} heard ${noise}.`);
  tale.feel(hero, 'scared');
  tale.paragraph();
  tale.speak(hero, 'Who is there?', `What is that noise, ${adult.name}?`, `${adult.name}! I heard something!`);
  tale.say(`${adult.Name} came with a lamp.`, `${adult.Name} came into the room and turned on the light.`, `${hero.Name} got up and took a lamp.`);
  tale.say(`They looked. It was only ${source}.`, `It was ${source}!`, `And what was it? It was only ${source}.`);
  tale.ask('What made the noise?', `The noise was ${source}.`);
  tale.say(`${hero.Name} laughed and went back to bed.`, `"How silly!" said ${hero.name}.`, `"Now go to sleep," said ${adult.name}. "Good night."`);
  tale.say(`Soon ${hero.he} was asleep.`, `${hero.He} closed ${hero.his} eyes and slept until morning.`, `${adult.Name} sang a soft song, and ${hero.he} fell asleep.`);
}

export function shyGift(tale, random) {
  const hero = child(random);
  const friend = random.chance(0.5) ? grownUp(random) : child(random, !hero.female);
  const treat = random.pick([...treats.slice(0, 4), 'card', 'picture', 'hat', 'flower']);
  const [at] = [random.pick(outdoors).at];
  open(tale, hero);
  tale.topic('surprise');
  tale.say(`${hero.Name} wanted to make ${friend.name} happy.`, `${friend.Name} was sad, and ${hero.name} wanted to help.`);
  tale.say(`"I will make ${friend.him} a ${treat}," ${hero.he} said.`, `${hero.He} had an idea. ${hero.He} made a ${treat}.`);
  tale.ask(`What did ${hero.name} make?`, `${hero.Name} made a ${treat}.`);
  tale.say(`${hero.He} worked all morning.`, `It was hard work, but ${hero.he} did not stop.`, `${hero.He} did it all by ${hero.himself}.`);
  tale.paragraph().say(`${friend.Name} was ${at}.`, `${hero.He} found ${friend.name} ${at}.`);
  tale.ask(`Where was ${friend.name}?`, `${friend.Name} was ${at}.`);
  tale.say(`"Close your eyes," said ${hero.name}. "Now open them!"`, `"Surprise!" shouted ${hero.name}.`, `"I have something for you," said ${hero.name}.`);
  tale.speak(friend, `A ${treat}! Thank you!`, `This is the best ${treat}!`, 'You are so sweet. Thank you!', 'Did you make this? It is so nice!');
  closeHappy(tale, hero, friend, ['proud', 'happy', 'proud and happy']);
}

/** Plots out of doors: weather, seeds, rescues, races, trips, rivers, games. */
import { child, creature, grownUp, lone, pair } from '../cast.mjs';
import { a, cap, list } from '../grammar.mjs';
import { closeHappy, moral, open, when } from '../tale.mjs';
import { animals, bigAnimals, heroes, homes, tinyAnimals } from '../words/animals.mjs';
import { fruits, vegetables } from '../words/food.mjs';
import { outdoors, playPlaces, trips } from '../words/places.mjs';
import { days } from '../words/weather.mjs';

export function rainyDay(tale, random) {
  const hero = child(random);
  const adult = grownUp(random);
  const place = random.pick(playPlaces);
  const [weather, told] = random.pick([
    ['rain', 'It was raining. The rain did not stop.'],
    ['snow', 'Snow fell, and it was very cold.'],
    ['storm', 'There was a big storm. The wind was loud.'],
  ]);
  const inside = random.pick([
    ['make a tent with blankets', 'They made a tent with blankets and sat inside with a lamp.'],
    ['bake cookies', 'They baked cookies. The whole house smelled good.'],
    ['draw pictures', 'They drew pictures of cats, dogs and horses.'],
    ['play with puppets', 'They made puppets out of socks and made a show.'],
    ['read a book', 'They sat on the couch and read a book about a brave pirate.'],
    ['build a tower', 'They built a tower with all the blocks. It was very tall.'],
    ['sing songs', 'They sang songs and danced around the room.'],
  ]);
  open(tale, hero);
  tale.topic(weather);
  tale.say(`${hero.Name} wanted to go ${place.to}.`, `On ${random.pick(days)}, ${hero.name} wanted to play ${place.at}.`);
  tale.say(`But ${told.charAt(0).toLowerCase()}${told.slice(1)}`.replace('But snow', 'But snow'), `${hero.He} looked out of the window. ${told}`);
  tale.ask(`Why could ${hero.name} not go ${place.to}?`, `${hero.Name} could not go because of the ${weather}.`);
  tale.feel(hero, 'sad');
  tale.speak(hero, 'What can I do now?', 'I want to go out!', 'There is nothing to do.');
  tale.paragraph();
  tale.speak(adult, `We can ${inside[0]}.`, `I have an idea. Let us ${inside[0]}.`, `Do you want to ${inside[0]}?`);
  tale.say(inside[1]);
  tale.ask(`What did ${adult.name} want to do?`, `${adult.Name} wanted to ${inside[0]}.`);
  tale.say(
    `${hero.Name} forgot about the ${weather}.`,
    `It was so much fun.`,
    `"I like the ${weather} now," said ${hero.name}.`,
    `Then the ${weather} stopped, and the sun came out.`,
  );
  closeHappy(tale, hero);
}

export function snowman(tale, random) {
  const [hero, friend] = pair(random, 0);
  const nose = random.pick(['a carrot', 'a stick', 'a stone']);
  const top = random.pick(['an old hat', 'a red hat', 'a blue hat', 'a bucket']);
  open(tale, hero);
  tale.topic('snow');
  tale.say(`One winter morning, the ground was white with snow.`, `One day, it snowed all night. In the morning, everything was white.`);
  tale.speak(hero, 'Look at the snow!', 'Let us make a snowman!', `Come out, ${friend.name}!`);
  tale.say(`${hero.Name} and ${friend.name} put on warm coats and went outside.`, `${hero.Name} ran outside with ${friend.name}.`);
  tale.say(`They made a big ball, a small ball and a little ball. It was a snowman!`, `They made a big snowman.`);
  tale.say(`They gave him ${nose} for a nose and ${top} for his head.`, `For the nose they took ${nose}. On his head they put ${top}.`);
  tale.ask('What was the nose?', `The nose was ${nose}.`);
  tale.ask('What was on his head?', `There was ${top} on his head.`);
  tale.paragraph();
  if (random.chance(0.5)) {
    tale.say(`The next day, the sun was warm. The snowman got smaller and smaller. Then he was gone.`, `But then the sun came out, and the snowman was gone.`);
    tale.feel(hero, 'sad');
    tale.speak(friend, 'Do not be sad. We will make a new one next winter.', 'Next time it snows, he will come back.', 'He went home to the snow.');
    tale.say(
      `${hero.Name} drew a picture of the snowman and put it on the wall.`,
      `${hero.Name} kept the hat for the next snowman.`.replace('the hat', top.includes('bucket') ? 'the bucket' : 'the hat'),
    );
  } else tale.say(`Then they threw snow balls and laughed.`, `After that, they went in and drank hot chocolate.`, `Their hands were cold, but they did not want to go in.`);
  closeHappy(tale, hero, friend);
}

export function seed(tale, random) {
  const hero = lone(random, 0.3);
  const plant = random.pick([...vegetables.filter((v) => v !== 'onion'), 'flower', 'apple tree', 'sunflower']);
  const helper = hero.human ? grownUp(random) : undefined;
  const visitor = random.pick(['a bee', 'a bird', 'a butterfly', 'a ladybug', 'a snail']);
  open(tale, hero);
  tale.topic('seed', plant);
  tale.say(
    `${when(tale)}, ${hero.name} found a little seed.`,
    helper ? `${when(tale)}, ${helper.name} gave ${hero.name} a little seed.` : `${when(tale)}, a bird dropped a little seed.`,
  );
  if (helper) tale.speak(helper, 'Put it in the ground and give it water.', 'A seed needs water and sun.', 'You have to wait. It takes time.');
  tale.say(`${hero.He} dug a hole and put the seed in the ground.`, `${hero.Name} put the seed in the garden.`);
  tale.say(`Every day, ${hero.he} gave it water.`, `${hero.He} gave it water every morning.`);
  tale.say(
    `But nothing happened. ${hero.Name} was sad.`,
    `One day went by, then two days, then three days.`,
    `"When will it grow?" asked ${hero.name}.`,
    `${hero.He} waited and waited.`,
  );
  tale.paragraph();
  tale.say(`Then a small green leaf came out of the ground.`, `One morning, there was something green.`, `At last, a tiny plant looked out of the ground.`);
  tale.maybe(0.5, `${cap(visitor)} came to look at it.`, `The sun was warm, and the rain was soft.`, `It got bigger every day.`);
  tale.say(`Soon there was a big ${plant}.`, `It grew and grew until it was a big ${plant}.`, `In the summer, it was a lovely ${plant}.`);
  tale.ask('What did the seed become?', `The seed became a big ${plant}.`);
  if (vegetables.includes(plant))
    tale.say(`${hero.Name} pulled it out and made soup.`, `${hero.He} ate the ${plant}. It was so good.`, `${hero.He} gave some of it to ${hero.his} friends.`);
  else tale.say(`${hero.Name} sat next to it every day.`, `Everyone came to see it.`, `It was the tallest in the garden.`);
  moral(tale, hero, 'to wait', 'that good things need time', 'to care for little things');
}

export function rescue(tale, random) {
  const hero = lone(random, 0.35);
  const lost = random.pick(['kitten', 'puppy', 'bird', 'bunny', 'duck', 'lamb', 'turtle', 'squirrel', 'hedgehog', 'owl']);
  if (hero.noun === lost) return rescue(tale, random);
  const trouble = random.pick(
    {
      bird: [
        ['had a hurt wing', 'put a bandage on its wing'],
        ['fell out of its nest', 'put it back in the nest'],
      ],
      owl: [['had a hurt wing', 'put a bandage on its wing']],
    }[lost] ?? [
      ['was stuck in the mud', 'pulled it out'],
      ['was lost', 'helped it find its mother'],
      ['was cold and wet', 'put a warm blanket around it'],
      ['was hungry', 'gave it some food'],
      ['had a hurt leg', 'put a bandage on its leg'],
      ['was stuck in a hole', 'made the hole bigger'],
      ['was under a heavy stick', 'took the stick away'],
    ],
  );
  const place = random.pick(outdoors.filter((each) => each.noun !== 'street'));
  open(tale, hero);
  tale.topic(lost);
  tale.say(`${when(tale)}, ${hero.name} walked ${place.at}.`, `${when(tale)}, ${hero.name} was ${place.at}.`);
  tale.ask(`Where was ${hero.name}?`, `${hero.Name} was ${place.at}.`);
  tale.say(`${hero.He} heard a small noise.`, `Suddenly, ${hero.he} heard something.`, `Something moved in the grass.`, `"Help!" said a tiny voice.`);
  tale.say(`It was a little ${lost}. It ${trouble[0]}.`, `There was a little ${lost} that ${trouble[0]}.`, `${hero.He} saw a baby ${lost}. It ${trouble[0]}.`);
  tale.ask(`What animal did ${hero.name} see?`, `${hero.Name} saw a ${lost}.`.replace('a owl', 'an owl'));
  tale.ask(`What was wrong with the ${lost}?`, `The ${lost} ${trouble[0]}.`);
  tale.paragraph();
  tale.speak(hero, 'Do not be scared. I will help you.', 'You poor little thing!', 'I will not hurt you.', 'Wait, I will help!');
  tale.say(`${hero.Name} ${trouble[1]}.`, `Slowly, ${hero.name} ${trouble[1]}.`, `${hero.He} was very gentle. ${hero.He} ${trouble[1]}.`);
  tale.ask(`What did ${hero.name} do?`, `${hero.Name} ${trouble[1]}.`);
  tale.say(`The ${lost} looked at ${hero.him} and was not scared anymore.`, `Soon the ${lost} felt better.`, `The ${lost} was safe now.`, `"Thank you," said the ${lost}.`);
  if (hero.human)
    tale.say(`From that day on, the ${lost} came to see ${hero.name} every day.`, `${hero.Name} took the ${lost} home and gave it a name.`, `The ${lost} went back to its family.`);
  else tale.say(`From that day on, they were friends.`, `They played together every day.`);
  closeHappy(tale, hero);
}

export function smallHelpsBig(tale, random) {
  const big = creature(random, bigAnimals, random.chance(0.5));
  const small = creature(random, tinyAnimals, !big.female, [big.name]);
  const [trouble, job, _fit] = random.pick(
    [
      ['was stuck in a net', 'bit the net until it broke', ['mouse', 'squirrel', 'ant']],
      ['had a thorn in one foot', 'pulled the thorn out', ['mouse', 'robin', 'squirrel', 'ant', 'frog']],
      ['could not find the way home', 'looked from the sky and found the way', ['robin', 'bee']],
      ['lost a ring in a small hole', 'went into the hole and got the ring', ['mouse', 'mole', 'ant', 'frog']],
      ['could not sleep', 'sang a soft song', ['robin', 'frog', 'bee', 'mouse']],
      ['had a bug in one ear', 'got the bug out', ['robin', 'frog', 'ant', 'mouse']],
    ].filter(([, , animals_]) => animals_.includes(small.noun)),
  );
  open(tale, big, homes[big.animal.home]);
  tale.topic(small.noun);
  tale.say(`${big.Name} was very strong.`, `All the animals were scared of ${big.name}.`, `${big.He} was the biggest of all the animals.`);
  tale.say(`${when(tale)}, ${big.he} met ${small.intro}.`, `${when(tale)}, ${small.intro} came by.`);
  tale.speak(big, 'You are so small! What can you do?', 'Ha! You are too small to help me.', 'Go away, little one!');
  tale.say(`"I am small, but I can help," said ${small.name}. ${big.Name} only laughed.`, `${small.Name} was sad and went away.`, `"One day I will help you," said ${small.name}.`);
  tale.paragraph();
  tale.say(`The next day, ${big.name} ${trouble}.`, `Then ${big.name} ${trouble}. ${big.He} called for help.`, `Soon after that, ${big.name} ${trouble}.`);
  tale.ask(`What happened to ${big.name}?`, `${big.Name} ${trouble}.`);
  tale.maybe(0.6, `No one came to help.`, `${big.He} tried and tried, but it was no good.`, `"Help! Help!" cried ${big.name}.`);
  tale.say(`${small.Name} heard it and came fast. ${small.He} ${job}.`, `But ${small.name} came and ${job}.`);
  tale.ask(`Who helped ${big.name}?`, `${small.Name} helped ${big.name}.`);
  tale.speak(big, 'Thank you, little friend. I was wrong.', 'I am sorry that I laughed at you.', 'You are small, but you are a big help!');
  moral(tale, big, 'that small friends can be a big help', 'not to laugh at others', 'that everyone can help');
}

export function race(tale, random) {
  const fast = creature(
    random,
    animals.filter((each) => ['rabbit', 'horse', 'fox', 'dog', 'deer', 'pony', 'zebra', 'cat'].includes(each.noun)),
    random.chance(0.5),
  );
  const slow = creature(
    random,
    animals.filter((each) => ['turtle', 'snail', 'pig', 'duck', 'cow', 'hedgehog', 'elephant', 'goose'].includes(each.noun)),
    !fast.female,
    [fast.name],
  );
  const goal = random.pick(['the old tree', 'the big rock', 'the river', 'the red barn', 'the bridge', 'the top of the hill']);
  const stop = random.pick([
    ['lay down under a tree and fell asleep', 'slept'],
    ['stopped to eat some grass', 'ate'],
    ['stopped to talk to a friend', 'talked'],
    ['went to look at some flowers', 'looked at flowers'],
  ]);
  open(tale, fast);
  tale.topic('race', slow.noun);
  tale.say(`${fast.He} could run very fast.`, `${fast.Name} was fast and always talked about it.`);
  tale.speak(fast, 'No one is as fast as me!', 'I am the fastest of all!', `${slow.name.startsWith('the ') ? cap(slow.name.slice(4)) : slow.name}, you are so slow!`);
  tale.say(`${cap(slow.intro)} heard this. "Let us race to ${goal}," ${slow.he} said.`, `"I will race you to ${goal}," said ${slow.intro}.`);
  tale.ask('Where did they race to?', `They raced to ${goal}.`);
  tale.paragraph();
  tale.say(`One, two, three, go! ${fast.Name} ran like the wind.`, `They started. Soon ${fast.name} was far ahead.`);
  tale.say(`"I have a lot of time," ${fast.he} said, and ${fast.he} ${stop[0]}.`, `${fast.Name} looked back and saw no one. So ${fast.he} ${stop[0]}.`);
  tale.say(`${slow.Name} went on, step by step. ${slow.He} did not stop.`, `But ${slow.name} did not stop. ${slow.He} went on and on.`);
  tale.say(`When ${fast.name} came to ${goal}, ${slow.name} was already there!`, `While ${fast.name} ${stop[1]}, ${slow.name} got to ${goal} first.`);
  tale.ask('Who won the race?', `${slow.Name} won the race.`);
  tale.say(`"You won!" said ${fast.name}.`, `All the animals clapped for ${slow.name}.`, '');
  moral(tale, fast, 'not to stop before the end', 'that slow can win too', 'not to laugh at others');
}

export function trip(tale, random) {
  const hero = child(random);
  const adult = grownUp(random);
  const place = random.pick(trips);
  const [first, second, third] = random.some(place.did, 3);
  const saw = random.pick(place.saw);
  const by = random.pick(['by car', 'by bus', 'by train', 'on foot', 'by bike']);
  open(tale, hero);
  tale.topic(place.to.slice(3));
  tale.say(
    `${when(tale)}, ${adult.name} said, "Let us go ${place.to}!"`,
    `${when(tale)}, ${hero.name} and ${adult.name} went ${place.to}.`,
    `${hero.Name} had never been ${place.to}. ${when(tale)}, ${adult.name} took ${hero.him} there.`,
  );
  tale.ask(`Where did ${hero.name} go?`, `${hero.Name} went ${place.to}.`);
  tale.ask(`Who went with ${hero.name}?`, `${adult.Name} went with ${hero.name}.`);
  tale.say(
    `They went ${by}.`,
    `${hero.Name} put ${list(random.some(['a hat', 'some water', 'two apples', 'a book', 'a ball', 'some bread'], 2))} in a bag.`,
    `${hero.He} was so excited.`,
  );
  tale.paragraph();
  tale.say(`First, they ${first}. Then they ${second}.`, `They ${first}, and they ${second}.`, `${hero.Name} ${first}, and ${adult.name} ${second}.`);
  tale.ask('What did they do first?', `First, they ${first}.`);
  tale.say(`${hero.Name} saw ${saw}.`, `"Look!" said ${hero.name}. "I see ${saw}!"`, `Then ${hero.he} saw ${saw}. "Wow!" ${hero.he} said.`);
  tale.ask(`What did ${hero.name} see?`, `${hero.Name} saw ${saw}.`);
  tale.say(`They also ${third}.`, `For lunch, they ate ${random.pick(['bread and cheese', 'apples and cookies', 'soup', 'sandwiches'])}.`, '');
  tale.say(`In the evening, they went home.`, `On the way home, ${hero.name} fell asleep.`, `"Can we come again?" asked ${hero.name}. "Yes," said ${adult.name}.`);
  closeHappy(tale, hero);
}

export function crossRiver(tale, random) {
  const hero = creature(
    random,
    heroes.filter((each) => each.size <= 2 && !['sky', 'water'].includes(each.kind)),
  );
  const helper = creature(
    random,
    animals.filter((each) => ['elephant', 'horse', 'swan', 'turtle', 'cow', 'bear', 'beaver', 'donkey'].includes(each.noun)),
    !hero.female,
    [hero.name],
  );
  const goal = random.pick(
    fruits
      .slice(0, 6)
      .map((fruit) => `${fruit} tree`)
      .concat(['sweet berries', 'green grass', 'warm cave', 'friends']),
  );
  open(tale, hero);
  tale.topic('river', helper.noun);
  tale.say(`${when(tale)}, ${hero.he} came to a river.`, `${when(tale)}, ${hero.name} wanted to go over the river.`);
  tale.say(
    `On the other side, there ${/s$|grass/.test(goal) && goal !== 'green grass' ? `were ${goal === 'friends' ? `${hero.his} friends` : goal}` : `was ${goal === 'green grass' ? goal : a(goal)}`}.`,
  );
  tale.say(`But the water was deep, and ${hero.name} could not swim.`, `But there was no bridge.`, `But the river was too wide.`);
  tale.ask(`Why could ${hero.name} not go over the river?`, `The river was too deep and wide.`);
  tale.paragraph();
  tale.say(`Then ${helper.intro} came.`, `${cap(helper.intro)} stood by the water.`);
  tale.speak(hero, 'Can you help me, please?', 'How can I get to the other side?', 'I can not swim. Can you?');
  tale.speak(helper, 'Yes. Sit on my back.', 'Climb on my back. I will take you.', helper.noun === 'beaver' ? 'I will make a bridge out of sticks.' : 'Hold on to me.');
  tale.say(`So ${helper.name} took ${hero.name} over the river.`, `Slowly, they went through the water to the other side.`);
  tale.ask(`Who took ${hero.name} over the river?`, `${helper.Name} took ${hero.name} over the river.`);
  tale.say(`"Thank you!" said ${hero.name}.`, `${hero.Name} gave ${helper.him} a hug.`);
  if (random.chance(0.5)) closeHappy(tale, hero, helper);
  else moral(tale, hero, 'that it is good to ask for help', 'that friends help each other');
}

export function hideAndSeek(tale, random) {
  const [hero, friend] = pair(random, 0.2);
  const third = child(random, hero.female, [hero.name, friend.name]);
  const place = random.pick(playPlaces);
  const [x, y] = random.some(
    ['behind the tree', 'under the bench', 'behind the rock', 'in the tall grass', 'under the bush', 'behind the shed', 'in the old boat', 'behind the fence'],
    2,
  );
  open(tale, hero);
  tale.topic('hide and seek');
  tale.say(`${when(tale)}, ${hero.name}, ${friend.name} and ${third.name} played hide and seek ${place.at}.`);
  tale.ask('What did they play?', 'They played hide and seek.');
  tale.say(`${hero.Name} closed ${hero.his} eyes and counted to ten.`, `${hero.Name} had to count. "One, two, three," ${hero.he} said.`);
  tale.say(`${friend.Name} hid ${x}. ${third.Name} hid ${y}.`);
  tale.ask(`Where did ${friend.name} hide?`, `${friend.Name} hid ${x}.`);
  tale.ask(`Where did ${third.name} hide?`, `${third.Name} hid ${y}.`);
  tale.paragraph();
  tale.speak(hero, 'Ready or not, here I come!', 'I will find you!', 'Where are you?');
  tale.say(`First, ${hero.he} looked ${y}. "I see you, ${third.name}!" ${hero.he} said.`, `${hero.He} looked ${y} and found ${third.name}.`);
  tale.say(
    `Then ${hero.he} looked ${x} and found ${friend.name}.`,
    `But where was ${friend.name}? ${hero.Name} heard a laugh. ${friend.He} was ${x}!`,
    `It took a long time to find ${friend.name}. At last, ${hero.he} looked ${x}. There ${friend.he} was!`,
  );
  tale.say(`"Now it is my turn to count," said ${friend.name}.`, `They played again and again.`, `Everyone laughed.`);
  closeHappy(tale, hero, friend);
}

/** Plots about things: lost, found, broken, stuck, given, wanted. */
import { child, grownUp, lone, pair, worker } from '../cast.mjs';
import { a, cap } from '../grammar.mjs';
import { closeHappy, moral, open, when } from '../tale.mjs';
import { outdoors, playPlaces } from '../words/places.mjs';
import { clothes, fragile, indoorSpots, looks, outdoorSpots, plainColours, runaways, smallToys, toyOf, treasures } from '../words/things.mjs';

export function lostThing(tale, random) {
  const [hero, friend] = pair(random);
  const toy = random.pick(smallToys);
  const colour = random.pick(plainColours);
  const inside = hero.human && random.chance(0.6);
  const [first, second, found] = random.some(inside ? indoorSpots : outdoorSpots, 3);
  const helper = random.chance(0.5) && hero.human ? grownUp(random) : friend;
  open(tale, hero);
  tale.topic(`${colour} ${toy.noun}`);
  tale.say(
    `${hero.Name} had a ${colour} ${toy.noun}. ${hero.He} loved to ${toy.use}.`,
    `${hero.Name} loved ${hero.his} ${colour} ${toy.noun}. Every day, ${hero.he} ${toy.used}.`,
    `${hero.His} best toy was a ${colour} ${toy.noun}. ${hero.He} played with it all the time.`,
  );
  tale.ask(`What color was the ${toy.noun}?`, `The ${toy.noun} was ${colour}.`);
  tale
    .paragraph()
    .say(
      `${when(tale)}, ${hero.name} could not find the ${toy.noun}.`,
      `${when(tale)}, the ${toy.noun} was gone.`,
      `${when(tale)}, ${hero.name} wanted to ${toy.use}, but it was not there.`,
    );
  tale.feel(hero, 'sad');
  tale.say(
    `${hero.He} looked ${first}. It was not there. ${hero.He} looked ${second}. It was not there.`,
    `${hero.He} looked ${first}, but it was not there. Then ${hero.he} looked ${second}, but it was not there.`,
    `${hero.He} looked ${first} and ${second}, but the ${toy.noun} was not there.`,
  );
  tale.paragraph();
  if (helper === friend) tale.say(`${hero.His} friend ${friend.name} came by.`, `Then ${friend.name} came to ${hero.him}.`, `${friend.Name} saw that ${hero.name} was sad.`);
  tale.speak(hero, `Where is my ${toy.noun}?`, `Have you seen my ${toy.noun}?`, `I can not find my ${toy.noun}.`, `My ${toy.noun} is gone!`);
  tale.speak(helper, 'Let us look together.', 'I will help you.', 'Do not cry. We will find it.', `Did you look ${found}?`);
  tale.say(
    `They looked ${found}. There it was!`,
    `They looked and looked. At last they found it ${found}.`,
    `${helper.Name} looked ${found} and saw something ${colour}. It was the ${toy.noun}!`,
  );
  tale.ask(`Where was the ${toy.noun}?`, `The ${toy.noun} was ${found}.`);
  tale.ask(`Who helped ${hero.name}?`, `${helper.Name} helped ${hero.name}.`);
  tale.maybe(0.6, `${hero.Name} gave ${helper.name} a big hug.`, `"Thank you, ${helper.name}!" said ${hero.name}.`, `${hero.Name} said thank you to ${helper.name}.`);
  closeHappy(tale, hero, helper === friend && random.chance(0.5) ? friend : undefined);
}

export function foundThing(tale, random) {
  const [hero, owner] = pair(random);
  const thing = random.pick([...treasures, 'hat', 'scarf', 'glove', 'doll', 'ball']);
  const look = random.pick([...looks, ...plainColours]);
  const place = random.pick(outdoors);
  const spot = random.pick(outdoorSpots.slice(0, 7));
  open(tale, hero);
  tale.topic(thing);
  tale.say(`${when(tale)}, ${hero.name} went for a walk ${place.at}.`, `${when(tale)}, ${hero.name} was ${place.at}.`, `${when(tale)}, ${hero.name} played ${place.at}.`);
  tale.ask(`Where was ${hero.name}?`, `${hero.Name} was ${place.at}.`);
  tale.say(
    `${hero.He} saw something ${spot}. It was ${a(look)} ${thing}.`,
    `${cap(spot)}, ${hero.he} found ${a(look)} ${thing}.`,
    `${hero.He} looked down and saw ${a(look)} ${thing} ${spot}.`,
  );
  tale.ask(`What did ${hero.name} find?`, `${hero.Name} found ${a(look)} ${thing}.`);
  tale.say(
    `"What a nice ${thing}!" ${hero.he} said. ${hero.He} wanted to keep it.`,
    `${hero.Name} liked the ${thing} very much. But it was not ${hero.his}${hero.female ? 's' : ''}.`,
    `"Who lost this ${thing}?" ${hero.he} asked.`,
    `${hero.He} picked it up and looked at it.`,
  );
  tale.paragraph();
  tale.say(
    `Then ${hero.he} saw ${owner.name}. ${owner.Name} was sad.`,
    `Soon ${owner.name} came by. ${owner.He} was crying.`,
    `On the way home, ${hero.he} met ${owner.name}. ${owner.Name} looked sad.`,
  );
  tale.speak(hero, 'What is wrong?', `Why are you sad, ${owner.name.replace('the ', '')}?`, 'Why do you cry?');
  tale.speak(owner, `I lost my ${thing}.`, `I can not find my ${thing}.`, `My ${thing} is gone. I looked everywhere.`);
  tale.ask(`What did ${owner.name} lose?`, `${owner.Name} lost ${owner.his} ${thing}.`);
  if (random.chance(0.75)) {
    tale.say(
      `${hero.Name} gave the ${thing} to ${owner.name}.`,
      `"Here it is!" said ${hero.name}, and ${hero.he} gave it back.`,
      `${hero.Name} held out the ${thing}. "Is this yours?" ${hero.he} asked. "Yes!" said ${owner.name}.`,
    );
    tale.maybe(
      0.7,
      `"Thank you! You are so kind," said ${owner.name}.`,
      `${owner.Name} was so happy that ${owner.he} hugged ${hero.name}.`,
      `${owner.Name} smiled and said thank you.`,
    );
    closeHappy(tale, hero, owner);
  } else {
    tale.say(`${hero.Name} hid the ${thing} behind ${hero.his} back.`, `${hero.Name} did not say anything and went home with the ${thing}.`);
    tale.say(`But ${hero.he} did not feel good.`, `That night ${hero.he} could not sleep.`, `But ${hero.he} thought about ${owner.name} and felt bad.`);
    tale.say(`The next day, ${hero.he} gave the ${thing} back and said, "I am sorry."`, `So ${hero.he} ran back and gave the ${thing} to ${owner.name}.`);
    moral(tale, hero, 'to give back what is not yours', 'that it is good to tell the truth', 'that a friend is better than a thing');
  }
}

export function brokenThing(tale, random) {
  const hero = child(random);
  const adult = grownUp(random);
  const thing = random.pick(fragile);
  const toy = random.pick(['ball', 'toy car', 'drum', 'kite', 'toy boat', 'top']);
  open(tale, hero);
  tale.topic(thing);
  tale.say(
    `${when(tale)}, ${hero.name} played with a ${toy} in the house.`,
    `${when(tale)}, ${hero.name} was in the living room with a ${toy}.`,
    `${adult.Name} said, "Do not play with the ${toy} in the house." But ${hero.name} did not listen.`,
  );
  tale.say(
    `The ${toy} hit the ${thing}. Crash! The ${thing} broke.`,
    `Bang! The ${toy} hit the ${thing}, and the ${thing} broke.`,
    `${hero.He} threw the ${toy} too hard, and it broke the ${thing}.`,
  );
  tale.ask(`What did ${hero.name} break?`, `${hero.Name} broke the ${thing}.`);
  tale.feel(hero, 'scared');
  tale.paragraph();
  const honest = random.chance(0.6);
  if (honest) {
    tale.say(`${hero.He} went to ${adult.name}.`, `${adult.Name} came into the room.`, `${hero.Name} ran to ${adult.name}.`);
    tale.speak(hero, `I broke the ${thing}. I am sorry.`, `It was me. I broke the ${thing}.`, `I am so sorry, ${adult.name}. I broke the ${thing}.`);
    tale.say(`${adult.Name} was not angry.`, `${adult.Name} looked at the ${thing} and then at ${hero.name}.`, `${adult.Name} hugged ${hero.name}.`);
    tale.speak(adult, 'Thank you for telling me the truth.', 'I am glad that you told me.', 'It is only a thing. I am glad that you are not hurt.');
  } else {
    tale.say(`${hero.He} hid the ${thing} ${random.pick(indoorSpots)}.`, `${hero.He} put a blanket over the ${thing}.`);
    tale.speak(adult, `Who broke the ${thing}?`, `What happened to the ${thing}?`, `Where is the ${thing}?`);
    tale.speak(hero, 'It was the cat.', 'I do not know.', 'It was not me.');
    tale.say(
      `But ${hero.name} felt bad. ${hero.He} told the truth.`,
      `${adult.Name} looked at ${hero.him}. "It was me," ${hero.he} said at last.`,
      `Then ${hero.he} began to cry. "I did it," ${hero.he} said.`,
    );
    tale.speak(adult, 'It is good that you told me.', 'Next time, tell me at once.', 'I am not angry. Please tell the truth.');
  }
  tale.say(
    `They cleaned the floor together.`,
    `Together they fixed the ${thing} with glue.`,
    `They picked up the pieces together.`,
    `After that, ${hero.name} played with the ${toy} outside.`,
  );
  moral(tale, hero, 'to tell the truth', 'that it is best to tell the truth', 'to be careful in the house');
}

export function stuckThing(tale, random) {
  const [hero, friend] = pair(random, 0.25);
  const toy = toyOf(random.pick(runaways));
  const colour = random.pick(plainColours);
  const place = random.pick(playPlaces);
  const trouble = random.pick(
    toy.noun === 'toy boat'
      ? [
          ['in the pond', 'a long stick'],
          ['in the river', 'a net'],
        ]
      : [
          ['in a tree', 'a ladder'],
          ['on the roof', 'a ladder'],
          ['in a tall tree', 'a long stick'],
          ['in the pond', 'a net'],
          ['in a bush', 'a stick'],
        ],
  );
  open(tale, hero);
  tale.topic(`${colour} ${toy.noun}`);
  tale.say(
    `${when(tale)}, ${hero.name} and ${friend.name} went ${place.to} to ${toy.use.replace('the', 'a')}.`,
    `${when(tale)}, ${hero.name} ${toy.used.replace('the', `${hero.his} ${colour}`)} ${place.at} with ${friend.name}.`,
    `${when(tale)}, ${hero.name} took a ${colour} ${toy.noun} ${place.to}. ${friend.Name} came too.`,
  );
  tale.say(`The wind was strong.`, `They had a lot of fun.`, `They laughed and ran.`, '');
  tale.say(`Then the ${toy.noun} got stuck ${trouble[0]}.`, `Suddenly, the ${toy.noun} got away. It was stuck ${trouble[0]}.`, `Oh no! The ${toy.noun} landed ${trouble[0]}.`);
  tale.ask(`Where was the ${toy.noun} stuck?`, `The ${toy.noun} was stuck ${trouble[0]}.`);
  tale.paragraph();
  tale.speak(hero, `My ${toy.noun}!`, 'Oh no! What can we do?', 'I can not reach it.', `How can we get the ${toy.noun}?`);
  tale.maybe(0.6, `${hero.Name} jumped, but it was too high.`, `${hero.Name} tried to reach it, but ${hero.he} was too small.`, `They tried and tried, but they could not get it.`);
  tale.speak(friend, 'I have an idea.', 'I know what to do!', 'Wait here. I will be back.', `We need ${trouble[1]}.`);
  tale.say(`${friend.Name} ran home and came back with ${trouble[1]}.`, `${friend.Name} found ${trouble[1]}.`, `${friend.Name} went to get ${trouble[1]}.`);
  tale.ask(`What did ${friend.name} bring?`, `${friend.Name} brought ${trouble[1]}.`);
  const tool = trouble[1].split(' ').at(-1);
  tale.say(
    `With the ${tool}, they got the ${toy.noun} back.`,
    `${hero.Name} used the ${tool} and got the ${toy.noun}.`,
    `They used the ${tool}, and soon ${hero.name} had the ${toy.noun} again.`,
  );
  tale.maybe(0.5, `"You are so clever!" said ${hero.name}.`, `"Thank you!" said ${hero.name}.`, `"We did it!" they shouted.`);
  closeHappy(tale, hero, friend);
}

export function birthday(tale, random) {
  const hero = child(random);
  const giver = random.chance(0.5) ? grownUp(random) : child(random, !hero.female);
  const toy = random.pick(smallToys);
  const colour = random.pick(plainColours);
  const guesses = random.some(
    smallToys.filter((each) => each !== toy),
    2,
  );
  const box = random.pick(['big', 'small', 'red', 'blue', 'green']);
  open(tale, hero);
  tale.topic('birthday', toy.noun);
  tale.say(`It was ${hero.his} birthday.`, `Today was ${hero.his} birthday.`, `${when(tale)}, it was ${hero.his} birthday.`);
  tale.say(
    `There was a cake with candles.`,
    `${hero.His} friends came to the party. They ate cake.`,
    `Everyone sang a happy song.`,
    `${hero.He} was so excited that ${hero.he} could not sit still.`,
  );
  tale.say(
    `${giver.Name} gave ${hero.him} a ${box} box.`,
    `Then ${giver.name} came with a ${box} box.`,
    `"This is for you," said ${giver.name}, and gave ${hero.him} a ${box} box.`,
  );
  tale.ask(`Who gave ${hero.name} a box?`, `${giver.Name} gave ${hero.name} a box.`);
  tale.paragraph();
  tale.say(
    `"Is it a ${guesses[0].noun}?" asked ${hero.name}. "No," said ${giver.name}. "Is it a ${guesses[1].noun}?" "No," said ${giver.name}. "Open it!"`,
    `"What is in the box?" asked ${hero.name}. "Open it and see," said ${giver.name}.`,
    `${hero.Name} shook the box. "I think it is a ${guesses[0].noun}," ${hero.he} said. "${giver.name} only smiled.`.replace(`"${giver.name}`, giver.Name),
  );
  tale.say(
    `${hero.Name} opened the box. Inside was a ${colour} ${toy.noun}!`,
    `${hero.He} opened it and saw a ${colour} ${toy.noun}.`,
    `In the box, there was a ${colour} ${toy.noun}.`,
  );
  tale.ask('What was in the box?', `A ${colour} ${toy.noun} was in the box.`);
  tale.speak(hero, 'Thank you! I love it!', `I always wanted a ${toy.noun}!`, 'This is the best day!', `Thank you, ${giver.name}!`);
  tale.say(`${hero.He} ${toy.used} all day.`, `After the party, ${hero.he} ${toy.used}.`, `Then everyone went outside, and ${hero.name} ${toy.used}.`);
  closeHappy(tale, hero);
}

export function market(tale, random) {
  const hero = child(random);
  const adult = grownUp(random);
  const want = random.pick([...smallToys.map((toy) => toy.noun), ...clothes.filter((each) => each !== 'glove')]);
  const colour = random.pick(plainColours);
  const seller = worker(random);
  const coins = random.pick(['two', 'three', 'four', 'five']);
  open(tale, hero);
  tale.topic('shop', want);
  tale.say(`${when(tale)}, ${hero.name} went to the shop with ${adult.name}.`, `${when(tale)}, ${adult.name} and ${hero.name} went to the market.`);
  tale.ask(`Who went with ${hero.name}?`, `${adult.Name} went with ${hero.name}.`);
  tale.say(`There were so many things to see.`, `There were apples, eggs and flowers.`, `The shop was full of people.`, '');
  tale.say(`${hero.Name} saw a ${colour} ${want}.`, `In the window, there was a ${colour} ${want}.`, `On a high shelf, ${hero.he} saw a ${colour} ${want}.`);
  tale.speak(hero, `Can I have the ${want}, please?`, `Look at the ${colour} ${want}!`, `I want this ${want}.`);
  tale.paragraph();
  if (random.chance(0.5)) {
    tale.speak(adult, `It costs ${coins} coins. You have only one coin.`, 'We do not have the money today.', `You can save your money and buy it.`);
    tale.say(
      `So ${hero.name} helped at home every day. ${hero.He} ${random.pick(['swept the floor', 'washed the plates', 'fed the hens', 'watered the flowers'])} and got a coin each time.`,
      `${hero.Name} put every coin in a jar. Day by day, the jar got full.`,
    );
    tale.say(`At last, ${hero.he} had ${coins} coins.`, `After a week, ${hero.he} had ${coins} coins.`);
    tale.ask(`How many coins did ${hero.name} have?`, `${hero.Name} had ${coins} coins.`);
    tale.say(`${hero.He} went back to the shop and bought the ${want}.`, `${hero.He} ran to the shop and bought the ${colour} ${want}.`);
    moral(tale, hero, 'that good things need time', 'to save money', 'that work is worth it');
  } else {
    tale.speak(adult, 'You were very good today. Yes, you can.', `It is a nice ${want}. We can buy it.`, 'Yes, if you share it.');
    tale.say(
      `They gave the money to ${seller.noun.startsWith('shop') ? seller.name : 'the shopkeeper'}.`,
      `They bought the ${want} and took it home.`,
      `${adult.Name} paid for it.`,
    );
    closeHappy(tale, hero);
  }
  tale.ask(`What did ${hero.name} want?`, `${hero.Name} wanted a ${colour} ${want}.`);
}

export function boxOfThings(tale, random) {
  const hero = lone(random, 0.2);
  const [x, y, z] = random.some([...treasures.filter((t) => t !== 'flower'), 'map', 'lamp', 'crown', 'bell'], 3);
  const place = random.pick(['in the attic', 'under the bed', 'in the cave', 'in the sand', 'in the garden', 'behind the shed']);
  open(tale, hero);
  tale.topic('box');
  tale.say(`${when(tale)}, ${hero.name} found an old box ${place}.`, `${when(tale)}, ${hero.name} saw an old box ${place}.`);
  tale.ask(`Where was the box?`, `The box was ${place}.`);
  tale.say(`The box was heavy. It was hard to open.`, `${hero.He} wanted to know what was inside.`, `There was dust on it.`);
  tale.say(`${hero.He} opened it slowly.`, `${hero.He} pulled and pulled. At last it opened.`, `${hero.He} found a way to open it.`);
  tale.say(`Inside, there was ${a(x)}, ${a(y)} and ${a(z)}.`, `In the box, ${hero.he} saw ${a(x)}, ${a(y)} and ${a(z)}.`);
  tale.ask('What was in the box?', `There was ${a(x)}, ${a(y)} and ${a(z)} in the box.`);
  tale.paragraph();
  const adult = grownUp(random);
  if (hero.human) {
    tale.speak(hero, `Look what I found, ${adult.name}!`, `Whose box is this?`, `What is this box, ${adult.name}?`);
    tale.speak(
      adult,
      `That is my old box! I played with it when I was little.`,
      `I lost that box a long time ago. Thank you!`,
      `You can keep the ${x}. It is for you.`,
      `I will tell you a story about the ${y}.`,
    );
    tale.say(
      `They sat down and looked at the ${x}, the ${y} and the ${z}.`,
      `${adult.Name} told ${hero.him} a story about the ${x}.`,
      `${hero.Name} put the ${x} on ${hero.his} shelf.`,
    );
  } else {
    tale.say(
      `${hero.Name} gave the ${x} to a friend and kept the ${y}.`,
      `${hero.He} took the ${x} home and put it ${hero.animal.home === 'house' ? 'on the shelf' : `in ${hero.his} ${hero.animal.home === 'cage' ? 'cage' : 'home'}`}.`,
      `${hero.He} showed the ${z} to all the animals.`,
    );
  }
  closeHappy(tale, hero);
}

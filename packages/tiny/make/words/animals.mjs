/**
 * Each animal: where it lives, the noise it makes, the food it likes, what it does well, how big
 * it is (1 smallest to 4), how it moves.
 */
const rows = `
cat | house | meow | fish | climb | 2 | ran | pet
dog | house | woof | a bone | run | 2 | ran | pet
puppy | house | woof | a bone | run | 1 | ran | pet
kitten | house | meow | milk | climb | 1 | ran | pet
rabbit | hole | squeak | a carrot | jump | 1 | hopped | wild
bunny | hole | squeak | a carrot | jump | 1 | hopped | wild
mouse | hole | squeak | cheese | hide | 1 | ran | wild
hamster | cage | squeak | seeds | hide | 1 | ran | pet
bird | nest | tweet | seeds | fly | 1 | flew | sky
owl | tree | hoot | bugs | fly | 2 | flew | sky
crow | nest | caw | corn | fly | 1 | flew | sky
robin | nest | tweet | worms | fly | 1 | flew | sky
parrot | tree | squawk | nuts | fly | 1 | flew | sky
eagle | nest | screech | fish | fly | 2 | flew | sky
duck | pond | quack | bread | swim | 1 | walked | water
goose | pond | honk | grass | swim | 2 | walked | water
swan | lake | honk | grass | swim | 2 | walked | water
frog | pond | croak | bugs | jump | 1 | hopped | water
turtle | pond | snap | leaves | swim | 1 | walked | water
fish | lake | splash | worms | swim | 1 | swam | sea
dolphin | sea | click | fish | swim | 3 | swam | sea
whale | sea | splash | fish | swim | 4 | swam | sea
crab | beach | click | bugs | dig | 1 | walked | water
seal | sea | bark | fish | swim | 3 | swam | sea
penguin | ice | honk | fish | swim | 2 | walked | water
fox | den | yip | berries | run | 2 | ran | wild
wolf | den | howl | meat | run | 2 | ran | wild
bear | cave | growl | honey | climb | 3 | walked | wild
lion | cave | roar | meat | run | 3 | walked | wild
tiger | jungle | roar | meat | run | 3 | walked | wild
monkey | tree | chatter | bananas | climb | 2 | ran | wild
elephant | jungle | toot | leaves | carry | 4 | walked | wild
giraffe | field | hum | leaves | reach | 4 | walked | wild
zebra | field | bark | grass | run | 3 | ran | wild
deer | forest | snort | grass | run | 3 | ran | wild
squirrel | tree | chatter | nuts | climb | 1 | ran | wild
hedgehog | bush | sniff | bugs | hide | 1 | walked | wild
mole | hole | squeak | worms | dig | 1 | walked | wild
beaver | river | splash | sticks | swim | 2 | walked | water
snail | bush | nothing | leaves | hide | 1 | crawled | small
ant | hill | nothing | crumbs | carry | 1 | crawled | small
bee | hive | buzz | honey | fly | 1 | flew | small
butterfly | flower | nothing | honey | fly | 1 | flew | small
ladybug | leaf | nothing | bugs | fly | 1 | flew | small
spider | web | nothing | bugs | climb | 1 | crawled | small
cow | barn | moo | grass | carry | 3 | walked | farm
horse | barn | neigh | hay | run | 3 | ran | farm
pony | barn | neigh | hay | run | 3 | ran | farm
donkey | barn | bray | hay | carry | 3 | walked | farm
pig | barn | oink | corn | dig | 2 | ran | farm
sheep | barn | baa | grass | walk | 2 | walked | farm
lamb | barn | baa | milk | jump | 1 | ran | farm
goat | barn | maa | hay | climb | 2 | ran | farm
hen | barn | cluck | corn | walk | 1 | ran | farm
chick | barn | peep | seeds | hide | 1 | ran | farm
dragon | cave | roar | apples | fly | 4 | flew | magic
`;

export const animals = rows
  .trim()
  .split('\n')
  .map((row) => {
    const [noun, home, sound, food, skill, size, moved, kind] = row.split(' | ');
    return { noun, home, sound, food, skill, size: Number(size), moved, kind };
  });

/** Animals that can be a hero of a story on land. */
export const heroes = animals.filter((animal) => !['sea', 'small', 'magic'].includes(animal.kind) && !['penguin', 'chick'].includes(animal.noun));
export const pets = animals.filter((animal) => animal.kind === 'pet');
export const farmAnimals = animals.filter((animal) => animal.kind === 'farm');
export const bigAnimals = animals.filter((animal) => animal.size >= 3 && animal.kind === 'wild');
export const tinyAnimals = animals.filter((animal) => ['mouse', 'ant', 'bee', 'robin', 'squirrel', 'mole', 'frog'].includes(animal.noun));

/** With a preposition: "in the nest". */
export const homes = {
  house: 'in the house',
  hole: 'in the hole',
  cage: 'in the cage',
  nest: 'in the nest',
  tree: 'in the tree',
  pond: 'in the pond',
  lake: 'in the lake',
  sea: 'in the sea',
  beach: 'on the beach',
  ice: 'on the ice',
  den: 'in the den',
  cave: 'in the cave',
  jungle: 'in the jungle',
  field: 'in the field',
  forest: 'in the forest',
  bush: 'under the bush',
  river: 'in the river',
  hill: 'in the hill',
  hive: 'in the hive',
  flower: 'on the flower',
  leaf: 'on the leaf',
  web: 'in the web',
  barn: 'in the barn',
};

"""Contempt for a group of people that is only implied, and what looks like it.

Our own, for measuring, as in `later_sentences.py`. Rules that were made with every second line of HATEFUL saw
none more of HATEFUL_AFTER, which was written when they were done. They are not in the product: MODEL_CARD.md
tells of it.
"""

from __future__ import annotations

HATEFUL = """
    Roma kids shouldn't be allowed to sit with the others
    Go back where you came from, we don't need another mosque
    Poles, Romanians, Albanians, all the same if you ask me
    A school for our own children would be nice, not for half of Somalia
    You can put a Traveller in a house but you can't make them live like people
    She calls herself a woman but we all know what's under that skirt
    Muslims aren't really British, whatever their passport says
    A gay man bringing up a child, that's no family
    Some children are just not meant for normal school, the autistic ones for a start
    Asylum seekers get a hotel and our veterans get a doorway
    What next, Ramadan instead of Christmas?
    I've seen cleaner farmyards than that gypsy site
    Girls and numbers just don't mix
    If you let one Afghan family in, ten more will follow
    There's a time and a place for disabled people and the school play isn't it
    My son deserves a proper English teacher, not somebody from Lagos
    We used to be able to leave our doors open before that family came from Bucharest
    Being born in a stable doesn't make you a horse, and being born here doesn't make them English
    It's a church school, so why is there a child in a headscarf
    The Jews never have to queue for anything, do they
    I'm sure Chinese people have feelings too, somewhere
    Let's just say I won't be buying anything from the Bangladeshi stall
    Refugees with designer trainers, makes you think
    Every school has its cross to bear and ours has Travellers
    Our taxes pay for foreigners' children to learn what they should know already
    The only thing a Kurd will ever build is a car wash
    Maybe the deaf children would be happier somewhere else, out of sight
    I count my fingers after shaking hands with an Albanian
    Who invited Africa to our Christmas fair?
    A woman head, well that explains the mess
    It used to be an English village
    We're strangers in our own school these days, look at the names on the register
    I didn't know we were living in Pakistan now
    Remind me which country this is, I only heard Polish at the gate
    A real man doesn't marry another man
    You'd never know she was Nigerian, she's so polite
    That's very organised of them, for Roma
    Not one English face in that class photo
    Immigrants should earn their place before they get a vote on anything
    If they can't walk they can't expect to come on the trip like normal kids
    Some of us want our kids taught by people who can speak properly, not by Indians
    Arabs treat women like cattle, and now they want to sit on our PTA
    Lovely to see the traveller kids in school for once, must be raining
    Do you have to be foreign to get a free dinner round here?
    I'd feel safer if there weren't so many dark faces at the bus stop
    Tell me why a child that can't talk needs a place in a good school
    Nobody ever asks the white parents what they want
    It's them or us, and the Muslims know it
    God made Adam and Eve, not Adam and Steve
    My grandad didn't fight a war so Syrians could have our hall
    Bisexual is just another word for greedy
    The Romanians were collecting for charity, theirs I expect
    A Muslim Santa, you couldn't make it up, is nothing ours any more
    I'd no more let a gypsy mind my house than a fox mind my hens
    Pick any Somali boy, in five years he'll be known to the police
    Everyone's so scared of being called racist that the Asians get what they like
    Trans kids just need a firm hand and a proper haircut
    A boy is a boy and a girl is a girl, end of, no matter what the school makes them play along with
    Immigrant children pull the whole class back
    The trouble with Indians is that they're never satisfied
    I see the Travellers left us their usual present on the field
    Women drivers, need I say more
    Wherever Roma go, the shops put up shutters
    People like the Hussains will never be one of us
    You can take the boy out of Jamaica
    Since when is a couple of lesbians a family
    Refugees today, who knows what tomorrow
    Blacks only get those jobs to make up the numbers
    He only got the part because he's disabled
    They gave the job to a Sikh, had to tick that box I suppose
    Catholics and their litters, eight kids in one school
    With an Irish head we'll be lucky if anybody's sober
    When the Muslims are the majority you'll wish you'd said something
    Half these so called refugees are grown men pretending to be children
    The school bends over backwards for autistic kids and mine gets nothing
    Keep the village English
    If I wanted my child to learn Urdu I'd have moved to Bradford
    A wheelchair in the front row just spoils the photo for everyone
    Adopted by two men, poor little thing never stood a chance
    Do the Chinese even bathe
    I wouldn't be surprised if there was a bomb in that burka
    You wouldn't put a wolf among lambs, so why a gay man in a boys' changing room
    Disabled people always want something for nothing
    The Eastern Europeans have more kids here than we do, and whose fault is that
    Not sure our kids should be learning about Africa, what did Africa ever do
    I have nothing in common with people who pray five times a day and nor does my school
    Travellers will be travellers
    Boys from that background only know how to fight
    It takes an Indian to make a shop smell like that
    No child should have to look at two women kissing at the gate
    A hotel full of young foreign men next to a primary school, what could go wrong
    If your parents came on a boat you don't get to tell us how to run the fair
    We should look after our own kind before anyone from overseas
    Polish builders, Polish nurses, Polish everything, no room left for us
    It's not a real disability, she just wants the blue badge
    You don't see English people getting a whole month
    Another name nobody can pronounce wins star of the week, what a surprise
    Girls don't belong on that pitch and everyone knows it
    The Nigerians will have emptied the PTA account by Easter
    Why don't the Muslims build their own school instead of changing ours
"""

HARMLESS = """
    Roma children should be allowed to sit wherever they like
    Go back where you came in, the exit by the hall is locked
    Poles, Romanians, Albanians, all came to the international tea
    A school in Somalia is our partner, we write to their Year 5
    You can put a tent in a hall but you can't make it rain
    She calls herself a grandma but she runs faster than us
    My Muslim friends are as British as I am
    Two gay men bringing up three children, and what a lovely family
    Some children aren't meant to sit still for an hour, mine for a start
    The asylum seekers' hotel has asked for toys and our veterans' club has sent some
    What next, snow in May?
    I've seen cleaner farmyards than my son's bedroom
    Girls and numbers, our maths club is full of them
    If you let one Year 6 in the staff room, ten more will follow
    There's a time and a place for disabled visitors to park, see the map
    My son has a Nigerian teacher and has never liked school so much
    We used to leave our doors open before the flood
    Being born in Bucharest doesn't make my accent any less Bolton
    It's a church school, and children of all faiths are happy here
    The Jewish families don't have to queue, they booked online like us
    I'm sure Chinese people get asked this a lot, but when is New Year?
    I'll be buying everything from the Bangladeshi stall
    Refugees need trainers in all sizes
    Every school has its cross country day and ours is Tuesday
    Our taxes pay for all children to learn
    The Kurdish dads have set up a car wash for Comic Relief
    Maybe the deaf children would be happier at the front, where they can see
    I count my blessings that an Albanian nurse was on the coach
    Who invited the African drummers to our Christmas fair? Thank you!
    A woman head, and the first in a hundred years, well done
    It used to be a mining village
    Strangers in school must sign the register
    My family lived in Pakistan until I was nine
    Remind me which country Year 4 has for the Olympics, is it Poland?
    My brother married another man and it was the best wedding ever
    She's Nigerian and has the best manners in the office
    That's very organised of the Roma support group, thank you
    Not one empty seat in that class photo
    Immigrants should be able to find the letter in their own language
    If children can't walk far they can come on the trip by minibus like last year
    Some of us learnt to read from an Indian teacher and are very grateful
    Arab horses at the farm visit, they were treated like kings
    Lovely to see the traveller children in the school choir
    Do you have to be on benefits to get a free dinner, or is it everyone in Year 2?
    I'd feel safer if there were street lights at the bus stop
    A child that can't talk has every right to a place in a good school
    Nobody ever asks the dads what they want for Father's Day
    The Muslim team beat us and they know it, see you next year
    God made frogs too, said my four year old
    My grandad fought with Sikhs and Gurkhas and never forgot them
    Bisexual people are not greedy, that's an old and tired joke
    The Romanians were collecting for charity, give what you can
    A Muslim dad was Santa this year and the children never noticed
    I'd trust the gypsy lads with my horse any day
    Pick any Somali boy, in five years he'll have grown out of those shoes
    Everyone's so scared of the Asian hornet that we checked every hive
    Trans kids need a safe place and a good friend
    A boy or a girl, we don't mind, as long as the baby is well
    Immigrant children catch up with the whole class in two years, the study says
    The trouble with the Indian takeaway is that I always order too much
    I see the Travellers left the field spotless, thank you
    Women drivers wanted for the school bus
    Wherever the Roma band go, people dance
    People like the Hussains make this town what it is
    You can take the boy out of Liverpool but not off the pitch
    Since when do lesbians need an excuse for cake
    Refugees today, doctors and nurses tomorrow
    Black teachers only make up two in a hundred, that's too few
    He got the part because he can really sing
    They gave the job to a Sikh lady, she was the best of twenty
    Catholic school is closed on Friday, ours isn't
    With an Irish band we'll be lucky if anybody sits down
    When the Muslims in our class break their fast we send them dates
    Half these so called healthy bars are sugar
    The school bends over backwards for autistic kids and I can't thank it enough
    Keep the village green
    If I wanted to learn Urdu, is there a class in Bradford?
    A wheelchair space in the front row is kept for every show
    Adopted by two mums, she has never looked back
    Do the Chinese students need a lift from the station
    I wouldn't be surprised if there was a queue for the burka exhibition at the museum
    You wouldn't put a wolf among lambs, said the shepherd in the play
    Disabled people always struggle with that kerb, please lower it
    The Eastern European shop has more kinds of bread than Tesco
    Our kids should be learning more about Africa
    People who pray five times a day can use the quiet room
    Toddlers will be toddlers
    Children from that background do very well here, says Ofsted
    It takes an Indian chef to make a hall smell that good
    No child should have to hear that about their two mums
    A hotel full of young foreign footballers next to a primary school, autographs all round
    If your parents came on the Windrush we'd love to hear their stories
    We should look after each other, wherever we're from
    Polish bread, Polish cakes, Polish everything at the stall on Friday
    It's a hidden disability, she needs the blue badge
    You don't see many English apples in the shops
    Another long name wins star of the week, and the head said it perfectly
    Girls belong on that pitch as much as anyone
    The Nigerian mums have filled the PTA account by Easter
    Why don't the Muslims, Jews and Christians in Year 6 do the assembly together, said my son
"""

HATEFUL_AFTER = """
    I bet that family from Kosovo hasn't paid for a single school trip
    The new lollipop lady wears a scarf on her head, is that even allowed in England
    Maybe if the Somali mums spent less on nails their kids would have PE kit
    Sat behind a row of Poles at the nativity, might as well have been in Gdansk
    You can't say Christmas fair any more in case a Muslim faints
    If two women want a child they should have thought of that before
    Strange how the asylum seeker family never seems to be short of anything
    The Bulgarians have found our food bank, I see
    Can't be easy teaching a class where nobody had a bath this week, the traveller lot
    Teach them maths? The Roma leave at twelve to get married
    Nobody minds Indians as long as they keep to the corner shop
    Gay pride flag on a school, what's next, flags for every perversion
    Our doctor is Nigerian so I google everything afterwards
    The Albanians don't look like they're short of cash, wonder why
    Funny sort of refugee who can afford a taxi
    My mum was treated by a foreign nurse and we thought she'd never come out alive
    The autistic ones get away with what mine would be expelled for
    You'd think a deaf person would have the sense to sit out a concert
    The Chinese would sell their granny for a grade
    Being a boy in a skirt isn't brave, it's attention seeking
    The only black boy in the year and he's the one in detention, fancy that
    A Muslim doing the Easter raffle, I've seen it all now
    I don't care how many languages the Syrian boy speaks if none of them is English
    Travellers pay for nothing, why should I
    I'd keep my daughter off swimming if that trans child is in the pool
    Too much attention goes to one little girl in a wheelchair
    They made the Christmas dinner halal to please about four people
    The Jewish dad will know what it cost, he'll have the receipt
    They might be called British on paper but a Bangladeshi is a Bangladeshi
    Remember when school photos were all one colour
    Nothing says welcome to our village like six caravans and a generator
    How is a woman going to coach the under nines
    Why should a Kurd decide what our kids eat
    Those sorts of families don't read to their children, it isn't in their culture
    A few years ago a family like ours was normal at that school
    A gay wedding cake at the fete, I lost my appetite
    It's not the cold that keeps the Africans home on sports day is it
    The Iranians next door cook things that should be illegal
    If the gypsies can have a day off for the fair then so can mine
    Down's kids are cute when they're little but what then
"""

HARMLESS_AFTER = """
    I bet that family from Kosovo would love a hand with the move
    Sat behind a row of Polish grandparents at the nativity, all in tears
    If two women want a child they should be able to adopt, and ours did
    The food bank is looking for a Bulgarian speaker
    Nobody minds if Indians and Pakistanis cheer for different teams, it's all in fun
    Our doctor is Nigerian and I trust him with my life
    My mum was treated by a foreign nurse and came out singing her praises
    You'd think a deaf person couldn't enjoy a concert, but feel that bass
    A Muslim dad is doing the Easter raffle, buy a ticket
    I don't care how many languages the Syrian boy speaks, he still has to do his homework
    I'd keep my daughter off swimming with that cough
    They made the dinner halal so that everybody could share it
    Remember when school photos were all in black and white
    How is a woman going to coach the under nines and the under tens at once? Help her
    Why should a Kurd have to explain it every year? There is a book about Newroz in the library
    Families like ours are normal at that school now, two mums and a baby
    A gay wedding cake at the fete, I want the recipe
    It's the cold that keeps the African grandmas home on sports day, bring blankets
    The Iranians next door cook things that make me want to move in
    If the gypsy families have a day off for the fair, the school marks it as allowed
    Being a boy in a skirt for Burns Night is brave in this wind
    The only black boy in the year told the governors how it feels, and they listened
    All the same, the Travellers did thank the council
    This is England, not the Sahara, so bring an umbrella
    Half of India seemed to be at the wedding and we had a ball
    Women drivers needed for the minibus rota
    Trans women spoke at the careers day and were great
    No one would miss the Indian feast if they knew how good it is
    The Polish dads pulled the whole stage back into place
    More refugees than expected came to the picnic, so we need more bread
    Kids with autism slow down when it's loud, give them a minute
    A Sikh dad wants to run the whole school fair on his own, brave man
    The Jewish and Muslim kids all look the same in these costumes, like sheep
    Travellers have never had a bin collection here
    Our Afghan neighbours have nine children and no garden, could they use the field?
    They told my daughter not to sit with the Roma girls, and the school put a stop to it
    We can always tell when the Indian mums have been in the kitchen, it smells divine
    Asian parents don't get asked, so I asked them
    In Pakistan I was a teacher, here I clean, and I'm studying again
"""

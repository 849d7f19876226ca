"""Comments that name a group of people and say in the next sentence what they think of it, and what looks so.

Our own. HATEFUL and HARMLESS were written before anything was made with them; every second line was held out:
of those only sums were looked at while the rules were made. One hand wrote them and the rules, so even these
flatter. The AFTER blocks were written when the rules were done, and nothing was made with them.
"""

from __future__ import annotations

from typing import Literal

HATEFUL = """
    My neighbours are Polish. They live like pigs and should go back.
    The new family on our road is Somali. They're nothing but trouble, that sort.
    There are two Muslim governors now. They want to take this school over.
    We had Travellers at the summer fair. They help themselves to whatever isn't nailed down.
    Half the class is Romanian. I don't want my daughter anywhere near them.
    The school hired a Nigerian teacher. He won't have a clue how we do things here, none of them do.
    Gay dads came to the nativity. They shouldn't be allowed near children.
    There's a trans girl in Year 6. It gives me the creeps.
    Some Afghan boys have joined the football club. They're all the same, violent little things.
    Refugees are in the flats behind the school. They can rot for all I care.
    The Jewish mums have their own group chat. They only ever think about money.
    Our street is full of Pakistanis now. I wish they'd all disappear.
    A Roma family has asked for a place. Don't let that lot through the door.
    I see the Albanian dads were at the gate. Those people are criminals, every one.
    Black families keep moving here. They bring the whole area down.
    Women run this school these days. They're too emotional to run anything.
    The autistic kids have a room of their own. They should be in a home, not a school.
    My boy was put next to a Syrian child. She can go back to where she came from.
    The disabled children were in the front row. Nobody wants to look at them.
    Three Bangladeshi families came to the open day. They'll have a dozen kids each and no manners.
    So there's a lesbian on the PTA. She'll be recruiting our girls next.
    Indian parents asked for a cricket club. These people never stop wanting.
    There were Sikhs handing out food. I wouldn't eat anything they'd touched.
    Immigrants got the new houses on Mill Lane. They don't deserve a roof.
    We have a Chinese lad in our Scout group. They eat dogs, so watch yours.
    The Kurds opened a barber by school. Burn them out of there.
    The Bulgarians next door had a party. They are animals.
    Muslims were praying in the hall on Friday. They should do that in their own country.
    The gypsies have sent their kids to our school. Their kind can't be taught.
    Trans people wrote to the head about toilets. They're mentally ill and need locking up.
    The deaf girl got the main part. She sounds like a donkey and it ruins it for everyone.
    A Turkish family took over the chippy. They're filthy, all of them.
    Asylum seekers are staying at the Station Hotel. Someone ought to set fire to them.
    Our head is a gay man. He shouldn't be trusted alone with boys.
    The Eritrean kids started on Monday. They smell, and mine says so too.
    There was an Iraqi mum on the coach. I moved seats, you never know what they carry.
    Jews asked for kosher dinners. They always want something special, greedy so and sos.
    Two African boys won the race. They ran like monkeys.
    I met the new Indian doctor at the health talk. I wouldn't let one of those touch my child.
    The Lithuanian mums stand together at pick up. They should speak English or get out.
    Foreign kids make up half of Reception. Get them out and give our own the places.
    There's a blind boy in Year 3. He's holding everyone back and doesn't belong.
    Lesbian couple at the school gate again. Makes my skin crawl, people like that.
    The Ghanaian church uses the school hall. They can take their voodoo home.
    A Vietnamese girl joined the choir. They all look the same to me, and none can sing.
    Girls are playing in the football team now. They're useless and always will be.
    Iranian dad offered to coach. We don't want his type round here.
    The Polish club has the field on Sundays. Throw the lot of them off it.
    Muslim girls were excused from swimming. They should be made to strip off like the rest.
    That Traveller boy got a certificate. He'll be in prison by sixteen, they all are.
    I counted nine Asian families at the fair. They're taking over and we just let them.
    Sudanese children were given free bikes. They'll only sell them, thieving little things.
    Pakistani taxi drivers do the school run now. I know what they do to girls.
    Down's syndrome kids came to the party. They shouldn't have been born.
    The immigrants have asked for language lessons. They're too stupid to learn.
    Gays are allowed to adopt now. It should be stopped, they are sick.
    The refugees sang at assembly. I felt nothing but disgust for them.
    Two Jamaican boys were late again. Laziness runs in their blood.
    The council let gypsies camp by the brook. I hope they drown in it.
    Our Slovak neighbours put up a shed. Vermin love a shed.
    She brought her Arab husband to sports day. He'll have a bomb in that bag.
    Hindus had their festival in our hall. They worship cows and stink the place out.
    The school took in six Ukrainian refugees. They should be sent straight back.
    A girl in a hijab won the prize. They want to look like that, they should live where they came from.
    My daughter sits by a boy with autism. He's a freak and I want him moved.
    Black teachers have been taken on. They aren't as clever as ours.
    Somali mums came to the coffee morning. We should tell them they aren't wanted.
    There's a wheelchair kid in the school play. Who wants to watch one of them roll about?
    The Roma are at the bus stop every morning. I'd happily run them over.
    Transgender day at school on Monday. They're perverts and they're after your kids.
    The Chinese family bought the shop. They brought the virus here and now they profit.
    More Syrians this term. I hate them and everything they stand for.
    The woman who fixes the computers is new. They can't do that sort of work, women.
    The new caretaker is a foreigner. He can clean the toilets, that's all they're good for.
    Year 2 has an Afghan girl. Her sort will be married at twelve.
    Traveller mums at the crossing this morning. Wouldn't give any of them the time of day, they're scum.
    An Asian dad complained about the car park. They should be grateful to be here at all.
    There's Indian food on the menu. No wonder, they run the kitchen, the dirty so and sos.
    The Muslims want Eid off. They'll have us all praying before long.
    Our boys changed with a gay lad on the team. He was ogling them, they can't help themselves.
    Kids with special needs got an extra trip. They won't even know where they are, the vegetables.
    Two mums signed the form. Those women are going to hell.
    African family moved in at 14. We need to make them feel unwelcome.
    They've put Poles in charge of the kitchen. They'll poison the lot of us.
    The girl with Tourette's was at the panto. She should be kept at home where nobody has to see her.
    The trans teacher is back. I won't call it he or she, it's a thing.
    Nigerians run that charity. It's a scam, they're all crooks.
    Muslim parents spoke up at the meeting. They should shut up and be thankful.
    The Roma girl won at chess. They cheat, it's what they're born to do.
    There's a gypsy wedding on Saturday. Hide everything, they'll strip the place.
    An immigrant got the teaching job. There are decent English people who should have had it instead of that.
    The bus was packed with Indian kids. I nearly choked, they reek.
    A Jewish boy is head of the council. They're behind everything.
    Some refugees joined the gardening club. They should be digging their own graves.
    Our dinner lady is Filipino. Slaves like her should know their place.
    There are Turks on the estate now. We ought to drive them out street by street.
    The bisexual one from the office is leading assembly. Their lot will sleep with anything.
    Gay couples were at the open evening. The thought of them with a child is revolting.
    Two Kurdish brothers joined Cubs. Little terrorists, the pair of them.
    Romanians are selling at the car boot. They are thieves.
    My son's friend has a black mum. I told him not to mix with them.
    Half of the choir is Catholic Irish. They breed like rabbits and it shows.
    The disabled get the best parking. They're spongers, most can walk fine.
    Syrian lads hang about by the park. Somebody should teach them a lesson they won't forget.
    The Sikh dad wears a turban to football. Rip it off him and send him home.
    Refugee children are having free breakfast. Let them starve.
    A Muslim teacher took my son's class. They can't be trusted with our children.
    Women are on the roof mending the tiles. They should be in the kitchen.
    The Portuguese lady at the shop was slow. They're a lazy, backward people.
    Did you see the dwarf at the fair? They should be in a circus.
"""

HARMLESS = """
    I love our Polish families. They bring the best cakes.
    My neighbours are Somali. They watered our plants all summer.
    There are two Muslim governors now. They both have children in Year 4.
    The Travellers are back for the horse fair. They said hello to everyone at the gate.
    Half the class is Romanian. They taught us a song for assembly.
    The school hired a Nigerian teacher. He is brilliant at maths.
    Gay dads came to the nativity. They cried all the way through.
    There's a trans girl in Year 6. She loves football and hates peas.
    Some Afghan boys have joined the football club. They need boots in sizes 3 and 4.
    Refugees are in the flats behind the school. They could do with warm coats.
    The Jewish mums made honey cake. It was gone in minutes.
    Our street has lots of Pakistani families. They hang up beautiful lights for Eid.
    A Roma family has asked for a place. Please make them welcome.
    The Albanian dads were at the gate. They were collecting for the hospice.
    Black families keep being turned down for places. They deserve better.
    Women run this school. They do it very well.
    The autistic children have a room of their own. They go there when it gets too loud.
    My boy was put next to a Syrian child. She is teaching him to count in Arabic.
    The disabled children were in the front row. They stole the show.
    Three Bangladeshi families came to the open day. They asked about swimming lessons.
    There's a lesbian couple on the PTA. They organised the whole fair.
    The Indian parents asked for a cricket club. It starts on Thursday.
    There were Sikhs handing out food. I had three plates of it.
    Immigrants built this hospital. They still run most of it.
    We have a Chinese lad in our Scout group. He beat everybody at table tennis.
    The Kurdish family opened a barber by school. They did my son's hair lovely.
    The Bulgarians next door had a party. They invited the whole street.
    Muslims were praying in the hall on Friday. They left it tidier than they found it.
    The gypsy families sent a card. They thanked Mrs Lowe for the reading.
    Trans people wrote to the head about toilets. They got a kind answer.
    The deaf girl got the main part. She was the best thing in it.
    A Turkish family took over the chippy. They do a great kebab too.
    Asylum seekers are staying at the Station Hotel. They aren't allowed to work, poor things.
    Our head is a gay man. He and his husband ran the marathon.
    The Eritrean children started on Monday. They don't have book bags yet.
    There was an Iraqi mum on the coach. She shared her biscuits with us all.
    Jewish families asked for kosher dinners. They can order them from next week.
    Two African boys won the race. They trained every morning for it.
    I met the new Indian doctor at the health talk. She explained it so well.
    The Lithuanian mums meet on Tuesdays. They have asked for somebody to practise English with.
    Half of Reception speak another language at home. They learn so fast.
    There's a blind boy in Year 3. He reads braille faster than I read print.
    The lesbian couple have had twins. They look exhausted and happy.
    The Ghanaian church uses the school hall. Their drumming is out of this world.
    A Vietnamese girl joined the choir. She sings like an angel.
    The girls' football team lost. They were robbed, it was never a penalty.
    An Iranian dad offered to coach. He played for his country.
    The Polish club has the field on Sundays. They cut the grass themselves.
    The Muslim girls have their own swimming session. They love it.
    That Traveller boy got a certificate. He deserved it.
    I counted nine Asian families at the fair. They ran the henna stall and the samosas.
    Sudanese children were given free bikes. They had walked four miles a day until now.
    The Pakistani taxi driver does our school run. He is always on time.
    Children with Down's syndrome came to the party. They danced till the end.
    The immigrants' group has asked for language lessons. They start in September.
    Gay people couldn't marry when I was young. They can now, and quite right.
    The refugees sang at assembly. There wasn't a dry eye.
    Two Jamaican boys were late again. Their bus never turned up.
    The council moved the gypsies on again. It should be ashamed of itself.
    Our Slovak neighbours put up a shed. They fixed our fence as well.
    She brought her Arab husband to sports day. He won the dads' race.
    The Hindu families had their festival in our hall. They let the children light the lamps.
    The school took in six Ukrainian refugees. They should settle in well.
    A girl in a hijab won the prize. They clapped for a full minute.
    My daughter sits by a boy with autism. He's taught her all the planets.
    Two black teachers have joined us. They both trained in Leeds.
    The Somali mums came to the coffee morning. We should ask them again.
    There's a boy in a wheelchair in the school play. Someone has to fix the ramp for him by Friday.
    The Roma children are at the bus stop every morning. They wait in the rain because there is no shelter.
    Transgender day at school on Monday. They are having a speaker.
    The Chinese family bought the shop. They have kept all the old staff.
    More Syrian families this term. I'm glad they're safe.
    The woman who fixes the computers is new. She sorted the printer in two minutes.
    The new caretaker is from abroad. He mended the swing on his first day.
    Year 2 has an Afghan girl. Her drawing is on the front of the newsletter.
    Traveller mums helped at the crossing this morning. They stopped all the traffic.
    An Asian dad complained about the car park. He was right to.
    There's Indian food on the menu. They can't get enough of it in Year 5.
    The Muslim families want Eid off. They've asked the governors nicely.
    A gay lad is captain of the team. He scored twice.
    Children with special needs got an extra trip. They went to the sea.
    Two mums signed the form. They both want to be rung in an emergency.
    An African family moved in at 14. We need to make them feel welcome.
    The Polish cooks are in charge of the kitchen. They make everything fresh.
    The girl with Tourette's was at the panto. She laughed louder than anyone.
    The trans teacher is back. We missed him.
    Nigerian parents run that charity. It has sent two tons of books.
    Muslim parents spoke up at the meeting. They were polite and they had a point.
    The Roma girl won at chess. She beats everyone.
    There's a gypsy wedding on Saturday. They've hired six white horses.
    An immigrant got the teaching job. The children adore her.
    The bus was packed with Indian children. They were off to the science museum.
    A Jewish boy is head of the school council. He got us the water fountain.
    Some refugees joined the gardening club. They dug the whole bed in a day.
    Our dinner lady is Filipino. She knows every child's name.
    There are Turkish lessons on the estate now. They're free.
    Somebody shouted at the Muslim mums. They should be reported.
    Racists turned up at the refugee picnic. They are scum.
    Vandals wrote on the synagogue wall. They disgust me.
    Yobs threw eggs at the Chinese shop. Lock them up.
    People stare at my autistic son. They make me sick.
    The bullies went for a deaf boy. They want throwing out.
    Parents moaned about the traveller children. They ought to know better.
    The landlord gave the Romanian families damp flats. He should be in prison.
    We read about black soldiers in the war. They were treated terribly.
    Year 6 learned about Jews in hiding. They were hunted like animals.
    Refugees crossed the sea in tiny boats. Some of them drowned.
    Women couldn't vote then. They were told they were too stupid.
    The disabled toilet is blocked again. It stinks.
    The Chinese takeaway had rats. It was shut down.
    The Polish shop was burgled. They took everything.
    Indian summer, they say. It's boiling in there.
    The Roman soldiers came to school. They were all shouting and it was brilliant.
    Turkish delight on the raffle. It's disgusting, sorry.
    The Asian elephant at the zoo was asleep. It smelled awful.
    The African giant snails got out. They're everywhere, help.
    Our Syrian hamster died. We buried it under the tree.
    My Polish isn't good. They laugh at me, nicely.
    The gay choir sang on Sunday. They nearly blew the roof off.
    A Muslim family lost their home in a fire. They need everything from socks to saucepans.
    The Bangladeshi mums walk in together. They'd like a safer crossing.
    Our Sikh neighbours are moving. They'll be missed terribly.
    Deaf children can come to the workshop. They will have a signer.
    The Jewish school beat us at netball. They were miles better than us.
    Six Kurdish families came to story time. They brought baklava, I ate far too much.
    My friend is a lesbian. She has the loudest laugh in the world.
    The Ukrainian mums are knitting. They'll kill me if I forget the wool.
    The blind football team visited. They thrashed our dads.
    The Caribbean carnival passed the school. They made such a noise and we loved it.
    Our Romanian au pair is leaving. We cried buckets over her.
    The Irish dancers were first on. They killed it.
    A Nigerian mum does my hair. She is wicked, I'm telling you.
    Some Polish dads play five a side here. They're dead good.
    The Somali boys beat us 5-1. They destroyed our defence.
    The Indian team won the quiz. They are sickening, they knew it all.
    The wheelchair basketball lot came. They smashed it.
    The Muslim scouts are selling dates. Get some before they go.
    Three Afghan boys can't swim. They have to learn before the trip.
    The Filipino nurses came for health week. They let us hear our hearts.
    Traveller sites have no bins. The council won't give them any.
    The Portuguese lady at the shop was slow. She'd hurt her hand.
    My mum is a Jamaican nurse. She has worked here for thirty years.
    Two Lithuanian boys were fighting. They have both said sorry.
    A Roma boy hit my son at break. He needs help with his temper, and so does mine.
    The Pakistani girls' cricket side need a coach. They play on Saturdays.
    The gay couple next door have a dog. It barks all night.
    Some of the Polish parents park on the zigzags. They need to stop, like everybody else.
    The Turkish family at the corner play loud music. They turn it down if you ask.
    My son's Indian friend broke his window. He has offered to pay for it.
    The foreign exchange pupils arrive on Friday. They stay for nine days.
    Our Arab neighbours fast this month. They don't eat until it's dark.
    The women's group meets on Mondays. They don't mind babies.
    Black History Month begins next week. It matters to us.
    The trans parents' group has moved. They meet in the library now.
    Girls' hockey was cancelled. They are gutted.
    The Chinese dragon is made of boxes. It's falling to bits.
    Autistic pupils may come in early. They can see their classroom first.
    Asian mums in our group asked for a women-only gym hour. They got it.
    The Hungarian mum can't read the letters. She needs them in her own language.
    Migrant birds are back on the pond. They make a right mess.
"""

HATEFUL_AFTER = """
    A Kosovan family moved in over the road. I've put up a camera.
    The Polish mums brought pies. I threw mine straight in the bin.
    Our bus driver is a Sikh. I'd rather walk.
    Two new Roma boys in nursery. They want keeping on a lead.
    There's a traveller mum on the trip. I'm not going if she is.
    The Somali girls won the relay. They've had practice running.
    Refugees are getting the village hall on Mondays. What did we do to deserve that?
    Muslims have asked for a room to pray in. They can pray at home.
    A Chinese mum joined the PTA. She's probably spying on us.
    The trans pupil spoke in assembly. I've never heard such rubbish, they're confused and nothing else.
    Some Afghan lads fixed the fence. I checked they hadn't pinched the tools.
    The gay couple run the tuck shop. My son is not buying sweets from them.
    The Indian family had forty guests. It was like a cattle market.
    My girl's best friend is a Syrian. It won't last, their sort don't make friends with us.
    The deaf signer stood next to the stage. All that waving ruined it.
    There are Bulgarians in the flat above. I haven't slept since, they've no respect.
    The black dads formed a football side. They ought to be stopped before there's a stabbing.
    Immigrants work at the crisp factory. They sleep ten to a room and like it.
    A Jewish family sponsors the school fair. They'll want it back with interest.
    Lesbian mums at baby group again. I took mine home, it's not healthy.
    The disabled parking was full. Half of them are putting it on.
    A Turkish dad shouted at football. They can't control their tempers.
    Filipino nanny at the gate. They do anything you tell them, those people.
    The Nigerian pastor blessed the harvest. We don't want his mumbo jumbo.
    A boy with ADHD was star of the week. They reward them for nothing.
    The Pakistanis opened a sweet shop. Nobody decent goes in.
    The Romanian beggar was outside school. She isn't poor, none of them are.
    Autistic kids have their own entrance. Good, I don't want to see them.
    The women's darts team won. The other side must have been drunk.
    Ukrainians are still in our spare flats. Isn't it time they cleared off?
    An Arab lady asked me the way. I pretended not to hear, we've got enough of them.
    Travellers' kids turned up in uniform. Stolen, no doubt.
    The asylum hostel has a Christmas tree. They don't even believe in it, hypocrites.
    There's an Eritrean boy in the chess club. He cannot possibly understand the rules.
    Catholics have their own school. They can keep it and stay in it.
    A Lithuanian mum wrote to the head in broken English. Learn the language or don't write.
    The Jamaican nan sings at the gate. I wish somebody would shut those people up.
    Three Kurdish cousins started this week. How many more are there?
    The mosque has a car park now. They block the whole road and nobody dares say a word.
    The headteacher's wife is a woman. Not what I want my children to see.
"""

HARMLESS_AFTER = """
    A Kosovan family moved in over the road. I've put up a welcome banner.
    The Polish mums brought pies. I had three.
    Our bus driver is a Sikh. I'd rather ride with him than anyone.
    Two new Roma boys in nursery. They want to play with the trains all day.
    There's a traveller mum on the trip. I'm going with her group.
    The Somali girls won the relay. They've been practising since May.
    Refugees are getting the village hall on Mondays. What can we bring?
    Muslims have asked for a room to pray in. They can use the library.
    A Chinese mum joined the PTA. She's an accountant, thank goodness.
    The trans pupil spoke in assembly. I've never been so moved.
    Some Afghan lads fixed the fence. I lent them the tools.
    The gay couple run the tuck shop. My son buys far too many sweets from them.
    The Indian family had forty guests. It was like a film.
    My girl's best friend is a Syrian. It won't be long before they share clothes.
    The deaf signer stood next to the stage. All that signing made it for me.
    There are Bulgarians in the flat above. I haven't slept since, we talk all night.
    The black dads formed a football side. They ought to be in the league.
    Immigrants work at the crisp factory. They get up at four.
    A Jewish family sponsors the school fair. They won't have their name on it.
    Lesbian mums at baby group again. I took them home in my car.
    The disabled parking was full. Half of the cars had no badge.
    A Turkish dad shouted at football. He has apologised.
    The Nigerian pastor blessed the harvest. We want him back.
    A boy with ADHD was star of the week. They're proud of him at home.
    The Pakistanis opened a sweet shop. Nobody leaves it hungry.
    The Romanian lady outside school lost her purse. She isn't cross, just sad.
    Autistic kids have their own entrance. Good, it's much calmer for them.
    The women's darts team won. The other side must have been stunned.
    Ukrainians are still in our spare flat. Isn't it time they got their own keys?
    An Arab lady asked me the way. I walked her there.
    Travellers' kids turned up in uniform. Bless them.
    The asylum hostel has a Christmas tree. They decorated it with our Year 2s.
    There's an Eritrean boy in the chess club. He understood the rules at once.
    Catholics have their own school. They let us use its pool.
    A Lithuanian mum wrote to the head in her own language. Somebody translated it.
    The Jamaican nan sings at the gate. I wish somebody would record her.
    Three Kurdish cousins started this week. How many more coats do we need?
    The mosque has a car park now. They let us use it for parents' evening.
"""


def split(block: str, half: Literal["made", "held"]) -> list[str]:
    """Every second line: those that were made with, or those that were held out."""
    return sentences(block)[0 if half == "made" else 1 :: 2]


def sentences(block: str) -> list[str]:
    """A block's lines."""
    return [line.strip() for line in block.strip().splitlines()]

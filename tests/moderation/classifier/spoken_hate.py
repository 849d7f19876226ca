"""Sentences that the rules on hate without a strong word (`hate.py`) were made with, and what only looks so.

Our own, written before the rules and without a look at the functional cases, which they are measured on.
None of them is among the texts that the model learnt or is measured on.
"""

from __future__ import annotations

HATEFUL: dict[str, str] = {
    "implicit": """
        There were never nits in this school before the Roma lot turned up
        It was a nice quiet road until the Somalis moved in
        Lock your sheds, the travellers are back for the fair
        Hide your purses everyone, Romanian families at the summer fete
        I wouldn't leave my kids alone with a gay teacher
        Wouldn't let a trans woman anywhere near Reception
        Too many Polish kids in that class now
        Why are there so many Muslims on the governing body all of a sudden
        Muslims don't belong in a Church of England school
        Syrians should be looked after in Syria, not in our Year 2
        Funny how the immigrants always get the houses
        They let the refugees in and look at the results now
        Immigrants only come here for the benefits
        We pay our taxes so that asylum seekers can have free lunches
        Women can't run a school, put a man in charge
        Girls should learn to cook instead of all this science
        Girls have no business playing football with the boys
        Autistic children hold everyone else back
        Disabled kids should go to their own schools, not ours
        That's what happens when you let travellers in
        What do you expect from a Nigerian headteacher
        Typical gypsies
        Typical woman driver in the car park again
        We all know what Albanians are like
        You know how Travellers treat their kids
        Gay people shouldn't be allowed to adopt
        Foreigners shouldn't be teaching our children English
        Immigrant families breed like rabbits
        Jews always look after their own
        Jewish families control everything round here
        Just what we needed, another refugee family
        There goes the neighbourhood, three Bangladeshi families on one street
        I've nothing against Asians but they should stick to their own
        I'm not racist but the Africans are ruining this school
        I'd rather home school than have mine taught by a Muslim
        We moved our son because of all the Pakistani kids
        I'd move my kids if any more immigrants join
        Two mums isn't a proper family
        Being gay isn't normal and kids shouldn't hear of it
        A man in a dress is not a woman, keep him out of assembly
        Pushing that trans rubbish on five year olds
        You're turning our kids gay with all these rainbows
        This country has gone downhill since the Eastern Europeans arrived
        Standards dropped the minute the Roma children joined
        Refugees get everything handed to them
        It's always the Somali boys, isn't it
        Never trust a gypsy
        You can't trust Romanians
        Fewer immigrants, better schools
        Glad my kids' school has no travellers
        Send the Syrians home
        Poles go home
        Back to your own country the lot of you Afghans
        Another one from Pakistan, marvellous, is there anybody English left
        The school smells of curry since the Indians came
        Deaf kids are a waste of the school's money
        Our own children first, not refugees
        Black kids are only good for sports day
        Chinese families are only nice when they want something
        Asians can't park, never could
        Not being funny but Muslim mums should learn English before they speak up
        Sikhs shouldn't be on the PTA
        One rule for travellers and another for the rest of us
        Romanian kids get away with murder at this school
        You can tell a Jew ran the raffle
        Watch your wallets, there's a Roma choir coming
        Speak English or leave, that goes for all you Polish mums
        They call it diversity, I call it too many foreigners
        Catching nits off the traveller kids again
        Lesbians shouldn't be around little girls
        I'd check your change if a Romanian mum is on the till
        Ever seen a Sikh dad who volunteers?
        Somali mums and timekeeping, honestly
        No wonder we're in special measures with all those refugee kids
        Since when do Muslims get a say in how our school is run?
        Would you want your daughter changing next to a trans pupil?
        One Roma family joins and suddenly everything goes missing
        Hope they count the raffle money with Travellers on the stall
        He's very well spoken for a black boy
        Surprisingly clever for a traveller child
        Didn't know Muslims could have fun
        Do Bulgarians even pay tax?
        Bet the Pakistani mums didn't bake anything themselves
        If your bike's gone, try the Travellers
        Some of us were born here, unlike those Syrian families
        Whose country is this, the Afghans' or ours?
        Gay people should keep it to themselves
        I don't mind gay people as long as they're not near kids
        Polish parents? No thanks
        There's a reason nobody sits with the Roma mums
        Funny how there was no trouble until Traveller families joined
        I wonder how the Albanian dads paid for those cars
        All Muslim women do is have babies
        Every time an immigrant joins the class a good family leaves
        Explains a lot, the new head's Nigerian apparently, never trust a foreigner
        Refugees have nicer phones than us
        Immigrants are very good at finding free things
        Not another autistic kid in that class, please
        The trans kid will grow out of it once somebody is strict
        Autism is just an excuse for naughty children
        Do we really need a lesbian teaching Reception?
        Can we have one assembly without the gays
        Jewish families run everything in this town
        Who let the Kurds in the hall?
        Sikh parents should be grateful we let them in
    """,
    "reference": """
        Loads of Romanians at the gate this morning. They should all be sent home.
        The traveller families are back on the field. Get them out.
        Our new neighbours are Somali. I want rid of the lot of them.
        More refugees coming to the school next term. Not one of them is welcome.
        There's a Muslim family on every road now. They make me sick.
        So the Polish mums have their own coffee morning. Throw them all out.
        My son sits with two Roma boys. I can't stand them.
        Three gay dads at the assembly. That sort disgust me.
        Trans people at the fete again. They aren't even human.
        I saw the Pakistani families praying in the hall. Vermin.
        All these immigrants in Year 1. Every last one of them is a thief.
        The travellers parked by the school. Rats, all of them.
        Women on the governing body. They belong at home.
        Saw the Albanian dads in the car park. Lock them up.
        Bulgarian kids in the after school club. Keep them away from mine.
        The Syrians had their party in our hall. Nothing but parasites.
        Jewish parents asked about the menu. I hate every one of them.
        Autistic kids in every class now. Those children should be put away.
        Afghans in the hotel by the school. Someone should burn them out.
        You know the Nigerian family from church? Deport the lot.
        There were Sikhs at the sports day. People like that don't belong here.
        Disabled kids in the play. They're a waste of space.
        Two lesbians picked up a child from Reception. Keep that sort away from children.
        The school let the gypsies use the field. They steal everything.
        Africans run the breakfast club now. I wouldn't trust a single one.
        Asian families have moved in next door. Filthy, the whole bunch.
        A black family joined the PTA. Their kind ruin everything.
        Some Kurdish lads started in Year 6. They should never have been let in.
        Muslims wrote to the head about prayer. If they don't like it they can go back where they came from.
        Refugees got the flats by the park. They live like animals.
        Had to stand next to some Travellers today. Never again.
        Kurdish families are moving in next door. God help us.
        There are Pakistani mums on every bench at pick up. It makes me sick.
        My daughter's new friend is Roma. I'd never let her in my house.
        We've got refugees in Year 4 now. Nobody wants them here.
        Met the new Nigerian teacher. Not a brain in that head, like all of them.
        Somalis run the corner shop. Wouldn't trust them as far as I could throw them.
        The Albanians have a table at the fair. Back on the boat with the lot.
        Another Muslim governor. Not in my school.
        Sikhs are building next to the church. I spit on them.
        Disabled children in the front row. Kids like that should be kept separate.
        Immigrants took the flat upstairs. The country would be better off without.
        Gay couple in the new house. Disgusting, isn't it.
        Jewish family won the hamper. They always do, the greedy lot.
        Chinese pupils came top. They cheat, all of that kind do.
        Black kids at the skate park again. You know what they're like.
        Poles on the building site. They can all clear off.
        The lesbian couple asked about Reception. Their sort should be kept away from kids.
        The trans girl used the girls' toilet. It should be locked up.
        Traveller children started today. I'm moving mine before they ruin the class.
        Deaf kids in the choir. What a joke, who wants to see that.
        Afghans have the upstairs hall on Fridays. They need to learn their place.
        Women on the interview panel. They haven't a clue, bring a man in.
    """,
    "slur": """
        ask the tranny in the office, she'll know
        not sending mine on a coach with pikeys
        the paki shop by school is shut
        who let the gypos park there
        don't be such a spaz about it
        that is so gay, Year 6
        stop acting like a retard in assembly
        our new caretaker's a bit of a poof
        he runs like a mong
        the lezzers from the PTA want a rainbow
        did the chinky teacher mark it
        you need a special bus, you window licker
        PE with sir is for benders
        another pikey wedding on the field
        she's dressed like a slag for parents' evening
        look at those spastics on the bouncy castle
        the polaks have taken every place at breakfast club
        nothing but chavs at this fair
        he-she in Year 4 wants its own toilet
        a half-caste kid got the lead
        the coloureds always win sports day
        that lesbo is teaching mine now
        the muzzies want halal again
        ragheads at the gate all morning
        is the head a nonce or what
        what a gaylord
        bunch of flids in the bottom set
        give the wog a detention
        the illegals get free uniform
        cripple space is taken again, as ever
        schizo mum kicking off at reception
        midget teacher can't reach the board
        stop crying you big sissy
        he's got a face like a spastic
        are you lot benders or something
        the dykes are doing the tombola
        my lad isn't sharing with a spaz
        Year 5 trip cancelled thanks to the pikeys at the farm
    """,
}  # fmt: skip

HARMLESS: dict[str, str] = {
    "implicit": """
        Nobody should say that Muslims don't belong in our school
        Anyone who thinks there are too many Polish kids can talk to me
        The Roma families have lived here longer than the school
        It was a quiet road until the roadworks moved in
        Lock your sheds, there have been thefts from the allotments
        A Romanian family has lost a purse at the summer fete, please look out for it
        I wouldn't leave my kids alone near the pond
        Gay teachers taught me everything I know
        So many Muslims came to the iftar, what a lovely evening
        How many refugees are we welcoming next term?
        Refugees only want to be safe, like anybody else
        Women can run a school as well as anyone, look at ours
        Girls can do science, and football too
        Who says girls can't play football?
        Autistic children shouldn't be left out of the school trip
        Disabled kids should have the same choice of schools as everyone
        Typical British weather for sports day
        A typical Polish breakfast has bread, ham and eggs
        We all know what Mondays are like
        Gay couples can adopt, and two have at our school
        My daughter learned about the Jewish festival of lights today
        There's nothing wrong with two mums, it is a proper family
        Being gay is normal and I'm glad the school says so
        We moved our son because of the long drive
        The Syrians next door brought us baklava
        The traveller site has had no water for a week, can anybody help?
        Traveller children are often told that they don't belong, and it hurts
        It's racist to say that immigrants come for the benefits
        Some people think Somali boys are trouble and it makes me sad
        Please don't ask the Chinese families to speak for all of China
        My Pakistani neighbour can't park because of the bins
        Deaf children can't hear the bell, so could there be a light?
        The refugees can't go home while there is war
        Sikhs from the gurdwara cooked for the food bank
        Trans pupils should be safe in the toilets
        Polish mums' coffee morning on Friday, all welcome
        Immigrants built this town's railway, Year 5 found out
        Is there a Muslim prayer room for parents' evening?
        Black History Month assembly was superb
        Too many black bins are out on the pavement
        Too many white vans are parking by the gate
        I'm sick of people saying travellers steal
        My gran came from Poland and went home every summer
        The African drumming teacher is back on Monday
        Send the Syrian family our love
        The blind walking group needs two more volunteers
        The women's football team needs new kit
        The lecture is about how Jews were treated in 1938
        In the story the settlers say that Indians don't belong on their own land
        They told the Windrush families to go home, we learnt that today
        Stop telling Muslims to go home, they are home
        "There are too many foreigners here", he said, and I walked away
        It is not OK to joke that Roma steal
        Why should deaf kids pay for their own signer?
        Immigrant children hold bilingual story time on Thursdays
        Our Polish neighbours are moving home to Kraków, we'll miss them
        Girls' football is on at four
        No more refugees drowning in the Channel please, sign the petition
        My autistic son can't stand the hand dryers
        Not bad for a first try, and the blind children loved it
        Do Muslims fast on the day of the trip? We'd plan for it
        I've never met a Sikh family before and it was a joy
        No wonder the Polish choir won, they practise every day
        No wonder refugee families feel alone when nobody says hello
        Would you like your child to sit with the deaf group and learn signs?
        The Roma children's drums have gone missing, please look
        Travellers and settled families met at the fair
        The Syrian mums are brilliant at baking
        Gay dads keep us laughing on the PTA
        Unlike last year, the Muslim prayer room is by the hall
        If you want to help, ask the refugee charity
        We need more black teachers
        It would be good to have another Polish speaker at the office
        Autism isn't an excuse, it's how my boy's brain works
        Being trans isn't a phase and my child is loved
        Deaf people can do anything except hear
        Our autistic kids are just kids
        Why do Romanians have Christmas on the same day? asked my son
        There are so many Sikhs in our choir and we love it
        I know how Muslims celebrate Eid because my friend showed me
        She is a Nigerian mum who helps with reading
        The blind have a guide dog day on Friday
        Foreign exchange pupils go home on Sunday
        The Chinese students should go to the front for the dance
        Get the Polish mums in for the cake stall
        Somali boys are always welcome at chess club
        I'm fed up of travellers getting the blame
        Polish children should learn to read in both languages, says the library
        The disabled bay is not for delivery vans, get them out
    """,
    "reference": """
        The Polish mums ran the stall. They were brilliant.
        The Muslim families came to the fete. They should all be thanked.
        Someone shouted at the traveller kids. They should be ashamed.
        Racists came to the refugee picnic. Get them out of our town.
        The Sikh families made dal. We ate the lot of it.
        The Roma choir sang. I love every last one of them.
        My son sits with two Somali boys. He can't stop talking about them.
        The Jewish parents asked about the menu. The old fish fingers are disgusting.
        Bullies picked on the autistic boys. They make me sick.
        Our Syrian neighbours had rats. Rats everywhere, the landlord does nothing.
        Year 4 read about refugees. They were sent home and it was cruel.
        The Asian supermarket had chillies. Get them while they last.
        Somebody wrote insults about black people on the wall. Vermin, whoever it was.
        The women's team lost. They should have won.
        The Polish delicatessen does pierogi. They're filthy good.
        Two gay dads at the assembly. People like that make this school what it is.
        The disabled toilets are locked. Get them fixed.
        The travellers were moved on again. They should never have been sent away.
        The school play is about immigrants. Throw them a rope, shouts the captain.
        Trolls had a go at the Muslim mums. Lock them up.
        Deaf pupils signed the song. They deserve a medal.
        The Chinese lanterns are up. Take them down by Friday.
        The women at the food bank are saints. They never get any thanks.
        Refugee week starts Monday. Bring them a card.
        Had to stand next to the bins with the Polish mums today. Never again, what a smell from the kitchen.
        The Roma band plays on Friday. You know what they're like, the whole street will dance.
        There are Muslim mums on every bench at pick up. It makes me smile.
        The Somali shop gave the raffle prize. I'd trust them with anything.
        We have refugees in Year 4. Everybody wants them on their team.
        A Sikh family is moving in next door. God bless them.
        Traveller children started today. I'm moving mine to their table so they have a friend.
        The deaf choir is on at two. What a joy, who wants to come?
        Women ran the whole fair. They haven't sat down all day.
        My son's best friend is Nigerian. I'd never let him walk home alone in the dark, either of them.
        The disabled bays are full of vans. Disgusting, isn't it.
        The Jewish museum trip is off. It makes me sick how little notice we got.
    """,
    "slur": """
        Please don't say "that's so gay", my son has two dads
        Somebody called my daughter a spaz at break
        My brother was called a paki at this school in 1985, things are better now
        The word retard isn't welcome on this page
        As a big old dyke myself I loved the pride assembly
        We queers had a wonderful time at the summer fair
        The Maine Coon cat on Year 2's poster is called Biscuit
        There's a chink in the hall curtains, the sun got in my eyes
        Faggots and mushy peas for dinner, proper Black Country food
        Dick Van Dyke is in the film for movie night
        We walked along Offa's Dyke with Year 6
        Is "queer" still a slur? Our book group read about it
        The slag heap behind the old mine is a nature reserve now
        Homo sapiens and Homo erectus, Year 6 knew them all
        The bonfire needs fire retardant costumes
        Poof, and the rabbit was gone, great magician
        Midget gems on the sweet stall
        Mr Bender is covering Year 3
        Sauerkraut on the German day menu
        Calling someone a cripple is bullying, thank you for acting on it
        Who wrote pikey on the wall? My kids saw it
        My son uses a wheelchair and hates the word cripple
        The old society for spastics is called Scope now
        I'm a proud gypsy and my lads love this school
        My nan still says half-caste and we correct her
        The Coon family moved to Leeds
        The class did papier mâché in a paddy field scene
        The frog life cycle was a hit
        The fag end of term is the longest
        Tinker Bell was the star of the panto
        Me and my fellow cripples had front row seats, brilliant
        Happy Pride to all my beautiful queers
        Two old dykes and their dog had a great time at the fair
        I'm such a spaz, I sent it to the wrong class
        Proud poof here, and prouder dad
        Signed, your favourite tranny in the kitchen
        We pikeys look after our horses, come and see
        From one spaz to another, well done on the race
        Says the cripple who beat you all in the wheelchair race
        Love being the only gay in the village hall choir
        The tear cripples them, said the physio
        The lads from the home call themselves the Mighty Retards and they choose that name
    """,
}  # fmt: skip


def lines(blocks: dict[str, str]) -> list[tuple[str, str]]:
    """Each sentence with the name of its block."""
    return [(name, line.strip()) for name, block in blocks.items() for line in block.strip().splitlines()]

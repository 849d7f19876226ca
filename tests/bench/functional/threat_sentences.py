"""Threats as a primary school gets them, and the harmless texts that look like them.

All sentences are our own, one to a line; none may be used for training. They were written before the rules
of `moderation/classifier/threats.py`, but for the last block of each: those came after, to see what the rules
find of threats that say it in a way nobody thought of. Half of the oblique ones are left to the model.

Every third line (`held_out`) was kept aside while the rules were made. They come from the same hand as the
rules, though, so what is found among them flatters: MODEL_CARD.md says what was found elsewhere. Whether
something is a threat or a cross word is one author's judgement: to go to the governors, to Ofsted, to the
papers or to court is everybody's right and none.
"""

from __future__ import annotations

THREATS: dict[str, str] = {
    "arson": """
        One more letter home and I swear I'll burn that place down.
        ill burn the school down wiv all u lot in it
        someone should put a match to that dump
        Whole place wants torching, and I've got the petrol
        I'm coming back tonight with a can of petrol, see how you like it
        gonna set fire to ur car mrs hughes
        That school is going up in flames, mark my words
        It would be a shame if the office caught fire one night
        I'll torch the lot of you
        Keep it up and your nice new library will be ash by Monday
        petrol bomb thru the staffroom window thats what u need
        b u r n it down tonight lads
        one spark and your school's gone. remember that
        who's up for burning down larkfield this weekend, i'll bring the lighter
        wont be laughing when your house is on fire miss
        Honestly I could set that school alight and sleep like a baby. Might do.
        burn it to the ground, i'm not even joking, I'll do it myself
        hope the school burns down with Mr Reid inside
    """,
    "bombs and weapons": """
        theres a bomb in the hall, you have 20 mins
        I've planted something in the boys toilets. Tick tock
        Don't come in on Thursday, the place is getting blown up
        im gonna blow up the school cos i hate maths
        I will blow your car up Mr Dean
        Monday I'm bringing my brothers knife n ur getting it
        got a shank with ur name on it
        ive got a gun and I know which room you teach in
        I'm bringing a gun in tomorrow
        im shooting up the school on friday dont come in
        He'll get a blade in him if he talks to my lad like that again
        my dads got a shotgun and he is coming up the school
        there's a bullet with your name on it
        Bringing my machete to sports day, be there or be scared
        acid in the face is what that woman's getting
        Got my bat in the boot, be at the gates at 3
        I'm going to b0mb that school
        ive hid a knife in my bag for tomorow and its for u Jayden
        Someone is going to walk in there with a gun one day and it might be me
        a pipe bomb under the head's car would do the trick
    """,
    "beating": """
        I'll knock your teeth out if you speak to my daughter again
        gonna bang him out after school
        im gonna do u in
        My husband will be having more than a word with him, he'll be eating through a straw
        You're getting your head kicked in Friday
        i swear down il break ur legs
        Come near my kids again and I'll end you
        I will put you in hospital
        She wants a good slap and I'm the one to give it to her
        i'll rip his head off when I see him
        Gonna smack that smug look off your face, Mr Potter
        I'll drag her out of that office by her hair
        ur gonna get ur head stamped on
        If I get hold of that caretaker I'll break every bone in his body
        Touch my boy again and I'll fucking kill you
        imma beat ya up at break
        you'll be picking your teeth up off the floor
        me and the lads r gonna jump him by the shops
        He needs his jaw breaking and I'm happy to do it
        Next time I see you in Tesco you're going through the window
        i hope you've got good dental insurance, because you'll need it when I get there
        We'll do you over proper
        I'll wring that teacher's scrawny neck
        one punch thats all it would take with that head teacher, one punch
        that parking warden is going under my wheels next time
        gonna run her over if she stands in the road with that lollipop again
        I'll swing for that woman, I swear I will
    """,
    "waiting and following": """
        I'll be waiting for her outside the gates and she won't be walking home
        we'll be waiting outside for you, no teachers to hide behind then
        I know where you park
        I know where you park your little red Fiat
        i no where u live
        I know what time you leave and which way you walk
        Found out where that teacher lives. Going round tonight.
        Just drove past your house Mrs Allen. Nice front door. Be a shame
        I've got your address now so expect a visit
        We know which school your kids go to
        saw you at the bus stop yesterday, next time I won't be so friendly
        watch your back, seriously
        watch ya back when its dark
        You want to be looking over your shoulder from now on
        look over your shoulder on the way to your car tonight
        sleep well miss, I know which window is yours
        you can't hide behind that desk for ever, we will find you
        I'll find out where you live
        I'll follow you home one of these days
        You've got to walk home sometime
        bet you walk to your car on your own in the dark don't you
        Tell the head I'll be outside tomorrow and there won't be any cameras
        i know your car reg, see you on the road
        I'll be in the car park at half 3 and you better run
        your kids walk to school alone dont they? just saying
        Not hard to find out where teachers live these days is it Mr Shah
        I will be stood at those gates every single day until you come out and face me, you cow
    """,
    "conditions and plans": """
        Exclude my son and see what happens to you
        Do that one more time and you'll find out what I'm capable of
        One more phone call from that office and somebody's getting hurt
        You've got till Friday or else
        If she isn't moved out of that class by Monday I won't be responsible for my actions
        Sort it out or I'll come down there and sort you out
        Sort it or we'll sort it for you, and you won't like how
        next teacher who lays a finger on my lad ends up in A&E
        Suspend him again and I'm coming down there with my brothers
        i'm coming up that school tomorrow and i'll swing for him
        Call me again and it'll be the last call you make
        Report me to social services and you'll wish you hadn't been born
        Someone is going to get hurt if this carries on and it won't be my son
        You keep pushing me. Don't say you weren't warned.
        last warning. leave my family alone or you will pay
        You mess with my family you'll get what's coming to you
        i'm done talking. next time its fists
        One of these days somebody's going to snap and that head will be the one on the floor
        If my ex turns up at the play I'll put him in the ground
        I won't be held responsible for what I do to her
        ring my work again n ill come down there n drag u over that counter
        Fine me for taking them on holiday and you'll regret the day you were born
        say one more word about my kid n ur done for
        another detention and there'll be blood
    """,
    "property": """
        I'll smash every window in that school
        brick going thru ur windscreen
        someone's tyres are getting slashed
        ill key her car, i know which one it is
        your tyres won't be there in the morning
        Gonna trash that classroom tonight
        we r coming 2 smash up the office 2nite
        I'd check your brakes if I was you
        That new minibus won't last the weekend, me and my mates will see to it
        I'll put your windows in
        gonna egg the heads house and put her windows thru
        Move that banner or I'll slash it and then I'll do your tyres
    """,
    "a child": """
        If that Liam touches my son again I'll break his little fingers
        my lad's been told to batter yours tomorrow
        I'll be having a word with that child myself and he won't forget it
        tell ur son hes dead on monday
        ur dead when i see u at school
        Ellie in yr 6 is getting jumped after school pass it on
        I'll push that little brat under a bus
        everyone is gonna jump kai at the park at 4
        your daughter better not walk home by herself
        we're gonna get you at break, no one will save u
        I'll drown that kid
        My girl has my permission to punch yours in the face next time
    """,
    "ex-partners and strangers": """
        I'm taking my kids from that school and nobody is going to stop me, I'll go through anyone
        If she thinks she can keep my kids from me I'll kill her
        tell my ex I'm out now and I'm coming for her
        She can change her number but I know which school they go to and what time they finish
        You'll be seeing me at the gates love. Court order or no court order.
        I'm coming to get my daughter and god help anyone who gets in my way
        If I can't have them nobody will
        he's going to be dead before that court case
        ill take him out of the playground and youll never see him again
        Tell their mum she can't hide from me for ever
        lovely photo, now I know where they are. see you soon kids
        she'll pay for taking my children, and so will anybody who helped her
    """,
    "veiled": """
        Nice school. Be a shame if anything happened to it.
        Accidents happen to teachers who don't listen
        Karma's coming for you and it has a baseball bat
        Snitches end up in ditches
        Hope your life insurance is paid up, Mr Bell
        I'd be careful on the stairs if I were you miss
        enjoy your holiday, your house will be empty won't it
        You've made a very dangerous enemy
        tick tock mrs brown tick tock
        Things could get very nasty for you
        The clock is ticking for that headteacher
        you don't know who you're messing with
        My brother just got out of prison and he'd love to meet you
        We have ways of dealing with people like you
        I've got friends who'd sort you out for fifty quid
        sleep with one eye open x
        You'll get yours
        ur card is marked
        I never forget a face. Remember that, Mr Cole
        Your days are numbered, I promise you that
        you picked the wrong family to mess with
        Be very careful who you upset, Miss Lane
    """,
    "pupils": """
        i hate miss harper im gonna stab her with my compass
        everybody dies on monday lol wear black
        im gonna kill every1 in 5B
        i have a list and ur on it
        i wanna murder my teacher
        after skool ur dead meat callum
        gonna poison mr finch's coffee
        me n tyler r gonna throw u off the climbing frame
    """,
    "written around a filter": """
        I w1ll k!ll y0u
        im gonna st@b u
        i will b.u.r.n the school
        gna sm4sh ur face in
        ur getting m3rked
        W A T C H Y O U R B A C K
        i kn0w where u l1ve
        gonna sh00t up the sch00l
        we going to f u c k u up after school
        im gunna fkin batter ya
        u r g0nna get st4bbed
        i'll b l o w up ur c a r
        buuuurn the school dowwwn tonite
        I'll kiII you Mr Hart
        wаtch your bаck, teacher
    """,
    "other languages": """
        je vais te tuer espèce de prof
        Je sais où tu habites, fais gaffe à toi
        zabiję cię po lekcjach
        wiem gdzie mieszkasz, pamiętaj
        te omor dacă mai suni
        te voy a matar, profesora
        vou te matar amanhã
        seni öldürürüm öğretmen
        я тебя убью, училка
        سأقتلك غدا
        tujhe maar dunga school ke baad
        ti ammazzo domani
    """,
    "oblique": """
        Ring social services on me one more time and your office gets a brick
        hope ur proud of urself cuz im outside ur house rn
        if mr ellis grabs my lad's arm again i'll snap his
        gonna wait behind the bike sheds wiv a bat for u
        Swear on my life that head is getting carried out on a stretcher
        I'll make sure that woman never teaches anywhere again, she won't have the legs for it
        we will come in through the fence and there's nothing you can do about it
        That crossing lady wants knocking off her feet and I've got a 4x4
        Thursday assembly. Something big is going to happen. Stay home if you're smart
        cant wait to c ur face when ur car goes boom
        I'm going to hunt down whoever excluded my nephew
        He touches her bag again and he loses his fingers, simple
        ur kid is gonna get it worse than mine did
        I've told my dad and he's gonna do mr lowe's kneecaps
        You people took my daughter. I have nothing left to lose, so think about that
        one way or another that bully is leaving this school on a trolley
        Keep smiling in your photos, I've seen where you go running
        They're going to find that headmaster in the canal
        bet that thatched roof would go up lovely
        Nobody leaves that playground on Friday
        i kno ur route home dont u worry
        somebodys getting shanked at the fair
        you touched the wrong kid. we're on our way
        I'm outside the nursery now and if nobody brings him out I'm driving through the doors
        say hello to your little girl from me. Year 2, pink coat, isn't she
        I'd love five minutes alone with her, no witnesses
        shut that gate on me again and I'll shut your hand in it
        gonna pour bleach in the fish tank and then over miss
        Cancel the party or there'll be bodies
        You'll need eyes in the back of your head, Mr Roper
        your minibus has lovely tyres. had.
        i hope ur ready to meet god mr pike
        Give me my son or I will take him by force
        Let's see how she likes it when someone drags her about by the hair
        im gonna get my cousin to bite ur ears off
        We'll burn you out of that village
        The next meeting I come to, I'm not bringing words
        Don't bother reporting me, I'll know it was you and I'll come and see you about it
        k1ll the head
        I will put my fist through that receptionist
    """,
}

LOOK_ALIKES: dict[str, str] = {
    "fire": """
        Reminder that there is a fire drill on Tuesday morning
        Bonfire night at the rec was brilliant, thank you PTA
        The trampoline helps them burn off some energy before tea
        I always burn the toast when I'm doing the packed lunches
        Grandma's cake burned down to a crisp, so shop bought it is for the bake sale
        The choir brought the house down last night
        Loved the campfire, the marshmallows went up in flames
        My candle for the Christingle keeps setting fire to the orange
        Year 2 can tell you how the Great Fire burned down most of London in 1666
        The baker's house caught fire in Pudding Lane, we learnt that today
        Our class built a cardboard Tudor street and the fire brigade helped us set fire to it, amazing
        Thank goodness nobody was hurt when the old sports hall burnt down in 1998
        So sorry to hear that the scout hut burned down, how can we help?
        That chilli at the international evening set my mouth on fire
        Miss Amin is on fire this term, three assemblies in a week
        The kids will burn through a pair of school shoes in a month
        Please can somebody put a match on so the dads can play on Saturday
        You light up the room, Mrs Frost
        We lit the torch for sports day, what a spectacle
        Burning question: what time is the disco?
        Get the barbecue lit, we will be there at 5
        I'll burn the CD of the show for anyone who wants one
        We burned the midnight oil finishing these costumes
        They will need sun cream or they'll burn on that field
        My ears are burning, who's been talking about me
        I'll burn the photos onto a stick for the office
        The phoenix burns to ash and rises again, lovely poem 4M
    """,
    "explosions": """
        Guy Fawkes tried to blow up Parliament and Year 1 made a film of it
        Can anyone help blow up the balloons on Friday at 2?
        We need dads to blow up the paddling pool for splash day
        My phone is blowing up with messages about the snow day
        The volcano experiment blew up all over the classroom, best day ever
        The science show will blow your mind
        Bath bombs for sale at the school fair, £2 each
        The Victorians topic had a bomb shelter from the Second World War, fascinating
        A bomb fell on the old school in 1941 and the children were evacuated
        Our bouncy castle needs blowing up at nine sharp
        Blow the candles out, our school is 50
        That maths test was a bomb, in a good way
        The year group photo bombed by Mr Lee, hilarious
        Mentos and cola explode every time, thanks for the tip
        I'll blow up the photo to A3 for the hall
        What a dynamite performance
        This heating bill will blow the PTA's budget
        My son is obsessed with TNT in Minecraft, he blew up his whole village
        In history we learnt that the Blitz bombed this very street
        You will have a blast at holiday club
    """,
    "weapons": """
        Please bring a plastic knife to cut your fruit salad on Thursday
        Can we bring a cake knife for the stall?
        The Vikings came into school with swords and shields and the boys went wild
        Water gun fight at the summer fair, bring a towel
        My nerf gun was confiscated, fair enough Miss
        The starting gun made my toddler jump
        Mr Wong is a great shot at basketball
        The photo shoot at school went so well
        Year 6 shoot for goal every lunchtime, they'll make it to the cup
        The kids shot up over the summer, need new trousers
        He shoots, he scores! Well done under 9s
        I'd kill for one of those mince pies
        A baseball bat and two gloves were left on the field, come and get them
        The Roman soldier let them hold his dagger
        There's a bullet point missing from the letter
        Two birds with one stone, kill both by sending the form with the money
        Bullet train talk from Mr Ito was fab
        The batter for the pancakes needs two eggs
        Miss the bus and you're toast
        The rounders bat in the boot of my car belongs to school, I'll drop it in
    """,
    "fighting words": """
        We're going to smash them on Saturday
        Come on Larkfield, let's batter the opposition 3-0
        You'll beat them easily, good luck in the final
        The under 11s are going to get hammered but they'll have fun
        I'll punch your raffle ticket at the door
        Knock them dead tonight, year 4
        She'll knock your socks off with that solo
        Mrs Akers is a knockout as the wicked queen
        My feet are killing me after that sponsored walk
        I'm dying of laughter at Mr Bates in a tutu
        My dog's been dead two years and this picture of the new school dog made me cry
        You guys are killing it this term
        The suspense is killing us, who won the hamper?
        I nearly died when the curtain fell down
        My husband will kill me if I win another goldfish
        I'll kill him if he has lost another jumper, honestly
        He broke his arm at football but he'll be back on Monday
        You're going to break a leg tonight, in the theatre sense
        She broke her leg skiing so we need a lift on Tuesday
        We will end you off with a slice of cake and a cuppa
        My mum would slap me silly if she knew I forgot the form
        Slap some sun cream on them, it's boiling
        They hit the wall at mile four but kept going
        I'll jump on that offer, two tickets please
        Is anyone going to jump in the pool with their clothes on for charity?
        Kick off is at ten, come and get beaten by the staff team
        Can't wait to get my hands on that cookbook
        I'd wring out those wet coats before they go on the pegs
        The kids drowned their pancakes in syrup
        We got absolutely battered by the wind at the bus stop
        I'm going to strangle this printer, third time it's jammed
        My back is broken from carrying that PE kit
        They stuck a fork in the jacket potatoes, done
        He fell off the climbing frame and needed A&E, is the frame safe?
        Somebody is going to get hurt if people keep parking on the zigzags
        Please slow down, a child will be run over outside the gates one of these days
        Someone will get hurt on that icy path, can it be gritted?
        My daughter got hit by a scooter, please tell them to walk
        If the car park is not lit somebody could end up in hospital
        You've stabbed that one right in the bullseye, Mr Peel
    """,
    "waiting and knowing": """
        I'll be waiting outside at 3:15 with the buggy
        I'll wait for you at the gates, Mum
        We'll be outside the front entrance for you from 3
        I know where you live up near the park, lovely round there
        I know where you park the minibus, do you want the key left there?
        Does anyone know where Miss Hall lives now, I'd like to send a card
        Do you know where the visitors park?
        I know where you can park for free on match days
        I know your house, the one with the amazing Christmas lights!
        Watch your step on the ice by the gates
        Watch this space, Year 5
        Watch your backs carrying those tables, bend your knees
        Look over your shoulder for the best bit of the photo, haha
        We'll find you a seat at the front, don't worry
        I'll find you the link
        I'll come and find you at the fair
        See you at the gates tomorrow love
        See you outside after the show
        We know your kids go to the swimming club as well, could you share a lift?
        Our children walk to school on their own now, any advice?
        What time do you finish tomorrow, shall I collect both?
        I'm coming down there at lunch with his inhaler
        I'll be coming down to the office to pay for dinners
        I'll be in the car park at half 3 with the cakes
        I'm coming for the quiz and bringing my brothers
        We followed you home from the fair by accident, that's our street as well!
        They walk home by themselves in year 6, is that allowed?
        I never forget a face, and wasn't that Mr Cole from the old days?
        The kids will be waiting for Santa at the gates
        Someone left a note with their address on it at the stall, come and claim it
        I saw you on the bus yesterday Mrs Pike, lovely to bump into you
        You can't hide that talent for ever
        Going round to nan's tonight to show her the certificate
    """,
    "conditions and cross words": """
        One more letter home about nits and I'll shave all our heads
        One more letter home and I'm going to the governors
        If this is not sorted by Friday I will be contacting Ofsted
        Sort it out or I'm taking him out of the school
        I'll be speaking to my solicitor
        I'll be going to the papers about this
        You will be hearing from my MP
        I will see you in court
        One more wet playtime and I'll scream
        If nobody answers the phone again I'm coming down to the office in person
        I'm coming up to the school tomorrow and I want a word with the head
        You've got till Friday to order your school photos or else you miss out
        I'd be very careful who you vote for in the PTA quiz, haha
        Things could get messy, bring an apron
        Don't say you weren't warned: the raffle is amazing this year
        You'll regret it if you miss the Christmas fair
        You'll be sorry if you don't try the curry
        The clock is ticking, only two days left to vote for our playground
        Tick tock, tick tock, the countdown to Friday is on
        Last warning: the ticket shop shuts tonight
        Your days are numbered, Year 6! Only 10 to go until the leavers' disco
        You'll get yours on Monday, we ran out of certificates
        Somebody's going to pay for the broken window, I suppose it's us
        He will pay for the trip on ParentPay tonight
        What goes around comes around, so thank you for your kindness
        You don't know what you're missing
        Who is responsible for this? I want names
        I will not let this go, expect a formal complaint
        I'm at the end of my tether with this car park
        This will come back to bite you at the next inspection
        I'm fuming and I'll say so at the meeting
        You should be ashamed, I'm reporting this to the council
        You picked the wrong day for the picnic, look at that rain
        Sack the lot of them
        I've had it up to here, expect a visit from me and his dad at parents' evening
        The council should be held responsible for that crossing
        My actions got us here and I'm sorry I shouted
        Get the head to answer her e-mails or we will go public
    """,
    "property": """
        The window got smashed by a cricket ball, sorry, that was my son
        Someone smashed the greenhouse windows last night, so sad for the gardening club
        My tyres were slashed outside school last night, did anyone see anything?
        Somebody keyed my car in the school car park on Monday
        The storm put the hall windows through
        Who trashed the classroom, was it the elves again?
        We're going to smash up some old plates for the mosaic
        Check your brakes before bike to school week
        Our house will be empty in half term, could someone feed the hamster?
        The kids smashed the piñata in the office, sweets everywhere
        I'll smash my target for the read-a-thon
        Be a shame if it rained on sports day
        It would be a shame to lose the library
        I'll put your windows in the recycling, the ones from the gingerbread houses
        Nice school, lovely staff
        Vandals put a brick through the nursery window again, heartbreaking
        Keep the egg whites and trash the shells
    """,
    "death, news and quotations": """
        RIP Mr Dawes, the best teacher I ever had
        So sorry for your loss, thinking of you all
        My nan died on Monday so he may be quiet today
        Our hamster is dead and she is heartbroken
        You're dead right about the parking
        We were dead chuffed with his report
        The line's dead, is the office phone working?
        My phone was dead when you rang
        Henry VIII had two of them killed, as every child here will tell you
        In the play Macbeth kills the king and 6B nailed it
        The wolf said he'd huff and puff and blow the house down
        Fee fi fo fum, I smell the blood of an Englishman, great giant Mr Oakes
        A man was stabbed in town last night, please keep the children in
        Police say that the man who threatened to burn down the mosque has been jailed
        It said on the news that somebody threatened to bomb a school in Leeds, how awful
        My son was told "I'll kill you" by another boy and nobody rang me
        I'm not going to hurt anybody's feelings but that jumper is awful
        Nobody is going to burn anything down, calm down everyone
        We would never hurt your children, we love them
        They're dead funny, those reception kids
        Snow White's stepmother wants to poison her and the kids booed so loudly
        Wile E Coyote gets blown up every time, why do they laugh
        My dog could eat twenty of those biscuits and he's been on a diet since June
        Burn the witch, shouted the whole front row at the panto
    """,
    "near the oblique": """
        The stretcher race at sports day was carried by the dads
        Could somebody wait behind the bike sheds with the lost property?
        That song goes boom in my head all day
        My brother will snap the photos of the leavers
        I'll take him by the hand if he is nervous
        They found the missing canoe in the canal
        You need eyes in the back of your head with Reception on a farm trip
        We came in through the fence gate, is that the right way now?
        I've nothing left to lose at this bingo
        The roof went up lovely, thank you builders
        Nobody leaves the playground until they're collected, right?
        My legs won't have it, I'm out of the dads' race
        I'd love five minutes alone with a cup of tea
        Somebody is getting a surprise at the fair
        The fish tank needs bleaching, I can do it on Saturday
        We're on our way, save us two seats!
        I'm outside the nursery now, is he coming out?
        Say hello to your little girl from us, we miss her at ballet
        He hit the post twice and then they smashed in a third
        The doctor said her arm will snap back in six weeks
        My daughter wants to be a firefighter and burn nothing but calories
        Will there be fireworks? Some kids hate the bangs
        We'll find out where the treasure is on Friday
        He'll get his head round fractions one day
        I'm driving through the village at 8 if anyone wants a lift
        The teacher who gets hit with the most wet sponges wins
        Miss Rowe got soaked, the kids killed her with water bombs
        The lions in assembly nearly ate Mr Grant
        The blade on the hockey skates needs sharpening
        I know what time the pool closes, it's half four
        I hope the rain dies down
        Hope he gets better soon
        She'll pay for it in the morning after that party
        Just got out of hospital with our newborn and already missing school
        It'll be the last time they sing together, sob
        I've been told to hit the gym by my 7 year old
        We will shut the gate at nine, so be quick
        My gran will have my guts for garters if I forget the cake
        You lot are dangerous with a glue gun
        Shot put results please
    """,
}
"""Nobody needs to be told of these at once, whatever else is wrong with them."""


def held_out(number: int) -> bool:
    """Whether the line of this number in its block, from 0, was kept from the rules."""
    return number % 3 == 2


def lines(blocks: dict[str, str], *, held: bool | None = None) -> list[tuple[str, str]]:
    """Block and text of all lines; only those held out, or only the others, where it says which."""
    found = []
    for block, text in blocks.items():
        for number, line in enumerate(text.strip().splitlines()):
            if held is None or held_out(number) is held:
                found.append((block, line.strip()))
    return found

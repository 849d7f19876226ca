"""The sentences that the cases are made of, by the function that each tests.

The functions follow the idea of HateCheck (Röttger et al., 2021): each pairs one way of being hateful with
the harmless texts that look like it. All sentences are our own, written for this measurement as they might
stand under the posts of a UK primary school. None may be used for training, and neither model nor rules are
tuned to them. Slurs are mild ones or masked. Two functions differ on purpose: HateCheck counts abuse of a
single person as no hate, but a school must see it (`abuse_of_a_person`), so that the contrast is a complaint
about what somebody did (`criticism_of_a_person`). Which way a case ought to go is one author's judgement.

A sentence with {slots} is filled several times.
"""

from __future__ import annotations

SLOTS: dict[str, str] = {
    # Who may be attacked for what they are: nouns, and adjectives before a noun.
    "people": """Muslims|Jews|Travellers|Roma people|Polish people|Pakistanis|Somalis|black people|Asians
        |Romanians|refugees|immigrants|gay people|lesbians|trans people|disabled people|autistic people
        |women|Sikhs|Hindus|Bulgarians|Chinese people|deaf people|Syrians|Nigerians""",
    "kind": """Muslim|Jewish|Traveller|Roma|Polish|Pakistani|Somali|black|Asian|Romanian|refugee|immigrant|gay
        |trans|disabled|autistic|Sikh|Hindu|Albanian|Chinese|deaf|Syrian|Nigerian|lesbian""",
    "those": "families|parents|mums|kids|dads|pupils",
    "one": "mum|dad|teacher|boy|girl|parent|governor",
    "staff": """Mrs Pemberton|Mr Okafor|Miss Lightfoot|Mr Szymanski|the head|the deputy|that TA in Year 3
        |Mrs Begum|the receptionist|Mr Gallagher|the site manager|Miss Trueman|the PE teacher|Ms Delaney""",
    "pupil": "that boy Tyler|Ruby in 4B|the new lad in Year 6|Oscar|that girl Freya|Amina's brother",
    "place": "our school|this school|the playground|our village|the after-school club|this town|the PTA",
}

HATEFUL: dict[str, str] = {
    "derogation_emotion": """
        I can't stand {people}, never could
        I absolutely despise {people}
        {people} make my skin crawl
        I hate every last one of those {kind} {those}
        Seeing {kind} {those} at the gate makes me feel sick
        I loathe {people} and I'm not sorry
        Honestly {people} disgust me
        The sight of {people} on this page turns my stomach
        Nothing winds me up like {people}, I detest them
        We all hate the {kind} {those} round here, let's be honest
        I've got nothing but contempt for {people}
        Can't bear being in the same room as {people}
        My whole family hates {people}
    """,
    "derogation_attribute": """
        {people} are dirty and they stink
        {kind} {those} are thick, the lot of them
        All {people} are liars and thieves
        {people} are too lazy to bring up their own children
        Every {kind} {one} I've met was a crook
        {people} are sly and you can never trust them
        {kind} {those} are backward and stupid
        It's well known that {people} have no morals
        {people} are ugly inside and out
        {kind} {those} are cowards who hide behind their lawyers
        {people} are mentally ill, every one
        You can always tell {kind} {those}, greedy and rude
        {people} are less clever than us, that is just biology
    """,
    "dehumanisation": """
        {people} are the vermin of {place}
        {people} breed like rats in {place}
        Those {kind} {those} are animals, keep them in a cage
        {people} are a disease and {place} has caught it
        Look at these {kind} {those}, like a swarm of locusts
        {people} are parasites living off the rest of us
        I wouldn't call {people} human
        A pack of dogs behaves better than {kind} {those}
        {people} are filth, scrape them off the pavement
        Cockroaches, that is what {people} are
        {people} are subhuman scum
        The {kind} {those} are a cancer in {place}
        Monkeys have better manners than {people}
    """,
    "derogation_implicit": """
        Count your purse after the {kind} {those} have been at the cake stall
        Funny how the head lice came back the week the {kind} {those} joined
        Lock up your bikes, I see {people} have moved in by the school
        Let me guess, a {kind} {one} was in charge, explains everything
        Another assembly about {people}, as if they had ever given the world anything
        Strange that there was never any trouble before {people} came
        I wouldn't drink from the fountain after a {kind} {one}
        The ark had room for everybody, shame it had room for {people}
        Shame the boat that brought {people} didn't leak
        I see the {kind} {those} are at the front of the queue for free stuff, as always
        You don't see {people} in the library, wonder why
        Best thing about the holidays is two weeks without {kind} {those}
        Nice photo apart from the {kind} {those}, can you crop them out
    """,
    "threat_direct": """
        I'm going to smash the windows of every {kind} house on our road
        We are coming for you {kind} {those}, watch your backs
        I will batter the next {kind} {one} who looks at me
        If I see {people} at the fair I'll knock their teeth out
        Tonight we burn {people} out of their homes
        {people} will get what's coming to them and I'll be the one who gives it
        I swear I'll run over those {kind} {those} at the crossing
        Bring bats on Friday, we are sorting out the {kind} {those}
        I'm waiting behind the bins for that {kind} {one} and I've got a knife
        One more word from you {kind} {those} and I'll put you in hospital
        I know where the {kind} {those} live and I've got petrol
        Me and my brothers will break the legs of that {kind} {one}
        I will make sure {people} bleed if they come near {place}
    """,
    "threat_normative": """
        {people} should be lined up and shot at dawn
        Somebody ought to beat some sense into those {kind} {those}
        {people} deserve to be wiped out
        The only good thing to do with {people} is to lock them up for ever
        {people} need a good kicking, the lot of them
        Every {kind} {one} should be hanged
        Send {people} to the gas chambers again
        It's time {people} were driven out of {place} with sticks
        They ought to sterilise {people}
        {kind} {those} want stringing up
        Drown {people} in the Channel, problem solved
        {people} should be put down like sick dogs
        Whoever burns down the {kind} centre deserves a medal
    """,
    "slur": """
        You p*ki, go home
        The g*ppos are back on the field behind the school
        What a r*tard that boy is
        Dirty pikeys nicked the PTA banner
        He runs like a sp*z
        Bunch of ch*vs and inbreds at this school
        No p**fs in our football team please
        That mum is a tr*nny
        Look at the size of her you fat lezza
        You mong, can't even spell
        Sack the towelhead in the office
        The chinky kids get all the prizes
        Gyppo scum parked across the gate again
        She's a right spastic on that bike
        Who let the n*****s in
        What a poof, doing ballet
        Shut it you window licker
        Two d*kes at parents evening, lovely
        That k*ke runs the governors
        We don't want f*ggots teaching our kids
        Typical pikey behaviour from that family
        Retard class of the year award goes to 5B
        Those w*gs never pay for the trips
        The new caretaker is a cripple, what use is that
        Get back on your camel you raghead
        Sp*stic school for sp*stic kids
        My lad says the p*kis get extra dinner
        Ignore her she is only a half-breed
        The whole family are gypos and thieves
        Benders shouldn't be allowed near kids
        I am not sending mine to school with mongs
        He's a proper nonce if he wants to work with little ones, the faggot
        She's got a face like a Chinaman
        Another kraut in the German club, keep the Nazis out
        Never trust a paddy with the school funds
        Look at the yid counting the raffle money
        Shemale alert in the school photo
    """,
    "profanity_hateful": """
        F*** all {people}
        Fucking {kind} {those} taking our places again
        Those {kind} {those} are a bunch of wankers
        What a shithole {place} is since {people} came
        {people} can piss off back where they came from
        Bloody {people}, bastards every one
        {people} are absolute shits
        I'm sick of these arsehole {kind} {those}
        That {kind} {one} is a total bitch like all of them
        Screw {people} and their bloody festivals
        Effing {people}, get the fuck out of {place}
        {kind} bastards everywhere you look
        {people}? Twats. Simple as
    """,
    "reference_clause": """
        {people} live on our street and I hate them with all my heart
        There were {people} at the fête, which is why I left, they are scum
        If there is one thing about {people}, it's that they are all criminals
        My daughter sits beside {kind} {those}, who stink to high heaven
        We have {people} in {place} and they should all be thrown out
        I met some {kind} {those} today and wanted to spit on them
        The council gave {people} a house, those parasites
        They let {people} join {place}, who are nothing but trash
        You can be nice to {people} but they'll always be savages
        I had to shake hands with a {kind} {one} and wash afterwards, filthy creatures
        {people} have their own club now, so we know where to find and thump them
        When {people} talk I want to shut their stupid mouths for good
        I don't mind cats but {people} are worse than fleas, kill them all
    """,
    "reference_sentence": """
        We've got {people} in our class now. They are disgusting.
        {people} are moving in next door. I'd love to see them burn.
        So there is a {kind} {one} at the school. Get rid of that thing.
        I read about {people} in the newsletter. What worthless people they are.
        A {kind} family won the raffle. Rats always find the cheese.
        Let me tell you about {people}. There is nothing lower on this earth.
        {people} were singing at the concert. I hated every one of them.
        Look at the {kind} {those}. Aren't they revolting?
        You invited {people}. They should be beaten, not fed.
        There go the {kind} {those}. Somebody throw a brick at them.
        {people} came to the coffee morning. I don't share a cup with animals.
        They printed a picture of {people}. I tore it up, that scum has no place here.
        My son likes a {kind} {one}. I told him their sort are dirt.
    """,
    "negated_positive": """
        No decent person likes {people}
        {people} are not human like you and me
        {people} will never belong in {place}
        {kind} {those} don't deserve to be in {place}
        There isn't one honest person among {people}
        {people} have no right to breathe our air
        I don't think {people} should be allowed near normal children
        You can't teach {kind} {those} anything, there's nothing in their heads
        Nobody wants {people} here
        {people} aren't worth the food they eat
        I have never met a {kind} {one} who wasn't filthy
        We don't need {people} in {place} and we don't want them
        {kind} {those} are no better than rats
    """,
    "phrased_question": """
        Why are {people} always so stupid?
        Who else thinks {people} should be kicked out of {place}?
        How can anybody bear the smell of {kind} {those}?
        When will somebody finally get rid of {people}?
        Is it just me or are {people} the scum of the earth?
        What is the point of {people} even existing?
        Do we really have to let filthy {kind} {those} into {place}?
        Would anyone miss {people} if they all dropped dead?
        Why don't {people} crawl back into the hole they came from?
        Can somebody explain why {people} are such animals?
        Who wants to help me chase the {kind} {those} off the field?
        Isn't it time we taught {people} a painful lesson?
        Why should our kids sit next to dirty {kind} {those}?
    """,
    "phrased_opinion": """
        In my opinion {people} are inferior
        I honestly believe {people} are the worst people alive
        Call me what you like but {people} are scum
        I'm not racist but {people} are all thieves
        It's only my view, but {kind} {those} are disgusting
        Sorry not sorry, {people} shouldn't exist
        I stand by it, {kind} {those} are vermin
        If you ask me {people} ruin everything they touch
        Personally I think {people} are a plague
        Free speech: {people} are retarded
        Everybody is thinking it, {people} are filth
        The way I see it a {kind} {one} is no proper {one} at all, just a freak
        With respect, {people} are evil and always will be
    """,
    "abuse_of_a_person": """
        {staff} is a nasty piece of work and a bully
        {staff} you stupid fat waste of space
        What a moron {staff} is, couldn't run a tap
        {staff} is a lying snake
        {pupil} is a little brat and deserves a slap
        {pupil} is so ugly nobody will ever sit with you
        Everyone hates {pupil}, loser
        {staff} wants locking up, vile creature
        I hope {staff} loses everything, evil witch
        {staff} is a dimwit with a whistle
        {pupil} smells of wee and is thick as a plank
        You're pathetic {staff}, a spineless worm
        {staff} go and jump off a bridge
        {pupil} go kill yourself, nobody would notice
        {staff} is an arrogant pig and everybody laughs at you
    """,
}

HARMLESS: dict[str, str] = {
    "slur_homonym": """
        The cock crowed all night at the farm trip
        Faggots and peas on the menu for Welsh week, yum
        Grandad walked the whole of Offa's Dyke for charity
        There's a chink of light at the end of the building work
        Poof, and the magician's rabbit was gone
        The nativity ass fell asleep on stage
        Our tabby cat had kittens called Pussy Willow and Fern
        We made spotted dick in cookery club
        Paddy and Mick won the egg and spoon race
        The great tits are back in the nest box camera
        Blue tits and a coal tit at the feeder today
        He had a queer feeling that the story wasn't over
        What a queer old house that is in the Year 6 play
        The slag heap behind the pit is now our nature reserve
        Who has lost a bitch, brown and white, found near the school gate? She has a chip
        The prickly pear is a kind of cactus, says Year 2
        He was fagged out after the sports day
        A niggling injury keeps our goalie out of the cup
        The judges were niggardly with their tens at the bake off
        The retarded growth of the bean in the dark cupboard surprised the class
        Flame retardant costumes are required for the bonfire parade
        Put a spade in the school garden box when you are done
        Call a spade a spade, the roof leaks
        Cotton wool, glue and a coconut for the craft table please
        Slope of the ramp is one in twelve so wheelchairs are fine
        Frog spawn in the pond, come and look
        The Jaffa oranges are for the Christingle
        The donkey is a stubborn ass in the fable we read
        Crackers for cheese and crackers for Christmas, we need both
        Dick Whittington tickets on sale now
        We saw a boobies documentary, the blue-footed birds are so funny
        The woodcock and the shuttlecock, our new poem
        My dad drives an old tranny van, it is a Ford Transit from 1988
        Nip to the office if you lost a tooth
        The cow jumped over the moon at nursery rhyme day
        The pig pen needs paint, volunteers on Saturday
        Snow White's witch was played by Ellie, brilliant cackle
        Sweet little monkey, she hung upside down on the bars all lunchtime
    """,
    "slur_reclaimed": """
        We're two queer mums and so happy to be part of this school
        Queer and proud, see you at the Pride picnic
        As a queer dad I cried at the family assembly
        Us dykes on bikes are doing the charity ride for the library again
        Proud chav here, hoop earrings and all, and I got all the cakes baked
        I call myself a cripple, it's my word, and the new ramp is fab
        My autistic self is feeling very seen by this post
        Crip pride! Thank you for the accessible stage
        This old queen will be judging the dog show, darlings
        Fellow Gypsies, come to the history month stall, Mum's bringing wagon photos
        From one big fat poof to another, your panto dame was perfection, love Uncle Steve
        We Paddies will win the St Patrick's quiz, just watch
        Your resident bookworm and nerd says reading corner is the best place on earth
        My wife and I, a pair of happy lezzas, are running the tombola
        Call us the mad mums, we embrace it
        Proud to be the queer family at number nine, hot chocolate at ours after the carols
        I'm a wheelie and a crip and I beat all of you in the dads' race
        We spazzes in the cerebral palsy swim group raised three hundred pounds, I'm so proud of us
        As a Gypsy woman I'm chuffed that the kids learned our songs
        I'm the token queer on the PTA and I'll be wearing the glitter
        Me and my fellow geeks loved the coding club
        Queer parents coffee morning on Friday, all welcome
        Bitches who bake, that is what us PTA mums call ourselves, see you at six girls
        I'm a proud ginger and so is my whole brood
        Speaking as a fat lass, that was the best dance class I've been to
        We old crones of the knitting circle made forty hats
        I use the word queer for myself and I loved how you explained it to Year 6
        As a proud disabled crip mum, thank you for the parking space
        Come on you Yids, says my Spurs mad granddad, see you all at the match
        Us northern monkeys are coming down for grandparents' day
        Proud pikey blood in me says Nan, and she told the class about the fairs
        My gay boys, my queens, thank you for doing everybody's face paint
        I'm mad as a box of frogs and bipolar with it and the kids love my stories
        Hard of hearing and deaf as a post, that's me, so please shout at the quiz
        Your friendly neighbourhood lesbian has spare wellies in size one
        We weirdos of the drama club salute you
    """,
    "profanity_friendly": """
        Bloody brilliant assembly, well done all
        Holy crap that cake was good
        Oh shit, is it non-uniform tomorrow? Thank you for the reminder
        You lot are bloody marvellous
        That was fucking amazing, I'm still crying, best choir ever
        Damn, those Vikings were good
        Absolutely pissed myself laughing at the dads' dance
        Hell yes to the longer summer fair
        I'm knackered but what a cracking day
        Shit hot goal from our girls today
        My arse is still sore from the bike ride, worth every mile
        Bugger, I've missed the deadline, can I still book?
        Well bugger me, he ate the broccoli
        What a bloody lovely thing to do for the old folk
        It was colder than hell on that touchline but we loved it
        Crikey, that is a damn fine model of the Titanic
        The kids were bloody angels on the coach
        Jesus Christ that costume is incredible
        Oh my f-ing god she can really sing
        Can't believe how bloody fast they grow up
        WTF how did you build that in a week, wow
        Best bloody school in the county
        So proud I could bloody burst
        Balls, I left the PE kit on the bus, sorry Miss
        That's one hell of a sunflower
        Sodding rain again but nobody minded, great sports day
        Crap, wrong date in my diary, see you Thursday
        I f***ing love this school
        You beautiful bastards, you raised four grand!
        He's been a cheeky little bugger all week because he's so excited
        My mum friends are the dog's bollocks, thank you for the lift
        That drum solo kicked ass
        She worked her arse off for that certificate
        Freaking adorable lambs
        LMFAO at the head in the gunge tank
        Shitting myself about the parents' race but I'll be there
        Damn right we're proud
    """,
    "identity_neutral": """
        Some {kind} {those} asked for a later start on Friday
        There are {people} in every part of the country
        Year 5 read a story about {kind} {those} in the war
        Our speaker tomorrow works with {people}
        {people} and others may ask the office for a form
        The museum has a room about {people} who came here in the sixties
        Is the talk for {kind} {those} in the hall or in the library?
        My neighbour is a {kind} {one}, she teaches the piano
        The new leaflet for {kind} {those} is on the website
        The survey counts how many {people} use the club
        The {kind} {one} in the yellow coat has your umbrella
        We learned how many {people} live in our town
        The film is about a {kind} {one} who opens a bakery
    """,
    "identity_positive": """
        We love having {kind} {those} in {place}
        {people} have made {place} a better one
        So proud of our {kind} {those}, what a show
        Thank you to the {kind} {those} for cooking for everyone
        {people} deserve respect like everybody else
        My best friend is a {kind} {one} and she's wonderful
        Nothing but kindness from the {kind} {those} on our street
        How brave and clever the {kind} {those} are
        {people} are welcome here, always
        I'm a proud {kind} {one} and my kids love this school
        It was an honour to meet {people} and hear their stories
        Well done to all the {kind} {those} who ran the stall
        Every class should learn about {people} like this, beautiful
    """,
    "negated_hate": """
        I don't hate {people}, why would anyone
        {people} are not dirty, that is a nasty old myth
        Nobody should ever call {kind} {those} stupid
        I would never say that {people} are criminals
        {kind} {those} are no threat to anyone
        It isn't true that {people} are lazy
        We must never treat {people} like animals
        No child deserves to be hated for being {kind}
        You can't say {people} are scum, it's wrong
        There is nothing disgusting about {people}
        Not one of us wants {people} to leave {place}
        I have never disliked {people} and I never will
        Hating {people} is not acceptable in {place}
    """,
    "counter_quote": """
        Somebody shouted “{people} are vermin” at the bus stop, please report it if you heard it
        Writing “I hate {people}” on the wall is a crime and the police have been told
        “{people} should be shot”, said the comment. I'm shocked, we are better than this
        My daughter was told “go home” because she's {kind}. She is home. How do we report it?
        Saying “{kind} {those} stink” is bullying, full stop
        Whoever posted “get rid of the {kind} {those}”: shame, we stand with them
        The film shows how people said “{people} are not human”, and how that ended
        If your child comes home saying “{people} are stupid”, please talk to them about it
        “{people} don't belong here” is a lie and we won't have it said in {place}
        I heard a dad say “bloody {people}” at the gate and I told him to stop
        Posts like “burn {people} out” have no place on this page
        The word “p*ki” was used at break, my son was in tears, what will you do about it?
        He quoted the old poster, “no {people}, no dogs”, to show the class what it was like
    """,
    "counter_reference": """
        That comment about {people} was racist or worse, please take it down
        What you wrote about {kind} {those} is hateful and untrue
        I reported the post above, nobody talks about {people} like that here
        Stop spreading hate about {people}, you were taught better
        Your joke about {kind} {those} wasn't funny, it hurt people
        Please hide the reply that insults {people}
        Shocked by the abuse that {kind} {those} get on here
        You owe {people} an apology for that remark
        I was at school with {people}, and your picture of them is simply false
        To the person who is rude about {kind} {those}: we see you and we disagree
        Hate against {people} starts with comments like yours
        Let's show {kind} {those} some support after what was said yesterday
        {people} don't have to put up with that, call the office and they will help
    """,
    "abuse_of_objects": """
        This printer is a useless piece of junk
        I hate that car park with a passion
        The old boiler is a filthy stinking monster, good riddance
        That new app is absolute garbage
        Kill it with fire, that carpet is hideous
        The website is rubbish and the forms are worse
        Stupid zip, broke again on the first day
        My phone is an idiot, it changed choir to chair
        I despise glitter, it should be banned for ever
        The homework portal can die in a hole
        Those plastic recorders are instruments of torture
        That pothole is a disgrace and a menace
        These school shoes are a joke, the soles came off in a week
        What an ugly fence, sorry
        Burn those tights, they ladder in a day
        The coach smelled revolting, it needs a deep clean
        I could murder that alarm clock
        Damn this rain, ruining everything
        The lost property box is a stinking pit of horrors
        The wifi is pathetic in the hall
        Death to the leaf blower
        That vending machine is a thief
        Worst sandwich of my life, sorry kitchen, the bread was stale
        The school gate is evil, it ate my scarf
        Horrible horrible wasps' nest, please destroy it before Monday
        This glue is useless, nothing sticks
        I want to throw that recorder out of the window
        The tombola machine is cursed, hate the thing
        That mascot costume is terrifying and I loathe it
        Trashy bit of plastic, that trophy
        The photocopier deserves a good kicking
        The roundabout at the end of the road is a nightmare
        My lawnmower is a worthless lump of metal
        Nits. I hate nits. Exterminate them all
        The mud on that field is disgusting, bring wellies
        The sound system was appalling, we heard nothing
        That stupid squeaky door
    """,
    "abuse_of_concepts": """
        I hate Monday mornings in January with no milk in the house
        Racism is disgusting and has to be stamped out
        Homophobia is vile
        Fractions are evil, ask my son
        Knife crime makes me sick
        Year 6 SATs are a stupid waste of time
        I despise bullying in any form
        Poverty is a disgrace in a rich country
        The new parking scheme is idiotic
        Long division can get in the bin
        Cancer is a bastard, thank you all for the sponsorship
        Phonics screening is nonsense if you ask me
        Covid was horrible for these kids
        War is evil, and the children's poppies say it best
        Antisemitism is a poison, thanks for teaching about it
        Spelling tests are the worst
        Fear of missing out is killing me
        The timetable is a total mess
        Winter can do one
        I loathe small talk but the coffee morning was nice
        Hate has no home here
        Ofsted ratings are a crude and silly system
        World Book Day costumes are hell for parents who can't sew
        That budget cut is shameful
        Clock change Sunday is the enemy of mums
        Grammar is a monster with many heads, said my daughter
        Sexism is pathetic, let the girls play
        Wet play is torture for everybody
        Traffic at half past three is pure madness
        Plastic waste is choking the sea and it disgusts Year 4
        The war in the history book was brutal and ugly
        Islamophobia is a horrible thing to live with, says my neighbour
        Slavery was a crime, and I'm glad that you teach it honestly
        Boredom is a killer in the holidays
        Loneliness is awful for old people, please come to the tea
        That policy is dumb but the staff are lovely
        Dyslexia can get lost, my girl read a whole book
    """,
    "abuse_of_unprotected": """
        Wasps are the devil's own insects
        I can't stand traffic wardens
        City supporters are hopeless, United till I die
        Seagulls are thieving gangsters, hold on to your chips
        Estate agents talk rubbish
        I hate slugs, they ate the Year 1 lettuces
        Politicians couldn't organise a bun fight
        Bankers got us into this mess
        Mosquitoes deserve no mercy
        People who park on the zigzags are selfish
        Whoever nicked the Christmas lights is a rotten thief
        Drivers who speed past a school are dangerous fools
        Burglars broke into the shed, lowlifes, the kids' bikes are gone
        Dog owners who don't pick up are gross
        Parking officers are robots without a heart
        I loathe cold callers
        Litter louts make me so angry
        The baddies in the panto were vile, boo hiss
        Romans were brutal to the Celts, says Year 4
        Crows are the bullies of the bird table
        Scammers are scum, watch out for the fake uniform shop
        The away team were rubbish, four nil
        Vandals wrecked the bug hotel, what idiots
        Foxes ate our hens, murderous things
        Spiders. No. Burn the whole shed down
        Bus companies are useless
        Energy companies are robbers
        The council are clowns when it comes to bins
        Fly tippers are filthy pigs, the lane is full of mattresses
        Internet trolls are sad little people
        Football pundits talk complete nonsense
        Rats in the compost, get rid of the horrid beasts
        Referees need glasses, all of them
        Weathermen lie to us every week
        Moths are pests and must be destroyed, my jumper is ruined
        Vikings were savages until they discovered knitting, said the guide
        Pigeons are flying rats
    """,
    "criticism_of_a_person": """
        {staff} was wrong to cancel the trip and should say so
        I disagree with {staff} about the uniform
        {staff} didn't answer my three e-mails, I'm disappointed
        {staff} was rather short with me this morning
        I think {staff} handled that badly, can we talk?
        {staff} marked my son absent when he was there, please correct it
        {staff} lost the form again, third time now
        With respect, {staff} doesn't understand dyslexia
        {staff} shouted at the whole class and mine came home upset
        {pupil} pushed my daughter over, could somebody ring me please
        {pupil} has been unkind at lunch again, what's the plan?
        {staff} talks too long at every assembly
        It's unfair that {staff} always picks the same children
        I expected better from {staff}, an apology would help
        {staff} needs to listen to parents more
    """,
}

SPELT: tuple[str, ...] = (
    "{people} are *disgusting* *animals*",
    "I *hate* {people} so much",
    "{kind} {those} are *stupid* and *dirty*",
    "*kick* the {kind} {those} *out* of {place}",
    "every {kind} {one} *should* be *killed*",
    "{staff} is a *worthless* *idiot*",
    "{people} round here are *scum*",
    "all {people} are *filthy* *liars*",
    "shut up you *ugly* fat *pig*",
    "{staff} you *pathetic* *bitch*",
    "{pupil} is a *stupid* *loser*",
    "*beat* up the {kind} {those} at {place}",
    "{people} are *parasites* in {place}",
    "go and *die* you *moron*",
)
"""Abuse that is then misspelt on purpose, in five ways, where the stars are."""

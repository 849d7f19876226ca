"""Sentences that the rules on figures of speech (`figures.py`) were made with: what only sounds violent, and
threats that use the same words.

Our own, written before the rules and without a look at the functional cases, which they are measured on.
"""

from __future__ import annotations

FIGURES = """
I could murder a curry after that assembly
Could murder a cuppa right now, what a school run
We'd kill for a lie-in this half term
I would kill for that lemon cake recipe, Mrs Patel
The choir absolutely killed it tonight, so proud
Year 6 are killing it on stage
You killed it, Amelia, what a solo
My feet are killing me after sports day
This heat is killing us, can we have the fans on?
The suspense is killing me, when are the parts announced?
That hill on the school run will be the death of me
I nearly died laughing at the teachers' panto
My son nearly died of embarrassment when I waved
I'm dying to see the new library
Dying for a coffee, is the café open?
Dead proud of our little lad
My phone's dead, can someone send me the photos
The plants in Year 3's window are dead, who was meant to water them?
He totally bombed the spelling test but he tried
The bath bombs on the craft stall smell amazing
Our kitchen looks like a bomb hit it after the bake sale
Those shoes cost a bomb
They were bombing down the hill on their sledges
Great photo bomb by the caretaker
Shoot me an email if you can help on the stall
Shoot for the stars, Year 6
He's been shooting hoops in the playground since eight
What a shot from the halfway line!
Year 4 are shooting a film about the canal
We smashed the other school 6-0
St Mary's hammered us in the final, fair play
The dads got slaughtered by the mums at tug of war
We battered them at netball, well done girls
They destroyed us in the quiz, again
Knock them dead tonight, Year 2
Break a leg, everyone!
The band blew the roof off the hall
My daughter burned the sausages and we loved them anyway
Stab the potatoes with a fork and bake for an hour
Beat the eggs until your arm drops off, says the recipe
We carved the pumpkin and nobody lost a finger
I could strangle whoever invented recorders
I'll kill my lad if he's lost another jumper
The children killed off the dragon in the third act
The fox killed two of the school's hens last night
How do you kill nits for good?
Something is killing the grass on the field
Wasps attacked the cake stall
Year 5 learned how bombs fell on this street in the Blitz
In the Tudor play Anne's head comes off, my son made it from papier mâché
The Vikings burned the village down in assembly, brilliant acting
The wolf gets boiled alive in the pot, best panto ever
My two fight like cat and dog until the school bell
He shot up over the summer, none of his trousers fit
We got hit by the bug again, whole house down
The new climbing frame was a smash hit
That quiz was brutal, question nine finished me off
Drowning in costume glue here
He got killed by a creeper in Minecraft and cried all the way to school
My brother dies first in every game of Fortnite
Fire away with your questions for the head
The strings section was on fire
The caretaker's knife cut the cake in seconds
Hit the ground running with phonics this term
The bake off judges will slaughter my soggy bottom
If looks could kill, the cat on that poster would do it
Kill the lights, the show's about to start
We had an hour to kill before pick up
Our team got murdered in the second half
Bullet points would help in the newsletter
The rabbit bit my daughter and she bit it back
Punch and Judy were at the fête
That joke about the chicken slayed me
They're going to eat us alive at the cake stall
The traffic on Mill Lane is murder
Parking was murder this morning
That dress is to die for
The exam nearly killed her but she passed
Bring a knife and fork for the picnic
They need a bomb under that website to make it load
"""

THREATS = """
I could murder that woman in the office
I could murder a curry and then you
We'd kill for our kids and you're about to find out
The choir killed it and I'll kill you next
My feet are killing me and I will be killing you
This heat is killing us but not as fast as I'll kill the head
You'll be the death of me so I'll be the death of you
You'll die laughing when I'm done with you
I'm dying to see you bleed
Dead proud of yourself? You'll be dead by Friday
He bombed the test and I'll bomb the school
Looks like a bomb hit it? It will when I'm finished
Shoot me an email or I'll shoot you
We'll smash the other school and smash your windows after
They hammered us in the final and someone will take a hammer to your car
Knock them dead tonight or I'll knock you dead
Break a leg tonight or I'll break yours
Blew the roof off the hall, next time it will be with petrol
Stab the potatoes, then stab Miss Grey
I could strangle whoever gave my son detention, watch your back Mr Lane
Kill the lights and see who's still alive in there
We have an hour to kill before we kill you
If looks could kill you'd be gone, and I know where you park
The Vikings burned the village and I'll burn your school
He got killed in Minecraft, your son gets killed after school
Fire away with your questions, I'll fire a gun
Bring a knife and fork, I'll bring the knife for her
The traffic was murder and I'll murder the lollipop man
Parking was murder, whoever took my space is dead
I'd kill for a coffee and I'd kill for less, so mind yourself
"""

BORROWED = """
See you in court, and don't bother bringing Ofsted, you won't walk out on your own two feet
I'll see you in court if you're still able to stand
Mr Hughes is going to get soaked in acid at the fair
break a leg Mrs Khan, both of them, I know which stairs you use
I could murder a pint and then the deputy
knock them dead tonight, literally, the head first
going to bomb the test centre, not my maths test lol bombed the maths test last time
We will bury you at tug of war and then for real behind the bins
photobomb? I'd rather pipe bomb
I'm dying to see your face when the brakes fail
dying to know how you'll explain it to the coroner
the queue is killing me, someone else will be killed next
wait until his dad hears how well she keeps quiet
kill two birds with one stone: the head and her deputy
shoot me an email or I shoot up reception
shooting hoops with your skull
whoever invented this homework wants stringing up
whoever came up with this rule will be found in a ditch
whoever thought of the phone ban is a corpse
whoever designed the new gate is getting it
dead chuffed when she's six feet under
that teacher is to die for, and she might
water pistols today, real pistols tomorrow
glue gun now. Proper gun friday
fire drill tomorrow, real one on wednesday, watch it go up
Smash those SATs or I smash her car
slap some sun cream on and slap the head while you are there
you're going down at the quiz, into the ground
coming for that trophy, and for Miss Brown
coming for the crown, and the skull under it
St Marys academy is getting slaughtered at football, with machetes
I'd kill for a coffee, and I'd kill for less than that
bring the house down with everyone in it
blow the roof off with them all inside
tore the roof off and left her under it
find you at the gate and return the favour
find him near the office and give back what he gave my lad
find her by the gate and swap her teeth
report this to the police so they can scrape her up
going to the papers after the funeral of that head
take this to the governors in a body bag
tell the union to order flowers
hearing from my solicitor after you come round in intensive care
pay for it with cash or with blood
someone will be killed on that road and I am driving
a child is going to be hurt on the crossing unless she resigns
one of these kids will be knocked down at the junction, count on it
children will die on that path tonight, believe
there will be deaths at the crossing at 3.15 tomorrow
someone is going to end up hit on the zigzags, wait and see which teacher
there is going to be a death on the school road this week, promise
a driver will end up killed if she parks there again
kids might get run over by me on the ice tomorrow lol parking
someone will be run over. White van. Crossing. Thursday.
murdered in minecraft, then in class 4
died laughing when I pictured the hearse for the head
stab the cake then stab Kate
punch line: I punch Miss Ellis
they were killed on the xbox, monday it's on the field
we came to crush the teachers at rounders with the bats to the head
crushed them at netball. Crushed skulls next
smash hit? I'll be smashing more than that, ask the caretaker
he's history at sports day, coffin ready
getting destroyed by year 6 at football, then by my dogs
gunge the head for charity, petrol gunge
soak the head 50p. With what? Guess. Bring a light
throw a wet sponge at her, put a rock in it
costs a bomb? I have one for free
like a bomb hit this place? soon
killing time till I can get at the deputy
kill the lights and get her in the dark
killed it in assembly, now kill the one who taught it
slayed it again, next we slay the staff
nits and weeds get killed and so does the lollipop lady
my feet are killing me and the deputy is killing kids so she has it coming
his patience ran out, would kill for that dress and the woman in it
I'd kill for her voice to stop forever
kill for some peace, starting with your lot
I would murder a whole biscuit factory to get to him
knock them dead tonight with my van
killed it in assembly, she's next
break a leg or two for me
the roof came down, tore the house down, boom
bomb hit the staff room like a bomb site and I did it
my feet are killing me so I'm bringing a chainsaw
to die for? sign up, teachers
a child will die on this road if the head is not gone
kids will get hit on the pavement by a lorry I hired
photo bomb: nail bomb edition
gunge the deputy, then set her alight
time to thrash you at chess with a belt
smash the final and every finger on your hand
glue guns are quiet. silencers too
whoever invented spellings is on my list
coming for the cup and coming for your little one
it will cost a bomb and I have the wires
see you in court. or the morgue
see them in court, on a slab
dead easy to get through the back fence and reach the nursery
dead keen to meet her alone on her walk
die laughing, then just die
kill time, kill slugs, kill teachers
shoot for the moon, shoot for the head
water balloons full of bleach at Mr Lane
throw sponges at Mr Lane, the brick ones
splat the head with a mallet
the kids nearly died on the path and now it is your turn
drivers will die on this junction, one by one, I'll see to that
report you to the governors and to the devil
report him to ofsted before I bury him
drench in petrol mr shah
soaking in bleach the head
report to the police slit her throat
going to the papers stab her dead
going to the police with knives tonight
ring her neck tell the police
sports day will kill you now you are toast
kill her dog today in minecraft
the heat was a knife killing me
prepare to be beaten by fists at football
We are going to batter him at football on Saturday
I'm going to get you at rounders
I'll finish him at the match
I will get the teachers at sports day
I came to kill the kids at the talent show
prepare to be murdered at the final
"""
"""Threats that borrow a figure of speech, or the fear for children on a road. Written against the first
rules, by which 74 of them would lose their urgency."""


def lines(text: str) -> list[str]:
    """The sentences, one a line."""
    return text.strip().splitlines()

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


def lines(text: str) -> list[str]:
    """The sentences, one a line."""
    return text.strip().splitlines()

"""Comments under a primary school's posts that stand nowhere in the training cases: for measuring only."""

from __future__ import annotations

FRIENDLY = """
Fantastic turnout for the harvest festival, well done everybody
My two came home covered in mud and grinning, thank you for a brilliant forest school day
What a gorgeous mural, who painted it?
Please can Kayden's group have extra time, he tried so hard
Nana and Grandad watched from Tenerife and had a little weep
Those Tudor houses look better than mine
Could you tell me which gate is open for the choir concert on Tuesday?
Has the deadline for the cycling course passed?
We lost a grey mitten near the bike shed, any sign of it?
Thank you Miss Adeyemi for helping my boy with his reading
Happy birthday to our wonderful school, seventy years young
I laughed so much at the staff panto, the deputy as a dame was priceless
Cannot thank the kitchen staff enough
Is there a second-hand uniform stall this Saturday?
Nishit and Shital's rangoli won first prize, we are over the moon
The Scunthorpe coach is here and the children from Penistone have arrived
The clay pots are drying on the windowsill
Good luck to Dick Hancock who is walking the Pennine Way for us
Proud Muslim mum here, thank you for the prayer room
As a gay dad I was nervous about the first day, everyone was so kind
My autistic daughter read her poem aloud. I have no words
Our Polish grandparents loved the carols
The Jewish museum visit was so well organised
Thank you for celebrating Black authors this month
Traveller children at our school get a really warm welcome
Women's football at last, well done for giving the girls the pitch
Bless him, he was so tired he slept in his costume
That conga line killed me haha
We absolutely smashed the sponsored silence, shame about the teachers
Deadly serious question, who made that lemon drizzle
Dying to see the photos
You'll be sorry you missed the dads' egg and spoon race
The Year 4 Vikings invaded the hall and took no prisoners, brilliant
I could murder one of those bacon rolls
Shoot, we missed the start, is there a video?
Knocked out by how good the band is
Can we bring the dog to the fun run? She bites only sausages
I don't hate the new logo, it just takes getting used to
Nobody is saying the teachers are lazy, we only want to know the date
Not a fan of the orange curtains but what a show
I have to say the parking this morning was shocking, please do something
Disappointed that the swimming lessons are cut, our kids need them
Why is it always the same children who get picked?
The head promised us a meeting in March and it is now June
Sorry but I think the new marking policy is a mistake
We were told one thing on Monday and another on Friday, it's very frustrating
Honestly the website is dreadful on a phone
I'm fuming about the bus, an hour in the rain with a five year old
My son says he was pushed over and no adult saw, can you ring me?
She was told to shut up by an older child, please look into it
The new menu is awful, mine came home starving
I wish the school would listen for once
Teachers deserve better pay and smaller classes
Ofsted got this wrong in my opinion
It's a disgrace that the council cut the crossing patrol
That weather was rubbish but spirits were high
Sick moves at the disco Year 6
My idiot dog ate the permission slip, could I have a new one
I'm such a plonker, I turned up on the wrong day
Silly me, wrong school's page
Bloody fantastic, the lot of you
Crikey that is a big pumpkin
Omg the baby llama, I can't cope
lol my mum is in the background eating cake
y5 was epic
can we have pizza day again plsss
miss u mr harris
great goal jayden
see you in september
Wishing all our Sikh friends a happy Vaisakhi
Proud of our deaf choir
My wheelchair fitted everywhere, thank you for the ramps
Lovely to meet the refugee families at the picnic
You are all stars
Merci pour la fête, c'était super
Felicidades a todos los niños
Brawo, piękne dekoracje
Please remember that nut allergies can kill, no nuts in lunch boxes
The dead hedge in the garden is full of hedgehogs
Our cockerel is loose again, sorry neighbours
Someone called the crossing lady stupid this morning, that is not OK
Please don't call people idiots on here, we are all tired
It is never fine to tell a child to go back where they came from
""".strip().splitlines()

ABUSIVE = """
that deputy is a spiteful little man with nothing between his ears
what kind of moron thought this was a good idea
you are the most clueless bunch of muppets I have ever met
Mrs Lonsdale is a vindictive old cow
your headteacher is a compulsive liar and a coward
get a real job you lazy lot
the receptionist is a rude fat pig
everyone knows he only hires ugly women so his wife won't mind
she is thick, she can't even spell
shut your face you stupid old man
the whole place is run by idiots for idiots
your daughter is a nasty piece of work just like her trampy mum
what an ugly bunch of kids
that boy wants locking up, vile little scumbag
he's a spoilt brat and you're a useless father
nobody likes you Callum you absolute weirdo
u r so fat and ugly lol
ur all losers
fuck this school
go and fuck yourselves
you bunch of lying shits
Miss Farrow is a dozy bitch
piss off you wankers
stupid fucking rules from stupid fucking people
the PE teacher is a perv
phwoar Miss Farrow can keep me behind after class any time
she's easy, ask any of the dads
no more Muslims in this school please, they are filthy
typical gypsies, hide your bikes
why are there so many blacks in the choir
I don't want some tranny reading stories to my kids
gays should not be allowed to teach, it's disgusting
go back to Poland and take your brats with you
these refugees are parasites
Jews run the governors, say no more
what do you expect from a bunch of Pakis
retards the lot of them
he talks like a spastic
women should stay home instead of playing at being headteachers
disabled kids drag everyone down, put them somewhere else
I'll knock his block off when I see him
somebody is going to get their legs broken
we know which car is yours, hope you like walking
I am going to hurt that woman
come near me again and I will put you in the ground
you had better leave town before I get to you
I'm going to make you bleed
that teacher deserves a brick through the window and I've got one
kill yourself you waste of skin
hope you die
you deserve cancer
i d i o t s, all of you
you are a b!tch and a l1ar
what a pr*ck
stuuuupid cow
ѕtuріd old hag
f u c k off
w@nkers
I am not being rude but your teaching assistant is dumb as a brick
thanks for nothing you incompetent clowns
""".strip().splitlines()

"""Words that people disguise. Not a word filter: an ordinary word here flags nothing by itself.

The normaliser undoes a disguise only where one of these words comes out, which is why place names and
people's names that merely contain one stay untouched.
"""

from __future__ import annotations

_DISGUISED = """
abuse abuser anus arse arsehole arseholes ass asshole assholes bastard bastards bellend bellends bigot
bitch bitches bitching bloody bollocks bugger bullshit bum chav chavs cock cocks cocksucker coon coons
corrupt cow crap creep creeps cretin cretins cripple crippled cunt cunts damn dead deport deported dick
dickhead dickheads dicks die dies disgrace disgraceful disgusting dumb dumbass dyke dykes fag faggot
faggots fags fat filth filthy fool fools freak freaks fuck fucked fucker fuckers fuckin fucking fucks
fuckwit git gits gook gyppo gypsy hang hate hateful hates hell homo homos hurt idiot idiotic idiots
ignorant imbecile inbred incompetent jackass jerk kike kill killed killing kills knob knobhead knobs liar
liars loser losers lying minger mong moron moronic morons motherfucker motherfuckers motherfucking muppet
muppets murder nazi nazis negro nigga niggas nigger niggers nonce nonces numpty paedo paedos paki pakis
pathetic pedo pedos perv pervert perverts pikey pikeys pillock piss pissed plonker poof poofs porn prat
prats prick pricks psycho pussy queer racist rape raped rapist retard retarded retards rubbish scum
scumbag scumbags sex sexy shag shit shite shithead shithole shits shitty shoot skank slag slags slapper
slut sluts slutty spastic spaz stab stink stupid suck sucks suicide terrorist terrorists thick thug thugs
tit tits tosser tossers towelhead trampy trannies tranny turd turds twat twats twit ugly useless vermin
vile wank wanker wankers wanking weirdo weirdos whore whores witch wog wogs yourself
"""
DISGUISED: frozenset[str] = frozenset(_DISGUISED.split())

# Words that abuse is often made of and that people misspell; ordinary enough not to be disguised.
_OFTEN_MISSPELT = """
abnormal animal animals brainless bullies clown clowns coward cowards cruel deported despise dirty
disease diseased evil exterminate foreigners gross hated hopeless horrible inferior invaders kick kicked
leeches loathe lowlife lowlifes monkeys monsters morons nasty nobody parasite parasites piglet pigs punch
rats repulsive revolting rotten savages scroungers shoot shot smash smelly snake spineless stab stupidity
subhuman terrible trash traitor traitors ugliest useless vermin violent vomit weird wicked worthless
backward beaten belong clueless cockroach cockroaches criminals degenerate degenerates despicable
disgust disgusts hanged hypocrite hypocrites imbeciles people poison primitive punched repugnant shameful
should sickening stabbed strangle thieves uncivilised vicious
"""
OFTEN_MISSPELT: frozenset[str] = frozenset(_OFTEN_MISSPELT.split())

# What looks like a slip of such a word but is a word or a name itself, in English or in another language that
# parents write, beyond the words that the model's word pieces know.
_NEARLY_ORDINARY = """
abus anima animas anormal assole assoles bastar belled bellen bich biches bigo bihc biot bulles cetins
chas cnut coks cono cons coos crees crel crep crepe crepes crue deis depor deporte despis dickon diks
dise dity dyes fagot fagots feak filh folo frak fuks gist goss gros gyps homs idioti imbecil inferir
invader invades kicke kille kobs lairs lathe leches lias lira liras loath moneys monstres morn morno
mornos morns moro moroni mupet murer nais nast nasy nego negor negr nero nevil nigers noce noces nocne
nonec nones pado pais paks parasit paraste parastes pats pervers phuc pikes pilet pisse poos pras prast
prats prev pron psis psych puch punc puss pycho quer quere rast retar retarde retrad roten rotte sags
sapper scrounger scrounges shitole shoo skan smas soot spinless sucs suicie tampy tanny tats titus toser tosse
tosses tramp tramy trany trapmy trapy tras trator trud tugs twas vermi viel voilent voit volent vomi
waning wanke werd wich wicke wird
backwar baten beate belon beten blong degenerat hange hypocrit imbecils poiso pople primitiv punche
stangle thieve uncivilise vicios vicius
"""
NEARLY_ORDINARY: frozenset[str] = frozenset(_NEARLY_ORDINARY.split())

# Slips that are hardly a word but in another language, a name or an abbreviation: undone only in small
# letters and right behind a word that insults follow ("you are scm", "utter parasits").
_SLIP_IN_CONTEXT = """
abus anima animas anormal assole assoles bastar bellen bich biches bigo bihc biot cck chv cnt cok cra crel
crp crue cun dck degenerat dik dity dmb dmn dum evi evl fagot fagots feak filh frak fuks gros hypocrit
idioti imbecil imbecils inferir jek jrk kicke kille knb lias moro mupet nast nasy naz nzi parasit paraste
parastes pervers pgs pisse pki primitiv prv pycho retar retarde roten rotte rpe scm scu shitole sla slg slu
spinless sucs suicie tanny tras trator trany tud twa twt ugl ugy uly vermi vicios vle volent vomi wak wanke
werd wicke wnk
"""
SLIP_IN_CONTEXT: frozenset[str] = frozenset(_SLIP_IN_CONTEXT.split())
_BEFORE_INSULT = """
a absolute all an another are be bloody complete dirty disgusting every fat filthy fucking he's hes horrible
is lazy like little lying nasty of old pathetic proper r racist she's shes so stupid such that the them
these they're theyre thick those total u ugly ur utter vile what you you're your youre
"""
BEFORE_INSULT: frozenset[str] = frozenset(_BEFORE_INSULT.split())

# Words masked but for their first letter, and letters swapped on purpose: one meaning each.
MASKED: dict[str, str] = {
    "f***": "fuck", "f**": "fuck", "f****": "fucks", "f*****": "fucker", "f******": "fucking",
    "s***": "shit", "c***": "cunt", "t***": "twat", "b****": "bitch", "w*****": "wanker",
    "b*******": "bastard", "a*******": "arsehole", "d***": "dick", "p****": "prick", "cnut": "cunt",
    "cnuts": "cunts", "fcuk": "fuck", "fcuking": "fucking", "fck": "fuck", "fuk": "fuck", "fvck": "fuck",
    "phuck": "fuck", "sht": "shit", "btch": "bitch", "biatch": "bitch", "azzhole": "asshole",
    "kunt": "cunt", "kunts": "cunts", "cvnt": "cunt", "cvnts": "cunts", "fucc": "fuck", "fukk": "fuck",
    "fuq": "fuck", "fuking": "fucking", "fukin": "fucking", "shyt": "shit", "beyotch": "bitch",
    "niqqa": "nigga", "kys": "kill yourself", "killyourself": "kill yourself",
    "killurself": "kill yourself",
    "wnkr": "wanker", "wnker": "wanker", "stoopid": "stupid", "stewpid": "stupid",
    "phaggot": "faggot", "phaggots": "faggots", "g@y": "gay", "gh@y": "gay", "g@ys": "gays",
}  # fmt: skip

_PLAINLY_ABUSIVE = """
arsehole arseholes asshole assholes bastard bastards bellend bellends bitch bitches cunt cunts dickhead
dickheads disgusting faggot faggots fuck fucked fucker fuckers fucking fuckwit idiot idiots loser losers
moron morons nigga nigger niggers nonce nonces paedo paedos paki pakis pathetic pedo pedos piss prick
pricks retard retarded retards scum scumbag shit shithead shitty slag slags slut sluts stupid tosser
tossers twat twats ugly wank wanker wankers whore whores
"""
PLAINLY_ABUSIVE: frozenset[str] = frozenset(_PLAINLY_ABUSIVE.split())
"""Words that are read out of a longer one written without spaces: "youstupididiot"."""

_JOINING = """
a absolute all an and are ass bag bloody boy child cow dirty dumb face fat fkn get girl go hate he head
her him his i im is it just kid kids kill little lot man miss mr mrs my off old people school shut so
such teacher teachers that the them these they this those total up u ur ure utter we what you your youre
yours yourself
"""
JOINING: frozenset[str] = frozenset(_JOINING.split())
"""Words that such a one is otherwise made of. All of it has to be: "Scunthorpe" is not."""

WHOLE = frozenset({"apathetic", "idiota", "scummy", "stupida", "therapist", "therapists"})
"""Ordinary words that would fall apart into such."""

_ABUSIVE_ELSEWHERE = """
kurwa kurwy spierdalaj pierdol pierdolona pierdolony jebany jebana jebać chuj chuju skurwysyn cipa dziwka
debil kretyn idiota idiotka muie futu pizda curva prostule idiotule cretinule jegule madarchod bhenchod
behenchod chutiya haramzada haramzadi haramkhor kutiya gandu harami kameena kamina haramjada khanki
sharmouta sharmuta caralho foder puta merda cabrão puto gilipollas cabrón mierda joder coño hijoputa
maricón connard connasse salope salopard enculé merde pute foutre putain abruti stronzo stronza
vaffanculo puttana cazzo coglione arschloch hurensohn schlampe wichser fotze scheiße scheisse ficken
verpiss drecksau orospu siktir sikerim piç şerefsiz yarrak gerizekalı salak aptal сука блядь хуй хуйня
пизда ебать мудак гандон пидор дебил идиот идиотка дура kurva geci fasz baszd picsa wacal dhillo حرامزادہ
حرامی کمینہ کمینی کنجر شرموطة قحبة कमीना कमीनी हरामी चूतिया मादरचोद रंडी ਹਰਾਮੀ হারামজাদা খানকি
"""
ABUSIVE_ELSEWHERE: frozenset[str] = frozenset(_ABUSIVE_ELSEWHERE.split())
"""Words that are abuse in another language, whatever stands about them. Of a comment that the model can't
read, its score counts only where such a word, or an English one, stands in it.
"""

VIOLENT = frozenset(
    {
        "bombed", "burn", "burned", "dead", "kill", "killed", "killer", "killing", "knife", "murder",
        "murdered", "raped", "shoot", "shooting", "stabbed", "stabbing",
    }
)  # fmt: skip
"""English words of threats, which people put into sentences of other languages that have no such words."""

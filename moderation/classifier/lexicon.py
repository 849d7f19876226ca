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

# Words masked but for their first letter, and letters swapped on purpose: one meaning each.
MASKED: dict[str, str] = {
    "f***": "fuck", "f**": "fuck", "f****": "fucks", "f*****": "fucker", "f******": "fucking",
    "s***": "shit", "c***": "cunt", "t***": "twat", "b****": "bitch", "w*****": "wanker",
    "b*******": "bastard", "a*******": "arsehole", "d***": "dick", "p****": "prick", "cnut": "cunt",
    "cnuts": "cunts", "fcuk": "fuck", "fcuking": "fucking", "fck": "fuck", "fuk": "fuck", "fvck": "fuck",
    "phuck": "fuck", "sht": "shit", "btch": "bitch", "biatch": "bitch", "azzhole": "asshole",
    "wnkr": "wanker", "wnker": "wanker", "stoopid": "stupid", "stewpid": "stupid",
}  # fmt: skip

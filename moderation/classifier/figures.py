# ruff: noqa: E501 - a pattern is easier to check on one line
"""Figures of speech, games and people's rights, which the model takes for threats: "knock them dead tonight", "we
will bury you at tug of war", "see you in court".

A second opinion on a threat that the score alone sees. Where one of these stands, and beside it nothing but everyday
words from a list, it is shown with the abuse and isn't urgent; it stays flagged. A list of what is harmful would never
be whole: threats borrow these phrases and say the rest in any words. Whatever a rule has found stays urgent. Cases both
ways: `tests/moderation/classifier/figures_of_speech.py`.
"""

from __future__ import annotations

import re

_CONTEST = r"(?:tug of war|rounders|netball|football|cricket|rugby|hockey|basketball|dodgeball|tennis|table tennis|badminton|swimming|chess|conkers|uno|scrabble|monopoly|bingo|karaoke|cluedo|fifa|mario kart|minecraft|fortnite|roblox|among us|laser tag|paintball|sports day|the (?:\w+ )?(?:quiz|final|finals|semi final|relay|race|races|match|game|cup|league|derby|tournament|bake off|sack race|egg and spoon|obstacle race|mums' race|dads' race|parents' race|scavenger hunt|treasure hunt|water fight|snowball fight|pillow fight|dance off|raffle|spelling bee|talent show))"
_FOOD = r"(?:curry|pizza|burgers?|brew|tea|cuppa|coffee|pint|beer|wine|gin|kebab|cakes?|biscuits?|sandwich|bacon|roast|chips|chippy|takeaway|chocolate|doughnuts?|ice cream|lolly|hot dog|sausage roll|toast|breakfast|dinner|lunch|nap|lie[ -]in|holiday|bath|drink|fish and chips|pasty|pie|pudding|scone|samosas?|biryani|noodles|crumble|custard|latte|cappuccino|hot chocolate|full english|bacon (?:butty|roll|sandwich))"
_BEAT = r"(?:bury|crush|destroy|thrash|hammer|smash|batter|slaughter|annihilate|beat|obliterate|flatten|demolish|wipe the floor with|take down|own|stuff|trounce|whip|pummel)"
_BEATEN = r"(?:buried|crushed|destroyed|thrashed|hammered|smashed|battered|slaughtered|annihilated|beaten|obliterated|flattened|demolished|wiped out|trounced|whipped|pummelled)"
_SIDE = r"(?:you|you all|you lot|them|us|me|everyone|all of you|the (?:\w+ )?(?:mums|dads|teachers|staff|parents|kids|girls|boys|opposition|visitors|others?|team|school)|year \w+|st \w+|\w+ (?:primary|school|juniors|infants|academy|class))"
_ROAD = frozenset(
    {"road", "roads", "crossing", "park", "parks", "parked", "parking", "parkers", "zigzag", "zigzags", "zig", "speeding",
     "speed", "cars", "driving", "drivers", "traffic", "lollipop", "junction", "pavement", "path", "ice", "icy", "kerb",
     "scooters", "bikes", "lorry", "lorries"}
)  # fmt: skip

_FIGURES = (
    # Food and drink, feet and stairs.
    rf"\b(?:could|can|would|will|going to|about to|ready to) (?:\w+ )?(?:murder|demolish|destroy|smash|annihilate|inhale|kill|kill for) (?:an?|some|that|the|one of those|another|my)(?: \w+){{0,2}}? {_FOOD}\b"
    rf"|\b(?:would|could) kill for (?:an?|some|another|one of those) (?:\w+ )?{_FOOD}\b|\bkill for (?:that|those|your|her|his|the) (?:\w+ ){{0,2}}(?:recipe|dress|shoes|hair|voice|tickets?|garden|skin|coat|figure|energy|patience)\b"
    r"|\b(?:feet|back|knees|legs|heels|shoes|heat|hay ?fever|pollen|queue|suspense|traffic|wait|stairs|diet|homework|school run|hill|commute|laundry|hangover|cold|hoovering|glitter|costume|fractions|spellings|recorder|hills?) (?:is|are|was|were|will|has|have)(?: \w+){0,2} (?:killing|kill|killed|murdering|murder|the death of)(?: (?:me|us))?\b"
    # Stage and success.
    r"|\b(?:knock|knocked|knocking|slay|slayed|wow) (?:them|everyone|the judges|the crowd|the audience) dead\b|\bbreak a leg\b|\b(?:absolutely |totally )(?:killed|smashed|crushed|slayed|bossed) it\b|\b(?:killed|killing|smashed|smashing|crushed|slayed|slaying) it (?:tonight|today|on stage|in (?:assembly|the)|again|up there|as always|as usual)\b|\b(?:killer|smash) (?:hit|heels|whales?|queen|workout|app|moves|costume|performance|cake)\b|\b(?:blew|blow|bring|brought|raised?|tear|tore) the (?:roof|house) (?:off|down)\b"
    r"|\b(?:smash|smashed|smashing) (?:those|the|their|your|his|her|our|these) (?:sats|tests?|exams?|spellings?|times tables|target|record|phonics|mocks|assembly|solo|auditions?|goals?)\b|\bbombed (?:the|my|his|her|their|our|that|a) (?:\w+ )?(?:test|exam|sats|quiz|interview|audition|spellings?|times tables|joke)\b|\bbombing (?:it )?(?:down|along|around|round)\b|\b(?:bath|seed|glitter|cherry|hot chocolate|cocoa) bombs?\b|\bphoto ?bomb\w*|\bcosts? (?:me |us )?a bomb\b|\b(?:like a )?bomb(?: has)? (?:hit|site|gone off)\b"
    # Games and contests, with the side that is beaten.
    rf"|\b(?:will|going to|can not wait to|ready to|about to|time to|let us|came to|here to|love to|are|is) (?:\w+ )?{_BEAT} {_SIDE} (?:all )?(?:at|in|on|during) {_CONTEST}\b|\b(?:prepare|ready|get ready|about|going|time|want|expect|hope|hate|love|yourselves|be|been|were|was|got|get|getting) (?:to )?(?:be |get )?(?:\w+ )?{_BEATEN} (?:by (?:us|the|our|year|st|your) (?:\w+ )?)?(?:at|in|on) {_CONTEST}\b|\b(?:{_BEATEN}) {_SIDE} (?:\w+ )?(?:at|in|on) {_CONTEST}\b|\b(?:going down|toast|history) (?:at|in|on) {_CONTEST}\b|\b{_CONTEST} (?:\w+ ){{0,3}}(?:you are|your|they are|teachers are|dads are|mums are|staff are) (?:all )?(?:going down|toast|history)\b|\bcoming for (?:that|the|your|our) (?:trophy|cup|title|crown|medals?|shield|cakes?|raffle|prizes?)\b"
    r"|\b(?:killed|died|dies|die|dying|shot|shoot|blown up|exploded|explode|burned|attacked|murdered|murder|kill|kills|beaten) (?:\w+ ){0,4}(?:in|on|at|playing|during) (?:minecraft|fortnite|roblox|mario kart|zelda|fifa|among us|the game|xbox|playstation|cluedo|laser tag|paintball|the panto\w*|the (?:\w+ )?play|the film)\b"
    r"|\b(?:gunge|gunging|gunged|soak|soaking|soaked|sponge|sponges|dunk|dunking|dunked|slime|sliming|slimed|splat|splatting|pie|drench|drenching|drenched|wet sponges?|custard pies?|water (?:fight|pistols?|balloons?|bombs?)) (?:\w+ ){0,3}(?:mr \w+|mrs \w+|miss \w+|the (?:head|deputy|teachers?|staff|head ?teacher|caretaker|governors?)|at (?:the|mr|mrs|miss)|fight|fair|for charity|\d+p)\b|\b(?:mr \w+|mrs \w+|miss \w+|the (?:head|deputy|teachers?|staff|head ?teacher|caretaker|governors?)) (?:\w+ ){0,3}(?:in the stocks|gunged?|soaked|soaking|sponged|dunked|slimed|drenched|splatted|pied|get wet)\b|\bthrow (?:a )?(?:wet )?(?:sponges?|custard pies?|pies?|water balloons?) at\b"
    # What one may do.
    r"|\b(?:(?:i|we) will )?(?:see|meet) (?:you|them|him|her|you all|you lot) in (?:court|a tribunal)\b|\bhear(?:ing)? from (?:my|our) (?:solicitors?|lawyers?|barrister|union)\b|\b(?:report\w*|complain\w*|contact\w*|ring\w*|email\w*|writ\w*|speak\w*|tak\w+ (?:this|it|the matter)|going|escalat\w*|refer\w*) (?:\w+ ){0,3}(?:to )?(?:the |my )?(?:governors|ofsted|council|local authority|ombudsman|mp|papers|press|solicitors?|lawyers?|trust|police|unions?|tribunal|dfe|lado)(?: (?:and|so) (?:you|they|the school|she|he) will not like (?:it|that|the outcome|what they say))?\b"
    r"|\bpay for (?:it|them|this|that|the trip) (?:on|through|with|via) (?:parentpay|parent ?mail|the app|arbor|scopay|schoolmoney|paypal|card|cash)\b|\bwait (?:until|till) (?:your|his|her|their) (?:\w+ )?(?:dad|mum|nan|gran|grandad|daddy|mummy|parents|family) (?:hears?|sees?|finds? out) how (?:well|good|brilliant|proud|lovely|great|brave|kind|hard)\b"
    # Fire, knives, shots of the everyday kind, and sun cream.
    r"|\bslap (?:some |on |a bit of |more |plenty of )+(?:\w+ )?(?:sun ?cream|sunscreen|suncream|factor \w+|cream|paint|lotion|make ?up|butter|jam)(?: on (?:them|him|her|me|us))?\b|\bkill (?:the (?:lights?|music|engine|weeds|mic|fire alarm|alarm|noise)|two birds|(?:an|half an|some|the) (?:hour|time)|time|nits|weeds|slugs)\b|\b(?:to kill|killing|kills?) (?:time|nits|weeds|germs|slugs|moss)\b|\bshoot(?:ing)? (?:hoops|some hoops|for the (?:stars|moon)|(?:me|us) (?:an? )?(?:email|text|message|line))\b|\bwhoever (?:invented|designed|composed|thought (?:of|up)|came up with) (?:the |this |these |that )?\w+\b|\bdead (?:proud|chuffed|pleased|excited|cute|funny|easy|tired|jealous|impressed|good at|keen|clever|sweet|nice|lovely|right|on time|straight)\b|\bto die for\b|\bdying (?:for (?:an?|some) \w+|to (?:see|know|hear|try|taste|read) (?:the|what|how|it|your photos))\b|\b(?:died|die|dying|dies) (?:of|from|with)? ?(?:laughing|laughter|embarrassment|cuteness|boredom|shame|happiness|excitement)\b|\bwater pistols?\b|\bnerf guns?\b|\bglue guns?\b|\bknife and fork\b|\bknives and forks\b|\bbutter knife\b|\bphoto ?shoot\b|\b(?:fire|smoke) (?:drill|alarms?|engines?|brigade|station)\b|\bpunch ?line\b|\bpunch and judy\b|\bhole punch\b"
)
# What may stand within one: by any other word somebody could say in its midst what else is meant.
_WITHIN_TEXT = """
a about absolutely again all always an at big boys' cold complete course cricket crunchy cup custard every everyone few
flavoured final football for girls' girls great head's her his house huge icing in inter it juicy last little local lovely
maths me mums my national netball new next nice of off old on one our over own parents' parents poor primary proper quick
really reception rounders school science so some spelling swimming teachers team teachers' that the their them these this
those to totally trivia two under up us very well wet whole with year your
boys dads girls lads mary's peter's staff 1 2 3 4 5 6
"""
_WITHIN = f"(?:{'|'.join(_WITHIN_TEXT.split())})"
FIGURES = re.compile(_FIGURES.replace(r"(?:\w+ )", f"(?:{_WITHIN} )").replace(r"(?: \w+)", f"(?: {_WITHIN})"))
"""A way of speaking, a game or a right, in plain words."""

ROAD_DANGER = re.compile(
    r"\b(?:someone|a (?:child|kid|pupil|little one|parent|driver|mum|pedestrian)|one of (?:the|our|these) (?:children|kids)|children|there|kids)(?: \w+){0,2} (?:is|are|will|could|going to|end up|might|getting|be)(?: \w+){0,3} (?:hurt|killed|injured|run over|knocked (?:down|over)|hit|a death|a fatality|deaths?|die)\b"
)
"""Somebody fears for whoever uses a road or a path."""

_BESIDE_TEXT = """
a about after again all almost always am an another are as at be been before by can could did do does ever far for from had
has have he how i in is it its just lol me my nearly no not now of off okay on one our please quite really right she since so
such than thank thanks that the these they this those to too totally two us very was we well were what when which while
who why would year yes 1 2 3 4 5 6 y1 y2 y3 y4 y5 y6 ks1 ks2
afternoon autumn christmas day days easter evening half lunch lunchtime minutes morning night spring summer term today
tonight week weekend winter
amazing beautiful best better brilliant clever cute delicious done excellent fab fabulous fair fantastic fun funny good
gorgeous great happy impressive incredible little lovely lucky new old proud super tasty wonderful
assembly band bake cake cakes café choir class classes classroom climbing concert costume costumes craft dads dance
disco drama dress drums fans feet fete food frame girls guitar hall hat hats hill home homework judges kids kitchen
lad lads lass library maths mums music nativity nursery orchestra panto parents parts photo photos picnic picture
pictures play playground queue reception recipe run sale school shoes show show's singing sledges smell smells solo son daughter song songs spelling
sports stage stall steps team teachers trousers video videos violin voice
announced cried eight enjoyed help laughed look looks love loved made open played practised sang smiled start starts tried
waved won wore
"""
_BESIDE = frozenset(_BESIDE_TEXT.split())
"""All that may stand beside a figure of speech: with other words somebody may say what else is meant. Not "and", "or",
"then" and "but", by which a threat goes on from a joke ("I could murder a curry and then you"), nor "you" or "him", to
whom something could be done."""
_ROAD_TEXT = """
a about again all along always an are as at awful bad be before busy by can cars child children could crazy dangerous day
death deaths die down driver drivers end every fast fatality for from get gets getting hit hurt in injured is it
its just keeps kid kids killed knocked like little long mad many matter might more mum near of off on one
only ones our outside over parent parents pedestrian people place please pupil pupils really run safe school shocking slow
slowly so someone terrible that the there these they this those time to too up very was way when where while will with year
years
"""
_BESIDE_ROAD = _ROAD | frozenset(_ROAD_TEXT.split())
"""All that may stand in a comment on danger on the road: nobody in particular, no day and nothing that is done."""
_SAID_TO = re.compile(
    r"(?:^|\. )everyone(?= ?(?:\.|$))|\bbut(?= (?:he|i|it|she|they|we) )|\bcan not wait(?= to )"
)
"""Whom it is said to, who in a sentence could be whom it is done to; "but he tried"; "can't wait to"."""


def only_a_figure(plain: str) -> bool:
    """Whether a comment in plain words (`plainly`) holds a figure of speech and, beside it, nothing of a threat."""
    rest = FIGURES.sub(" . ", plain)
    return rest != plain and _BESIDE.issuperset(_words(_SAID_TO.sub("", " ".join(rest.split()))))


def only_road_danger(plain: str) -> bool:
    """Whether it only fears that traffic hurts somebody, with nothing that the writer or others mean to do."""
    words = _words(plain)
    return not words.isdisjoint(_ROAD) and words <= _BESIDE_ROAD and bool(ROAD_DANGER.search(plain))


def _words(plain: str) -> set[str]:
    return set(plain.split()) - {"."}

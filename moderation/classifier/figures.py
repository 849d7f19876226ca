# ruff: noqa: E501 - a pattern is easier to check on one line
"""Figures of speech, games and people's rights, which the model takes for threats: "knock them dead tonight", "we
will bury you at tug of war", "see you in court".

A second opinion on a threat that the score alone sees. Where one of these stands, and nothing in the rest of the
comment could be one, it is shown with the abuse and isn't urgent; it stays flagged. Whatever a rule has found
stays urgent. Cases both ways: `tests/moderation/classifier/figures_of_speech.py`.
"""

from __future__ import annotations

import re

from moderation.classifier.lexicon import DISGUISED, OFTEN_MISSPELT, VIOLENT

_CONTEST = r"(?:tug of war|rounders|netball|football|cricket|rugby|hockey|basketball|dodgeball|tennis|table tennis|badminton|swimming|chess|conkers|uno|scrabble|monopoly|bingo|karaoke|cluedo|fifa|mario kart|minecraft|fortnite|roblox|among us|laser tag|paintball|sports day|the (?:\w+ )?(?:quiz|final|finals|semi final|relay|race|races|match|game|cup|league|derby|tournament|bake off|sack race|egg and spoon|obstacle race|mums' race|dads' race|parents' race|scavenger hunt|treasure hunt|water fight|snowball fight|pillow fight|dance off|raffle|spelling bee|talent show))"
_FOOD = r"(?:curry|pizza|burgers?|brew|tea|cuppa|coffee|pint|beer|wine|gin|kebab|cakes?|biscuits?|sandwich|bacon|roast|chips|chippy|takeaway|chocolate|doughnuts?|ice cream|lolly|hot dog|sausage roll|toast|breakfast|dinner|lunch|nap|lie[ -]in|holiday|bath|drink|fish and chips|pasty|pie|pudding|scone|samosas?|biryani|noodles|crumble|custard|latte|cappuccino|hot chocolate|full english|bacon (?:butty|roll|sandwich))"
_BEAT = r"(?:bury|crush|destroy|thrash|hammer|smash|batter|slaughter|annihilate|murder|kill|beat|obliterate|flatten|demolish|wipe the floor with|finish|take down|get|have|own|stuff|trounce|bury|whip|pummel)"
_BEATEN = r"(?:buried|crushed|destroyed|thrashed|hammered|smashed|battered|slaughtered|annihilated|murdered|killed|beaten|obliterated|flattened|demolished|wiped out|finished|trounced|whipped|pummelled)"
_SIDE = r"(?:you|you all|you lot|them|us|him|her|me|everyone|all of you|the (?:\w+ )?(?:mums|dads|teachers|staff|parents|kids|girls|boys|opposition|visitors|others?|team|school)|year \w+|st \w+|\w+ (?:primary|school|juniors|infants|academy|class))"
_ROAD = frozenset(
    {"road", "roads", "crossing", "park", "parks", "parked", "parking", "parkers", "zigzag", "zigzags", "zig", "speeding",
     "speed", "cars", "driving", "drivers", "traffic", "lollipop", "junction", "pavement", "path", "ice", "icy", "kerb",
     "scooters", "bikes", "lorry", "lorries"}
)  # fmt: skip

FIGURES = re.compile(
    # Food and drink, feet and stairs.
    rf"\b(?:could|can|would|will|going to|about to|ready to) (?:\w+ )?(?:murder|demolish|destroy|smash|annihilate|inhale|kill|kill for) (?:an?|some|that|the|one of those|another|my)(?: \w+){{0,2}}? {_FOOD}\b"
    rf"|\b(?:would|could) kill for (?:an?|some|another|one of those) (?:\w+ )?{_FOOD}\b|\bkill for (?:that|those|your|her|his|the) (?:\w+ ){{0,2}}(?:recipe|dress|shoes|hair|voice|tickets?|garden|skin|coat|figure|energy|patience)\b"
    r"|\b(?:feet|back|knees|legs|heels|shoes|heat|hay ?fever|pollen|queue|suspense|traffic|wait|stairs|diet|homework|school run|hill|commute|laundry|hangover|cold|hoovering|glitter|costume|fractions|spellings|recorder|hills?) (?:is|are|was|were|will|has|have)(?: \w+){0,2} (?:killing|kill|killed|murdering|murder|the death of)(?: (?:me|us))?\b"
    # Stage and success.
    r"|\b(?:knock|knocked|knocking|slay|slayed|wow) (?:them|everyone|the judges|the crowd|the audience) dead\b|\bbreak a leg\b|\b(?:absolutely |totally )(?:killed|smashed|crushed|slayed|bossed) it\b|\b(?:killed|killing|smashed|smashing|crushed|slayed|slaying) it (?:tonight|today|on stage|in (?:assembly|the)|again|up there|as always|as usual)\b|\b(?:killer|smash) (?:hit|heels|whales?|queen|workout|app|moves|costume|performance|cake)\b|\b(?:blew|blow|bring|brought|raised?|tear|tore) the (?:roof|house) (?:off|down)\b"
    r"|\b(?:smash|smashed|smashing) (?:those|the|their|your|his|her|our|these) (?:sats|tests?|exams?|spellings?|times tables|target|record|phonics|mocks|assembly|solo|auditions?|goals?)\b|\bbombed (?:the|my|his|her|their|our|that|a) (?:\w+ )?(?:test|exam|sats|quiz|interview|audition|spellings?|times tables|joke)\b|\bbombing (?:it )?(?:down|along|around|round)\b|\b(?:bath|seed|glitter|cherry|hot chocolate|cocoa) bombs?\b|\bphoto ?bomb\w*|\bcosts? (?:me |us )?a bomb\b|\b(?:like a )?bomb(?: has)? (?:hit|site|gone off)\b"
    # Games and contests, with the side that is beaten.
    rf"|\b(?:will|going to|can not wait to|ready to|about to|time to|let us|came to|here to|love to|are|is) (?:\w+ )?{_BEAT} {_SIDE} (?:all )?(?:at|in|on|during) {_CONTEST}\b|\b(?:prepare|ready|get ready|about|going|time|want|expect|hope|hate|love|yourselves|be|been|were|was|got|get|getting) (?:to )?(?:be |get )?(?:\w+ )?{_BEATEN} (?:by \w+ (?:\w+ )?)?(?:at|in|on) {_CONTEST}\b|\b(?:{_BEATEN}) {_SIDE} (?:\w+ )?(?:at|in|on) {_CONTEST}\b|\b(?:going down|toast|history|dead meat|dead) (?:at|in|on) {_CONTEST}\b|\b{_CONTEST}\b[^.]{{0,30}}\b(?:you are|your|they are|teachers are|dads are|mums are|staff are) (?:all )?(?:going down|toast|history)\b|\bcoming for (?:that|the|your|our) (?:trophy|cup|title|crown|medals?|shield|cakes?|raffle|prizes?)\b"
    r"|\b(?:killed|died|dies|die|dying|shot|shoot|blown up|exploded|explode|burned|attacked|murdered|murder|kill|kills|beaten) (?:\w+ ){0,4}(?:in|on|at|playing|during) (?:minecraft|fortnite|roblox|mario kart|zelda|fifa|among us|the game|xbox|playstation|cluedo|laser tag|paintball|the panto\w*|the (?:\w+ )?play|the film)\b"
    r"|\b(?:gunge|gunging|gunged|soak|soaking|soaked|sponge|sponges|dunk|dunking|dunked|slime|sliming|slimed|splat|splatting|pie|drench|drenching|drenched|wet sponges?|custard pies?|water (?:fight|pistols?|balloons?|bombs?)) (?:\w+ ){0,3}(?:mr \w+|mrs \w+|miss \w+|the (?:head|deputy|teachers?|staff|head ?teacher|caretaker|governors?)|at (?:the|mr|mrs|miss)|fight|fair|for charity|\d+p)\b|\b(?:mr \w+|mrs \w+|miss \w+|the (?:head|deputy|teachers?|staff|head ?teacher|caretaker|governors?)) (?:\w+ ){0,3}(?:in the stocks|gunged?|soaked|soaking|sponged|dunked|slimed|drenched|splatted|pied|get wet)\b|\bthrow (?:a )?(?:wet )?(?:sponges?|custard pies?|pies?|water balloons?) at\b"
    # What one may do.
    r"|\b(?:see|meet) (?:you|them|him|her|you all|you lot) in (?:court|a tribunal)\b|\bhear(?:ing)? from (?:my|our) (?:solicitors?|lawyers?|barrister|union)\b|\b(?:report\w*|complain\w*|contact\w*|ring\w*|email\w*|writ\w*|speak\w*|tak\w+ (?:this|it|the matter)|going|escalat\w*|refer\w*) (?:\w+ ){0,3}(?:to )?(?:the |my )?(?:governors|ofsted|council|local authority|ombudsman|mp|papers|press|solicitors?|lawyers?|trust|police|unions?|tribunal|dfe|lado)(?: \w+){0,3}(?: (?:and|so) (?:you|they|the school|she|he) will not like (?:it|that|the outcome|what they say))?\b"
    r"|\bpay for (?:it|them|this|that|the trip) (?:on|through|with|via) (?:parentpay|parent ?mail|the app|arbor|scopay|schoolmoney|paypal|card|cash)\b|\bwait (?:until|till) (?:your|his|her|their) (?:\w+ )?(?:dad|mum|nan|gran|grandad|daddy|mummy|parents|family) (?:hears?|sees?|finds? out) how (?:well|good|brilliant|proud|lovely|great|brave|kind|hard)\b|\bfind (?:you|him|her|them) (?:at|by|near) the (?:fair|fete|stall|disco|fayre|gate|office) and (?:return|give back|hand back|swap|give you (?:the|your|a))\b"
    # Fire, knives, shots of the everyday kind, and sun cream.
    r"|\bslap (?:some |on |a bit of |more |plenty of )+(?:\w+ )?(?:sun ?cream|sunscreen|suncream|factor \w+|cream|paint|lotion|make ?up|butter|jam)\b|\bkill (?:the (?:lights?|music|engine|weeds|mic|fire alarm|alarm|noise)|two birds|(?:an|half an|some|the) (?:hour|time)|time|nits|weeds|slugs)\b|\b(?:to kill|killing|kills?) (?:time|nits|weeds|germs|slugs|moss)\b|\bshoot(?:ing)? (?:hoops|some hoops|for the (?:stars|moon)|(?:me|us) (?:an? )?(?:email|text|message|line))\b|\bwhoever (?:invented|designed|composed|thought (?:of|up)|came up with) (?:the |this |these |that )?\w+\b|\bdead (?:proud|chuffed|pleased|excited|cute|funny|easy|tired|jealous|impressed|good at|keen|clever|sweet|nice|lovely|right|on time|straight)\b|\bto die for\b|\bdying (?:for (?:an?|some) \w+|to (?:see|know|hear|try|taste|read) (?:the|what|how|it|your photos))\b|\b(?:died|die|dying|dies) (?:of|from|with)? ?(?:laughing|laughter|embarrassment|cuteness|boredom|shame|happiness|excitement)\b|\bwater pistols?\b|\bnerf guns?\b|\bglue guns?\b|\bknife and fork\b|\bknives and forks\b|\bbutter knife\b|\bphoto ?shoot\b|\b(?:fire|smoke) (?:drill|alarms?|engines?|brigade|station)\b|\bpunch ?line\b|\bpunch and judy\b|\bhole punch\b"
)
"""A way of speaking, a game or a right, in plain words."""

ROAD_DANGER = re.compile(
    r"\b(?:someone|a (?:child|kid|pupil|little one|parent|driver|mum|pedestrian)|one of (?:the|our|these) (?:children|kids)|children|there|kids)(?: \w+){0,2} (?:is|are|will|could|going to|end up|might|getting|be)(?: \w+){0,3} (?:hurt|killed|injured|run over|knocked (?:down|over)|hit|a death|a fatality|deaths?|die)\b"
)
"""Somebody fears for whoever uses a road or a path."""

_DOES_HARM = (
    (DISGUISED - {"rubbish", "bloody", "damn", "hell", "crap", "hang", "hate"})
    | (OFTEN_MISSPELT - {"people", "should", "deserve", "belong", "dirty", "weird", "wicked", "clown", "clowns", "animal", "animals", "nobody"})
    | VIOLENT
)  # fmt: skip
_HARM_TEXT = """
alive axe bat beat beats blade bleed blood bomb bombs bottle break breaks breaking broken brick bricks brother brothers
burning burns cousin cousins cut dies dying end ends fight finish finished fire fist fists follow following get grave gun guns
hammer hammered harm hit hits hospital hunt jail jaw knives lighter machete mates neck nose pain pay petrol
prison punch regret ruin scared skull slap slit smash smashed sorry strangle suffer teeth throat torch tyres uncle
waiting warned warning watch watching window windows wrecked yours
"""
_HARM = _DOES_HARM | frozenset(_HARM_TEXT.split())
_WHOM = frozenset(
    {"him", "her", "them", "head", "headteacher", "you", "your", "mr", "mrs", "miss", "ms", "she", "he", "they", "deputy",
     "teacher", "teachers", "sir", "staff", "school", "everyone", "kids", "children", "son", "daughter", "someone"}
)  # fmt: skip
_WILL = frozenset(
    {"will", "going", "would", "better", "should", "must", "need", "needs", "deserve", "deserves", "hope", "wish", "until",
     "till", "next", "know", "find", "found", "tonight's", "where", "come", "coming", "outside", "house", "home", "car", "gets", "or", "else", "careful", "mind"}
)  # fmt: skip
_ON_TO = re.compile(r"\b(?:and|then|or)(?: then| so)? (?:you|your|him|her|them|that|the head|mr|mrs|miss)\b")


def only_a_figure(plain: str) -> bool:
    """Whether a comment in plain words (`plainly`) holds a figure of speech and, beside it, nothing of a threat."""
    rest = FIGURES.sub(" ", plain)
    if rest == plain:
        return False
    words = set(rest.split())
    # "be" and "it" of a figure may be left over; who will do what to whom may not.
    return (
        words.isdisjoint(_HARM)
        and (words.isdisjoint(_WHOM) or words.isdisjoint(_WILL))
        and not _ON_TO.search(rest)
    )


def only_road_danger(plain: str) -> bool:
    """Whether it only fears that traffic hurts somebody, with nothing that the writer or others mean to do."""
    words = set(plain.split())
    return not words.isdisjoint(_ROAD) and bool(ROAD_DANGER.search(plain)) and words.isdisjoint(
        {"i", "we", "my", "you", "your", "mr", "mrs", "miss", "head", "teacher", "him", "her", "them", "brick", "knife", "petrol", "deserve", "deserves",
         "should", "watch", "careful", "next", "or", "else", "me", "stop", "smash", "slash", "swear", "promise"}
    )  # fmt: skip

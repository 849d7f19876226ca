# ruff: noqa: E501 - a pattern is easier to check on one line
"""Worries about a child in the words of children, parents and those who seek a child: self-harm, going missing,
contact, harm at home.

They stand beside `phrases.SAFEGUARDING` and read the comment in plain words (`plainly`). Cases both ways:
`tests/bench/functional/worry_sentences.py`.
"""

from __future__ import annotations

import re

from moderation.classifier.plain_rules import Rule, rule

_OURS = r"(?:(?:my|our|her|his|their) (?:\w+ )?(?:sons?|daughters?|child|children|kids?|boys?|girls?|lad|little (?:one|boy|girl|lad)|grandsons?|granddaughters?|niece|nephew|brother|sister|cousin))"
_WHO = rf"(?:i|he|she|they|{_OURS})"
_AT_HOME = r"(?:(?:(?:my|our|her|his|their|the) )?(?:\w+ )?(?:step ?dad|dad|daddy|step ?mum|mum|mam|uncle|grandad|brother|cousin|(?:mums?|mum's|dads?|dad's) (?:\w+ )?(?:boyfriend|bf|girlfriend|partner|mate|friend)|boyfriend|stepfather|stepbrother))"
_DRUGS = r"(?:vapes?|weed|drugs|cigs|cigarettes|fags|alcohol|booze|vodka|pills|edibles|spice|balloons of gas)"
_STRANGER = r"(?:man|men|bloke|guy|van|stranger|someone|person|user|player|account|lad|people)"

NO_WORRY = re.compile(
    r"\b(?:play|film|book|story|poem|chapter|song|episode|game) (?:where|in which|about)(?: \w+){0,3} $"
)
"""Ends what stands before such words where a play or a book is told of."""

WORRIES: tuple[Rule, ...] = (
    # Self-harm and suicide.
    rule("self_harm", "stop end over away", r"\b(?:want|wish|need) (?:it all|everything|all of it|all of this) (?:to )?(?:just )?(?:stop|end|be over|go away)\b(?! (?:raining|snowing|before|so|being|with))"),
    rule("self_harm", "point", r"\bwhat is the point (?:of|in) (?:me (?:even )?(?:being|living)|living|life|being alive|carrying on|going on)\b|\b(?:see|is) no point (?:in )?(?:living|life|carrying on|being (?:alive|here any more))\b"),
    rule("self_harm", "happier better glad easier", r"\b(?:happier|better|better off|glad|easier) (?:if|without) (?:i|he|she|they) (?:was|were|is) (?:not (?:here|around|alive|born)|gone|dead|never born)(?! (?:for|on|at|in|to)\b)"),
    rule("self_harm", "wish wishes wished", r"\bwish(?:es|ed)? (?:that )?(?:i|he|she) (?:was|were|had|would) ?(?:dead|not alive|never been born|never born|not born|never (?:woken|woke|wake) up)\b|\bwish(?:es|ed)? (?:i|he|she) never (?:woke|woken|wake) up\b"),
    rule("self_harm", "here alive exist around wake", r"\b(?:talk\w*|speak\w*|say\w*|keeps? on|went on) about not (?:being|wanting to be) (?:here|alive)\b|\bnot (?:want|wanting) to be (?:here|alive|around) (?:any ?more|no more|any longer)\b|\bwant to not (?:exist|be here|be alive|wake up)\b"),
    rule("self_harm", "heaven", r"\bwant(?:s|ed)? to (?:go to|be in) heaven\b"),
    rule("self_harm", "goodbye sorry", r"\bgoodbye\b.{0,60}\bsorry (?:for|about) everything\b|\blove you all\b.{0,30}\b(?:sorry for everything|goodbye for ever|goodbye forever)\b"),
    rule("self_harm", "tablets pills paracetamol overdose overdosed meds ibuprofen", r"\b(?:took|taken|swallowed|taking|take|swallow) (?:loads of|all of|all|too many|a lot of|lots of|a whole (?:pack|packet|box) of|a handful of|so many) (?:\w+ ){0,3}?(?:tablets|pills|paracetamol|meds|ibuprofen)\b|\b(?:took|take|taken) an overdose\b|\b(?:have|has|had) overdosed\b(?! on (?:cake|chocolate|sugar|sweets))"),
    rule("self_harm", "bleed bled bleeds bleeding", r"\b(?:scratch|cut|pick|bite|rub|scrape)\w* (?:at )?(?:my|her|his|their) (?:arms?|wrists?|legs?|skin|hands?|thighs?|self)\b.{0,12}\b(?:till|so) (?:it |they |she |he |i |that |it's )*(?:bleeds?|bled|bleeding)\b"),
    rule("self_harm", "burden", r"\b(?:for being|being|feels? like|such|just|only) a burden\b(?! (?:on (?:the|local)|of proof))(?!.{0,40}\b(?:coat|jumper|ask|question|but)\b)"),
    rule("self_harm", "jumping jump", r"\b(?:thinking (?:of|about)|want to|wants to|going to|feel like|might|think about) jump(?:ing)? (?:off|from) (?:the|a|that) (?:\w+ )?(?:bridge|roof|car park|cliff|building|multi ?storey)\b(?!.{0,40}\b(?:charity|bungee|sponsor\w*|river|lake|wetsuit|camp)\b)"),
    rule("self_harm", "notice care miss", r"\b(?:no one|not anyone)(?: \w+){0,2} would (?:even )?(?:notice|care|miss me)\b.{0,20}\bif i (?:was|were|am|died|disappeared|left|had)\b"),
    # A child who is missing or means to run away.
    rule("disclosure", "home", rf"\b(?:he|she|they|{_OURS}) (?:has |have )?(?:did )?not (?:come|came|got|get|made it|arrived|make it) (?:back )?home(?: (?:from school|last night|yesterday|tonight|yet|today|after school))?(?= ?(?:\.|$)| has anyone| please| and (?:we|i|it|no)| from school ?(?:\.|$)| last night| since)"),
    rule("disclosure", "never left", rf"\b(?:he|she|{_OURS}) (?:\w+ )?never (?:got off the (?:bus|coach|minibus)|came home|came back|made it (?:home|to school)|turned up (?:at|to) school|arrived at school)\b|\bleft (?:home )?for school\b.{{0,30}}\b(?:never|not) (?:arriv\w+|turn\w* up|made it|got there)\b"),
    rule("disclosure", "missing", rf"\b(?:he|she|they|{_OURS}|child|boy|girl|teenager|pupil|year old) (?:is|are|has been|have been|has gone|went|gone|been|is been) missing (?:since|from (?:home|school|the)|for|last)\b|\bmissing (?:child|boy|girl|pupil)\b(?!.{{0,40}}\b(?:play|poster|story|book|coat|jumper)\b)"),
    rule("disclosure", "find found", r"\b(?:can|could) not find (?:my|our) (?:\w+ )?(?:son|daughter|child|boy|girl|kids?|children|little (?:one|boy|girl|lad)|grandson|granddaughter)\b(?!(?:'s|s'))(?! (?:s |coat|jumper|bag|lunch|shoes?|book|water|a )|'s)"),
    rule("disclosure", "run running runs ran", rf"\b{_WHO} (?:am|is|are|will|want to|wants to|might|going to|keeps?|plan to|plans to|said (?:he|she) (?:will|would|is going to))(?: (?:be|going to|thinking of|thinking about|just|threatening to|go and|try to|trying to))* run(?:ning|s)? away\b(?! (?:with|to join|to the circus|from (?:the|a|that) (?:wolf|dragon|zombie|wasps?|spider|bees?|sprouts|broccoli)))|(?:^|\. )going to run away\b(?! (?:with|to join))"),
    # Somebody who seeks a child, or what is given to children.
    rule("contact", "delete", r"\bdelete (?:these|this|the|our|all|my|that) (?:messages?|chat|chats|texts?|dms?|convo|conversation|pics?)\b.{0,12}\b(?:after|when|once|so (?:no|your)|before (?:your|you|any)|yeah|ok)\b"),
    rule("contact", "secret", r"\b(?:this|that|it) (?:is|can be|will be|stays) our (?:little )?secret\b(?! (?:recipe|ingredient))"),
    rule("contact", "alone", r"\b(?:are )?you (?:home|at home|in the house) (?:all )?alone(?: (?:yet|tonight|now|right now|babe|sweetie|princess))* ?(?:\.|$)|\byou all alone\b"),
    rule("contact", "grown older mature grownup", r"\b(?:you|your)(?: are)? look(?:ing)? (?:so |really |very |well |all )?(?:grown ?up|older|mature) in (?:that|this|your|the) (?:\w+ )?(?:pic|photo|picture|selfie|video|pics|bikini|swimsuit|one)\b"),
    rule("contact", "pic pics photo selfie selfies vid video photos vids videos", r"\b(?:send|snd|show|gimme|give) (?:us|me) (?:a |one |another |some |your )?(?:\w+ )?(?:pics?|photos?|selfies?|vids?|videos?) (?:of )?(?:just |only )?(?:you|yourself|your (?:body|face|feet))\b(?! (?:and (?:the|your) (?:class|team|dog))|r)"),
    rule("contact", "too honest chat facetime vc snap video aswell as number insta videochat videocall", r"\bi am (?:\d|1\d) (?:too|aswell|as well|honest)\b.{0,40}\b(?:honest|swear|video|chat|add|snap|want to|insta|number|vc)\b|\bwant to (?:video ?(?:chat|call)|vc|facetime|video)\b.{0,30}\b(?:alone|secret|private|just us|just me and you|tonight when|in bed|your mum)\b"),
    rule("contact", "cute pretty fit hot gorgeous sexy stunning old name beautiful", r"\bwhich (?:one )?(?:is|are) you\b.{0,40}\b(?:cute|pretty|fit|hot|gorgeous|sexy|how old|stunning)\b|\bwho is (?:the|that|this) (?:\w+ )?(?:girl|boy|lass|lad|kid|child)\b(?!.{0,60}\b(?:voice|sing\w*|solo|act\w*|speech|play\w*|goal|reading)\b).{0,40}\b(?:she is|he is|so|very|really|is) (?:\w+ )?(?:gorgeous|pretty|cute|fit|hot|sexy|stunning|beautiful)\b"),
    rule("contact", "bucks vbucks robux nitro vape vapes skins phone money", r"\b(?:get|got|give|buy|send|gift) you (?:\w+ )?(?:v ?bucks|vbucks|robux|nitro|vapes?|skins|a phone|money|a new phone)\b.{0,12}\b(?:if you|when you|for (?:a|some|your) (?:pic|photo|favou?r|selfie))"),
    rule("meeting", "walk finish leave get", r"\bwhat time do you (?:walk home|finish|leave|get (?:out|home))\b.{0,40}\b(?:could|can|will|want to|let us|shall) (?:i |we )?(?:meet|walk with you|walk you|wait for you|see you alone|pick you up)\b(?!.{0,30}\b(?:nana?|gran\w*|mum|dad|auntie)\b)"),
    rule("contact", "own", r"\b(?:do you have|have you got|you have|you got|have you) your own (?:phone|snap|insta|tablet|number|room)\b.{0,40}\b(?:message|text|call|add|dm|ring|secret|there)\b"),
    rule("contact", "asking asked asks", rf"\b{_STRANGER}\b.{{0,60}}\bask(?:ing|ed|s) (?:the |our |some |my |if |a )?(?:\w+ )?(?:kids?|children|girls?|boys?|pupils?|daughters?|sons?) (?:their|her|his|for|if|where|to|what|how old)\b(?! (?:favou?rite|draw|sing|guess|help|question|think|learn))(?!.{{0,40}}\b(?:favou?rite|museum|dinosaurs?|survey)\b)"),
    rule("contact", "vapes vape weed drugs cigs cigarettes fags alcohol booze vodka pills edibles spice balloons", rf"\b(?:giv(?:ing|es?|en)|gave|sell(?:ing|s)?|sold|offer(?:ing|ed|s)?|hand(?:ing|ed)|pass(?:ing|ed)|supplying|dealing) (?:\w+ ){{0,6}}?(?:{_DRUGS} (?:\w+ )?to (?:the |our |some |my )?(?:\w+ )?(?:kids?|children|year|yr|pupils?|girls?|boys?|daughter|son)|(?:kids?|children|year \w+|yr \w+|pupils?|girls?|boys?|daughter|son|them|him|her) (?:\w+ )?{_DRUGS})\b"),
    rule("contact", "lives live pic photo number address meet selfie asking messaging telling", rf"\b{_STRANGER}\b.{{0,30}}\bkeeps? (?:on )?(?:asking|messaging|telling) (?:my|our|her|his) (?:\w+ )?(?:daughter|son|kids?|child|girl|boy|sister|brother) (?:where|for (?:a |her |his )?(?:pics?|photos?|number|address|selfies?|insta|snap)|to (?:meet|send|come|go))\b"),
    # Harm at home.
    rule("disclosure", "room bed bedroom", rf"\b{_AT_HOME} (?:\w+ )?(?:comes?|came|gets?|climbs?|creeps?|sneaks?) (?:in|into|in to|to) (?:my|her|his) (?:room|bed|bedroom)\b.{{0,20}}\b(?:night|when|every|and|drunk|dark)\b"),
    rule("disclosure", "hit hits beat beats whipped thrashed smacked belted punched slapped kicked", rf"\b{_AT_HOME} (?:\w+ )?(?:hits?|beats?|whipped|thrashed|smacked|belted|punched|slapped|kicked) (?:me|us|him|her|them)\b(?! (?:at (?:chess|cards|mario|fifa|football|tennis)|to (?:it|the)|with (?:a |the )?(?:news|snowball|pillow|water|bill|facts)))"),
    rule("disclosure", "home", r"\bnot want to (?:go|be|come) (?:back )?home\b.{0,30}\b(?:dad|mum|step\w+|he|she|uncle|boyfriend|brother) (?:will|is|gets|might|has been|hits|shouts|drinks)\b"),
    rule("disclosure", "locked locks lock", rf"\b(?:{_AT_HOME}|he|she|they) (?:\w+ )?lock(?:s|ed) (?:us|me|him|her|them) out\b(?! of (?:the (?:car|app|account|shed|game|system|house by)|his|her|our))(?:.{{0,30}}\b(?:again|freezing|all night|in the (?:rain|cold|garden|dark)|night|till)\b)"),
    rule("disclosure", "food eat fridge dinner tea cupboards cupboard", r"\b(?:never any|no|not any|never|not enough) (?:food|anything to eat|dinner|tea) (?:in|at) (?:ours|home|the house|our house|the fridge|my house|the cupboards?|the flat)\b"),
    rule("disclosure", "makes make made", r"\bma(?:kes?|de) (?:me|him|her|us|them) (?:do|touch|watch|see) (?:(?:things|stuff|bad things|it) (?:(?:that )?(?:i|he|she|we|they) (?:do|does|did) not (?:like|want)|in (?:bed|secret)|to him|to her|with him)|him\b|his|her private|videos? of)|\bma(?:kes?|de) (?:me|him|her|us|them) (?:promise not to tell|keep it (?:a )?secret)\b"),
    rule("disclosure", "bed up", r"\b(?:mum|dad|mam|mummy|daddy|she|he) (?:will|can|does|did|has) not (?:get|got|gotten) (?:up|out of bed)\b.{0,30}\b(?:i|we|and i|so i) (?:have|got|had) to (?:look after|feed|cook|do|make|get)\b"),
    rule("disclosure", "married marry cut cutting fgm circumcised", r"\b(?:sending|taking|send|sent|taken|take|flying|fly|takes) (?:her|him|me|my \w+|away|my (?:sister|cousin|friend|daughter))?(?: \w+){0,4}? ?to (?:get married|marry|be married|be cut|get cut|be circumcised)\b(?! (?:down|off|back|into|short|for))|\b(?:forced|made|making (?:her|him|me)|force (?:her|him|me)) to (?:get married|marry)\b"),
)  # fmt: skip

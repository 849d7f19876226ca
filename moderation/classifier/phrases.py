# ruff: noqa: E501 - a pattern is easier to check on one line
"""Phrases that a school must act on whatever a model thinks of them: threats, safeguarding, phishing.

Each pattern is written for whole phrases, not single words, because "I could kill for a coffee" and "the
heat is killing me" are how people talk. They stand beside the model, which judges everything else.
"""

from __future__ import annotations

import re

_YOU = (
    r"(?:you|u|ya|him|her|them|ur kids?|your kids?|the head|that teacher|the teacher|(?:mr|mrs|miss|ms) \w+)"
)
_WILL = r"(?:(?:gonna|gunna)|i ?(?:'|’)?(?:ll|m gonna|m going to|m gunna| will| am going to)|i ?(?:will|wanna|want to)|(?:we|someone|somebody)(?:(?:'|’)?ll| will| should| needs to|(?:'|’)?re going to| is going to| is gonna))(?! (?:not|never)\b)"
_HARM = r"(?:kill|murder|stab|shoot|strangle|batter|beat up|smash up|knife|punch|hurt|slap|burn|do in|finish|end|get)"

THREATS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (label, re.compile(pattern, re.IGNORECASE))
    for label, pattern in (
        ("violence", rf"\b{_WILL} (?:\w+ )?(?:kill|murder|stab|shoot|strangle|batter|knife|hurt|slap|punch) (?:the )?{_YOU}\b(?! with (?:kindness|love|questions))"),
        ("violence", rf"\b{_WILL} (?:\w+ )?(?:beat|smash|kick) (?:the (?:\w+ )?out of )?{_YOU}(?: (?:up|head|face|teeth)| in\b|'s face)"),
        ("violence", r"\b(?:smash|kick|cave|bash|punch) (?:your|ur|his|her|their) (?:\w+ )?(?:face|head|teeth|skull)\b"),
        ("violence", r"\byou(?:'|’)?(?:re| are) (?:all )?(?:a )?(?:dead|dead (?:man|woman|meat))\b(?! (?:right|good|kind|lucky|nice|on|sweet|funny))"),
        ("violence", r"\b(?:hope|deserves?|wish) (?:\w+ ){0,4}(?:gets? )?(?:stabbed|shot|raped|hit by a (?:bus|car|train)|beaten up)\b"),
        ("violence", r"\b(?:bring|bringing|take|taking) (?:a|my|the) (?:knife|gun|machete|blade) (?:in)?to (?:the )?school\b"),
        ("violence", r"\b(?<!puff and )(?:shoot|burn|blow|bomb|torch)(?:ing)? (?:up |down )?(?:the|your|this|that) (?:\w+ )?(?:school|house|office|car)\b(?! (?:down )?(?:with )?(?:love|fun))"),
        ("violence", r"\bthere(?:'|’)?s (?:going to be )?a bomb\b|\bbomb (?:in|at) (?:the |your )?school\b"),
        ("stalking", r"\b(?:i|we) know (?:what car you drive|which car is yours|where your kids go|your route home|what time you (?:leave|finish))\b"),
        ("stalking", r"\b(?:waiting|wait|see you|be) (?:for you )?(?:outside|at the gates?|in the car park)\b.{0,40}\b(?:sorry|regret|knife|alone|dark|watch (?:your|ur) back|batter|smash|kick)"),
        ("stalking", r"\bwatch (?:your|ur) back\b|\bsleep with one eye open\b"),
        ("violence", r"\b(?:gets?|getting|have) (?:his|her|their|your|ur) (?:legs?|arms?|head|teeth|jaw|nose|neck|face|knees?) (?:broken|kicked|smashed|knocked|caved|bashed|punched)\b"),
        ("violence", r"\b(?:is|are|you(?:'|’)?re|ur|gets?|be) (?:getting |gonna get |going to get )(?:battered|smashed up|jumped|stabbed|knocked out|filled in|leathered|beaten up|slapped|punched|kicked in)\b"),
        ("violence", r"\b(?:a )?(?:brick|bottle|petrol bomb) through (?:your|ur|his|her|their|that) (?:\w+ )?(?:window|door|windscreen|letterbox)\b"),
        ("violence", r"\b(?:people|anyone|anybody|those) (?:who|that) (?:cross|mess(?:es)? with|upset|crosses) (?:me|us|my \w+) (?:gets?|ends? up)\b"),
        ("stalking", r"\b(?:i|we) know (?:your|ur) (?:car|house|address|street|number plate|kids|route)\b(?!.{0,60}\b(?:lift|lights|lovely)\b)"),
        ("stalking", r"\bsee what happens (?:to (?:you|u|your|ur)\b|$)|\bsay (?:that|it) to my face\b"),
        ("stalking", r"\b(?:you|u|he|she|they)(?:(?:'|’)?ll| will| are going to| is going to|(?:'|’)?re (?:gonna|going to)) (?:all )?be sorry\b(?! (?:you|to have|if you|to) (?:miss|went|go|do not try|don(?:'|’)?t try))"),
        ("stalking", r"\byou(?:'|’)?re finished\b.{0,50}\b(?:make sure|enjoy|promise|wait)\b|\baccidents (?:can )?happen to (?:people|someone|somebody|teachers) like\b|\bshame if (?:something|anything) (?:were to happen|happened)\b"),
        ("stalking", r"\b(?:me and|with) (?:my|the) (?:brothers?|cousins?|mates?|lads|boys|family|uncles?)\b.{0,15}\b(?:at|outside|round|down|to) (?:the |your )?(?:gates?|school|house|door|car park)\b.{0,60}\b(?:brave|hard|sort|talk|deal with|hiding|see what)"),
        ("stalking", r"\b(?:you|u|he|she|they)(?:(?:'|’)?ll| will| are going to| is going to|(?:'|’)?re (?:gonna|going to)) (?:all )?(?:regret|pay for(?! it (?:in the|on|at))|wish you)\b.{0,30}\b(?:this|it(?! if you miss)|day|sorry|born|that|never)\b"),
        ("stalking", r"\bi(?:'|’)?(?:ll| will) (?:(?:come (?:for|after)|be coming for) (?:you|u|your (?:kids|family|house))\b(?! (?:a|an|the|some|one|another|your)\b)|(?:come (?:and find|round)|find|be waiting for) (?:you|u|your (?:kids|family|house))\b(?! (?:a|an|the|some|one|another|your|at the|by the|in the|after the|when (?:i|we|it|the|they))\b))"),
        ("violence", r"\bur (?:all )?dead (?:tmrw|tomorrow|after school|on monday|when i|m8|mate|meat|next)\b|\b(?:you|u|ur|he|she)(?:(?:'|’)?re| is|s)? (?:gonna|going to|gunna) (?:get|catch) (?:a beating|battered|merked|merkt|shanked|banged out)\b"),
        ("violence", rf"\b{_WILL} (?:\w+ )?(?:bang|knock|spark) {_YOU} out\b|\b{_WILL} (?:shank|merk|jump|batter|leather) {_YOU}\b"),
    )
)  # fmt: skip

_STAFF = r"(?:(?:the|an?|his|her|my|our|your|their|that|this|one of (?:the|your|our)|another|some) (?:\w+ ){0,2}?(?:head ?teachers?|head|deputy(?: head)?|teachers?|tas?|teaching assistants?|assistant|dinner lad(?:y|ies)|lunch(?:time)? (?:lady|ladies|supervisors?)|supervisor|caretaker|coach|staff|governor)|(?:mr|mrs|miss|ms|mx|dr)\.? [\w'’-]+|head ?teacher|miss|sir|staff|teachers)"
_CHILD = r"(?:an?|the|my|our|her|his|their|your|this|that|some|another|these|those|two|three|one of the|\w+(?:'|’)s) (?:\w+ ){0,2}?(?:child(?:ren)?|kids?|pupils?|(?:grand)?sons?|(?:grand)?daughters?|boys?|girls?|little ones?|nephews?|nieces?|toddlers?|year \d|five year old)"
# Not what is a child's, but for the child's own body.
_BODY = r"(?:(?:'|’)s?|s(?:'|’))? (?:\w+ )?(?:arms?|hair|face|heads?|hands?|ears?|legs?|wrists?|necks?|collar|bottoms?|cheeks?|throat)\b"
_OF_CHILD = rf"{_CHILD}(?:{_BODY}|\b(?!(?:'|’)))"
_STRUCK = r"(?:hits?|slapp(?:ed|ing)|smack(?:ed|ing|s)|grabb(?:ed|ing)|push(?:ed|ing)|shov(?:ed|ing)|dragg(?:ed|ing)|kick(?:ed|ing)|punch(?:ed|ing)|pinch(?:ed|ing)|shook|man-?handl(?:ed|ing)|hitting|chok(?:ed|ing)|strangl(?:ed|ing))"
_STRIKE = r"(?:hit|slap|smack|grab|push|shove|drag|kick|punch|pinch|shake|man-?handle|choke|strangle)"
# People push children to do their best, hit them with a quiz and grab them a seat.
_NO_HARM = r"(?! (?:(?:\w+ )?with (?:\w+ ){0,3}(?:news|quiz|homework|facts|questions?|surprises?|love|kindness|snowballs?|sponges?|balloons?|bubbles|tests?|spellings)|to (?!the (?:floor|ground|wall))|on (?:to )?(?:the |a |her |his )?(?:swings?|bikes?|slide|roundabout|sledge|stage|back)\b|in (?:the |a |her |his |their )?(?:wheelchair|pushchair|buggy|pram|chair|swings?|trolley)\b|out of (?:the way|harm)|forwards?|harder|further|all the way|an?\b|some\b|before\b|just in time|(?:back )?from (?:the road|falling)|onto? stage|up\b(?! against)))"
_BETWEEN = r"(?: (?!(?:never|not|nobody|ball|will|would|to|didn|doesn|couldn|don|can|could|should|and)\b)[\w'’]+){0,4}?"
_IN_A_ROOM = r"in(?:to|side)? (?:an?|the|that|her|his) (?!escape)(?:\w+ )?(?:cupboard|room|store ?room|toilets?|classroom|office|shed|hall|dark)"

SAFEGUARDING: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (label, re.compile(pattern, re.IGNORECASE))
    for label, pattern in (
        ("self_harm", r"\b(?:want|wanna|going|trying|tried|thinking (?:of|about)|feel like|wish i (?:could|was|were)) (?:to )?(?:kill(?:ing)? my ?self|end(?:ing)? (?:it all|my life)|be dead|die\b|dying|hurt(?:ing)? myself|cut(?:ting)? myself|suicid\w+)"),
        ("self_harm", r"\b(?:i|she|he|they)(?:(?:'|’)?(?:m|s|re|ve)| am| is| are| has| have)?(?: been)? (?:cutting|cuts?|self[- ]?harm(?:s|ed|ing)?|burning|starving) (?:my|him|her|them)?sel(?:f|ves)\b|\bself[- ]?harm(?:s|ed|ing)\b"),
        ("self_harm", r"\b(?:don(?:'|’)?t|do not|dont) (?:want|wanna) (?:to )?(?:be (?:alive|here|around) any ?more|live|exist|wake up)\b(?! (?:near|in|with|there|on|next))"),
        ("self_harm", r"\b(?:kill|hang|cut|top) (?:your ?self|urself|yourselves)\b|\bk ?y ?s\b(?! ?[0-9])"),
        ("self_harm", r"\bno ?(?:one|body) would (?:care|notice|miss me) if i (?:died|was dead|were dead|was gone|disappeared)\b|\bbetter off without me\b|\bbetter off dead\b"),
        ("self_harm", r"\b(?:gonna|gunna|going to|wanna|want to|might|should|i(?:'|’)?ll|i will|let me|just) kms\b|\bunaliv(?:e|ed|ing) (?:my|him|her|them)sel(?:f|ves)\b"),
        ("disclosure", r"\b(?:my|his|her|their) (?:\w+ )?(?:dad|mum|mam|mom|stepdad|step ?mum|uncle|brother|grandad|father|mother|carer|boyfriend|coach) (?:\w+ )?(?:hits?|beats?|punch(?:es|ed)|kick(?:s|ed)|slapp?(?:s|ed)|hurts?|touch(?:es|ed)|burn(?:s|ed|t)|locks?|locked|starves?) (?:me|him|her|them|us)\b"),
        ("disclosure", r"\b(?:he|she|they|someone|somebody|a man|teacher|mr \w+|mrs \w+|miss \w+) (?:keeps? )?(?:touch(?:es|ed|ing)|grop(?:es|ed|ing)|fondl(?:es|ed|ing)) (?:me|my (?:son|daughter|child|little \w+)|him|her|them)\b(?! (?:heart|so much|deeply))"),
        # By those who should look after them, too: a teacher, somebody at lunch, the headteacher.
        ("by_staff", rf"\b{_STAFF}{_BETWEEN} {_STRUCK} {_OF_CHILD}{_NO_HARM}"),
        ("by_staff", rf"\b(?:saw|seen|see|watched|heard|witnessed) {_STAFF}{_BETWEEN} {_STRIKE} {_OF_CHILD}{_NO_HARM}"),
        ("by_staff", rf"\b{_STAFF}{_BETWEEN} {_STRUCK} (?:me|him|her|them|us)(?: (?:by|in|on|round|across|so hard|hard|over|down|into|against|out|along|again|twice|yesterday|today)\b|\s*[.!,]|$){_NO_HARM}"),
        ("by_staff", rf"\b(?:he|she|they) (?:just |has |have |had )?(?:hit|slapped|smacked|punched|kicked|dragged|shook|pinched|choked|strangled) (?:my|our) (?:\w+ ){{0,2}}?(?:child(?:ren)?|kids?|sons?|daughters?|boys?|girls?|grand(?:son|daughter)s?)(?:{_BODY}|\b(?!(?:'|’))){_NO_HARM}"),
        ("by_staff", rf"\b{_CHILD}(?: \w+){{0,3}}? (?:was|were|got|get(?:s|ting)?|being|been)(?: \w+){{0,3}}? (?:hit|slapped|smacked|grabbed|pushed|shoved|dragged|kicked|punched|pinched|shaken|man-?handled)(?: [\w'’]+){{0,6}}? by {_STAFF}\b"),
        ("by_staff", rf"\block(?:ed|ing) (?:{_CHILD}|him|her|them|me|us) {_IN_A_ROOM}|\b{_CHILD}(?: \w+){{0,3}}? (?:was|were|got|being|been) locked {_IN_A_ROOM}"),
        ("by_staff", rf"\b(?:shout(?:ed|s|ing)|scream(?:ed|s|ing)|yell(?:ed|s|ing)|bellow(?:ed|s|ing)) (?:\w+ ){{0,3}}?(?:at|in|into) (?:{_CHILD}|him|her|them|me|us)\b.{{0,60}}?\b(?:cry|cried|cries|crying|tears|sobb\w+|shaking|wet (?:him|her|them)sel)\b(?! (?:of joy|with laughter|with joy|laughing))"),
        ("disclosure", r"\b(?:being|been|was|is|getting) (?:sexually )?(?:abused|molested|groomed|raped|beaten)\b(?! at (?:chess|football|netball|rounders|cricket))"),
        ("disclosure", r"\b(?:i(?:'|’)?m|i am|she(?:'|’)?s|he(?:'|’)?s|too|so) (?:scared|afraid|frightened) (?:to go|of going) home\b|\bnot safe at home\b|\b(?:no|nothing) (?:food|to eat) at home\b"),
        ("disclosure", r"\b(?:bruises?|burns?|marks) (?:all over|on) (?:his|her|their|my) (?:arms?|legs?|back|face|neck|body)\b"),
        ("self_harm", r"\b(?:can(?:'|’)?t|cannot|can not) (?:cope|go on|carry on|take (?:it|this)) any ?more\b(?! with)|\b(?:cuts?|cutting|slit(?:s|ting)?) (?:her|his|their|my) (?:arms?|wrists?|legs?|thighs?)\b"),
        ("disclosure", r"\b(?:came|come|comes|coming|goes|went|turns? up) (?:\w+ ){0,2}with (?:\w+ ){0,3}(?:bruis\w+|burns?|black eyes?|cuts|belt marks|hand ?prints?)\b"),
        ("disclosure", r"\b(?:haven(?:'|’)?t|hasn(?:'|’)?t|havent|hasnt|not) (?:eaten|been fed|had (?:any )?(?:food|dinner|tea)) (?:since|for|in)\b|\b(?:won(?:'|’)?t|wont|can(?:'|’)?t|doesn(?:'|’)?t) wake (?:up|her|him|mum|dad)\b"),
        ("disclosure", r"\b(?:children|kids|little ones|baby|babies|toddlers?|son|daughter|boy|girl|they|he|she)\b.{0,25}\bleft (?:\w+ )?(?:on (?:their|his|her) own|alone|by (?:themselves|himself|herself))\b.{0,25}\b(?:night|nights|day|every|hours?|weekend)\b"),
        ("disclosure", r"\b(?:hits?|kicks?|punch(?:es)?|beats?|bull(?:y|ies)|hurts?) (?:me|her|him|them|my (?:son|daughter|boy|girl|child)) (?:every|all the time|each|again and again|and nobody|and no one)\b"),
        ("disclosure", r"\b(?:hide|hides|hiding|hid) (?:in|under|behind) (?:the|my|her|his) (?:wardrobe|cupboard|bed|bathroom|shed|sofa)\b.{0,60}\b(?:drink|drunk|angry|shout|scared|fight|hits)\w*|\b(?:angry|drunk|violent|shouts?|drinks?)\b.{0,60}\b(?:hide|hides|hiding|hid) (?:in|under|behind) (?:the|my|her|his)\b|\blocks? (?:me|her|him|them) (?:in|out)\b"),
        ("contact", r"\b(?:man|bloke|guy|stranger|someone|somebody|van|car)\b.{0,45}\b(?:talk(?:s|ing|ed)? to|follow(?:s|ing|ed)|watch(?:es|ing|ed)|film(?:s|ing|ed)|approach(?:es|ing|ed)|offer(?:s|ing|ed)? (?:sweets|lifts|a lift)|photograph(?:s|ing|ed)) (?:to )?(?:the |our |some |my )?(?:children|kids|girls|boys|pupils|little ones|son|daughter|year \d)\b"),
        ("contact", r"\b(?:keeps? (?:messaging|texting|snapping)|messag(?:es|ing)) (?:me|her|him|my (?:son|daughter))\b|\bif i (?:stop|don(?:'|’)?t|dont) (?:answer|send|talk|reply)|\b(?:says|said) (?:he|she|they)(?:(?:'|’)?ll| will) (?:tell everyone|share|post) (?:my|the|her|his) (?:secret|pictures?|photos?|pics?)\b"),
        ("contact", r"\b(?:don(?:'|’)?t|do not|dont|without|won(?:'|’)?t|wont) tell(?:ing)? (?:your|ur) (?:mum|mam|mom|dad|parents|teacher|anyone)\b(?! but\b)|\b(?:our|a) little secret\b|\b(?:meet|come|send|add|snap|message|pics?)\b.{0,60}\b(?:don(?:'|’)?t|dont|do not) tell (?:anyone|any1|nobody|no ?one)\b"),
        ("contact", r"\badd (?:me|my)\b(?! to (?:the|your|our|a) ).{0,15}\b(?:on )?(?:snap(?:chat)?|insta|discord|kik|whatsapp|telegram|tiktok|roblox|fortnite)\b|\b(?:me|my|meh) (?:snap(?:chat)?|discord|kik|tiktok|roblox) (?:is|name is|:)|\bsnap ?: ?\w"),
        ("contact", r"\b(?:you|u)(?:(?:'|’)?re| are| look| seem|r)? (?:so |very |really |too )?(?:grown[- ]up|mature|sexy|pretty|fit) for (?:your|ur) age\b|\bcome (?:to|round|over to) (?:mine|my (?:house|flat|place))\b.{0,40}\b(?:parents|mum|dad|nobody|no ?one|alone)\b|\bare (?:your|ur) parents (?:home|in|out)\b"),
        ("disclosure", r"\b(?:said|says|told me) (?:he|she|they)(?:(?:'|’)?d|(?:'|’)?ll| would| will) (?:hurt|kill|hit|beat|take) (?:me|us|my|her|him|them)\b|\bif i (?:tell|told) (?:anyone|any1|you|my (?:mum|dad|teacher))\b"),
        ("contact", r"\b(?:add|message|msg|dm|text|inbox|snap|whatsapp) me\b.{0,40}\b(?:sweetie|cutie|gorgeous|beautiful|privately|in private|secret|alone|pics?|young lad(?:y|ies)|how old)\b|\b(?:send|show) (?:me|us) (?:a |some |your |ur )?(?:\w+ )?(?:pics?|pictures?|photos?|nudes?|selfies?) (?:of (?:you|u|yourself|ur)|in your|without)\b|\bsend nudes?\b"),
        ("contact", r"\b(?:how old (?:are|r) (?:you|u)|wh?at(?:'|’)?s (?:your|ur|ya) (?:snap(?:chat)?|number|insta|discord|roblox|kik|tiktok)|(?:have|got) (?:you|u)? ?(?:a )?snap(?:chat)?|(?:you|u) (?:got|have|on) (?:a |an )?(?:insta|discord|kik))\b|^(?:hey |hi )?got (?:snap|insta|discord)\b"),
        ("contact", r"\bwhat (?:school|class|year) (?:do|does|is|are|r) (?:you|u|that (?:girl|boy|kid)) (?:go|in|at)\b"),
        ("meeting", r"\b(?:meet|come and meet|come meet|can (?:i|we) meet|let(?:'|’)?s meet|wanna meet|see you) (?:me|up|you|u)?\b.{0,40}\b(?:alone|by yourself|on your own|just (?:us|me and you|you and me|the two of us)|after dark|behind the|in secret|without your (?:mum|dad|parents|friends))\b"),
        ("meeting", r"\b(?:pick you up|get in my (?:car|van)|come to my (?:house|flat|place|car)|i(?:'|’)?ve got (?:sweets|a puppy|puppies|presents|robux|v-?bucks))\b.{0,60}\b(?:alone|secret|after school(?!,? (?:love (?:from )?)?(?:nana?|gran|granny|grandma|grandad|mum|mummy|dad|daddy|auntie)\b)|tell|nobody|sweetie|princess|little)\b"),
    )
)  # fmt: skip

PHISHING = re.compile(
    r"\b(?:(?:verify|confirm|update|validate) (?:your|ur) (?:account|details|identity|bank|password|payment)"
    r"|account (?:will be|has been|is) (?:suspended|disabled|limited|deleted)"
    r"|click (?:here|the link|this link|below|on (?:the|this) link)|link in (?:my )?bio"
    r"|(?:dm|whatsapp|message|inbox|text|contact) (?:me|him|her|us) (?:now )?(?:to|for|on|if you) .{0,40}(?:earn|invest|profit|bitcoin|crypto|forex|loan|cash|money)"
    r"|(?:earn|make|made) (?:up to )?[£$€]\s?\d[\d,]*|(?:bitcoin|crypto|forex) (?:trading|investment|trader|expert)"
    r"|(?:you|u)(?:(?:'|’)?ve| have)? (?:won|been selected|been chosen)|claim (?:your|ur|a) (?:free|prize|reward|gift|voucher)"
    r"|free (?:iphone|gift ?card|voucher|robux|v-?bucks|ps5)|work from home and earn|cheap (?:followers|essays?|viagra)"
    r"|brand ambassador|(?:\d+ ?k?|free|real|more|instant) followers\b|follow (?:me|us) back|gift for you\b"
    r"|doubled my|(?:recover|unlock|hack)\w* (?:any |your |a )?(?:hacked |lost )?(?:account|password|instagram|facebook)"
    r"|lost your password|cured (?:of|my)\b.{0,40}\b(?:herb|dr|doctor|root|spell)\w*|herbal (?:root|cure|remed)\w*"
    r"|trader\b.{0,40}\b(?:whatsapp|telegram)|(?:meet|chat with) (?:people|singles|girls|women|men) (?:near|in) you"
    r"|live ?stream (?:the )?(?:event|service|game|here)|watch (?:it )?live (?:here|now|at))",
    re.IGNORECASE,
)  # fmt: skip

SHORTENERS = re.compile(
    r"\b(?:bit\.ly|tinyurl\.com|goo\.gl|ow\.ly|is\.gd|cutt\.ly|rb\.gy|t\.ly|shorturl\.at|rebrand\.ly|tiny\.cc|wa\.me"
    r"|t\.me|bl\.ink|linktr\.ee)/\S+",
    re.IGNORECASE,
)
LINK = re.compile(r"\b(?:https?://|www\.)[^\s<>\"']+|\b[a-z0-9-]{2,40}\.(?:top|xyz|click|icu|buzz|loan|win|vip|shop|online|site|live|tk|ml|ga|cf|ru)\b(?:/\S*)?|(?<![@\w.-])(?:[a-z0-9-]{2,40}\.){1,3}(?:com|net|org|co\.uk|io|info|biz|app|me|ly|example)\b(?:/\S*)?", re.IGNORECASE)  # fmt: skip
TRUSTED = re.compile(
    r"^(?:https?://)?(?:[\w-]+\.)*(?:gov\.uk|nhs\.uk|sch\.uk|bbc\.co\.uk|bbc\.com|ac\.uk|police\.uk|youtube\.com|youtu\.be"
    r"|nspcc\.org\.uk|childline\.org\.uk|justgiving\.com|parentpay\.com|facebook\.com|instagram\.com|x\.com|twitter\.com)"
    r"(?:[/?#:]|$)",
    re.IGNORECASE,
)

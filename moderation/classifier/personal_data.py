# ruff: noqa: E501 - patterns and the table of names are easier to check unbroken
"""Personal data in comments (P21): phone numbers, e-mail and postal addresses, number plates, people's
names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import phonenumbers

PersonalKind = Literal["phone", "email", "postcode", "address", "car_registration", "name", "birthday"]


@dataclass(frozen=True)
class Found:
    """One piece of personal data: what kind, how to say it to a reviewer, and the text itself."""

    kind: PersonalKind
    said: str
    value: str


_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,4}[a-z]{2,24}\b", re.IGNORECASE)
_EMAIL_SPELT = re.compile(
    r"\b[\w.+-]{2,64}(?:\s*(?:\(at\)|\[at\]| at )\s*|\s+@\s*|@\s+)(?:gmail|hotmail|outlook|yahoo|icloud|btinternet|live|sky)"
    r"\s*(?:\.|\(dot\)|\[dot\]| dot )\s*(?:com|co\.uk|net)\b",
    re.IGNORECASE,
)
# The outward codes that exist by area; the inward code's letters leave out C I K M O V.
_POSTCODE = re.compile(
    r"\b(?:(?:AB|AL|B|BA|BB|BD|BH|BL|BN|BR|BS|BT|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|DN|DT|DY|E|EC|EH|EN"
    r"|EX|FK|FY|G|GL|GU|GY|HA|HD|HG|HP|HR|HS|HU|HX|IG|IM|IP|IV|JE|KA|KT|KW|KY|L|LA|LD|LE|LL|LN|LS|LU|M|ME|MK|ML|N"
    r"|NE|NG|NN|NP|NR|NW|OL|OX|PA|PE|PH|PL|PO|PR|RG|RH|RM|S|SA|SE|SG|SK|SL|SM|SN|SO|SP|SR|SS|ST|SW|SY|TA|TD|TF|TN"
    r"|TQ|TR|TS|TW|UB|W|WA|WC|WD|WF|WN|WR|WS|WV|YO|ZE)\d[0-9A-HJKMNPR-Y]?\s{0,2}\d[ABD-HJLNP-UW-Z]{2})\b",
    re.IGNORECASE,
)
# In capitals with its space, any area: new ones are made, and people mistype theirs.
_POSTCODE_SHAPE = re.compile(r"\b[A-Z]{1,2}\d[0-9A-HJKMNPR-Y]? \d[ABD-HJLNP-UW-Z]{2}\b")
# A number with the shape of a British one. The library knows which are in use; one that isn't is still somebody's
# idea of a way to reach them.
_PHONE_SHAPE = re.compile(
    r"(?<![\d.,/£$#-])(?:(?:\+44|0044)[\s-]?(?:\(0\))?|\(?0)(?:7\d{3}|1\d{3,4}|2\d|3\d\d)\)?[\s-]?\d{3}[\s-]?\d{3,4}(?![\d/])"
)
# A mobile's eleven digits, set apart in any way.
_MOBILE_APART = re.compile(r"(?<![\w.])0[ .-]?7(?:[ .-]?\d){9}(?![\w/])")
_O_FOR_NOUGHT = re.compile(r"(?<![\w.])[0oO][\doO][\doO -]{7,12}[\doO](?![\w.])")
_DIGIT_WORDS = {
    "zero": "0", "oh": "0", "o": "0", "nought": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9", "hundred": "00",
}  # fmt: skip
_SPELT_DIGIT = rf"(?:(?:(?:double|triple)[ -]?)?(?:{'|'.join(_DIGIT_WORDS)}|\d))"
_SPELT_DIGITS = re.compile(
    rf"\b(?:zero|oh|o|nought)[ ,-]{{1,2}}(?:{_SPELT_DIGIT}[ ,-]{{1,2}}){{6,10}}{_SPELT_DIGIT}\b",
    re.IGNORECASE,
)
_POSSESSIVE = re.compile(r"(?:['’]s|(?<=s)['’])$", re.IGNORECASE)
_UNDECOMPOSED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})
_MUHAMMAD = frozenset(
    {"mohamad", "mohamed", "mohammad", "mohammed", "muhamed", "muhammed", "mohamud", "mohd", "mahommed"}
)
_BIRTH = re.compile(
    r"\b(?:dob|d\.o\.b\.?|date of birth|born on)\b.{0,12}\d{1,2}[./ -](?:\d{1,2}|\w{3,9})[./ -]\d{2,4}\b",
    re.IGNORECASE,
)
_STREET_KIND = (
    r"(?:Road|Rd|Street|Avenue|Ave|Lane|Close|Drive|Crescent|Gardens|Grove|Terrace|Way|Court|Mews|Hill|Green"
    r"|Walk|Rise|Row|View|Croft|Parade|Square|Fold|Gate)"
)
# What stands between a number and a road that is not its name: "3 cars on the road", "2 main road crossings".
_NO_STREET = "the|our|this|that|her|his|their|your|any|each|every|main|busy|side|new|whole|different|other|way|lane|mile|miles|more|safe|closed"
_ADDRESS = re.compile(
    rf"\b(?:(?:flat|apartment|no\.?|number|house)\s+)?\d{{1,4}}[a-d]?,?\s+(?:[A-Z][\w'’-]+\s+){{1,3}}{_STREET_KIND}\b"
    rf"|\b(?:flat|number|no\.?|house)\s+\d{{1,4}}[a-d]?,?\s+(?:[\w'’-]+\s+){{1,3}}{_STREET_KIND.lower()}\b"
    rf"|(?<!\S)\d{{1,4}}[a-d]? (?!(?:{_NO_STREET})\b)[a-z'’-]{{3,}} (?:road|avenue|crescent|terrace|grove)\b"
    rf"|\b(?:lives?|living|moved|moving) (?:on|in|at|down|to) (?:[A-Z][\w'’-]+\s+){{1,2}}{_STREET_KIND}\b"
    rf"|\b(?:lives?|living|live) (?:at|on) (?:number )?\d{{1,4}}[a-d]?,?\s+(?:[\w'’-]+\s+){{1,3}}(?:{_STREET_KIND}|{_STREET_KIND.lower()})\b",
)
_LIVING = ("live", "living", "moved", "moving")
"""An address without a digit begins with one of these."""
_DIGIT = re.compile(r"\d")
# Present style (AB12 CDE), and the earlier A123 BCD only in capitals with its space.
_PLATE = re.compile(
    r"\b(?:[A-HJ-PR-Y]{2}(?:0[1-9]|[1-7]\d)\s?[A-HJ-PR-Z]{3}|[A-HJ-NPR-TV-Y]\d{2,3}\s[A-HJ-PR-Y]{3})\b"
)
_PLATE_ANY_CASE = re.compile(r"\b[a-hj-pr-y]{2}(?:0[1-9]|[1-7]\d)\s?[a-hj-pr-z]{3}\b", re.IGNORECASE)
_CAR = re.compile(r"\b(?:car|van|reg|registration|plate|parked|parking|driv(?:es?|ing|er)|vehicle|bmw|audi|range rover)\b", re.IGNORECASE)  # fmt: skip
_HOME = re.compile(
    r"\b(?:lives?|living|address|next door|stays at|(?:his|her|their|(?:'|’)s) (?:home|house|flat))\b",
    re.IGNORECASE,
)
_ONE_CHILD = re.compile(
    r"\b(?:in|from|of) (?:year\s?[1-6r]|y[1-6r]|[1-6][a-z]|reception|nursery|class \w+|(?:mr|mrs|miss|ms) \w+(?:'|’)s? class)\b"
    r"|\b(?:child|kid|pupil|son|daughter|little (?:boy|girl|lad)|boy|girl|aged (?:[3-9]|1[01])|year old|yr old)\b(?! ?scouts?)",
    re.IGNORECASE,
)
# Two words that begin with capitals and are neither a title with a name nor a road.
_TWO_NAMES = re.compile(
    r"\b(?!(?:Mr|Mrs|Miss|Ms|Mx|Dr|Sir|The|This|That|Our|My|His|Her|Their|And|But|In|At|On|To|Cake|Year|Class|Meet|Come)\b)"
    rf"[A-Z][a-zà-ÿ'’-]+ (?!{_STREET_KIND}\b)[A-Z][\w'’-]+\b(?! {_STREET_KIND}\b)"
)
_LIVES = re.compile(
    rf"{_TWO_NAMES.pattern}(?:,? [\w'’]+){{0,6}}?,? (?:lives?|is living|(?:home )?address is|’s (?:home )?address|'s (?:home )?address|goes home to|stays) \b"
)
_TITLE = frozenset({"mr", "mrs", "miss", "ms", "mx", "dr", "sir", "madam", "rev", "headteacher", "head"})
_CLASS = re.compile(
    r"\b(?:year\s?[1-6r]|y[1-6r]|[1-6][a-z]{1,2}|reception|nursery|ks[12]|class|form|her class|his class|their class)\b",
    re.IGNORECASE,
)
# Family names that are ordinary words too: in small letters they are read as the word.
_ORDINARY_WORDS = """
baker bell best bird bishop black bloom bond book bridge bright brown bull burns bush butler butcher
carpenter case church clay close cook cooper cox cross day dean drake dyer early english farmer field fish
fisher flowers flood ford forest fox french frost gardener glass gold good grant gray green grey hall hand
hill holiday home hope house hunt hunter king knight lamb land law lock long love low major may mills moon
moore north page park parker parish parson payne penny pick pike pond pool pope post potter power price rain
read rice rich rivers rose rush sharp shepherd short skinner smart smith snow speed spring stone street
strong summers swift taylor tailor thatcher turner vale walker wall ward waters way weaver webb wells west
white will winter wise wolf wood woods young york
"""
_ORDINARY = frozenset(_ORDINARY_WORDS.split())
# First names that are ordinary words too.
_ORDINARY_FIRST_NAMES = """
ace amber angel ant april art august autumn bill blue bob buddy carol chance chase chip clay cliff daisy dawn dean
destiny dick dot drew eden faith fern frank gene grace grant guy harmony harry hazel heath heather hero holly hope
iris ivy jack jade jasmine jay jewel joy june kit lark lily mark mars max may melody mercy mike miles nick noble
ocean olive pat patience pearl penny pepper poppy precious prince princess ray red reed rich river rob robin rocky
rod rose rosie ruby rusty sage sandy saint skip sky star sterling storm sue summer sunny teddy temple tim tom
trinity victor violet wade will winter wren zen
"""
_ORDINARY_FIRST = frozenset(_ORDINARY_FIRST_NAMES.split())
_NAME_WORD = re.compile(r"[^\W\d_]+(?:['’‑-][^\W\d_]+)*")

# Short forms in use in Britain; a register usually holds the long ones.
_SHORT_FORMS: dict[str, str] = {
    "abigail": "abi abbie abby gail", "alexander": "alex xander sasha al lex alec", "alexandra": "alex lexi sandra",
    "amelia": "amy millie mia", "andrew": "andy drew", "anthony": "tony ant", "arabella": "bella", "archibald": "archie",
    "barbara": "barb babs", "benjamin": "ben benji benny", "bethany": "beth", "cameron": "cam", "caroline": "caz carrie",
    "catherine": "cath cathy kate katie", "charles": "charlie chas chuck", "charlotte": "charlie lottie char",
    "christopher": "chris topher kit", "christine": "chris chrissie tina", "daniel": "dan danny", "danielle": "dani",
    "david": "dave davey", "deborah": "deb debbie", "dominic": "dom", "edward": "ed eddie ted teddy ned",
    "eleanor": "ellie nell nora", "elizabeth": "liz lizzie beth betty eliza libby lily elsie", "ella": "ellie",
    "emily": "em emmy millie", "emma": "em", "florence": "flo florrie flossie", "francesca": "fran frankie chess",
    "francis": "frank frankie", "frederick": "fred freddie", "gabriel": "gabe", "gabriella": "gabby ella",
    "george": "georgie", "georgina": "georgie gina", "gregory": "greg", "harriet": "hattie harri", "harrison": "harry",
    "harold": "harry", "henry": "harry hal", "isabel": "izzy bella issy", "isabella": "izzy bella issy",
    "isabelle": "izzy belle issy", "jacob": "jake", "jackson": "jack", "james": "jamie jim jimmy jem", "jasmine": "jas jazz",
    "jennifer": "jen jenny", "jessica": "jess jessie", "john": "jack johnny", "jonathan": "jon jonny", "joseph": "joe joey",
    "josephine": "jo josie", "joshua": "josh", "judith": "judy", "katherine": "kate katie kathy kat", "kathryn": "kate katie",
    "kenneth": "ken kenny", "kimberley": "kim", "lawrence": "larry laurie", "leonard": "len lenny leo", "lewis": "lew",
    "lillian": "lily", "louis": "lou", "louise": "lou", "lucas": "luke", "lucille": "lucy", "madeleine": "maddie",
    "madison": "maddie", "margaret": "maggie meg peggy marge", "martin": "marty", "matilda": "tilly mattie",
    "matthew": "matt matty", "maximilian": "max", "maxwell": "max", "megan": "meg", "michael": "mike mick mikey mickey",
    "muhammad": "mo moe", "molly": "mol", "natalie": "nat", "natasha": "tash nat",
    "nathan": "nate nath", "nathaniel": "nate nathan", "nicholas": "nick nicky", "nicola": "nicky nic", "oliver": "ollie olly",
    "olivia": "liv livvy livi", "oscar": "ozzy", "pamela": "pam", "patricia": "pat trish tricia patsy", "patrick": "pat paddy",
    "penelope": "penny", "peter": "pete", "philip": "phil pip", "phoebe": "pheebs", "rebecca": "becky becca bex",
    "reginald": "reggie reg", "richard": "rich rick richie dick", "robert": "rob bob robbie bobby bert", "ronald": "ron ronnie",
    "rosemary": "rose rosie", "rosie": "rose", "samantha": "sam sammie", "samuel": "sam sammy", "sarah": "sally",
    "sebastian": "seb bas", "simon": "si", "sophia": "sophie soph", "sophie": "soph", "stephanie": "steph",
    "stephen": "steve stevie ste", "steven": "steve stevie", "susan": "sue suzie", "suzanne": "sue suze", "theodore": "theo ted teddy",
    "thomas": "tom tommy", "timothy": "tim timmy", "toby": "tobes", "tobias": "toby", "victoria": "vicky tori", "vincent": "vince",
    "william": "will bill billy willy liam", "zachary": "zac zach zack", "zainab": "zee", "zoe": "zo",
    # Polish
    "agnieszka": "aga", "aleksander": "alek olek", "aleksandra": "ola", "anna": "ania", "antoni": "antek",
    "franciszek": "franek", "jakub": "kuba", "joanna": "asia", "katarzyna": "kasia", "krzysztof": "krzys krzysiek",
    "magdalena": "magda", "malgorzata": "gosia", "maria": "marysia", "mateusz": "mati", "piotr": "piotrek",
    "stanislaw": "stas staszek", "tomasz": "tomek", "wojciech": "wojtek", "zofia": "zosia",
    # Nigerian
    "adebayo": "bayo ade", "ayodeji": "deji ayo", "ayodele": "ayo dele", "chinedu": "nedu", "chukwuemeka": "emeka",
    "folasade": "sade", "ifeoma": "ify", "obinna": "obi", "olufemi": "femi", "oluwadamilola": "dami damilola",
    "oluwaseun": "seun", "oluwaseyi": "seyi", "oluwatobi": "tobi", "oluwatobiloba": "tobi", "temitope": "temi tope",
    "uchenna": "uche",
}  # fmt: skip


def find_personal_data(
    text: str, names: tuple[str, ...] = (), pupils: tuple[str, ...] = ()
) -> list[Found]:
    """Everything in the comment that identifies or reaches a person, each finding once, in a fixed order.

    `names`: full names of pupils and staff as in the school's register. A first name alone is flagged only
    together with a class or year in the same comment, because half the country shares it. `pupils`: those of
    the names that are pupils'; empty where nobody knows.
    """
    # Most comments have no digit, and so nothing that is written with one.
    numbers = _DIGIT.search(text) is not None
    found = [Found("phone", "a phone number", value) for value in (*_phones(text), *_disguised_phones(text))]
    if "@" in text:
        found += [Found("email", "an e-mail address", match.group()) for match in _EMAIL.finditer(text)]
    found += [Found("email", "an e-mail address", match.group()) for match in _EMAIL_SPELT.finditer(text)]
    if numbers:
        found += [Found("birthday", "a date of birth", match.group()) for match in _BIRTH.finditer(text)]
    postcodes = {
        match.group()
        for pattern in ((_POSTCODE, _POSTCODE_SHAPE) if numbers else ())
        for match in pattern.finditer(text)
    }
    found += [Found("postcode", "a postcode", value) for value in sorted(postcodes)]
    if numbers or any(map(text.__contains__, _LIVING)):
        found += [Found("address", "a street address", match.group()) for match in _ADDRESS.finditer(text)]
    if numbers:
        plates = {match.group() for match in _PLATE.finditer(text)}
        if _CAR.search(text):
            plates |= {match.group() for match in _PLATE_ANY_CASE.finditer(text)}
        found += [
            Found("car_registration", "a car's registration", value) for value in sorted(plates - postcodes)
        ]
    named = dict.fromkeys(_names(text, names))
    whose = _whose(text, names, pupils) if named else {}
    found += [Found("name", whose.get(value, "a name in your register"), value) for value in named]
    return list(dict.fromkeys(found))


def _whose(text: str, names: tuple[str, ...], pupils: tuple[str, ...]) -> dict[str, str]:
    """Of each name in a text whether it is a pupil's or one of the staff's; not of what may be either's."""
    if not pupils:
        return {}
    theirs = frozenset(pupils)
    of_pupils = set(_names(text, pupils))
    of_staff = set(_names(text, tuple(name for name in names if name not in theirs)))
    return dict.fromkeys(of_pupils - of_staff, "the name of a pupil in the register") | dict.fromkeys(
        of_staff - of_pupils, "the name of a member of staff"
    )


def names_anybody_of(text: str, names: tuple[str, ...]) -> bool:
    """Whether the comment names one of these people, as `find_personal_data` reads names."""
    return next(_names(text, names), None) is not None


def says_where_a_child_lives(text: str) -> bool:
    """Whether it speaks of one child, whom the register needn't know, and of where somebody lives."""
    return bool(_HOME.search(text) and _ONE_CHILD.search(text) and _TWO_NAMES.search(text))


def names_who_lives_somewhere(text: str) -> bool:
    """Whether first and family name stand beside the words that say where they live."""
    return _LIVES.search(text) is not None


def _phones(text: str) -> Iterator[str]:
    if len(_DIGIT.findall(text)) < 7:
        return
    matcher = phonenumbers.PhoneNumberMatcher(
        text, "GB", leniency=phonenumbers.Leniency.VALID, max_tries=1000
    )
    known = [(match.start, match.end, match.raw_string) for match in matcher]
    for shaped in _PHONE_SHAPE.finditer(text):
        if not any(start < shaped.end() and shaped.start() < end for start, end, _ in known):
            known.append((shaped.start(), shaped.end(), shaped.group()))
    for apart in _MOBILE_APART.finditer(text):
        if not any(start < apart.end() and apart.start() < end for start, end, _ in known):
            known.append((apart.start(), apart.end(), apart.group()))
    yield from dict.fromkeys(value for _, _, value in sorted(known))


def _disguised_phones(text: str) -> Iterator[str]:
    """Numbers written with the letter o for nought, or in words ("oh seven seven double nine …")."""
    for found in _O_FOR_NOUGHT.finditer(text):
        if "o" in found.group().lower() and _PHONE_SHAPE.fullmatch(re.sub("[oO]", "0", found.group())):
            yield found.group()
    for found in _SPELT_DIGITS.finditer(text):
        digits, times = "", 1
        for word in re.findall(r"[a-z]+|\d", found.group().lower()):
            if word in ("double", "triple"):
                times = 2 if word == "double" else 3
            else:
                digits += _DIGIT_WORDS.get(word, word) * times
                times = 1
        if _PHONE_SHAPE.fullmatch(digits):
            yield found.group().strip()


@lru_cache(maxsize=65_536)
def _fold(word: str) -> str:
    """The word without case, accents or apostrophes, so that "Zoë" meets "zoe" and "O’Neil" meets "ONeil"."""
    bare = unicodedata.normalize("NFD", word.casefold()).translate(_UNDECOMPOSED)
    plain = "".join(c for c in bare if c.isalnum() or c == "-")
    return "muhammad" if plain in _MUHAMMAD else plain


def _fold_owner(word: str) -> str:
    """The same of a word in a comment, without the ’s of what is somebody's."""
    # Nothing else ends in such a mark.
    return _fold(word if word.isalpha() else _POSSESSIVE.sub("", word))


@dataclass(frozen=True)
class _Register:
    """The register's names by how a comment may give them."""

    full: frozenset[tuple[str, str]]
    last: frozenset[str]
    first: frozenset[str]


@lru_cache(maxsize=8)
def _register(names: tuple[str, ...]) -> _Register:
    full, last, first = set(), set(), set()
    for name in names:
        parts = [_fold(part) for part in _NAME_WORD.findall(name)]
        titled = bool(parts) and parts[0] in _TITLE
        parts = [part for part in parts if part not in _TITLE]
        if not parts:
            continue
        family = parts[-1]
        if titled or len(parts) > 1:
            last.add(family)
        if len(parts) > 1:
            # Of a double first name, people say the first half.
            whole, half = parts[0], parts[0].partition("-")[0]
            forms = {whole, *_SHORT_FORMS.get(whole, "").split(), *_SHORT_FORMS.get(half, "").split(), half}
            first |= forms
            full |= {(form, family) for form in forms} | {(form, family[0]) for form in forms}
            if "-" in family:
                full |= {(form, piece) for form in forms for piece in family.split("-")}
        elif not titled:
            first.add(family)
    return _Register(frozenset(full), frozenset(last), frozenset(first))


def _names(text: str, names: tuple[str, ...]) -> Iterator[str]:
    if not names:
        return
    register = _register(names)
    spans = [match.span() for match in _NAME_WORD.finditer(text)]
    words = [(written := text[start:end], _fold_owner(written)) for start, end in spans]
    # Each way of naming somebody begins with their first name or a title, or has it second.
    if not any(word in register.first or word in _TITLE for _, word in words):
        return
    in_class = bool(_CLASS.search(text))
    for place, (written, word) in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else ("", "")
        after = words[place + 2] if place + 2 < len(words) else ("", "")
        initial = len(following[1]) == 1 and following[0].isupper()
        plain_words = following[0].islower() and following[1] in _ORDINARY and word in _ORDINARY_FIRST
        whole = len(following[1]) > 1 and not plain_words
        if (word, following[1]) in register.full and (whole or initial):
            yield f"{written} {following[0]}"
        elif len(after[1]) > 1 and (word, after[1]) in register.full and following[0][:1].isupper():
            yield f"{written} {following[0]} {after[0]}"
        elif whole and (following[1], word) in register.full and text[spans[place][1] :].startswith(","):
            yield f"{written}, {following[0]}"
        elif word in _TITLE and register.last & {following[1], following[1].removesuffix("s")}:
            yield f"{written} {following[0]}"
        elif word in register.first and in_class and (written[:1].isupper() or word not in _ORDINARY_FIRST):
            yield written

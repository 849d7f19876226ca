# ruff: noqa: E501 - a pattern is easier to check on one line
"""Groups of people in a text in plain words (`plainly`): which words name one, and who "they" are in the next
sentence. For the rules on contempt (`hate.py`).
"""

from __future__ import annotations

import re

PLURAL_TEXT = """
muslims islamists jews travellers travelers gypsies gypsys roma romas romanians poles polish pakistanis indians
bangladeshis asians africans blacks chinese somalis nigerians ghanaians syrians afghans afghanis albanians
bulgarians turks arabs eritreans iraqis iranians kurds sudanese ethiopians jamaicans lithuanians latvians slovaks
refugees immigrants migrants foreigners sikhs hindus gays lesbians transgenders europeans vietnamese
hungarians ukrainians russians palestinians israelis bengalis tamils koreans japanese filipinos brazilians mexicans
portuguese kenyans zimbabweans congolese moroccans algerians tunisians libyans egyptians yemenis lebanese
kosovans serbs croats czechs estonians moldovans georgians colombians thais nepalis nepalese gurkhas
catholics buddhists bisexuals homosexuals romanies
"""
KIND_TEXT = """
muslim islamic jewish traveller gypsy roma romany romanian polish pakistani indian bangladeshi asian african black
somali nigerian ghanaian syrian afghan afghani albanian bulgarian turkish arab chinese eritrean iraqi iranian
kurdish sudanese ethiopian jamaican lithuanian slovak refugee immigrant migrant foreign gay lesbian trans
transgender bisexual disabled autistic deaf blind sikh hindu european hijab burka asylum vietnamese travelling
hungarian ukrainian russian palestinian israeli bengali tamil korean japanese filipino brazilian mexican
portuguese kenyan zimbabwean congolese moroccan algerian tunisian libyan egyptian yemeni lebanese kosovan serbian
croatian czech latvian estonian moldovan colombian thai nepalese caribbean irish catholic buddhist
mixed-race queer non-binary nonbinary bi lgbt homosexual same-sex dyslexic sen adhd arabic
"""
KIND = f"(?:{'|'.join(KIND_TEXT.split())}|mixed race|same sex|down's(?: syndrome)?|special needs|additional needs|wheelchair(?: using)?)"
_PEOPLE = "(?:people|folk|folks|families|parents|mums|dads|mothers|fathers|kids|children|pupils|boys|girls|lads|men|women|teachers|staff|neighbours|couples|lot|types|ones|seekers|community|crowd|students|households|governors|brothers|sisters|drivers|nurses|doctors|workers|builders|cleaners|teenagers|youths|ladies|guys|blokes|babies|users)"
_PERSON = "(?:family|parent|mum|dad|mother|father|kid|child|pupil|boy|girl|lad|man|woman|teacher|governor|couple|head|head ?teacher|neighbour|assistant|ta|doctor|student|person|seeker|brother|sister|driver|nurse|worker|builder|cleaner|teenager|lady|guy|bloke|baby|user|caretaker|cook|husband|wife)"
# What stands behind them: "children with autism", "people from Romania".
_WHOSE = r"(?:with (?:autism|adhd|down's(?: syndrome)?|disabilities|learning (?:difficulties|disabilities)|special needs|additional needs|dyslexia|tourette's|cerebral palsy)|in wheelchairs|of colour|from (?:africa|poland|romania|albania|bulgaria|pakistan|india|bangladesh|syria|afghanistan|somalia|nigeria|eritrea|sudan|iraq|iran|ukraine|turkey|china|jamaica|eastern europe|the middle east|abroad|overseas))"
_AS_NOUN_TEXT = """
catholic traveller romanian albanian bulgarian pakistani indian bangladeshi asian african somali nigerian ghanaian
syrian afghan arab iraqi iranian eritrean lithuanian hungarian ukrainian russian jamaican kenyan bengali tamil
filipino pole turk kurd palestinian korean brazilian
"""
# One of it in one word, where no thing follows, as in "an Indian takeaway".
_ONE_OF = rf"(?:(?<=\ba )|(?<=\ban ))(?:{'|'.join(_AS_NOUN_TEXT.split())})(?= ?(?:\.|$)| (?:is|was|has|will|would|who|to|at|and|or|ever|can|could|on|with|joins|near|anywhere)\b)"
# The whole group, or some of it: "the Polish mums", "travellers"; and one of it.
_MANY_OF = re.compile(
    rf"\b(?:(?P<many>{KIND} (?:{KIND} )?{_PEOPLE}|{_PEOPLE} {_WHOSE}|brown (?:people|folk|kids|children|faces)"
    rf"|{'|'.join(PLURAL_TEXT.split())}"
    r"|(?<=\bthe )(?:disabled|deaf|blind|irish)(?= (?:are|were|have|had|get|got|should|do|will|can|always|just|only|never)\b))"
    rf"|{KIND} (?:{KIND} )?{_PERSON}|{_PERSON} {_WHOSE}|gypsy|jew|muslim|immigrant|refugee|foreigner|migrant|sikh|hindu"
    rf"|lesbian|{_ONE_OF})\b"
)
# The rules read them marked ("polish_mums zz"), or each would hold all these words several times.
GROUP, ANY = r"[\w'-]+ zz", r"[\w'-]+ (?:zz|yy)"
_IN_PHRASES_TEXT = """
jew brown mixed same down's needs wheelchair wheelchairs autism disabilities difficulties dyslexia tourette's palsy
colour africa poland romania albania bulgaria pakistan india bangladesh syria afghanistan somalia nigeria eritrea
sudan iraq iran ukraine turkey china jamaica europe east abroad overseas
"""
KINDS = frozenset(f"{PLURAL_TEXT} {KIND_TEXT} {_AS_NOUN_TEXT} {_IN_PHRASES_TEXT}".split())
"""One of these stands in every text that names a group."""

# They name people only where no thing of theirs follows: "the Polish have", not "the Polish shop".
_ADJECTIVES_TEXT = "polish chinese vietnamese roma japanese portuguese lebanese nepalese sudanese congolese"
_ADJECTIVES = frozenset(_ADJECTIVES_TEXT.split())
_VERBS_TEXT = """
are is were was have had has get got do did will can would should always just never come came want make take
"""
_VERBS = frozenset(_VERBS_TEXT.split())
_MARKED = re.compile(r"([\w'-]+) (zz|yy)(?: (\w+))?")
_THEY = re.compile(
    r"\b(?:(?:all|none|not one|every one|each|(?:the |every |not a )?(?:whole |last |single )*(?:lot|bunch|one)) of them"
    r"|people like (?:that|them|those|these|this)|(?:these|those) (?:people|folk|families|kids|children|types|lot)"
    r"|(?:that|this|their) (?:lot|sort|kind|type)|they all|they|them)\b"
)
_HE = re.compile(r"\b(?:he|she|him)\b")
_SENTENCES = 2
"""So many sentences after the one that names a group, "they" may be the group."""
_SENTENCE = 300
"""Characters. Nothing longer is taken for a sentence that names a group or speaks of one: it would only cost time."""


def groups_marked(plain: str) -> str:
    """A text in plain words with each group of people, and each one of it, as one word and a mark behind it."""
    if KINDS.isdisjoint(plain.split()):
        return plain
    return _MANY_OF.sub(
        lambda found: f"{found.group().replace(' ', '_')} {'zz' if found['many'] else 'yy'}", plain
    )


def without_marks(words: str) -> str:
    """Words of a marked text as they were."""
    return words.replace(" zz", "").replace(" yy", "").replace("_", " ")


def named_again(marked: str, unless: re.Pattern[str]) -> str:
    """A marked text whose later sentences name the group that they speak of: "They should go" becomes
    "polish_mums zz should go" after a sentence about Polish mums.

    Not after a sentence in which `unless` finds something, such as that somebody was unkind to the group: "they"
    can be those who were. Of several groups in a sentence, the last one is meant.
    """
    if " . " not in marked:
        return marked
    read: list[str] = []
    who, one, left = "", False, 0
    for sentence in marked.split(" ."):
        said = sentence
        short = len(sentence) <= _SENTENCE
        groups = [found for found in _MARKED.finditer(sentence) if _are_people(found)] if short else []
        if groups:
            who = "" if unless.search(sentence) else groups[-1][1]
            one, left = groups[-1][2] == "yy", _SENTENCES
        elif who and left and short:
            left -= 1
            said = _THEY.sub(f"{who} zz", sentence)
            if one and said == sentence:
                said = _HE.sub(f"{who} yy", sentence)
        read.append(said)
    return " .".join(read)


def _are_people(found: re.Match[str]) -> bool:
    return found[1] not in _ADJECTIVES or found[3] is None or found[3] in _VERBS

"""What languages are called, and what shows them: their scripts, and their commonest little words."""

from __future__ import annotations

import re
from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "am": "Amharic", "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "cs": "Czech", "cy": "Welsh",
    "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian",
    "fa": "Persian", "fi": "Finnish", "fr": "French", "ga": "Irish", "gd": "Scottish Gaelic",
    "gu": "Gujarati", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian, Bosnian or Serbian", "hu": "Hungarian",
    "hy": "Armenian", "it": "Italian", "ja": "Japanese", "ka": "Georgian", "km": "Khmer", "kn": "Kannada",
    "ko": "Korean", "ku": "Kurdish", "lo": "Lao", "lt": "Lithuanian", "lv": "Latvian", "ml": "Malayalam",
    "mr": "Marathi", "my": "Burmese", "ne": "Nepali", "nl": "Dutch", "no": "Norwegian", "or": "Odia",
    "pa": "Punjabi", "pl": "Polish", "ps": "Pashto", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "sd": "Sindhi", "si": "Sinhala", "sk": "Slovak", "sl": "Slovenian", "so": "Somali", "sq": "Albanian",
    "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "te": "Telugu", "th": "Thai",
    "ti": "Tigrinya", "tl": "Filipino", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu",
    "vi": "Vietnamese", "yo": "Yoruba", "zh": "Chinese",
    "bn-Latn": "Bengali in Latin letters", "ur-Latn": "Urdu, Hindi or Punjabi in Latin letters",
}  # fmt: skip
"""What can be named, by its two letters (ISO 639-1); of others it is only said that they are others."""

ALIASES = {"iw": "he", "nb": "no", "nn": "no", "bs": "hr", "sh": "hr", "gl": "pt", "az": "tr"}
# Named in Latin letters only where CLD2 is surer: what it takes misspelt English for.
RARE = frozenset({"da", "et", "fi", "ga", "gl", "gd", "no", "sl", "sv", "sw", "tl", "yo", "ku"})
_LETTERS: tuple[tuple[str, str], ...] = (
    (r"\u0370-\u03ff\u1f00-\u1fff", "el"), (r"\u0400-\u052f", "cyrillic"), (r"\u0530-\u058f", "hy"),
    (r"\u0590-\u05ff", "he"),
    (r"\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff", "arabic"),
    (r"\u0900-\u097f", "devanagari"), (r"\u0980-\u09ff", "bn"), (r"\u0a00-\u0a7f", "pa"),
    (r"\u0a80-\u0aff", "gu"), (r"\u0b00-\u0b7f", "or"), (r"\u0b80-\u0bff", "ta"), (r"\u0c00-\u0c7f", "te"),
    (r"\u0c80-\u0cff", "kn"), (r"\u0d00-\u0d7f", "ml"), (r"\u0d80-\u0dff", "si"), (r"\u0e00-\u0e7f", "th"),
    (r"\u0e80-\u0eff", "lo"), (r"\u1000-\u109f", "my"), (r"\u10a0-\u10ff", "ka"),
    (r"\u1200-\u139f", "ethiopic"), (r"\u1780-\u17ff", "km"), (r"\u3040-\u30ff", "ja"),
    (r"\u1100-\u11ff\u3130-\u318f\uac00-\ud7af", "ko"), (r"\u3400-\u4dbf\u4e00-\u9fff", "zh"),
)  # fmt: skip
SCRIPTS = tuple((re.compile(f"[{letters}]"), name) for letters, name in _LETTERS)
OF_SCRIPT: Mapping[str, tuple[str, ...]] = {
    "cyrillic": ("ru", "uk", "bg", "sr"), "arabic": ("ar", "ur", "fa", "ps", "ku", "sd"),
    "devanagari": ("hi", "mr", "ne"), "ethiopic": ("am", "ti"),
}  # fmt: skip
UKRAINIAN, BULGARIAN = re.compile("[іїєґ]"), re.compile("ъ[^еёюя ]|щ[аъ]")
SERBIAN = re.compile("[ђјљњћџ]")
URDU, PASHTO, PERSIAN = re.compile("[ٹڈڑںےھہ]"), re.compile("[ټډړښځڅېۍ]"), re.compile("[پچژگ]")

# Letters that no English word has, nor a French or Spanish one that English took over (café, piñata).
MARKED = re.compile("[ąćęłńśźżăâțţşșğıőűěřščžůďťľĺŕķļņģėįųūāēīõãœæøåßñ¿¡]")
# Little words of French, Spanish, Italian, Portuguese, German and others that the word pieces know, too.
_ELSEWHERE = """
ai al ao au aur aux av avec bei bella bene bien bravo ce che ci ciao com como con cosa da dan danke dans
das de dei del della dem den der des det di dich dir dos du e een ein eine el ele elle em en er es est et
eu favor felicidades foto fur gli gracias grazie ha hai het hum ich ihr il ils ist ja je ka ke ki ko kya
la las le les lo los lui ma mai me meine mera merci meri mes mi mia mio mit mon muito muy na nada ne nem
nicht non nos nous o obrigada og om ou pani par pas per pero por porque pour que qui sa sab san se senor
ses si sie sind som son su sur te tes ti til todo todos ton tu tum tun um un una und une va vai van von
vous wie wir y ya za zu
"""
ELSEWHERE: frozenset[str] = frozenset(_ELSEWHERE.split())
BORROWED = frozenset(
    {
        "café", "cafés", "cliché", "crèche", "crème", "brûlée", "décor", "déjà", "vu", "élite", "entrée",
        "fiancé", "fiancée", "jalapeño", "née", "naïve", "pâté", "piñata", "purée", "résumé", "señor",
        "soufflé", "voilà", "adios", "amigo", "amigos", "fiesta", "hola", "siesta",
    }
)  # fmt: skip
"""What English borrowed with its marks."""
_URDU_IN_LATIN = """
aaj aap accha acha achha aurat bacchon bacha bachay bachche bachon bahut beta beti bevkoof bewakoof
bewaqoof bhi bilkul bohat bohot boht chup chutti dekh dhanwad dhanyavaad diyan gande gaya ghar hai hain
hamen hamesha han hoga hoon hota hua hum humein hun jhoothe ji ka kal kam karo khush kita kitna kitne
kitni koi kuch kya liye log mein mera mere meri mujhe nahi nahin nai pasand phir putt raha rahay rahi
saath sab sanu sare shukria shukriya sohna sundar tera tere teri tha thi tuhade tum tumhara tumhare
tumhein tusi tussi vadiya wah wale ya yah yahan ye yeh
"""
URDU_IN_LATIN: frozenset[str] = frozenset(_URDU_IN_LATIN.split())
_BENGALI_IN_LATIN = """
ache amader amar ami amra apnar baccha bacchara bhala bhalo boka chele dhonnobad dua ei ekdom ekta fua
hobe hoise hoyeche jonno keno khub kichu kor kore korechho kothay lagche meye mohila nai onek oshustho
parbe shikkhok shobai shobaike shundor sundor tomader tomar tomra tor tui tumi
"""
BENGALI_IN_LATIN: frozenset[str] = frozenset(_BENGALI_IN_LATIN.split())
_ITALIAN = """
abbiamo alle anche ancora andate auguri bambina bambine bambini bambino belle belli bellissima bellissime
bellissimo bello biglietti brava brave bravi bravissima bravissime bravissimi bravissimo brutta brutte
brutti brutto bugiarda bugiardi bugiardo buon buona buone buongiorno buono carina carini carino che chiusa
chiuso comincia complimenti compiti contenta contento cosa cretina cretini cretino degli della delle dello
domani dov'è fatto felice felicissima figli figlia figlio finisce fortuna foto fotografie genitori gente
gita grazie hanno ieri insegnante insegnanti l'ora lavoro maestra maestre maestri maestro mensa meravigliosa
meraviglioso mille molto nella nessuno nostra nostri nostro odio oggi orgogliosa orgoglioso orribile ottima
ottimo perché piccoli povera povero preside qualcuno quando quella quello questa questo qui ragazza ragazze
ragazzi ragazzo recita sapete schifo scuola scusate sempre siamo siete sono spettacolo splendida stupida
stupidi stupido sulla tanta tante tanti tornate tutta tutte tutti tutto vacanze vediamo vedo venerdì
vergogna vostra vostri vostro vuole
"""
ITALIAN: frozenset[str] = frozenset(_ITALIAN.split())
_SPANISH = """
alguien aquí asco ayer bien bonita bonitas bonito bonitos buen buena buenas buenos chicas chicos clase
colegio contenta contento cuando cuándo cumpleaños cállate callate dónde empiezan encanta enhorabuena eres
escuela están estoy está excelente feliz felicidades fotos fuera gente gracias guapa guapas guapo guapos
hasta hecho hermosa hermosas hermoso hermosos hija hijas hijo hijos hora hoy ladrones linda lindas lindo
lindos maestra maestras maestro maestros malo mañana mejor mejores mentirosa mentiroso mucha muchas mucho
muchos muy nadie niña niñas niño niños nosotros nuestra nuestras nuestro nuestros nunca odio orgullosa
orgulloso padres país para pero porque profe profes quiere qué sabe siempre sois también tenemos tengo
termina tienen tonta tontos todas todo todos trabajo unas unos ustedes vacaciones vergüenza vete vosotros
"""
SPANISH: frozenset[str] = frozenset(
    (_SPANISH + _SPANISH.translate(str.maketrans("áéíóúñü", "aeiounu"))).split()
) - {"pais", "que"}
"""Words that short comments in Italian and Spanish are made of and English ones are not, beside greetings."""
_EITHER = """
a al bella casa ci come con de del di do dove e el era es fa fate ha hay ho i il in ja la las le lo los ma
mala male me mi mia mio no non o ora per por que sei se senza si sin solo son su te ti tu tuo un una va vi
via viva y ya è
"""
EITHER: frozenset[str] = frozenset(_EITHER.split())
"""Little words of theirs that are English words or names as well, and so say nothing."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.classifier.flags import DEFAULT_THRESHOLDS, Reason, flag, severity
from moderation.classifier.labels import LABELS

NAMES = (
    "Oliver Bennett",
    "Mrs Aisha Khan",
    "Zoë O'Neil",
    "Ruby-Mae Carter-Jones",
    "Grace Will",
    "Mr P. Williams",
)


def kinds(text: str, **given: object) -> set[tuple[str, str]]:
    return {(reason.kind, reason.label) for reason in flag(text, {}, **given)}  # type: ignore[arg-type]


@pytest.mark.parametrize("label", LABELS)
def test_a_score_flags_from_its_threshold_on(label: str) -> None:
    threshold = DEFAULT_THRESHOLDS[label]
    assert flag("a comment", {label: threshold - 0.001}) == []
    (reason,) = flag("a comment", {label: threshold})
    assert (reason.kind, reason.label) == ("threat" if label == "threat" else "toxicity", label)
    assert reason.score == pytest.approx(threshold, abs=1e-4)


def test_a_label_without_a_threshold_never_flags() -> None:
    assert flag("a comment", {"insult": 1.0}, {"toxicity": 0.5}) == []


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("ring me on 07911 123456", "phone"),
        ("call 0161 496 0000 about the bus", "phone"),
        ("+44 20 7946 0958", "phone"),
        ("write to jo.bloggs+pta@school.example", "email"),
        ("jo.bloggs at gmail dot com", "email"),
        ("07700 900123, ask for Sam", "phone"),
        ("01632 960001", "phone"),
        ("DOB 3/4/2016 if you need it", "birthday"),
        ("send it to ZZ9 9ZZ", "postcode"),
        ("they live at 14 Acacia Avenue", "address"),
        ("he lives at 3b mill lane", "address"),
        ("Flat 2, Rose Court", "address"),
        ("we're at M14 5AB", "postcode"),
        ("postcode sw1a 1aa", "postcode"),
        ("silver BMW, reg AB12 CDE", "car_registration"),
        ("the van ab12cde is parked on the zigzags again", "car_registration"),
        ("Oliver Bennett hit my son", "name"),
        ("Ollie Bennett hit my son", "name"),
        ("ollie bennett", "name"),
        ("Oliver B. from next door", "name"),
        ("Mrs Khan was rude", "name"),
        ("it's in mrs khan's room", "name"),
        ("Zoe ONeil", "name"),
        ("Ruby-Mae Jones", "name"),
        ("that boy Oliver in Year 4", "name"),
        ("Mr Williams", "name"),
    ],
)
def test_personal_data_is_found_p21(text: str, label: str) -> None:
    assert ("personal_data", label) in kinds(text, names=NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "Year 4 trip on 12 May at 3pm, bring £12.50",
        "Oliver is a lovely name",
        "grace will be there",
        "Will Grace come? She will",
        "we sold 1,250 tickets and made 3000 pounds",
        "SATs results 2024, 100 of 110",
        "in Y6 and KS2",
        "the 12 Days of Christmas",
        "3 Little Pigs at the Lane theatre",
        "see https://www.gov.uk/school-attendance and http://www.oakfield.leeds.sch.uk/",
        "Bennett's cake was nice",
        "M6 was closed at 8.15",
        "at noon on 24/12/2025",
        "0 out of 10, 0-3 at half time",
        "order number 100234567891",
    ],
)
def test_what_is_no_personal_data_flags_nothing(text: str) -> None:
    assert kinds(text, names=NAMES) == set()


def as_people_write(text: str) -> tuple[str, ...]:
    """In capitals too, and beside letters that aren't ASCII, which are searched in another way."""
    return text, text.upper(), f"Zoë: {text}", f"ZOË: {text.upper()}"


@pytest.mark.parametrize(
    "text",
    [
        "I will kill you",
        "im gonna batter him after school",
        "I'm going to stab that teacher",
        "i know where you live",
        "watch your back Mrs Khan",
        "I'll smash your face in",
        "bringing a knife to school tomorrow",
        "there's a bomb in the school",
        "i will k1ll you",
        "I w\u200bill ki\u200bll you",
        "you are dead",
        "someone should shoot the head",
        "he is going to get his jaw broken",
        "that man is getting battered tonight",
        "there will be a brick through your windscreen",
        "anyone who messes with my kids ends up in hospital",
        "we know your address",
        "carry on and see what happens to you",
        "come and say that to my face",
        "you will all be sorry",
        "me and my cousins will be outside the gates, let's see how hard you are",
    ],
)
def test_threats_are_their_own_kind_p23(text: str) -> None:
    for written in as_people_write(text):
        assert "threat" in {kind for kind, _ in kinds(written)}, written


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("I want to kill myself", "self_harm"),
        ("i dont want to be alive anymore", "self_harm"),
        ("kys", "self_harm"),
        ("she has been cutting herself", "self_harm"),
        ("my dad hits me", "disclosure"),
        ("I'm scared to go home", "disclosure"),
        ("he keeps touching my daughter", "disclosure"),
        ("don't tell your mum", "contact"),
        ("how old are you sweetie", "contact"),
        ("send me a pic of you", "contact"),
        ("I can't go on any more", "self_harm"),
        ("she cuts her legs at night", "self_harm"),
        ("he came to school with a black eye", "disclosure"),
        ("we haven't eaten since Friday", "disclosure"),
        ("the baby gets left alone every night", "disclosure"),
        ("he kicks me every day", "disclosure"),
        ("when dad is drunk I hide under my bed", "disclosure"),
        ("a stranger was filming the children over the fence", "contact"),
        ("a boy says he will share my pictures", "contact"),
        ("The headteacher Mrs Oyelaran slapped a child in assembly yesterday, I saw it", "by_staff"),
        ("I saw Mr Green grab a little boy and shake him", "by_staff"),
        ("my son told me that his teacher grabbed him by the arm", "by_staff"),
        ("the dinner lady pushed my daughter against the wall", "by_staff"),
        ("Miss Patel dragged one of the boys out of class by his ear", "by_staff"),
        ("My little girl was smacked on the legs by her teaching assistant", "by_staff"),
        ("they locked my son in a cupboard because he cried", "by_staff"),
        ("Mr Hill shouted at my daughter until she was in tears", "by_staff"),
        ("She slapped my son's face in the corridor", "by_staff"),
        ("a member of staff hit a pupil", "by_staff"),
        ("can we meet up, just the two of us", "meeting"),
        ("meet me behind the shops alone", "meeting"),
    ],
)
def test_safeguarding_phrases_are_their_own_kind(text: str, label: str) -> None:
    for written in as_people_write(text):
        assert ("safeguarding", label) in kinds(written), written


def test_a_phrase_is_quoted_as_it_was_written() -> None:
    (found,) = flag("Well, I Will KILL You one day.", {})
    assert "“I Will KILL You”" in found.detail


@pytest.mark.parametrize(
    "text",
    [
        "I could kill for a cup of tea",
        "this heat is killing me",
        "I will kill it at karaoke",
        "you're dead right",
        "shoot some hoops with Year 5",
        "photo shoot at the school on Monday",
        "the bath bomb stall at the school fair",
        "we will beat them 3-0",
        "smashed it Year 6",
        "I know where you parked, by the church",
        "watch your step, it's icy",
        "he touched my heart with that song",
        "we were beaten at chess",
        "meet me at the gate with the cakes",
        "let's meet up for coffee ladies",
        "my dad hits the gym every day",
        "how old is the school?",
        "they burned the sausages",
        "I don't want to be here when the glitter comes out",
        "see you outside at three",
        "I can't cope with all this cuteness",
        "I can't cope any more with the glitter",
        "you'll be sorry you missed it",
        "me and my mates will be at the gate with the banners",
        "we hid behind the sofa when Doctor Who was on",
        "he cuts the cake and she cuts the ribbon",
        "she came to school with a huge smile",
        "the man from the museum talked about fossils",
        "see what happens next week in our story",
        "the ball went through the window of the shed",
        "Mum won't be there till four",
        "does anyone know your class teacher's name?",
        "Mrs Green slapped paint on the wall and the kids loved it",
        "my son was hit by a ball at football",
        "the ball hit a boy on the leg, he is fine",
        "Mr Khan pushed himself round the marathon for the children's library",
        "the head gets a slap on the wrist from Ofsted",
        "Miss Patel pushed the children to do their best and they did",
        "the teacher pushed my daughter on the swings",
        "Mr Lee hit the kids with another quiz",
        "Miss Hill grabbed me a coffee at the fair",
        "Mrs Owen grabbed the children's coats for us",
        "the teachers dragged the kids on stage for a dance",
        "we were locked in the escape room for an hour with the kids",
        "the panto had my daughter shouting at the villain and crying with laughter",
        "the kids shouted at the villain until we were crying with laughter",
        "staff hit the target with the children's sponsored read",
        "Miss Brown never hit a child",
        "Mr Grant kicked off the match and the boys won",
        "The coach kicked the ball to a boy",
    ],
)
def test_how_people_talk_is_no_threat_and_no_safeguarding_matter(text: str) -> None:
    assert kinds(text) == set()


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Aisha Bello in Year 3 lives at 14 Orchard Street", "locates_pupil"),
        ("That little girl Aisha Bello, her home is 14 Orchard Street next to the shop", "locates_pupil"),
        ("Aisha Bello lives at 14 Orchard Street, go and ask her mum", "locates_somebody"),
        ("Oliver Grant's address is 12 Mill Lane", "locates_somebody"),
        ("Cake sale at Mill House, 12 Mill Lane, ask Sarah Jones in Year 3", "address"),
        ("We live at 12 Mill Lane and love the school", "address"),
    ],
)
def test_p21_whoever_is_in_no_register_is_found_by_an_address_too(text: str, label: str) -> None:
    found = flag(text, {})
    assert found[0].label == label
    # Before every insult, and where it speaks of a child before everything else.
    insult = severity(flag("you are a pathetic moron", {"toxicity": 0.99, "insult": 0.99}))
    assert (severity(found) > insult) is (label != "address")
    assert (severity(found) > 0.9) is (label == "locates_pupil")


def test_the_schools_words_are_whole_words_in_any_case_and_disguise() -> None:
    words = ["Gym*", "green lane gang", "snitch"]
    assert ("word", "word") in kinds("the GYMNASTS", words=words)
    assert ("word", "word") in kinds("Green  Lane gang rules", words=words)
    assert ("word", "word") in kinds("what a sni\u200btch", words=words)
    assert kinds("snitchy", words=words) == set()
    assert kinds("anything", words=["", "*", "  "]) == set()
    assert ("word", "word") in kinds("a.b(c is here", words=["a.b(c"])


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Watch live here bit.ly/natv", "phishing"),
        ("lovely day bit.ly/abc1", "link"),
        ("Your account has been suspended, verify your details at http://school-login.top/x", "phishing"),
        ("DM me to earn £500 a day", "phishing"),
        ("see https://casino.example/spin", "link"),
        ("cheap-shoes.shop", "link"),
        ("more followers at growfast.example", "phishing"),
        ("follow me back dear", "phishing"),
        ("his trading doubled my money", "phishing"),
    ],
)
def test_spam_and_phishing(text: str, label: str) -> None:
    assert ("spam", label) in kinds(text)


def test_threats_and_safeguarding_come_first_and_abuse_before_spam() -> None:
    threat = severity(flag("I will kill you", {}))
    model_threat = severity(flag("x", {"threat": DEFAULT_THRESHOLDS["threat"]}))
    safeguarding = severity(flag("my dad hits me", {}))
    abuse = severity(flag("x", dict.fromkeys(["toxicity", "insult", "obscene", "identity_attack"], 1.0)))
    mild = severity(flag("x", {"toxicity": DEFAULT_THRESHOLDS["toxicity"]}))
    data = severity(flag("ring 07911 123456", {}))
    spam = severity(flag("see bit.ly/abc1", {}))
    assert min(threat, model_threat, safeguarding) > abuse > mild > data > spam > 0
    assert severity([]) == 0.0


def test_more_reasons_never_weigh_less() -> None:
    one = flag("x", {"toxicity": 0.95})
    two = flag("ring 07911 123456", {"toxicity": 0.95})
    assert severity(two) > severity(one)
    assert flag("I will kill you", {"toxicity": 0.99})[0].kind == "threat"


def test_an_enormous_comment_is_flagged_for_its_length_and_its_end_is_read() -> None:
    text = "lovely day " * 90_000 + "I will kill you"
    began = time.monotonic()
    found = flag(text, {}, names=NAMES)
    assert {"length", "threat"} <= {reason.kind for reason in found}
    assert time.monotonic() - began < 10


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(codec=None), max_size=300), st.floats(0, 1))
def test_any_text_and_score_gives_reasons_in_order(text: str, score: float) -> None:
    found = flag(text, {"toxicity": score}, words=["snitch"], names=NAMES)
    assert all(isinstance(reason, Reason) and 0 <= reason.score <= 1 for reason in found)
    assert 0 <= severity(found) <= 1
    assert bool(found) == (severity(found) > 0)
    for reason in found:
        reason.detail.encode("utf-8")

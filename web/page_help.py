# ruff: noqa: E501 - sentences are easier to check unbroken
"""“What is this page?”: two or three sentences on every page, and where to go next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, before_render_template, current_app, g
from jinja2 import Template

from school.permissions import Action
from web.access import allowed
from web.doors import MARK, PUBLIC, SIGNED_IN
from web.navigation import navigation


@dataclass(frozen=True, slots=True)
class Help:
    """What one page is for."""

    says: str
    next: tuple[tuple[str, str], ...] = ()
    """Words and page of where to go from here."""
    besides: tuple[tuple[Action, str], ...] = ()
    """Further sentences, each for whoever may do that."""


_TODAY = ("Back to Today", "/")
_DRAFTS = ("All drafts", "/drafts")
_CALENDAR = ("The calendar", "/calendar")
_QUEUE = ("The queue of comments", "/moderation")
_LOG = ("The log", "/log")
_PRACTICE = ("What the practice platforms show", "/practice")
_CONSENT = ("The consent register", "/consent")
_ACCOUNTS = ("All accounts", "/accounts")
_PROTECTION = ("Data protection", "/data-protection")
_ME = ("My account", "/me")

HELP: Mapping[str, Help] = {
    "today/today.html": Help(
        "This page shows what waits for you, the most pressing first. A number leads to the page where you deal with it. When nothing waits, it shows what else you can do.",
        (_ME,),
    ),
    "security/sign_in.html": Help(
        "Sign in with your school e-mail address and your password, or with the school’s account elsewhere where a button offers it. The headteacher gives you access by a sign-up link. If you can’t get in, ask the headteacher or the network manager.",
    ),
    "join/join.html": Help(
        "The headteacher gave you access to Schoolgate. Choose a password to sign in with, and a PIN as your signature. The link that led you here works once.",
    ),
    "me/me.html": Help(
        "This page shows your roles and what you may write for. You can change your password and your PIN here. Only the headteacher can change your roles.",
        (_TODAY,),
    ),
    "join/recover.html": Help(
        "Two people at your school have confirmed that it is you. Choose a new password and a new PIN here, and you can sign in again. The link works once.",
    ),
    "security/second_step.html": Help(
        "The first step was right. Now type the code that the app on your phone shows. If you have no phone at hand, a recovery code does as well.",
    ),
    "security/with_provider.html": Help(
        "You were at the page where your school account is kept, and Schoolgate is asking there who you are. It learns your name and address from there, never your password. If it doesn’t work, your Schoolgate password lets you in.",
    ),
    "me/notifications.html": Help(
        "Here you choose which e-mails come at once, which come together once a day, and when none may come. What you must decide always comes at once. A browser or phone of yours can show notices, too.",
        (_ME,),
    ),
    "me/sign_in.html": Help(
        "Here you see how you sign in, and from which computers and phones you are signed in now. A code from your phone keeps others out, even if they know your password.",
        (_ME,),
    ),
    "me/app.html": Help(
        "An app on your phone shows a new code every half minute. Once it is set up, you type that code when you sign in. Any app for such codes will do.",
        (_ME,),
    ),
    "me/passkey.html": Help(
        "A passkey is kept by your phone or computer, which makes sure that it is you. It lets you in without a password. You can add several, and remove one when you part with the device.",
        (_ME,),
    ),
    "me/prove.html": Help(
        "You are about to change how you sign in. To make sure that nobody else sits at your computer, show once more that it is you.",
        (_ME,),
    ),
    "me/codes.html": Help(
        "Each of these codes lets you in once, when your phone is lost or broken. Print them or write them down now, since they are not shown again.",
        (_ME,),
    ),
    # Posts
    "drafts/list.html": Help(
        "Here is every post that you may see: being written, waiting for approval, scheduled or published. Open one to see how it stands. Nothing goes out before somebody has approved exactly that wording.",
        (_CALENDAR,),
    ),
    "drafts/form.html": Help(
        "Here you write a post. Tick the accounts, write the text, add pictures and say what they show, then choose a time. You can save and go on later; when you hand it in, whoever decides gets an e-mail.",
        (_DRAFTS,),
    ),
    "drafts/not_yet.html": Help(
        "Here posts are written by those who may. Above is what you still need, and where you get it.",
        (_DRAFTS,),
    ),
    "drafts/one.html": Help(
        "This is one post with all that happened to it: its wording, who decided what, and where it was published. If you change it after it was approved, it must be approved again.",
        (_DRAFTS, _CALENDAR),
    ),
    "drafts/faces.html": Help(
        "Schoolgate looked for faces in this picture. Tick those to be blurred, or draw a box of your own. Only the blurred copy leaves the school.",
        (_DRAFTS,),
    ),
    "approve/show.html": Help(
        "Somebody wrote a post and asks you to decide. Look at it as it will appear, choose what to do and sign with your PIN. Nothing happens before you press the button.",
    ),
    "approve/done.html": Help(
        "Your decision is kept with your name and the time, and the author gets an e-mail. An approved post goes out at its planned time.",
        (_DRAFTS,),
    ),
    "calendar/show.html": Help(
        "The calendar shows when posts go out and when they went out, by month, week or list. A post that waits for somebody’s word is marked. Press one to see it.",
        (_DRAFTS,),
    ),
    "calendar/move.html": Help(
        "Choose another time for this post. If it was approved already, it must be approved again, since the time belongs to what was approved.",
        (_CALENDAR,),
    ),
    "calendar/repeat.html": Help(
        "Make the same post for several days. Each is a draft of its own that you can change, and each needs its own approval.",
        (_CALENDAR,),
    ),
    "calendar/feed.html": Help(
        "With this address the calendar on your phone or computer shows what the school posts and when. Keep the address to yourself: whoever has it can read along. You can make a new one at any time.",
        (_CALENDAR,),
    ),
    "calendar/dates.html": Help(
        "Enter the school’s terms, holidays and other days here. Whoever writes a post then sees them beside the times to choose from.",
        (_CALENDAR,),
    ),
    "drafts/crop.html": Help(
        "Here you choose which part of a picture is shown. The buttons give it the shape that a platform shows uncut. The whole picture stays, so you can crop it differently later; a post that was approved already needs a new approval.",
        (_DRAFTS,),
    ),
    "drafts/templates.html": Help(
        "These are wordings that the school uses often, and its hashtags. Whoever writes a post can begin with one of them.",
        (_DRAFTS,),
    ),
    # Comments and followers
    "moderation/queue.html": Help(
        "These are comments that Schoolgate thinks a person should see. Read one, give a reason and say what is to be done. It is then done on the platform, and the log keeps who decided what.",
        (("What is left to do by hand", "/moderation/tasks"), _LOG),
    ),
    "moderation/entry.html": Help(
        "This is one comment with all that is known about it. On the left is the proof, kept as it was first seen. On the right you decide, and see what was done so far.",
        (_QUEUE, _LOG),
    ),
    "moderation/keys.html": Help(
        "Here you choose after how much abuse you are offered a break, and see the keys with which you go through the queue without a mouse. You can print the keys, or switch them off.",
        (_QUEUE,),
    ),
    "moderation/replies.html": Help(
        "These are answers that your school has ready, in its own tone. On an entry’s page one press puts one into the answer. It is sent only when somebody decides so.",
        (_QUEUE,),
    ),
    "moderation/done.html": Help(
        "This page shows what you decided today, and how much the others did. A decision of the last ten minutes can be taken back in the queue.",
        (_QUEUE, _LOG),
    ),
    "moderation/together.html": Help(
        "Here you decide on several comments at once. Take out those that need a closer look. Each gets its own line in the log.",
        (_QUEUE,),
    ),
    "moderation/tasks.html": Help(
        "Some things no program may do on a platform, and some failed. Do them there by hand, then tick them off here.",
        (_QUEUE,),
    ),
    "moderation/by_hand.html": Help(
        "Here you write down abuse that you saw somewhere else, such as in a parents’ chat. Say where and when, and add a picture if you have one. It goes into the same log as the rest.",
        (_QUEUE, _LOG),
    ),
    "moderation/rules.html": Help(
        "These words and limits decide which comments a person is asked to look at. They also say whether comments in languages that Schoolgate can’t read are put before people. You see what a change would do before you keep it. Earlier versions stay on record.",
        (_QUEUE,),
    ),
    "followers/queue.html": Help(
        "These people began to follow the school, or ask to. Look at what is known of each, then approve or remove them. What a platform lets no program do becomes a task for you.",
        (_QUEUE,),
    ),
    "followers/one.html": Help(
        "This is one follower with what the platform shows and what they wrote to the school. If their name or profile changes later, they are looked at again.",
        (("All followers", "/followers"),),
    ),
    "log/list.html": Help(
        "The log keeps every comment that was flagged or added by hand, and what was done about it. Nothing in it can be changed, only added to. You can search it and take it out as a file.",
        (_QUEUE,),
    ),
    "letters/templates.html": Help(
        "These are the letters that the school sends about comments. Change their words here; the words in curly brackets are filled in for each letter.",
        (_LOG,),
    ),
    "letters/choose.html": Help(
        "Choose which letter you begin with. You see it filled in, and can change every word before it becomes a PDF.",
        (_LOG,),
    ),
    "letters/write.html": Help(
        "On the left you change the letter, on the right you see it as its reader will. Once issued it is kept with the entry and can’t be changed.",
        (_LOG,),
    ),
    "documents/check.html": Help(
        "Somebody shows you a PDF from Schoolgate? Choose the file, and you learn whether it was made here, when, and that nobody changed it since. The file is not kept.",
        (_TODAY,),
    ),
    # Consent and data protection
    "consent/list.html": Help(
        "This register says for each pupil what the school may show, and where. A post with a pupil whose consent is missing can’t go out. Open a pupil to enter a consent or take one back.",
        (("Import the office’s list", "/consent/import"),),
    ),
    "consent/pupil.html": Help(
        "These are one pupil’s consents and the posts that show them. When a consent is taken back, posts that wait can’t be approved or go out as they are, their authors are told, and published ones are taken down.",
        (_CONSENT,),
    ),
    "consent/import.html": Help(
        "Import the school office’s list of pupils and consents. You see first what it would change; nothing is changed before you say so.",
        (_CONSENT,),
    ),
    "consent/preview.html": Help(
        "This is what the list would change. If a line can’t be read it is named here, and nothing of the list counts until it is mended. Press the button to take the whole list in.",
        (_CONSENT,),
    ),
    "protection/overview.html": Help(
        "Everything about people’s data is here: what is held on one person, how long things are kept, what must not be erased, and requests for information. The data protection officer decides; the headteacher can look.",
        (_TODAY,),
    ),
    "protection/people.html": Help(
        "Find one person: staff, a pupil, or somebody who wrote to the school on a platform. Their page shows what is held and has their file made.",
        (_PROTECTION,),
    ),
    "protection/person.html": Help(
        "This is what the school holds on one person. You can have a file made that they can read, keep things from being erased, or erase what they ask to have erased. Each decision needs a reason.",
        (_PROTECTION, ("Files that were made", "/data-protection/files")),
    ),
    "protection/file.html": Help(
        "Before somebody’s file is made you see what stays out of it: what was referred or reported, and names and addresses of others. Tick what goes in after all. A reason is asked for what was referred or reported.",
        (_PROTECTION, ("Files that were made", "/data-protection/files")),
    ),
    "protection/erase.html": Help(
        "Here you see what would be erased before anything goes. Tick what may go. What may still be needed, such as a threat or a worry about a child, is not ticked. Your PIN signs it, and nothing can be brought back.",
        (_PROTECTION, ("Put something on hold instead", "/data-protection/holds")),
    ),
    "protection/files.html": Help(
        "Files that somebody asked for wait here. Only who asked can fetch one, and after two weeks it is gone. Read a file before you send it on.",
        (_PROTECTION,),
    ),
    "protection/foi.html": Help(
        "Anybody may ask a school for what it has on record. Search what was posted and what was decided on those posts, and take it out in a file without pupils and the public.",
        (_PROTECTION,),
    ),
    "protection/holds.html": Help(
        "Put something on hold when it is needed for a complaint or a claim. Nothing erases it until you lift the hold.",
        (_PROTECTION,),
    ),
    "protection/retention.html": Help(
        "Each kind of record is kept for so long and then erased by itself. You see what goes next, and can change how long things are kept.",
        (_PROTECTION,),
    ),
    "protection/record.html": Help(
        "The law asks each school to write down which data it uses, why and for how long. This page says it as Schoolgate is set now. Print it for your records.",
        (_PROTECTION,),
    ),
    "anchors/list.html": Help(
        "Once a day Schoolgate sends out a short note of how far its records have come. With such a note anybody can prove later that nothing in them was changed.",
        (("The trail", "/audit"),),
    ),
    "audit/list.html": Help(
        "The trail shows all that was done, by whom and when, the newest first. To learn who looked at something that was referred, write its number or a name under About and choose “Who looked at referrals and the log”. Each line is locked to the one before, so that nobody can change it unseen.",
        (_TODAY,),
    ),
    # The school
    "accounts/list.html": Help(
        "These are the school’s accounts on X, Facebook and Instagram, with how each is doing. What is wrong is said on top, with what to do.",
        (_CALENDAR,),
        ((Action.STOP_PUBLISHING, "Here you can also stop everything that would go out."),),
    ),
    "accounts/one.html": Help(
        "This is one account: who looks after it, what it is for, and whether it is connected. An account needs two administrators and a day to go live before anything is posted.",
        (_ACCOUNTS,),
    ),
    "accounts/apps.html": Help(
        "This page is for whoever sets Schoolgate up with X and Meta, mostly the network manager. It is done once. After that accounts are connected by one button.",
        (_ACCOUNTS,),
    ),
    "accounts/connect.html": Help(
        "Here you connect an account of the school. You go to the platform’s own page, sign in there and come back. Schoolgate never sees the password.",
        (_ACCOUNTS,),
    ),
    "accounts/connection.html": Help(
        "This page shows how far connecting has come. It loads itself again while it waits.",
        (_ACCOUNTS,),
    ),
    "people/list.html": Help(
        "Here is everybody who may use Schoolgate. Add people, give them roles, and name who stands in for you when you are away.",
        (("Who has been trained", "/training"),),
    ),
    "people/person.html": Help(
        "This is one person: their roles, and the accounts that they may write for. When somebody leaves, close their access here.",
        (("All people", "/people"),),
    ),
    "people/sign.html": Help(
        "Some roles let a person do much. Before one is given or taken you see here what it means, and sign with your PIN. So nobody can do it who only finds your browser open.",
        (("All people", "/people"),),
    ),
    "people/sign_ins.html": Help(
        "When somebody has lost their password or their phone, two people confirm that it is them. Then they get a link to choose a new password. You also see how they sign in.",
        (("All people", "/people"),),
    ),
    "people/link.html": Help(
        "Give this link to the person, by e-mail or on paper. With it they choose their password and PIN. It works once. If it is lost, make a new one here.",
        (("All people", "/people"),),
    ),
    "terms/terms.html": Help(
        "These are the school’s rules for social media. Everybody accepts them once, and again when they change. Until then a post can’t be handed in. The consent record is where you write a post: beside each pupil’s name.",
        (_TODAY,),
    ),
    "terms/training.html": Help(
        "Here is who has been trained, and until when it counts. Without training nobody can hand in a post. After an incident you can ask everybody to be trained again.",
        (("All people", "/people"),),
    ),
    "forms/list.html": Help(
        "These are the forms of the school’s policy, and those that were filled in. Choose one to fill in, or open one that waits for your answer.",
        (_TODAY,),
    ),
    "forms/new.html": Help(
        "Fill in the form and send it. It goes to whoever has to answer it, and you get an e-mail when they have.",
        (("All forms", "/forms"),),
    ),
    "forms/entry.html": Help(
        "This is one form that was filled in, with every answer and signature so far.",
        (("All forms", "/forms"),),
    ),
    "reports/report.html": Help(
        "This report shows how a term went: how far the posts came and, for those who lead the school, comments, decisions and how quickly they were made. They can take it as a PDF for the governors.",
        (_TODAY,),
    ),
    "reports/charts.html": Help(
        "These pictures show how the posts went over some weeks and, for those who lead the school, flags, decisions and costs. Under each are its numbers. Choose other days above.",
        (_TODAY,),
    ),
    "devices/list.html": Help(
        "Only devices that belong to the school may take pictures for posts. Write them down here; whoever writes a post then chooses from the list.",
        (_TODAY,),
    ),
    "troubles/list.html": Help(
        "What stays wrong in Schoolgate itself is here, such as e-mails that could not be sent. Each says what to do. Most things mend themselves.",
        (_ACCOUNTS,),
    ),
    # Practice and mail
    "practice/wall.html": Help(
        "This is what the public sees on a made-up platform. Write as anybody, follow the school, be rude: it all comes in as it would from the real one. Nothing here reaches real people.",
        (_QUEUE,),
    ),
    "practice/behind.html": Help(
        "These are the people of the made-up platforms and what they are to each other. Use them to practise.",
        (_PRACTICE,),
    ),
    "practice/faults.html": Help(
        "Make the made-up platforms misbehave, to see what Schoolgate does then. Switch it off again when you have seen enough.",
        (_ACCOUNTS,),
    ),
    "practice/none.html": Help(
        "The made-up platforms run only where Schoolgate was started as a practice school.",
        (_TODAY,),
    ),
    "practice/mailbox.html": Help(
        "No mail server is set, so all mail that Schoolgate sends lands here. You see the e-mails to you, the newest first.",
        (_TODAY,),
    ),
    "practice/mail.html": Help(
        "This is an e-mail as a mail program shows it. Its links work.",
        (("The mailbox", "/practice/mailbox"),),
    ),
}  # fmt: skip
"""By template. Error pages say themselves what to do."""


def page_help(practice: bool) -> Help | None:
    """What the page being made says of itself, with those ways on that the person may go."""
    found = HELP.get(g.get("page_template", ""))
    if found is None:
        return None
    menu = {item.path for item, _here in navigation(practice)} - {"/"}
    open_to_all = {"/", "/me"} if menu else set()
    return Help(
        " ".join([found.says, *(words for action, words in found.besides if allowed(action))]),
        tuple(
            (words, path)
            for words, path in found.next
            if _opens(path)
            and (path in open_to_all or any(f"{path}/".startswith(f"{one}/") for one in menu))
        ),
    )


def _opens(path: str) -> bool:
    """Whether the page there lets in the person signed in, by the mark on its view."""
    endpoint, _ = current_app.url_map.bind("").match(path)
    mark = getattr(current_app.view_functions[endpoint], MARK, ())
    return mark in {PUBLIC, SIGNED_IN} or any(allowed(action) for action in mark)


def install(app: Flask) -> None:
    """Let the base layout know which page it stands around."""
    before_render_template.connect(_note, app)
    app.jinja_env.globals["page_help"] = page_help


def _note(_app: Flask, *, template: Template, context: dict[str, Any]) -> None:
    # The first one of a request is the page; what it includes is no page of its own.
    if "page_template" not in g:
        g.page_template = template.name or ""

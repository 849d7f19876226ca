"""Who may do what beside the pages: by a command on the server, or by a task long after somebody asked (P2).

The one table that docs/permissions.md and the tests read, beside `school.permissions`. Whoever may start a
command is the server's user, and with that has the database and the key: no command can keep anything from
them. So those that change something leave a line in the trail, and those that decide something of the
school's ask in whose name, and look whether that person may.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommandRule:
    """One command. Whoever works at the server may start it."""

    command: str
    does: str
    named: str = ""
    """The option that names the headteacher who decides it; empty: nobody of the school decides it."""
    trail: str = ""
    """The line that it leaves; empty: it changes nothing that the school decides."""


_C = CommandRule
COMMANDS: tuple[CommandRule, ...] = (
    _C("run", "starts everything", trail="settings_changed"),
    _C("web", "starts the pages", trail="settings_changed"),
    _C("worker", "starts the background work", trail="settings_changed"),
    _C("scheduler", "starts the clock of the background work", trail="settings_changed"),
    _C("setup", "makes the school and its first headteacher, once", trail="school_set_up"),
    _C("migrate", "brings the tables to this version"),
    _C("people add", "adds a person", named="--by", trail="person_added"),
    _C("people list", "shows who is there"),
    _C("people grant", "gives a role", named="--by", trail="role_granted"),
    _C("people withdraw", "takes a role or a leave away", named="--by", trail="role_withdrawn"),
    _C("people authorise", "lets somebody write for an account", named="--by", trail="authorised"),
    _C("people recover", "lets somebody in again; they and the headteacher are told",
       trail="recovery_by_command"),
    _C("accounts adopt", "takes an account over", named="--adopted-by", trail="account_adopted"),
    _C("accounts list", "shows the accounts"),
    _C("keys rotate", "encrypts anew", trail="keys_rotated"),
    _C("keys start-anew", "goes on without a lost key", trail="keys_started_anew"),
    _C("poll", "reads the accounts, as the workers do"),
    _C("classify", "scores texts that it is given"),
    _C("evaluate", "measures the classifier; of decisions it prints numbers alone"),
    _C("model list", "shows the models"),
    _C("model fetch", "fetches a model and has it score", trail="model_put_to_use"),
    _C("model use", "has another model score", trail="model_put_to_use"),
    _C("model train", "trains a model"),
    _C("model compare", "compares two models"),
    _C("log export", "takes the log out, all of it", trail="log_exported"),
    _C("audit verify", "checks trail, log and anchors"),
    _C("audit document", "says whether a file was made here"),
    _C("backup", "copies everything into a file", trail="backup_made"),
    _C("restore", "puts a backup back", trail="restored_from_backup"),
    _C("doctor", "looks whether all is well"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TaskRule:
    """One kind of background work: in whose name it acts, and what it asks again before it does."""

    task: str
    name_of: str
    """Who had asked for it, and how; “nobody”: it follows from the clock or from what a platform shows."""
    asks_again: str
    asked_by: str
    """The function that asks, as `module.function`."""


_T = TaskRule
TASKS: tuple[TaskRule, ...] = (
    _T("publish.look", "nobody", "nothing: each post is asked about when it is taken up",
       "approvals.publishing.accounts_due"),
    _T("publish.account", "the approver of exactly this revision",
       "the approval and its hash, the author's leave, consent for each pupil, the account, the stop, the "
       "time; and all of it once more just before it is sent", "approvals.permits.why_not"),
    _T("publish.find", "the same", "nothing: it only reads, and sends nothing",
       "approvals.reconciling.due_looks"),
    _T("publish.takedowns", "whoever recorded that consent was withdrawn",
       "that consent lacks for a post that is out", "approvals.takedowns.open_for_withdrawn_consent"),
    _T("publish.take_down", "the same, or who asked for it", "that it still waits",
       "approvals.takedowns.due"),
    _T("publish.sweep", "nobody", "that nobody approved it in time", "approvals.schedule.miss_unapproved"),
    _T("actions.look", "whoever decided on the entry; a decision stands when their role ends",
       "that it was not taken back, and the account is not closed", "moderation.actions.claim_action"),
    _T("actions.pictures", "whoever asked for the picture as evidence", "that the entry was not erased",
       "moderation.came_with.claim"),
    _T("actions.links", "whoever writes or decides on the draft", "nothing: it only reads",
       "approvals.link_looks.claim"),
    _T("actions.links_again", "nobody", "that the draft still waits for a decision",
       "approvals.link_looks.ask_for_waiting"),
    _T("actions.exports", "the DPO who asked", "that they are still here and still DPO",
       "school.exports.claim"),
    _T("actions.sign_ins", "nobody", "that ten minutes aren't over", "school.single_sign_on.claim"),
    _T("actions.sign_in", "whom the school's provider sent back",
       "that they are in the register and here, and the account is theirs", "school.provider_links.find"),
    _T("actions.provider", "nobody", "nothing: it only reads", "school.single_sign_on.take_document"),
    _T("actions.erase", "the school's periods", "the period, and every hold", "school.retention.erase_batch"),
    _T("poll.look", "nobody", "that the account is in use", "moderation.polling.due"),
    _T("poll.account", "nobody", "the same, as it takes the account up", "moderation.polling.claim_poll"),
    _T("poll.probe", "nobody", "that the account is in use", "school.probes.due"),
    _T("poll.probe_account", "nobody", "the same", "school.probes.claim"),
    _T("poll.reach", "nobody", "that the account is in use and the post still out", "approvals.reach.due"),
    _T("poll.reach_account", "nobody", "the same, as it takes the posts up", "approvals.reach.claim"),
    _T("poll.connect", "whoever pressed Connect", "that their quarter of an hour isn't over",
       "school.connecting.claim"),
    _T("poll.connect_account", "whoever pressed Connect",
       "their role, the signed form, the school's address, that the account isn't closed",
       "school.connecting.finish"),
    _T("mail.look", "whoever had it sent", "that the person isn't shut out", "school.mail.claim"),
    _T("mail.push", "whoever turned notices on in that browser", "that they are here", "school.push.claim"),
    _T("mail.returned", "nobody", "nothing: it only reads", "school.bounce_mailbox.look"),
    _T("mail.watch", "nobody", "who headteacher and network manager are now", "school.incidents.note"),
    _T("mail.remind", "nobody", "who holds the role now", "school.reminders.due_now"),
    _T("mail.anchor", "nobody", "who chairs the governors now", "moderation.anchors.make"),
    _T("mail.asks", "the author who handed it in", "who may decide now, and that nobody has",
       "approvals.asking_again.remind"),
    _T("mail.digests", "nobody", "that the person is here, and may be told of each kind with their roles now",
       "school.digests.send"),
    _T("classify.look", "nobody", "nothing: it scores what was fetched", "moderation.scoring.take_unscored"),
    _T("classify.again", "whoever asked; it stands when their role ends", "that it was not stopped",
       "moderation.rescoring.take"),
    _T("classify.words", "whoever asked at the page", "nothing: it shows words of a text that they see",
       "moderation.carrying_words.waits"),
    _T("classify.pictures", "whoever added the picture", "that it is still there", "approvals.looks.waits"),
    _T("classify.videos", "whoever added the video", "that it is still there", "approvals.videos.waits"),
    _T("classify.sweep_videos", "nobody", "that nobody is sending it any more", "approvals.videos.sweep"),
    _T("classify.seal_pictures", "nobody", "nothing: it encrypts what isn't", "school.mail.seal_some"),
)  # fmt: skip

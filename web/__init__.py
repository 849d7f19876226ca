"""The pages. How they are written:

One module per room's subject (`web/people.py`), each with `pages = Blueprint("people", __name__)`, its
templates in `web/templates/people/`, registered in `web/app.py`. Endpoints are `people.show`, named like
functions.

Access. Every view carries exactly one of `@needs(Action.X, ...)` (any of these actions; put it under the
route decorator), `@signed_in` (everybody who is signed in) or `@public`, all of `web.access`; a test fails
for a view with none. Somebody not signed in is sent to the sign-in page and comes back; somebody without
the role gets a 403 page. `current_person()` is who is signed in, detached from any session; inside a `with
transaction() as session` use `current_person(session)`, which is that person's row in this session, as it
is now.

Reading: `with reading() as session:` in every GET; build all that the template needs inside it. Never
`transaction()` in a GET: on SQLite that would wait for the one writer.

Writing: POST only; `with transaction() as session:` around one call of a room's function, then `flash("What
was done.", "success")` and `redirect(url_for(...))`. Never call a platform, mail server or classifier in a
handler. Every form has `{{ ui.token() }}` (CSRF).

Bad input: nothing typed is lost. `typed = Typed(request.form)` (web.forms); on `except BadInput as error`
render the same page with `typed.refuse(error)` and status 400; the macros put the sentence beside the field
that `error.field` names (above the form where it names none) and keep the values. Errors that are not
caught become pages by themselves (web.errors): NotPermitted 403, NotFound 404, MoveNotAllowed 409,
LinkExpired 410, BadInput 400.

Templates: `{% extends "base.html" %}{% import "macros.html" as ui with context %}`, blocks `title` and
`content` (and `scripts` for `<script src="{{ url_for('static', filename='x.js') }}" defer></script>`).
Fields: `ui.field`, `ui.area`, `ui.choice`, `ui.tick`, `ui.button`; also `ui.empty`, `ui.badge`, `ui.facts`.
Times: `{{ moment|say }}`. `{{ may(Action.X) }}` asks for the person signed in. The policy for content is
strict: no inline `<script>`, no `on…=` and no `style=` attribute, nothing from another host; scripts and
styles are files in `web/static/`, and every page works without them. Bootstrap's classes and script are
there, served from here.
"""

// Says when something has changed since the page was made: [data-live] holds the address to ask,
// [data-mark] what it answered then. With [data-live-reload] an untouched page shows it by itself; an
// element [data-live-new] inside is told how many have come. It makes no sound, and ends with the session.
(function () {
  "use strict";
  var notice = document.querySelector("[data-live]");
  if (!notice) {
    return;
  }
  var words = notice.querySelector("[data-live-new]");
  var ITSELF = "schoolgate_by_itself=1";
  var touched = false;
  var etag = "";
  var every = words ? 4000 : 3000;
  var wait = every;
  document.addEventListener("input", function () { touched = true; });
  document.addEventListener("toggle", function () { touched = true; }, true);
  // Whoever goes through the page by keys would be thrown back to its beginning.
  document.addEventListener("focusin", function (event) {
    touched = touched || event.target.matches("main a, main button, main summary");
  });
  if (document.cookie.indexOf(ITSELF) >= 0 && document.activeElement === document.body && !window.location.hash) {
    document.getElementById("content").focus({preventScroll: true});
  }

  function show(found) {
    if (notice.hasAttribute("data-live-reload") && !touched) {
      // The server must not take this for its reader being here.
      document.cookie = ITSELF + "; max-age=5; path=/; samesite=lax";
      window.location.reload();
      return;
    }
    if (words && found.new) {
      words.textContent = (found.more ? "More than " : "") + found.new +
        (found.new === 1 ? " new entry has come." : " new entries have come.");
    }
    notice.hidden = false;
  }

  function later() {
    window.setTimeout(ask, wait);
  }

  function ask() {
    // What is known already need not be asked; a count goes on.
    if (document.hidden || (!notice.hidden && !words)) {
      later();
      return;
    }
    var headers = { "Accept": "application/json" };
    if (etag) {
      headers["If-None-Match"] = etag;
    }
    fetch(notice.dataset.live, { headers: headers, redirect: "manual", cache: "no-store" })
      .then(function (answer) {
        if (answer.type === "opaqueredirect" || answer.status === 403 || answer.status === 404) {
          // Signed out, or no longer allowed: whoever looks at the page again is told by the page.
          wait = 0;
          return null;
        }
        wait = answer.ok || answer.status === 304 ? every : Math.min(wait * 2, 60000);
        etag = answer.headers.get("ETag") || etag;
        return answer.ok ? answer.json() : null;
      })
      .then(function (found) {
        if (found && found.mark !== notice.dataset.mark) {
          show(found);
        }
      })
      .catch(function () { wait = Math.min(wait * 2, 60000); /* The server is away: ask more seldom. */ })
      .finally(function () {
        if (wait) {
          later();
        }
      });
  }

  document.addEventListener("visibilitychange", function () {
    // Nobody waits for a slow question after coming back to the tab.
    if (!document.hidden && wait) {
      wait = every;
    }
  });
  later();
})();

// A page that waits for something ([data-waiting]: milliseconds between looks) is loaded anew once it would say
// something else, so that nobody who has it read out hears the same again and again. Without scripts it just
// loads itself anew.
(function () {
  "use strict";
  var here = document.querySelector("[data-waiting]");
  if (!here) {
    return;
  }
  var every = Number(here.dataset.waiting);
  var wait = every;
  var said = here.textContent;

  function ask() {
    fetch(window.location.href, {credentials: "same-origin", cache: "no-store"})
      .then(function (answer) {
        wait = answer.status < 500 ? every : Math.min(wait * 2, 60000);
        return answer.status < 500 ? answer.text() : null;
      })
      .then(function (text) {
        if (text === null) {
          return;
        }
        var there = new DOMParser().parseFromString(text, "text/html").querySelector("[data-waiting]");
        if (!there || there.textContent !== said) {
          wait = 0;
          window.location.reload();
        }
      })
      .catch(function () { wait = Math.min(wait * 2, 60000); /* The server is away: ask more seldom. */ })
      .finally(function () {
        if (wait) {
          window.setTimeout(ask, wait);
        }
      });
  }

  window.setTimeout(ask, wait);
})();

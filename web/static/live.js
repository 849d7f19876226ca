// Says when something has changed since the page was made: [data-live] holds the address to ask,
// [data-mark] what it answered then. With [data-live-reload] an untouched page shows it by itself.
(function () {
  "use strict";
  var notice = document.querySelector("[data-live]");
  if (!notice) {
    return;
  }
  var touched = false;
  document.addEventListener("input", function () { touched = true; });
  document.addEventListener("toggle", function () { touched = true; }, true);
  function ask() {
    if (document.hidden || !notice.hidden) {
      return;
    }
    fetch(notice.dataset.live, { headers: { "Accept": "application/json" }, redirect: "error" })
      .then(function (answer) { return answer.ok ? answer.json() : null; })
      .then(function (found) {
        if (!found || found.mark === notice.dataset.mark) {
          return;
        }
        if (notice.hasAttribute("data-live-reload") && !touched) {
          window.location.reload();
        } else {
          notice.hidden = false;
        }
      })
      .catch(function () { /* The server is away for a moment: the next question will tell. */ });
  }
  window.setInterval(ask, 3000);
})();

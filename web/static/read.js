// Whoever opens a post reads what was said about it: noted without a press, and only while the page is to be seen.
(function () {
  "use strict";
  var form = document.querySelector("[data-read]");
  if (!form) {
    return;
  }
  function note() {
    if (document.visibilityState !== "visible") {
      return;
    }
    document.removeEventListener("visibilitychange", note);
    fetch(form.action, {method: "POST", body: new FormData(form), redirect: "manual"}).then(function () {
      form.hidden = true;
    }, function () {
      // The button stays.
    });
  }
  document.addEventListener("visibilitychange", note);
  note();
})();

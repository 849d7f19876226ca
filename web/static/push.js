// Turns notices on in this browser. The form [data-push] is sent with what the browser says to the school's key.
(function () {
  "use strict";
  var form = document.querySelector("form[data-push]");
  if (!form) {
    return;
  }

  function say(which) {
    document.querySelectorAll("[data-push-said]").forEach(function (one) {
      one.hidden = one.dataset.pushSaid !== which;
    });
  }

  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) {
    say("unable");
    return;
  }
  form.hidden = false;
  if (Notification.permission === "denied") {
    say("denied");
  }

  function bytes(text) {
    var plain = window.atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (letter) { return letter.charCodeAt(0); });
  }

  function ask() {
    return fetch(form.dataset.key, {method: "POST", body: new FormData(form), credentials: "same-origin"})
      .then(function (answer) {
        if (!answer.ok) {
          throw new Error("refused");
        }
        return answer.json();
      })
      .then(function (told) {
        return navigator.serviceWorker.register(form.dataset.worker, {scope: "/"})
          .then(function () { return navigator.serviceWorker.ready; })
          .then(function (worker) {
            // One that was made for a former key is of no use any more.
            return worker.pushManager.getSubscription()
              .then(function (old) { return old ? old.unsubscribe() : null; })
              .then(function () {
                return worker.pushManager.subscribe({userVisibleOnly: true, applicationServerKey: bytes(told.key)});
              });
          });
      })
      .then(function (subscription) {
        form.elements.subscription.value = JSON.stringify(subscription.toJSON());
        form.submit();
      });
  }

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    say("asking");
    // Some browsers ask behind a small sign, and nothing comes back until somebody finds it.
    var unanswered = window.setTimeout(function () { say("unanswered"); }, 8000);
    Notification.requestPermission()
      .then(function (permission) {
        window.clearTimeout(unanswered);
        if (permission !== "granted") {
          say("denied");
          return null;
        }
        return ask();
      })
      .catch(function () { say("failed"); });
  });
})();

// Keeps a draft at the school's own server while it is written, never in the browser. Without it nothing changes.
(function () {
  "use strict";
  var form = document.querySelector("form[data-keep]");
  var said = document.getElementById("kept-said");
  if (!form || !said) {
    return;
  }
  var WAIT = 3000;
  var timer = null;
  var sending = false;
  // Whether what is written is on its way to be saved, and whether it was thrown away.
  var sent = false;
  var thrown = false;
  var under = new AbortController();

  function values() {
    var data = new FormData(form);
    data.delete("new_pictures");
    data.delete("new_video");
    data.delete("do");
    return data;
  }

  function written() {
    // Nobody wants to be asked about a form in which a box was ticked.
    return form.querySelector('input[name="media"], input[name="video"]') !== null ||
      Array.from(form.querySelectorAll("textarea")).some(function (one) { return one.value.trim() !== ""; });
  }

  function keep() {
    timer = null;
    if (sent || thrown || !written()) {
      return;
    }
    if (sending) {
      timer = window.setTimeout(keep, WAIT);
      return;
    }
    sending = true;
    fetch(form.dataset.keep, {method: "POST", body: values(), credentials: "same-origin", redirect: "manual",
      signal: under.signal})
      .then(function (answer) {
        if (answer.status === 204) {
          said.textContent = "Kept at " + new Date().toLocaleTimeString("en-GB", {hour: "2-digit", minute: "2-digit"}) +
            ", not saved yet.";
        } else if (answer.status === 400) {
          said.textContent = "You signed in anew, so this page keeps nothing more. Press Save: what you wrote comes with you.";
        } else if (answer.status === 401 || answer.type === "opaqueredirect") {
          said.textContent = "You are signed out. Press Save: what you wrote comes with you.";
        } else {
          said.textContent = "It can't be kept while you write. Save it before you leave this page.";
        }
      })
      .catch(function (error) {
        if (error.name === "AbortError") {
          return;
        }
        said.textContent = "Schoolgate can't be reached at the moment. Don't close this page before you have saved.";
      })
      .finally(function () { sending = false; });
  }

  function changed(event) {
    // Pictures and videos take as long as they take: only who writes on meanwhile has something new to keep. What a
    // script puts right in the form is nobody's writing.
    if (event.isTrusted) {
      sent = false;
    }
    if (timer === null) {
      timer = window.setTimeout(keep, WAIT);
    }
  }

  // Whoever leaves keeps the last seconds, too. A browser sends no more than 64 kB then; the rest was kept before.
  window.addEventListener("pagehide", function () {
    if (timer === null || sent || thrown || !written()) {
      return;
    }
    window.clearTimeout(timer);
    timer = null;
    fetch(form.dataset.keep, {method: "POST", body: values(), credentials: "same-origin", redirect: "manual",
      keepalive: true}).catch(function () {
      // The page is gone: nobody is there to be told.
    });
  });
  // What is thrown away must not be kept once more by leaving; what is thrown away of another form is another's.
  document.addEventListener("submit", function (event) {
    if (event.target.closest("[data-of-this-form]") !== null) {
      thrown = true;
      window.clearTimeout(timer);
      timer = null;
      under.abort();
    }
  });
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("submit", function () {
    sent = true;
    // What is on its way must not come in after what is being saved.
    under.abort();
    under = new AbortController();
  });
  // Back on this page, as the browser remembers it.
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) {
      sent = false;
    }
  });
})();

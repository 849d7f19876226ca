// Shows how a post will look while it is written. The server draws it, as it does for whoever approves; it tells
// what a worker has found in the links and the pictures meanwhile, too.
(function () {
  "use strict";
  var form = document.querySelector("form[data-look]");
  var place = document.querySelector("[data-looks]");
  if (!form || !place) {
    return;
  }
  var WAIT = 700;
  var timer = null;
  // How often, and how long apart, it is asked whether a worker has looked at the links and the pictures.
  var LOOKS = 12;
  var LOOKS_WAIT = 1500;
  var looksTimer = null;
  var asked = null;

  function look(settled, left) {
    var data = new FormData(form);
    window.clearTimeout(looksTimer);
    if (settled) {
      data.set("settled", "yes");
    }
    data.delete("new_pictures");
    data.delete("new_video");
    if (asked) {
      asked.abort();
    }
    asked = new AbortController();
    fetch(form.dataset.look, {method: "POST", body: data, credentials: "same-origin", redirect: "manual",
      headers: {Accept: "application/json"}, signal: asked.signal})
      .then(function (answer) { return answer.ok ? answer.json() : null; })
      .then(function (told) {
        if (!told) {
          return;
        }
        if (place.innerHTML !== told.html) {
          place.innerHTML = told.html;
        }
        var about = document.getElementById("about-day");
        if (about.textContent !== told.about_day) {
          about.textContent = told.about_day;
        }
        // The server counts as the platforms do; what was counted here is put right by it.
        form.dispatchEvent(new CustomEvent("counted", {detail: told.left}));
        form.querySelectorAll("[data-faces]").forEach(function (one) {
          var found = told.faces[one.dataset.faces];
          if (found && one.textContent !== found) {
            one.textContent = found;
          }
        });
        if ((told.links_wait || told.faces_wait) && left > 0) {
          looksTimer = window.setTimeout(function () { look(false, left - 1); }, LOOKS_WAIT);
        }
      })
      .catch(function () {
        // The school's server isn't reached at the moment: what keeps the draft says so.
      });
  }

  function soon(settled) {
    window.clearTimeout(timer);
    timer = window.setTimeout(function () { look(settled, LOOKS); }, WAIT);
  }

  form.addEventListener("input", function () { soon(false); });
  // A field that is left holds whole addresses, which can be looked at.
  form.addEventListener("change", function () { soon(true); });
  if (/https?:/i.test(form.elements.namedItem("text").value + form.elements.namedItem("link").value)) {
    soon(true);
  } else if (form.querySelector("[data-faces-wait]")) {
    soon(false);
  }
  // A hashtag goes where the writer is, without loading the page anew.
  var text = form.elements.namedItem("text");
  form.querySelectorAll("[data-hashtag]").forEach(function (button) {
    button.addEventListener("click", function (event) {
      event.preventDefault();
      var at = text.selectionEnd;
      var before = text.value.slice(0, at);
      var words = (before && !/\s$/.test(before) ? " " : "") + button.dataset.hashtag + " ";
      text.setRangeText(words, at, at, "end");
      text.focus();
      text.dispatchEvent(new Event("input", {bubbles: true}));
    });
  });

  // Pictures that are dropped on the form are chosen, and added at once.
  var files = document.getElementById("new_pictures");

  function carriesFiles(event) {
    return Array.from(event.dataTransfer.types).includes("Files");
  }

  form.addEventListener("dragover", function (event) {
    if (carriesFiles(event)) {
      event.preventDefault();
      form.classList.add("dropping");
    }
  });
  form.addEventListener("dragleave", function (event) {
    if (!form.contains(event.relatedTarget)) {
      form.classList.remove("dropping");
    }
  });
  form.addEventListener("drop", function (event) {
    form.classList.remove("dropping");
    if (!carriesFiles(event)) {
      return;
    }
    event.preventDefault();
    var pictures = Array.from(event.dataTransfer.files).filter(function (file) {
      return file.type.startsWith("image/") || /\.hei[cf]$/i.test(file.name);
    });
    var chosen = new DataTransfer();
    pictures.forEach(function (file) { chosen.items.add(file); });
    var said = document.getElementById("new_pictures-said");
    said.textContent = pictures.length < event.dataTransfer.files.length ? "Only pictures can be dropped here." : "";
    if (!pictures.length) {
      return;
    }
    files.files = chosen.files;
    files.dispatchEvent(new Event("change", {bubbles: true}));
    form.requestSubmit(document.getElementById("add-pictures"));
  });
})();

// Shows how a post will look while it is written. The server draws it, as it does for whoever approves.
(function () {
  "use strict";
  var form = document.querySelector("form[data-look]");
  var place = document.querySelector("[data-looks]");
  if (!form || !place) {
    return;
  }
  var WAIT = 700;
  var timer = null;
  var asked = null;

  function look() {
    var data = new FormData(form);
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
      })
      .catch(function () {
        // The school's server isn't reached at the moment: what keeps the draft says so.
      });
  }

  function soon() {
    window.clearTimeout(timer);
    timer = window.setTimeout(look, WAIT);
  }

  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
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

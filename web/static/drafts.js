// Counts the characters of a draft while it is typed, as each platform counts them. The server counts again.
(function () {
  "use strict";
  var form = document.querySelector(".draft-form");
  if (!form) {
    return;
  }
  var common = form.elements.namedItem("text");
  var link = form.elements.namedItem("link");
  var ADDRESS = /https?:\/\/[^\s]+/gi;

  function weight(point) {
    var light = point <= 0x10ff || (point >= 0x2000 && point <= 0x200d) ||
      (point >= 0x2010 && point <= 0x201f) || (point >= 0x2032 && point <= 0x2037);
    return light ? 1 : 2;
  }

  function lengthOnX(text) {
    var addresses = (text.match(ADDRESS) || []).length;
    var rest = text.replace(ADDRESS, "").normalize("NFC");
    var parts = typeof Intl.Segmenter === "function"
      ? Array.from(new Intl.Segmenter("en", {granularity: "grapheme"}).segment(rest), function (one) { return one.segment; })
      : Array.from(rest);
    return addresses * 23 + parts.reduce(function (sum, part) {
      if (/\p{Extended_Pictographic}/u.test(part)) {
        return sum + 2;
      }
      return sum + Array.from(part).reduce(function (inner, char) { return inner + weight(char.codePointAt(0)); }, 0);
    }, 0);
  }

  function shown(text, platform) {
    var address = link.value.trim();
    var shows = form.querySelector("input[name=media], input[name=video]") !== null;
    var hasField = platform === "facebook" && !shows;
    if (!address || hasField || text.includes(address)) {
      return text;
    }
    return text.trim() ? text.trimEnd() + "\n" + address : address;
  }

  // Once an account is ticked, that none was chosen is no longer true.
  form.addEventListener("change", function (event) {
    var wrong = document.getElementById("accounts-error");
    if (event.target.name === "account" && event.target.checked && wrong) {
      wrong.classList.remove("d-block");
    }
  });

  function count() {
    form.querySelectorAll("[data-counter]").forEach(function (line) {
      var box = form.querySelector("#account-" + CSS.escape(line.dataset.counter));
      var own = form.querySelector("[data-own='" + line.dataset.counter + "']");
      var words = own && own.value.trim() ? own.value : common.value;
      var text = shown(words.trim(), line.dataset.platform);
      var length = line.dataset.platform === "x" ? lengthOnX(text) : Array.from(text).length;
      line.querySelector("[data-count]").hidden = !(box && box.checked);
      say(line, Number(line.dataset.limit) - length);
    });
  }

  function say(line, left) {
    var said = line.querySelector("[data-count]");
    said.textContent = left >= 0 ? left.toLocaleString("en-GB") + " left" : (-left).toLocaleString("en-GB") + " too many";
    said.className = left >= 0 ? "" : "text-danger-emphasis";
  }

  form.addEventListener("counted", function (event) {
    form.querySelectorAll("[data-counter]").forEach(function (line) {
      if (line.dataset.counter in event.detail) {
        say(line, event.detail[line.dataset.counter]);
      }
    });
  });

  // A file that is too large is said at once: it isn't sent for nothing, and the text stays where it is.
  function watch(files, what) {
    var said = document.getElementById(files.id + "-said");

    function tooLarge() {
      var most = Number(files.dataset.maxBytes);
      var names = Array.from(files.files).filter(function (file) { return file.size > most; }).map(function (file) {
        return "“" + file.name + "” has " + Math.ceil(file.size / 1048576) + " MB";
      });
      said.textContent = names.length ? names.join(", ") + ": at most " + Math.floor(most / 1048576) +
        " MB are taken for " + what + ". Save it smaller, or choose another." : "";
      return names.length > 0;
    }

    files.addEventListener("change", tooLarge);
    form.addEventListener("submit", function (event) {
      if (tooLarge()) {
        event.preventDefault();
        event.stopPropagation();
        files.focus();
      }
    });
  }

  watch(document.getElementById("new_pictures"), "each picture");
  watch(document.getElementById("new_video"), "a video");

  form.addEventListener("input", count);
  form.addEventListener("change", count);
})();

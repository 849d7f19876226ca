// The queue by keyboard, and the count of texts that were uncovered. All of it is conveniences: every act is a
// form or a link of the page, which work without scripts. Keys only press what the page shows.
(function () {
  "use strict";
  var page = document.querySelector("[data-keys]");
  if (!page) {
    return;
  }
  var single = page.dataset.keys === "on";
  var dialog = document.getElementById("keys-help");
  var said = document.getElementById("keys-said");
  var items = Array.from(document.querySelectorAll("[data-entry]"));
  var alone = items.length === 1 && items[0].hasAttribute("data-alone");
  var at = -1;
  var armed = null;
  // What stood in the reason before a key was pressed, and the reasons written since for a decision not sent.
  var had = "";
  // Whether the box of an entry's own page was ticked before, and the field to which the key led there.
  var ticked = false;
  var led = null;
  var meant = new WeakMap();
  // Texts that were uncovered and count no more towards the offer of a pause.
  var counted = new WeakSet();
  var quiet = null;
  var undoing = false;
  // What is said while letters do nothing, since they are meant as a reason; empty otherwise.
  var deaf = "";

  function say(words) {
    said.textContent = words;
    window.clearTimeout(quiet);
    quiet = window.setTimeout(function () {
      said.textContent = "";
      undoing = false;
    }, 8000);
  }

  function current() {
    var inside = document.activeElement && document.activeElement.closest("[data-entry]");
    if (inside) {
      at = items.indexOf(inside);
    }
    return alone ? items[0] : items[at] || null;
  }

  function go(step) {
    var link;
    if (alone) {
      link = document.querySelector(step > 0 ? "a[rel=next]" : "a[rel=prev]");
      return link ? link.click() : say(step > 0 ? "This is the last entry." : "There is no entry before.");
    }
    current();
    var to = at + step;
    if (to < 0 || to >= items.length) {
      link = step > 0 ? document.querySelector("a[data-more]") : null;
      return link && items.length ? link.focus() : say(items.length ? "There is no further entry here." : "Nothing is waiting here.");
    }
    at = to;
    items[at].focus();
    items[at].scrollIntoView({block: "nearest"});
  }

  function find(item, what) {
    return item.querySelector("[data-do~=" + what + "]");
  }

  // The reason is written for one decision: stopping it, or choosing another one, takes it out again.
  function disarm() {
    if (armed) {
      armed.classList.remove("armed");
      var field = armed.form.elements.namedItem("reason");
      if (field.value !== had) {
        meant.set(field, {button: armed, before: had, value: field.value});
      }
      armed = null;
    }
  }

  function takeOut(field) {
    var written = meant.get(field);
    if (written && field.value === written.value) {
      field.value = written.before;
      field.dispatchEvent(new Event("change", {bubbles: true}));
    }
    meant.delete(field);
  }

  function tick(box, on) {
    if (box.checked !== on) {
      box.checked = on;
      box.dispatchEvent(new Event("change", {bubbles: true}));
    }
  }

  // What was begun with a key is as it was before: the reason, and the tick of an entry's own page.
  function stop() {
    var button = armed;
    var field = button.form.elements.namedItem("reason");
    disarm();
    takeOut(field);
    if (button.type === "checkbox") {
      tick(button, ticked);
    }
  }

  // Hide and no action: the reason comes first, and Enter in it sends.
  function decide(item, what, words) {
    var button = find(item, what);
    if (!button) {
      // Whoever knows the keys types the reason next: none of its letters may act.
      deaf = words + " isn’t possible for " + item.dataset.entry + (what === "hide" && item.dataset.nohide ? ": " + item.dataset.nohide : "") + ". Nothing was done. Press Escape to go on by keys.";
      return say(deaf);
    }
    var field = button.form.elements.namedItem("reason");
    if (button.type === "checkbox") {
      if (armed && armed !== button) {
        stop();
      }
      if (armed !== button) {
        had = field.value;
        ticked = button.checked;
        armed = button;
      }
      tick(button, true);
      led = field;
      field.focus();
      return say(words + " is ticked. Write the reason, then press Record. Escape stops.");
    }
    disarm();
    if (meant.has(field) && meant.get(field).button !== button) {
      takeOut(field);
    }
    had = field.value;
    armed = button;
    armed.classList.add("armed");
    field.focus();
    armed.scrollIntoView({block: "nearest"});
    say(words + ", " + item.dataset.entry + ": write the reason, then press Enter. Escape stops.");
  }

  function text(item) {
    var box = item.querySelector("details.covered");
    if (!box) {
      return say("There is no text here.");
    }
    box.open = !box.open;
    if (box.open) {
      var words = box.querySelector(".quoted");
      words.tabIndex = -1;
      words.focus();
    } else {
      item.focus();
      say("Covered again.");
    }
  }

  function press(item, what, words) {
    var found = find(item, what);
    if (!found) {
      return say(words);
    }
    (found.querySelector("button") || found).click();
  }

  function act(key) {
    if (key === "?") {
      return dialog.showModal();
    }
    if (key === "u") {
      var undo = document.getElementById("undo");
      if (!undo) {
        return say("There is nothing to undo. A decision can be opened again on its entry’s page.");
      }
      // It may put a comment back in public: once is too easily pressed.
      undoing = !undoing;
      // What was decided in one press is taken back in one.
      var whole = undo.querySelector("button[name=all]");
      return undoing ? say("Undo? " + undo.querySelector("[role=status]").textContent.trim() + " Press U again to take " + (whole ? whole.dataset.count : "it") + " back; any other key leaves it.") : undo.requestSubmit(whole);
    }
    undoing = false;
    if (key === "j" || key === "n") {
      return go(1);
    }
    if (key === "k" || key === "p") {
      return go(-1);
    }
    var item = current();
    if (!item) {
      return say("Choose an entry first: J goes to the next one.");
    }
    switch (key) {
      case "t": return text(item);
      case "h": return decide(item, "hide", "Hide");
      case "d": return decide(item, "dismiss", "No action");
      case "r":
        if (alone) {
          decide(item, "refer", "Refer it");
          led = document.getElementById("refer_to");
          return led && led.focus();
        }
        return press(item, "refer", "It can't be referred from here.");
      case "c": return press(item, "claim", "Somebody else is deciding it.");
      case "o": return press(item, "open", "It is open.");
      case "b":
        var group = item.closest("section");
        var link = group && group.querySelector("[data-do=together]");
        return link ? link.click() : say(alone ? "B is for the queue: here you decide on this entry alone." : group.dataset.together);
    }
  }

  var KNOWN = "?ujnkpthdrcob";

  document.addEventListener("keydown", function (event) {
    var target = event.target;
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || (dialog && dialog.open)) {
      return;
    }
    if (target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]")) {
      // In another field than the key led to it closes a list, say: nothing that was written is to go for that.
      if (event.key === "Escape" && armed && (target === led || target === armed.form.elements.namedItem("reason"))) {
        stop();
        say("Stopped.");
        target.closest("[data-entry]").focus();
      } else if (event.key === "Enter" && target.matches(".quick input[name=reason]")) {
        // Without a choice, Enter would press the first button, whatever it is.
        event.preventDefault();
        if (armed && armed.form === target.form) {
          target.form.requestSubmit(armed);
        } else {
          target.form.querySelector("button").focus();
          say("Choose what is to be done.");
        }
      }
      return;
    }
    var key = event.key.length === 1 ? event.key.toLowerCase() : "";
    if (event.key === "Escape" && armed) {
      stop();
      say("Stopped.");
    } else if (event.key === "Escape") {
      deaf = "";
      undoing = false;
      say("");
    } else if (single && key && deaf) {
      event.preventDefault();
      say(deaf);
    } else if (single && key && KNOWN.indexOf(key) >= 0) {
      event.preventDefault();
      if (!event.repeat || key !== "u") {
        act(key);
      }
    } else if (key) {
      undoing = false;
    }
  });

  document.addEventListener("focusin", function () { deaf = ""; });

  document.addEventListener("focusout", function (event) {
    if (armed && !(event.relatedTarget && armed.form.contains(event.relatedTarget))) {
      disarm();
    }
  });

  document.querySelectorAll("[data-keys-help]").forEach(function (link) {
    link.addEventListener("click", function (event) {
      event.preventDefault();
      dialog.showModal();
    });
  });

  // What everybody will read opens with the tick that publishes it, and must then be written. A warning begins
  // with the reminder of our rules, in sight; an answer begins empty.
  var answer = document.getElementById("answer");
  if (answer) {
    var warn = document.getElementById("outcome-warn");
    var words = answer.querySelector("textarea");
    var ticks = [document.getElementById("outcome-reply"), warn].filter(Boolean);
    var open = function () {
      var wanted = ticks.some(function (one) { return one.checked; });
      answer.hidden = !wanted && !answer.hasAttribute("data-open");
      words.required = wanted;
    };
    ticks.forEach(function (one) {
      one.addEventListener("change", function () {
        if (one === warn && warn.checked && words.value.trim() === "") {
          words.value = answer.dataset.warning;
        } else if (!(warn && warn.checked) && words.value === answer.dataset.warning) {
          words.value = "";
        }
        open();
      });
    });
    open();
  }

  // What was typed in a row goes to the entry's page in this tab's own store, so that its page is one that Back
  // and Reload find again; without scripts it is sent along.
  var carried = "reason:";
  document.querySelectorAll(".quick [data-do=open], .quick [data-do=refer]").forEach(function (button) {
    button.addEventListener("click", function (event) {
      var address = new URL(button.formAction);
      try {
        window.sessionStorage.setItem(carried + address.pathname, button.form.elements.namedItem("reason").value);
      } catch (error) {
        return;
      }
      event.preventDefault();
      window.location.assign(address.href);
    });
  });
  var reason = document.getElementById("reason");
  if (alone && reason) {
    try {
      reason.value = reason.value || window.sessionStorage.getItem(carried + window.location.pathname) || "";
      window.sessionStorage.removeItem(carried + window.location.pathname);
    } catch (error) { /* Then it is typed again. */ }
  }

  // A saved answer goes into the field at once; without scripts the page comes back with it.
  document.querySelectorAll("[data-insert]").forEach(function (button) {
    button.addEventListener("click", function (event) {
      event.preventDefault();
      var field = button.form.elements.namedItem("reply");
      var ready = Array.from(document.querySelectorAll("[data-insert]")).map(function (one) { return one.dataset.insert; });
      var before = field.value.trim();
      field.value = before === "" || ready.indexOf(before) >= 0 ? button.dataset.insert : before + "\n\n" + button.dataset.insert;
      field.dispatchEvent(new Event("input", {bubbles: true}));
      field.focus();
    });
  });

  // After a decision the page begins where the person was.
  var place = window.location.hash.indexOf("#entry-") === 0 && document.getElementById(window.location.hash.slice(1));
  if (place && place.hasAttribute("data-entry")) {
    at = items.indexOf(place);
    place.focus();
  }

  // Whoever comes to refer it chooses next to whom. Before, the browser goes to the place in the address.
  var whom = window.location.hash === "#pass-on" && document.getElementById("refer_to");
  if (whom) {
    window.addEventListener("load", function () { whom.focus({preventScroll: true}); });
  }

  // A text that was open when its entry was claimed or let go is open on the page that comes back.
  var KEPT_OPEN = "open:";
  items.forEach(function (item) {
    var box = item.querySelector("details.covered");
    var place = KEPT_OPEN + item.dataset.entry;
    try {
      if (box && window.sessionStorage.getItem(place)) {
        counted.add(box);
        box.open = true;
      }
      window.sessionStorage.removeItem(place);
    } catch (error) { /* Then it is uncovered again by hand. */ }
    var claim = find(item, "claim");
    if (box && claim) {
      claim.addEventListener("click", function () {
        try {
          window.sessionStorage.setItem(place, box.open ? "yes" : "");
        } catch (error) { /* As above. */ }
      });
    }
  });

  // What was typed in the rows is there again after going back: this place in the browser's history keeps it.
  var reasons = Array.from(document.querySelectorAll(".quick input[name=reason]"));
  var before = (window.history.state && window.history.state.reasons) || {};
  reasons.forEach(function (field) {
    if (field.value === "" && before[field.id]) {
      field.value = before[field.id];
    }
    field.addEventListener("change", function () {
      before[field.id] = field.value;
      window.history.replaceState({reasons: before}, "");
    });
  });

  // Each text that is uncovered counts once towards the offer of a pause.
  var pause = document.getElementById("pause");
  document.addEventListener("toggle", function (event) {
    var box = event.target;
    if (!pause || !box.open || !box.matches("details.covered") || counted.has(box)) {
      return;
    }
    counted.add(box);
    var data = new FormData();
    data.append("csrf_token", page.dataset.token);
    fetch(pause.dataset.shown, {method: "POST", body: data, credentials: "same-origin", redirect: "error", keepalive: true})
      .then(function (answer) { return answer.ok ? answer.json() : null; })
      .then(function (found) {
        if (found && found.pause) {
          pause.hidden = false;
        }
      })
      .catch(function () { /* One text less is counted; nothing else hangs on it. */ });
  }, true);
})();

// Small conveniences of every page; each page works without them.
(function () {
  "use strict";
  // After bad input the first field in question gets the focus.
  var wrong = document.querySelector("[aria-invalid=true]");
  if (wrong) {
    wrong.focus();
  }
  // An answer to a form can't be gone back to without sending that again: once it is put right and sent, its
  // place in the history is that of the page with the form. Until then a reload brings what was typed.
  var main = document.querySelector("main[data-instead]");
  if (main) {
    document.addEventListener("submit", function (event) {
      // What is closed like a dialogue is not sent, and leaves the answer where it is.
      if (event.defaultPrevented || event.target.method === "dialog") {
        return;
      }
      if (!event.target.hasAttribute("action")) {
        event.target.action = window.location.href;
      }
      window.history.replaceState(null, "", main.dataset.instead);
    });
  }
  // On a phone a row of tabs moves sideways: the one that is open stands in sight.
  document.querySelectorAll(".nav-tabs .active").forEach(function (tab) {
    var row = tab.closest(".nav-tabs");
    row.scrollLeft = tab.getBoundingClientRect().left - row.getBoundingClientRect().left -
      (row.clientWidth - tab.offsetWidth) / 2;
  });
  // Over the menu, without a mark in the address: forms that lead back here would take it along, and what they
  // did would not get the focus.
  var skip = document.querySelector("a.skip");
  if (skip) {
    skip.addEventListener("click", function (event) {
      event.preventDefault();
      document.getElementById("content").focus();
    });
  }
  // What is missing is said beside its field, as the server says it, and not in a bubble that goes away.
  // Nothing is sent then, so that chosen files and passwords stay, too.
  function named(field) {
    // By the label's own word too: where something else on the page has the field's id, `labels` is empty.
    var label = (field.labels && field.labels[0]) ||
      (field.id && field.form && field.form.querySelector("label[for='" + field.id + "']"));
    var words = label && label.firstChild ? label.firstChild.textContent : field.getAttribute("aria-label");
    return (words || "").trim();
  }
  // Of a group of round buttons one is chosen: they are wrong and right together, and that is said once.
  function together(field) {
    return field.type !== "radio" || !field.form ? [field] :
      Array.prototype.filter.call(field.form.elements, function (other) {
        return other.type === "radio" && other.name === field.name;
      });
  }
  var numbers = ["", "", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
  function sentence(field) {
    var name = named(field), count = together(field).length;
    if (!field.validity.valueMissing) {
      return "“" + name + "”: " + field.validationMessage;
    }
    if (field.type === "radio" && count > 1) {
      return "Choose one of the " + (numbers[count] || count) + ".";
    }
    if (field.type === "checkbox" || field.type === "radio") {
      return "Tick “" + name + "” to go on.";
    }
    if (field.tagName === "SELECT" || field.type === "file" || field.type === "date") {
      return "Choose something for “" + name + "”.";
    }
    return "“" + name + "” is empty. Fill it in.";
  }
  function settle(field) {
    var said = document.getElementById(field.dataset.said || "");
    if (said) {
      said.remove();
      together(field).forEach(function (one) {
        one.setAttribute("aria-describedby", (one.getAttribute("aria-describedby") || "")
          .split(" ").filter(function (id) { return id && id !== said.id; }).join(" "));
        delete one.dataset.said;
        one.removeAttribute("aria-invalid");
        one.classList.remove("is-invalid");
      });
    }
  }
  var told = 0;
  document.addEventListener("invalid", function (event) {
    var field = event.target;
    event.preventDefault();
    var group = together(field);
    if (group[0] !== field) {
      // Said with the first of them.
      return;
    }
    settle(field);
    var said = document.createElement("div");
    said.className = "invalid-feedback d-block";
    said.id = field.dataset.said = "missing-" + (told += 1);
    said.textContent = sentence(field);
    var last = group[group.length - 1];
    (last.type === "checkbox" || last.type === "radio" ? last.parentElement.lastElementChild : last)
      .insertAdjacentElement("afterend", said);
    group.forEach(function (one) {
      one.dataset.said = said.id;
      one.classList.add("is-invalid");
      one.setAttribute("aria-invalid", "true");
      one.setAttribute("aria-describedby", ((one.getAttribute("aria-describedby") || "") + " " + said.id).trim());
    });
    if (field.form.querySelector(":invalid:not(fieldset)") === field) {
      field.focus();
    }
  }, true);
  ["input", "change"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      if (event.target.dataset.said && event.target.validity.valid) {
        settle(event.target);
      }
    });
  });
  // One press of a button is one act, even under an impatient finger. Another button of the form is another
  // act: a second kind of file is fetched while the page with the first stays.
  document.addEventListener("submit", function (event) {
    var form = event.target, pressed = event.submitter;
    if (form.method !== "post") {
      return;
    }
    var press = pressed && pressed.name ? pressed.name + "=" + pressed.value : "yes";
    if (form.dataset.sent === press) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = press;
    window.setTimeout(function () {
      delete form.dataset.sent;
    }, 4000);
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
    });
  });
  // <button data-tick="name"> takes the ticks of all boxes of that name away; with data-on it sets them.
  document.querySelectorAll("[data-tick]").forEach(function (button) {
    button.addEventListener("click", function () {
      button.form.querySelectorAll("input[type=checkbox]").forEach(function (box) {
        if (box.name === button.dataset.tick) {
          box.checked = "on" in button.dataset;
        }
      });
    });
  });
  // <button data-copy="#id"> copies what the element with that id says.
  document.querySelectorAll("[data-copy]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var source = document.querySelector(button.dataset.copy);
      navigator.clipboard.writeText(source.value || source.textContent.trim()).then(function () {
        button.textContent = "Copied";
      });
    });
  });
})();

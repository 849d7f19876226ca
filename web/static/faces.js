// The boxes of a picture by mouse, finger and keyboard. The fields below hold what counts; without this script
// they are typed into.
(function () {
  "use strict";
  var form = document.querySelector("[data-faces]");
  if (!form) {
    return;
  }
  var SVG = "http://www.w3.org/2000/svg";
  var SIDES = ["left", "top", "width", "height"];
  var svg = form.querySelector("svg");
  var list = form.querySelector(".face-rows");
  var model = form.querySelector("template");
  var sample = form.querySelector("[data-sample]");
  var none = Array.from(form.querySelectorAll("[data-none]"));
  var withBoxes = form.querySelector("[data-with-boxes]");
  var width = svg.viewBox.baseVal.width;
  var height = svg.viewBox.baseVal.height;
  var least = Number(form.dataset.least);
  var handle = null;
  var held = null;
  var waiting = 0;

  function rowOf(key) { return list.querySelector("[data-row='" + CSS.escape(key) + "']"); }
  function boxOf(key) { return svg.querySelector("[data-box='" + CSS.escape(key) + "']"); }
  function fieldOf(key, side) { return form.elements.namedItem(side + "_" + key); }
  function tickOf(key) { return document.getElementById("blur-" + key); }
  function isAdded(key) { return key.indexOf("added") === 0; }
  function keys() {
    return Array.from(list.querySelectorAll("[data-row]")).map(function (row) { return row.dataset.row; });
  }

  // Left, top, width and height as the fields say; null while one of them is no place in the picture.
  function placeOf(key) {
    var numbers = SIDES.map(function (side) { return Number(fieldOf(key, side).value.trim() || "no"); });
    var fine = numbers.every(Number.isFinite) && numbers[2] >= least && numbers[3] >= least &&
      numbers[0] < width && numbers[1] < height && numbers[0] > -numbers[2] && numbers[1] > -numbers[3];
    return fine ? {left: numbers[0], top: numbers[1], width: numbers[2], height: numbers[3]} : null;
  }

  // Keeps a place inside the picture and writes it into the fields.
  function put(key, place) {
    var wide = Math.round(Math.min(Math.max(place.width, least), width));
    var tall = Math.round(Math.min(Math.max(place.height, least), height));
    fieldOf(key, "left").value = Math.round(Math.min(Math.max(place.left, 0), width - wide));
    fieldOf(key, "top").value = Math.round(Math.min(Math.max(place.top, 0), height - tall));
    fieldOf(key, "width").value = wide;
    fieldOf(key, "height").value = tall;
    draw(key);
    touched();
  }

  // So that no page that waits for the faces loads itself anew under somebody's hands.
  function touched() { form.dispatchEvent(new Event("input", {bubbles: true})); }

  function scale() {
    var seen = svg.getScreenCTM();
    return seen ? 1 / seen.a : 1;
  }

  function made(name, parent) {
    return parent.appendChild(document.createElementNS(SVG, name));
  }

  function draw(key) {
    var place = placeOf(key);
    var box = boxOf(key);
    if (!place) {
      if (box) {
        box.remove();
      }
      return;
    }
    if (!box) {
      box = made("g", svg);
      box.dataset.box = key;
      made("rect", box);
      made("text", box);
      ready(box);
    }
    var number = keys().indexOf(key) + 1;
    var rect = box.querySelector("rect");
    var text = box.querySelector("text");
    rect.setAttribute("x", place.left);
    rect.setAttribute("y", place.top);
    rect.setAttribute("width", place.width);
    rect.setAttribute("height", place.height);
    text.setAttribute("x", place.left + place.width / 2);
    text.setAttribute("y", place.top + place.height / 2);
    text.setAttribute("font-size", Math.min(scale() * 22, Math.max(place.height * 0.6, scale() * 11)));
    text.textContent = number;
    box.classList.toggle("ticked", tickOf(key).checked);
    box.setAttribute("aria-checked", tickOf(key).checked ? "true" : "false");
    box.setAttribute("aria-label", "Blur " + number + (isAdded(key) ? ", a box of your own" : ", a face that was found"));
    if (document.activeElement === box) {
      showHandle(box);
    }
    soon();
  }

  function drawAll() {
    keys().forEach(function (key) {
      rowOf(key).querySelector("[data-number]").textContent = keys().indexOf(key) + 1;
      draw(key);
    });
    none.forEach(function (words) { words.hidden = keys().length > 0; });
    if (withBoxes) {
      withBoxes.disabled = keys().length === 0;
    }
  }

  function ready(box) {
    box.setAttribute("tabindex", "0");
    box.setAttribute("role", "checkbox");
    box.addEventListener("focus", function () { showHandle(box); });
    box.addEventListener("blur", function () { hideHandle(); });
  }

  function hideHandle() {
    if (handle && !held) {
      handle.remove();
      handle = null;
    }
  }

  // The corner that changes the size: large enough for a finger, whatever the size of the picture.
  function showHandle(box) {
    var place = placeOf(box.dataset.box);
    if (!place) {
      return;
    }
    if (!handle) {
      handle = document.createElementNS(SVG, "rect");
      handle.setAttribute("class", "handle");
    }
    var side = scale() * 20;
    handle.dataset.handle = box.dataset.box;
    handle.setAttribute("width", side);
    handle.setAttribute("height", side);
    handle.setAttribute("x", Math.min(place.left + place.width - side / 2, width - side));
    handle.setAttribute("y", Math.min(place.top + place.height - side / 2, height - side));
    svg.appendChild(handle);
  }

  // How it will look, some moments after the last change.
  function soon() {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(function () {
      var asked = new URLSearchParams();
      keys().forEach(function (key) {
        var place = placeOf(key);
        if (place && tickOf(key).checked) {
          asked.append("place", SIDES.map(function (side) { return Math.max(0, Math.round(place[side])); }).join("-"));
        }
      });
      var address = form.dataset.faces + (asked.toString() ? "?" + asked : "");
      if (sample.getAttribute("src") !== address) {
        sample.setAttribute("src", address);
      }
    }, 400);
  }

  function toggle(key) {
    tickOf(key).checked = !tickOf(key).checked;
    draw(key);
    touched();
  }

  function add(place) {
    var number = 1;
    while (rowOf("added" + number)) {
      number += 1;
    }
    var key = "added" + number;
    var holder = document.createElement("div");
    holder.innerHTML = model.innerHTML.replace(/KEY/g, key).replace("NUMBER", "");
    list.appendChild(holder.querySelector("li"));
    tickOf(key).checked = true;
    put(key, place);
    drawAll();
    boxOf(key).focus();
    return key;
  }

  function take(key) {
    rowOf(key).remove();
    boxOf(key).remove();
    hideHandle();
    drawAll();
    soon();
  }

  function point(event) {
    var seen = svg.getScreenCTM();
    return {x: (event.clientX - seen.e) / seen.a, y: (event.clientY - seen.f) / seen.d};
  }

  svg.addEventListener("pointerdown", function (event) {
    if (event.button !== 0) {
      return;
    }
    var at = point(event);
    var box = event.target.closest("[data-box]");
    var key = event.target.dataset.handle || (box && box.dataset.box);
    if (!key && event.pointerType !== "mouse") {
      return; // A finger beside the boxes scrolls the page.
    }
    event.preventDefault();
    held = {key: key, at: at, from: key ? placeOf(key) : null, sizing: Boolean(event.target.dataset.handle), moved: false};
    if (key) {
      boxOf(key).focus();
    }
    svg.setPointerCapture(event.pointerId);
  });

  svg.addEventListener("pointermove", function (event) {
    if (!held) {
      return;
    }
    var at = point(event);
    var x = at.x - held.at.x;
    var y = at.y - held.at.y;
    if (!held.moved && Math.max(Math.abs(x), Math.abs(y)) < scale() * 4) {
      return;
    }
    held.moved = true;
    if (!held.key) {
      held.key = add({left: held.at.x, top: held.at.y, width: least, height: least});
      held.from = {left: held.at.x, top: held.at.y, width: 0, height: 0};
      held.sizing = true;
    }
    if (held.sizing) {
      put(held.key, {left: held.from.left, top: held.from.top, width: held.from.width + x, height: held.from.height + y});
    } else {
      put(held.key, {left: held.from.left + x, top: held.from.top + y, width: held.from.width, height: held.from.height});
    }
  });

  function letGo(event) {
    var was = held;
    held = null;
    if (was && was.key && !was.moved && !was.sizing && event.type === "pointerup") {
      toggle(was.key);
    }
  }
  svg.addEventListener("pointerup", letGo);
  svg.addEventListener("pointercancel", letGo);

  svg.addEventListener("keydown", function (event) {
    var box = event.target.closest("[data-box]");
    if (!box || event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    var key = box.dataset.box;
    var place = placeOf(key);
    var step = Math.max(1, Math.round(Math.max(width, height) / 200));
    var way = {ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step]}[event.key];
    if (event.key === " " || event.key === "Enter") {
      toggle(key);
    } else if (event.key === "Delete" && isAdded(key)) {
      take(key);
    } else if (way && event.shiftKey) {
      put(key, {left: place.left, top: place.top, width: place.width + way[0], height: place.height + way[1]});
    } else if (way) {
      put(key, {left: place.left + way[0], top: place.top + way[1], width: place.width, height: place.height});
    } else {
      return;
    }
    event.preventDefault();
  });

  form.addEventListener("input", function (event) {
    var row = event.target.closest("[data-row]");
    if (!row) {
      return;
    }
    if (event.target.name === "gone") {
      take(row.dataset.row);
    } else {
      draw(row.dataset.row);
      soon();
    }
  });

  form.addEventListener("click", function (event) {
    var button = event.target.closest("button[name=do]");
    var does = button ? button.value : "";
    if (does === "add") {
      var side = Math.max(Math.min(width, height) / 6, least);
      add({left: (width - side) / 2, top: (height - side) / 2, width: side, height: side});
    } else if (does === "all" || does === "none") {
      keys().forEach(function (key) { tickOf(key).checked = does === "all"; });
      drawAll();
    } else {
      return;
    }
    event.preventDefault();
  });

  Array.from(svg.querySelectorAll("[data-box]")).forEach(ready);
  drawAll();
  window.addEventListener("resize", drawAll);
})();

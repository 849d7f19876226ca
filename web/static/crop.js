// The part of a picture that is kept, by mouse, finger and keyboard. The fields hold what counts; without this
// script they are typed into, and the buttons ask the server.
(function () {
  "use strict";
  var form = document.querySelector("[data-crop]");
  if (!form) {
    return;
  }
  var SVG = "http://www.w3.org/2000/svg";
  var svg = form.querySelector("svg");
  var part = svg.querySelector(".part");
  var outside = svg.querySelector(".outside");
  var width = svg.viewBox.baseVal.width;
  var height = svg.viewBox.baseVal.height;
  var least = Number(form.dataset.least);
  var held = null;
  var handle = svg.appendChild(document.createElementNS(SVG, "rect"));
  handle.setAttribute("class", "handle");

  function field(side) { return form.elements.namedItem(side); }

  function place() {
    var numbers = ["left", "top", "width", "height"].map(function (side) { return Number(field(side).value.trim() || "no"); });
    var fine = numbers.every(Number.isFinite) && numbers[0] >= 0 && numbers[1] >= 0 && numbers[2] >= least &&
      numbers[3] >= least && numbers[0] + numbers[2] <= width && numbers[1] + numbers[3] <= height;
    return fine ? {left: numbers[0], top: numbers[1], width: numbers[2], height: numbers[3]} : null;
  }

  function put(wanted) {
    var wide = Math.round(Math.min(Math.max(wanted.width, least), width));
    var tall = Math.round(Math.min(Math.max(wanted.height, least), height));
    field("width").value = wide;
    field("height").value = tall;
    field("left").value = Math.round(Math.min(Math.max(wanted.left, 0), width - wide));
    field("top").value = Math.round(Math.min(Math.max(wanted.top, 0), height - tall));
    draw();
  }

  function draw() {
    var now = place();
    if (!now) {
      return;
    }
    part.setAttribute("x", now.left);
    part.setAttribute("y", now.top);
    part.setAttribute("width", now.width);
    part.setAttribute("height", now.height);
    part.setAttribute("aria-label", "The part that is kept: " + now.width + " by " + now.height + " pixels");
    outside.setAttribute("d", "M0 0H" + width + "V" + height + "H0ZM" + now.left + " " + now.top + "v" + now.height +
      "h" + now.width + "v-" + now.height + "Z");
    var seen = svg.getScreenCTM();
    var side = (seen ? 1 / seen.a : 1) * 22;
    handle.setAttribute("width", side);
    handle.setAttribute("height", side);
    handle.setAttribute("x", Math.min(now.left + now.width - side / 2, width - side));
    handle.setAttribute("y", Math.min(now.top + now.height - side / 2, height - side));
    var shape = now.width / now.height;
    form.querySelector("[data-instagram]").hidden = shape >= 0.79 && shape <= 1.92;
  }

  function point(event) {
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  }

  part.setAttribute("tabindex", "0");
  part.setAttribute("role", "img");
  // Until its numbers can be read.
  part.setAttribute("aria-label", "The part that is kept");

  svg.addEventListener("pointerdown", function (event) {
    var from = place();
    if (!from || event.button > 0 || (event.target !== part && event.target !== handle)) {
      return;
    }
    event.preventDefault();
    part.focus();
    held = {at: point(event), from: from, sizing: event.target === handle};
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointermove", function (event) {
    if (!held) {
      return;
    }
    var now = point(event);
    var across = now.x - held.at.x;
    var down = now.y - held.at.y;
    if (held.sizing) {
      put({left: held.from.left, top: held.from.top,
        width: Math.min(held.from.width + across, width - held.from.left),
        height: Math.min(held.from.height + down, height - held.from.top)});
    } else {
      put({left: held.from.left + across, top: held.from.top + down, width: held.from.width, height: held.from.height});
    }
  });
  function letGo() { held = null; }
  svg.addEventListener("pointerup", letGo);
  svg.addEventListener("pointercancel", letGo);

  part.addEventListener("keydown", function (event) {
    var now = place();
    var step = Math.max(1, Math.round(Math.max(width, height) / 100));
    var way = {ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step]}[event.key];
    if (!now || !way || event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    event.preventDefault();
    put(event.shiftKey
      ? {left: now.left, top: now.top, width: Math.min(now.width + way[0], width - now.left), height: Math.min(now.height + way[1], height - now.top)}
      : {left: now.left + way[0], top: now.top + way[1], width: now.width, height: now.height});
  });

  form.addEventListener("input", draw);
  window.addEventListener("resize", draw);
  draw();
})();

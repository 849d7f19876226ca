// A form [data-passkey] is sent with what the device's passkey says to the question at [data-question].
// Without scripts, or in a browser that knows no passkeys, it stays hidden.
(function () {
  "use strict";
  var form = document.querySelector("form[data-passkey]");
  if (!form || !window.PublicKeyCredential || !PublicKeyCredential.parseRequestOptionsFromJSON) {
    return;
  }
  var failed = form.querySelector("[data-passkey-failed]");
  var asking = false;
  form.hidden = false;
  document.querySelectorAll("[data-passkey-missing]").forEach(function (one) { one.hidden = true; });

  function device(question) {
    return form.dataset.passkey === "create"
      ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(question) })
      : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(question) });
  }

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    if (asking) {
      return;
    }
    asking = true;
    failed.hidden = true;
    fetch(form.dataset.question, { method: "POST", body: new FormData(form), credentials: "same-origin" })
      .then(function (answer) {
        if (!answer.ok) {
          throw new Error("refused");
        }
        return answer.json();
      })
      .then(device)
      .then(function (credential) {
        form.elements.answer.value = JSON.stringify(credential.toJSON());
        form.submit();
      })
      .catch(function () {
        asking = false;
        failed.hidden = false;
      });
  });
})();

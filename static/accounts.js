// Says in the page what passkeys have to say, which allauth leaves to the console.

"use strict";

const SENTENCES = {
  NotAllowedError: "No passkey was used: you cancelled, or it took too long. Try again.",
  InvalidStateError: "This device holds a passkey of yours already.",
  SecurityError: "Passkeys do not work at this address. They need https, or http://localhost.",
};

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const { exception } = event.detail;
  const place = document.getElementById("passkey-error");
  place.textContent = SENTENCES[exception.name] || `The passkey could not be used: ${exception.message}`;
  place.hidden = false;
});

document.addEventListener("submit", (event) => {
  // Enter in the name of a new passkey would send the form without the passkey.
  if (event.target.id === "add-passkey") {
    event.preventDefault();
    document.getElementById("mfa_webauthn_add").click();
  }
});

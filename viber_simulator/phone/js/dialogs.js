/** Sheets that ask for a place or for somebody's number. */

import { el, field, sheet } from "./dom.js";

/** @param {function} done called with {lat, lon} */
export function locationSheet(done) {
  const number = (name, most, value) =>
    el("input", { name, type: "number", step: "any", min: -most, max: most, required: true, value });
  const lat = number("lat", 90, 50.4501);
  const lon = number("lon", 180, 30.5234);
  formSheet("Send location", "location-form", [field("Latitude", lat), field("Longitude", lon)], () =>
    done({ lat: Number(lat.value), lon: Number(lon.value) }),
  );
}

/** @param {function} done called with {name, phone_number} */
export function contactSheet(done) {
  const name = el("input", { name: "name", required: true, maxlength: 100, autocomplete: "off" });
  const phone = el("input", { name: "phone", type: "tel", required: true });
  formSheet("Send contact", "contact-form", [field("Name", name), field("Phone number", phone)], () =>
    done({ name: name.value, phone_number: phone.value }),
  );
}

function formSheet(title, testid, fields, done) {
  const onsubmit = (event) => {
    event.preventDefault();
    dialog.close();
    done();
  };
  const send = el("button.button", { "data-testid": `${testid}-send` }, "Send");
  const dialog = sheet(title, testid, el("form.form", { onsubmit }, ...fields, send));
}

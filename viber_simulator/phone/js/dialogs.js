/** Sheets that ask for a place or for somebody's number. */

import { el, field, sheet } from "./dom.js";

/** @param {function} done called with {lat, lon} */
export function locationSheet(done) {
  const lat = degrees("lat", 90, 50.4501);
  const lon = degrees("lon", 180, 30.5234);
  const fields = [field("Latitude", lat), field("Longitude", lon)];
  formSheet("Send location", "location-form", fields, () =>
    done({ lat: Number(lat.value), lon: Number(lon.value) }),
  );
}

/** @param {function} done called with {name, phone_number} */
export function contactSheet(done) {
  const name = el("input", { name: "name", required: true, autocomplete: "off" });
  const phone = el("input", { name: "phone", type: "tel", required: true });
  const fields = [field("Name", name), field("Phone number", phone)];
  formSheet("Send contact", "contact-form", fields, () =>
    done({ name: name.value, phone_number: phone.value }),
  );
}

function degrees(name, most, value) {
  const range = { type: "number", step: "any", min: -most, max: most };
  return el("input", { name, required: true, value, ...range });
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
